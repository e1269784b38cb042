/* synchronize.c: in step with an interrupt routine; vectors of bus interrupts; the last refusal.
 *
 * Source: [WDM] "KeSynchronizeExecution", "KeAcquireInterruptSpinLock", "HalGetInterruptVector".
 */
#include <ivm/bus.h>
#include <ivm/hold.h>
#include <ivm/level.h>
#include <ivm/system.h>

#include "host.h"
#include "interrupt_calls.h"
#include "kernel/machine.h"
#include "objects.h"

enum { IRQL_NOT_LESS_OR_EQUAL = 0x0A };

static _Noreturn void stop(const struct wdm_interrupt *interrupt, const struct image *image,
                           const char *what)
{
    const uint64_t parameters[4] = {(uintptr_t)interrupt, ivm_level_now(), 0, 0};
    ivm_log("%s: %s", image != NULL ? image->name : "somebody", what);
    bug_check(image, IRQL_NOT_LESS_OR_EQUAL, parameters);
}

/* The object, if it is one that is connected and may be synchronized with from this level. */
static void check(const struct wdm_interrupt *interrupt, const struct image *image)
{
    if (interrupt == NULL || interrupt->type != WDM_INTERRUPT_TYPE)
        stop(interrupt, image, "synchronizes with what is no interrupt object");
    if (ivm_level_now() > interrupt->connection.run_level)
        stop(interrupt, image, "synchronizes with an interrupt from above its level");
}

struct call {
    struct image *image;
    nt_code routine;
    void *context;
};

static uint8_t run(void *context)
{
    const struct call *call = context;
    const uint64_t arguments[4] = {(uintptr_t)call->context};
    uint8_t level = machine_priority();
    uint64_t result = foreign_call(call->routine, arguments);
    if (machine_priority() != level) {
        image_note_level(call->image, "its synchronized routine", level);
        machine_set_priority(level);
    }
    return (uint8_t)result;
}

NT_API nt_boolean KeSynchronizeExecution(struct wdm_interrupt *interrupt, nt_code routine,
                                         void *context)
{
    const struct image *caller = image_of(__builtin_return_address(0));
    check(interrupt, caller);
    struct call call = {.image = interrupt->image, .routine = routine, .context = context};
    uint8_t result = NT_FALSE;
    enum ivm_status status = ivm_synchronize(&interrupt->connection, run, &call, &result);
    if (status != IVM_OK)
        stop(interrupt, caller, "synchronizes with an interrupt that is not connected");
    return result;
}

/* CR8 before, to be handed back. The lock is the one that the routine runs under. */
NT_API nt_irql KeAcquireInterruptSpinLock(struct wdm_interrupt *interrupt)
{
    check(interrupt, image_of(__builtin_return_address(0)));
    nt_irql found = ivm_level_raise(interrupt->connection.run_level);
    ivm_lock_take(interrupt->request.lock);
    return found;
}

NT_API void KeReleaseInterruptSpinLock(struct wdm_interrupt *interrupt, nt_irql found)
{
    ivm_lock_release(interrupt->request.lock);
    machine_set_priority(found);
}

/* Lines of the ISA bus; a PCI device's line register names one of them, too. */
NT_API uint32_t HalGetInterruptVector(uint32_t interface_type, uint32_t bus, uint32_t level,
                                      uint32_t bus_vector, nt_irql *irql,
                                      nt_affinity *processors)
{
    (void)bus, (void)bus_vector;
    struct ivm_line_info line;
    struct ivm_held held;
    bool is_known =
        interface_type == NT_INTERFACE_ISA || interface_type == NT_INTERFACE_PCI;
    if (!is_known || level > 15 || !ivm_isa_line((uint8_t)level, &line))
        return 0;
    const struct ivm_hold_wish wish = {.trigger = line.trigger};
    if (ivm_line_hold(line.gsi, &wish, &held) != IVM_OK)
        return 0;
    if (irql != NULL)
        *irql = ivm_vector_level(held.vector);
    if (processors != NULL)
        *processors = held.cpus.mask;
    return held.vector;
}

NT_API nt_status IvmGetLastRefusal(void *buffer, uint32_t size)
{
    const struct image *image = image_of(__builtin_return_address(0));
    if (buffer == NULL || image == NULL)
        return NT_INVALID_PARAMETER;
    if (image->refusals == 0)
        return NT_NOT_FOUND;
    if (size < sizeof image->refusal)
        return NT_BUFFER_TOO_SMALL;
    __builtin_memcpy(buffer, &image->refusal, sizeof image->refusal);
    return NT_SUCCESS;
}
