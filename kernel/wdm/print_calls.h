/* print_calls.h: the calls that print, as images import them. Arguments are fetched by the Microsoft
 * convention: one word each.
 */
#ifndef WDM_PRINT_CALLS_H
#define WDM_PRINT_CALLS_H

#include <stddef.h>

#include "nt_base.h"

NT_API uint32_t DbgPrint(const char *format, ...);
NT_API uint32_t DbgPrintEx(uint32_t component, uint32_t level, const char *format, ...);
NT_API uint32_t vDbgPrintEx(uint32_t component, uint32_t level, const char *format,
                            const uint64_t *arguments);
NT_API uint32_t vDbgPrintExWithPrefix(const char *prefix, uint32_t component,
                                      uint32_t level, const char *format,
                                      const uint64_t *arguments);

/* Text into a buffer: its length, or -1 when it was cut; terminated only where there is room. */
NT_API int32_t wdm__snprintf(char *out, size_t size, const char *format, ...);
NT_API int32_t wdm__vsnprintf(char *out, size_t size, const char *format,
                              const uint64_t *arguments);

#endif
