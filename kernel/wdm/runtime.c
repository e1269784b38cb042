/* runtime.c: what compilers call by themselves, and what C programmers do, by the convention of images.
 *
 * Source: [CRT] "Buffer manipulation", "String manipulation (CRT)".
 */
#include "text_calls.h"

/* Overlapping or not: Windows' own memcpy is as tolerant, and drivers came to rely on it. */
NT_API void *wdm_memcpy(void *to, const void *from, size_t size)
{
    return __builtin_memmove(to, from, size);
}

NT_API void *wdm_memmove(void *to, const void *from, size_t size)
{
    return __builtin_memmove(to, from, size);
}

NT_API void *wdm_memset(void *to, int value, size_t size)
{
    return __builtin_memset(to, value, size);
}

NT_API int wdm_memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *one = a, *other = b;
    for (size_t i = 0; i < size; i++) {
        if (one[i] != other[i])
            return one[i] - other[i];
    }
    return 0;
}

NT_API size_t wdm_strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

NT_API int wdm_strncmp(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i] || a[i] == '\0')
            return (uint8_t)a[i] - (uint8_t)b[i];
    }
    return 0;
}

NT_API int wdm_strcmp(const char *a, const char *b)
{
    return wdm_strncmp(a, b, SIZE_MAX);
}

NT_API char *wdm_strcpy(char *to, const char *from)
{
    __builtin_memmove(to, from, wdm_strlen(from) + 1);
    return to;
}

NT_API size_t wdm_wcslen(const uint16_t *text)
{
    size_t length = 0;
    while (text[length] != 0)
        length++;
    return length;
}
