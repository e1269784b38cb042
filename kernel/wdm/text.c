/* text.c: counted strings, and memory.
 *
 * Source: [WDM] "Run-Time Library (RTL) Routines".
 */
#include "text_calls.h"

/* The longest string whose length and room, both of 16 bits, are told: one character less than all. */
enum { WIDE_LIMIT = 0xFFFC / 2, NARROW_LIMIT = 0xFFFE };

NT_API void RtlInitUnicodeString(struct nt_string *string, const uint16_t *text)
{
    size_t length = 0;
    while (text != NULL && length < WIDE_LIMIT && text[length] != 0)
        length++;
    string->text = (uint16_t *)(uintptr_t)text;
    string->length = (uint16_t)(length * sizeof *text);
    string->room = text != NULL ? (uint16_t)((length + 1) * sizeof *text) : 0;
}

NT_API void RtlInitAnsiString(struct nt_ansi_string *string, const char *text)
{
    size_t length = 0;
    while (text != NULL && length < NARROW_LIMIT && text[length] != '\0')
        length++;
    string->text = (char *)(uintptr_t)text;
    string->length = (uint16_t)length;
    string->room = text != NULL ? (uint16_t)(length + 1) : 0;
}

NT_API void RtlInitString(struct nt_ansi_string *string, const char *text)
{
    RtlInitAnsiString(string, text);
}

NT_API void RtlCopyUnicodeString(struct nt_string *string, const struct nt_string *source)
{
    uint16_t length = source != NULL ? source->length : 0;
    if (length > string->room)
        length = string->room & (uint16_t)~1u;
    string->length = length;
    if (length != 0)
        __builtin_memmove(string->text, source->text, length);
    if ((size_t)length + sizeof *string->text <= string->room)
        string->text[length / sizeof *string->text] = 0;
}

static uint16_t raised(uint16_t c, nt_boolean ignore_case)
{
    return ignore_case && c >= 'a' && c <= 'z' ? (uint16_t)(c - 'a' + 'A') : c;
}

NT_API int32_t RtlCompareUnicodeString(const struct nt_string *a, const struct nt_string *b,
                                       nt_boolean ignore_case)
{
    uint16_t shorter = a->length < b->length ? a->length : b->length;
    for (size_t i = 0; i < shorter / sizeof *a->text; i++) {
        int32_t difference =
            raised(a->text[i], ignore_case) - raised(b->text[i], ignore_case);
        if (difference != 0)
            return difference;
    }
    return a->length - b->length;
}

NT_API nt_boolean RtlEqualUnicodeString(const struct nt_string *a,
                                        const struct nt_string *b, nt_boolean ignore_case)
{
    return a->length == b->length && RtlCompareUnicodeString(a, b, ignore_case) == 0;
}

/* Memory. */

NT_API size_t RtlCompareMemory(const void *a, const void *b, size_t size)
{
    const uint8_t *one = a, *other = b;
    size_t equal = 0;
    while (equal < size && one[equal] == other[equal])
        equal++;
    return equal;
}

NT_API void RtlCopyMemory(void *to, const void *from, size_t size)
{
    __builtin_memmove(to, from, size);
}

NT_API void RtlMoveMemory(void *to, const void *from, size_t size)
{
    __builtin_memmove(to, from, size);
}

NT_API void RtlZeroMemory(void *to, size_t size)
{
    __builtin_memset(to, 0, size);
}

NT_API void RtlFillMemory(void *to, size_t size, uint8_t value)
{
    __builtin_memset(to, value, size);
}
