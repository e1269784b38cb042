/* text_calls.h: the calls about strings and memory, as images import them. Meanings are those of the
 * documentation [WDM] and of C; lengths of counted strings are in bytes.
 */
#ifndef WDM_TEXT_CALLS_H
#define WDM_TEXT_CALLS_H

#include "nt_base.h"

NT_API void RtlInitUnicodeString(struct nt_string *string, const uint16_t *text);
NT_API void RtlInitAnsiString(struct nt_ansi_string *string, const char *text);
NT_API void RtlInitString(struct nt_ansi_string *string, const char *text);

/* source  NULL: the empty string. Cut to the room there is; terminated where there is room for it */
NT_API void RtlCopyUnicodeString(struct nt_string *string, const struct nt_string *source);

/* Below, at or above 0, as `a` is before, is, or is behind `b`. */
NT_API int32_t RtlCompareUnicodeString(const struct nt_string *a, const struct nt_string *b,
                                       nt_boolean ignore_case);
NT_API nt_boolean RtlEqualUnicodeString(const struct nt_string *a,
                                        const struct nt_string *b, nt_boolean ignore_case);

/* How many bytes are equal before the first that is not. */
NT_API size_t RtlCompareMemory(const void *a, const void *b, size_t size);
NT_API void RtlCopyMemory(void *to, const void *from, size_t size);
NT_API void RtlMoveMemory(void *to, const void *from, size_t size);
NT_API void RtlZeroMemory(void *to, size_t size);
NT_API void RtlFillMemory(void *to, size_t size, uint8_t value);

NT_API void *wdm_memcpy(void *to, const void *from, size_t size);
NT_API void *wdm_memmove(void *to, const void *from, size_t size);
NT_API void *wdm_memset(void *to, int value, size_t size);
NT_API int wdm_memcmp(const void *a, const void *b, size_t size);
NT_API size_t wdm_strlen(const char *text);
NT_API int wdm_strcmp(const char *a, const char *b);
NT_API int wdm_strncmp(const char *a, const char *b, size_t size);
NT_API char *wdm_strcpy(char *to, const char *from);
NT_API size_t wdm_wcslen(const uint16_t *text);

#endif
