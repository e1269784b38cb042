/* screen.h: text on the screen that the loader left: VGA text, or a linear framebuffer. */
#ifndef DRIVERS_SCREEN_H
#define DRIVERS_SCREEN_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

#include "psf.h"

enum screen_kind {
    SCREEN_TEXT = 0, /* VGA text: 16 bits per cell */
    SCREEN_RGB = 1,  /* pixels of 15, 16, 24 or 32 bits */
};

enum { SCREEN_COLUMN_LIMIT = 240, SCREEN_ROW_LIMIT = 100 };

/* Where one colour lies in a pixel. */
struct screen_field {
    uint8_t position;
    uint8_t size;
};

struct screen_mode {
    enum screen_kind kind;
    uintptr_t address; /* mapped, pitch * height bytes */
    uint32_t pitch;    /* bytes from one row to the next */
    uint32_t width;    /* SCREEN_TEXT: in characters, as height */
    uint32_t height;
    uint32_t bits_per_pixel;
    struct screen_field red, green, blue; /* SCREEN_RGB only */
};

/* Take the screen over and clear it. At most SCREEN_COLUMN_LIMIT x SCREEN_ROW_LIMIT
 * characters are used.
 *
 * font     for SCREEN_RGB; copied, its glyphs are the caller's for ever. SCREEN_TEXT: NULL
 * errors   IVM_UNSUPPORTED   pixels of another size, or not even one character fits
 *          IVM_BAD_ARGUMENT  the rows overlap, or are not aligned to pixels
 *          in both cases screen_write() does nothing
 * context  at the start
 */
IVM_MUST_CHECK enum ivm_status screen_start(const struct screen_mode *mode,
                                            const struct psf_font *font);

/* Write text: printable ASCII, \n, \r and \b; whatever else is shown as '?'. The screen
 * scrolls when it is full; nothing is ever read from it.
 *
 * context  any level, one CPU at a time
 */
void screen_write(const char *text, size_t length);

#endif
