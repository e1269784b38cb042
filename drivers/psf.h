/* psf.h: a console font in PSF format, version 1 or 2, read from its bytes. */
#ifndef DRIVERS_PSF_H
#define DRIVERS_PSF_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

enum { PSF_SIDE_LIMIT = 64, PSF_LEAST_GLYPHS = 128 };

struct psf_font {
    const uint8_t *glyphs; /* glyph n at n * glyph_size; the first 128 are ASCII's */
    size_t count;          /* PSF_LEAST_GLYPHS or more */
    size_t glyph_size;     /* bytes */
    size_t row_size;       /* bytes; the leftmost pixel is bit 7 of the first */
    uint32_t width;        /* pixels, as the next: [1, PSF_SIDE_LIMIT] */
    uint32_t height;
};

/* Read a font. The caller keeps the bytes as long as `out`.
 *
 * errors   IVM_BAD_ARGUMENT  neither PSF1 nor PSF2, a size that is absurd or goes beyond
 *                            the bytes, or fewer glyphs than ASCII has
 * context  any; pure
 * source   [PSF] "The PSF font format"
 */
IVM_MUST_CHECK enum ivm_status psf_parse(const void *bytes, size_t length,
                                         struct psf_font *out);

#endif
