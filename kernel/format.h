/* format.h: text into a buffer, bounded: the part of snprintf that logs and reports need.
 */
#ifndef KERNEL_FORMAT_H
#define KERNEL_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* As snprintf: %s %c %d %i %u %x %X %p %%, a width or `*`, a precision for %s, the flags
 * `-` and `0`, the lengths hh h l ll z. Anything else is copied as it stands. `out` is
 * always zero-terminated when size > 0; the length of the whole text is returned.
 * context  any
 */
size_t format_text(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_text_list(char *out, size_t size, const char *format, va_list list)
    __attribute__((format(printf, 3, 0)));

#endif
