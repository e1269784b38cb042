/* print.h: what images print: text made from a format of theirs, and lines of the log made from that. */
#ifndef WDM_PRINT_H
#define WDM_PRINT_H

#include <stddef.h>
#include <stdint.h>

#include "image.h"

/* Text from a driver's format: the first `room` characters into `out`, without a terminator; the length of
 * the whole is returned. What the formats of the Microsoft C library mean: 32 bits for l, 64 for ll and I64,
 * UTF-16 for %S, %ws, %ls and %wZ; what is not ASCII of that is `?`.
 *
 * arguments  one word each, as that convention's va_list points to them; a conversion that is not known
 *            is copied as it stands, and takes none; floating point is copied, too, and takes its one
 * context    any level
 */
size_t print_characters(char *out, size_t room, const char *format,
                        const uint64_t *arguments);

/* Print text of an image: each line that is whole goes to the log, behind the image's name; the rest waits
 * for its newline. NULL: nobody's. Any level. */
void print_text(const struct image *image, const char *text);

/* Send what waits to the log as it is. Any level. */
void print_flush(const struct image *image);

#endif
