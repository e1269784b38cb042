/* panic.c: the last line of a run. */
#include "panic.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <ivm/system.h>
#include <machine/hot.h>

#include "kernel/format.h"
#include "log.h"

char ivm_epitaph[512];

static panic_leave *leave_machine; /* written at the start */
static struct panic_others others; /* the same */
static atomic_bool panicking;      /* set once, by the CPU that panics */

void panic_set_leave(panic_leave *leave)
{
    leave_machine = leave;
}

void panic_set_others(const struct panic_others *given)
{
    others = *given;
}

_Noreturn void panic_exit(uint8_t code)
{
    machine_interrupts_off();
    if (leave_machine != NULL)
        leave_machine(code);
    for (;;)
        machine_relax();
}

_Noreturn void panic(const char *format, ...)
{
    machine_interrupts_off();
    if (others.stop != NULL)
        others.stop();
    if (atomic_exchange_explicit(&panicking, true, memory_order_relaxed))
        panic_exit(IVM_EXIT_PANIC);
    va_list arguments;
    va_start(arguments, format);
    format_text_list(ivm_epitaph, sizeof ivm_epitaph, format, arguments);
    va_end(arguments);
    log_emergency();
    ivm_log("PANIC: %s", ivm_epitaph);
    if (others.show != NULL)
        others.show();
    panic_exit(IVM_EXIT_PANIC);
}
