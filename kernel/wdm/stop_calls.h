/* stop_calls.h: the calls that stop the kernel, as images import them. None returns. */
#ifndef WDM_STOP_CALLS_H
#define WDM_STOP_CALLS_H

#include "nt_base.h"

NT_API _Noreturn void KeBugCheck(uint32_t code);
NT_API _Noreturn void KeBugCheckEx(uint32_t code, uint64_t parameter1, uint64_t parameter2,
                                   uint64_t parameter3, uint64_t parameter4);

/* message  may be NULL */
NT_API _Noreturn void RtlAssert(const char *expression, const char *file, uint32_t line,
                                const char *message);

#endif
