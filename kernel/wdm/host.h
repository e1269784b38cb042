/* host.h: what this room asks of the machine it runs on: plain prototypes, bound at link time, as
 * kernel/machine.h's are. arch/x86_64/ answers on the machine, a fake on the host.
 */
#ifndef WDM_HOST_H
#define WDM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nt_base.h"

/* Call into an image by the Microsoft convention: four arguments in registers, shadow space, an aligned
 * stack, MXCSR 0x1F80; the volatile XMM registers and MXCSR of the caller are as before afterwards, so
 * that a routine may interrupt code that uses them. CR8 is left as the code leaves it.
 * context  any level, interrupts on
 */
uint64_t foreign_call(nt_code code, const uint64_t arguments[4]);

/* An address that a call returns to, or, when that is foreign_call() itself, the code which it entered:
 * a driver's function that ends in a call may end in a jump instead, and is gone when the call is made.
 * Any level.
 */
const void *foreign_origin(const void *address);

/* Let every running CPU execute SSE instructions, put each CPU's number and thread where the headers of
 * drivers read them (GS), and map the page of times at 0xFFFFF78000000000. Before the first image;
 * again, it does nothing. False, and logged: this machine cannot.
 * context  on CPU 0, when the others run, below IVM_DISPATCH; takes some 30 ms
 */
bool foreign_start(void);

/* Refresh the page of times: interrupt time and system time in 100 ns, ticks of 1/64 s. An interrupt time
 * that is behind the one there changes nothing. Any level. */
void foreign_set_times(uint64_t interrupt_time, uint64_t system_time, uint64_t ticks);

/* How a run of pages of an image may be used; never both written and executed. */
enum foreign_rights { FOREIGN_READ = 0, FOREIGN_WRITE = 1, FOREIGN_EXECUTE = 2 };

/* Memory for an image: zeroed, writable, aligned to pages, virtual is physical; kept for ever by
 * who asks. 0: there is none. context  below IVM_DISPATCH
 */
uintptr_t foreign_pages(size_t count);

/* Change the rights of pages that foreign_pages() gave, on every CPU. False: no page for a table, or they
 * are not such pages; nothing changed. context  below IVM_DISPATCH, interrupts on */
bool foreign_protect(uintptr_t first, size_t count, enum foreign_rights rights);

/* Call `tick` on CPU 0 at IVM_CLOCK about 64 times a second, in place of what was called before; NULL
 * stops it. When this returns, the old one is not running and does not run again.
 * context  below IVM_DISPATCH, interrupts on, after foreign_start()
 */
void foreign_tick(void (*tick)(void));

/* Turn interrupts on and sleep until one has come, unless `ready` says that there is no need; the
 * question is asked with interrupts off, so that no wake-up is missed. Level 0 or 1, interrupts on. */
void foreign_sleep(bool (*ready)(void *context), void *context);

/* Wake every CPU that sleeps there: something it may wait for has changed. Any level. */
void foreign_wake(void);

/* Days since 1601 as NT's system time, in 100 ns, as far as this machine knows. Any level. */
uint64_t foreign_system_time(void);

#endif
