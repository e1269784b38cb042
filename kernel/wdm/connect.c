/* connect.c: IoConnectInterrupt: a vector and a set of processors, and what is behind them.
 *
 * A driver names a vector that it was given with its resources. That vector is held for a line or a
 * message on the processors it was given with; where it is held for nothing the driver gets it bare, on
 * every processor it names. Source: [WDM] "IoConnectInterrupt".
 */
#include <ivm/hold.h>
#include <ivm/level.h>
#include <ivm/vector.h>

#include "interrupt_calls.h"
#include "objects.h"
#include "vector_call.h"

/* What must hold whoever asks. The level is looked at first: 3..12, and the class of the vector. */
static bool is_well_formed(const struct vector_call *call)
{
    bool level_fits = call->irql >= IVM_DEVICE_FIRST && call->irql < IVM_DEVICE_END &&
                      call->vector < IVM_VECTOR_COUNT && call->irql == call->vector >> 4;
    return level_fits && call->plan.routine != 0 &&
           call->plan.synchronize_irql >= call->irql &&
           call->plan.synchronize_irql < IVM_DEVICE_END &&
           (call->mode == NT_LEVEL_SENSITIVE || call->mode == NT_LATCHED);
}

/* The line or message that some processor of the set has this vector for; one of the mode asked for
 * comes first, since a number may mean something else on other processors. */
static bool find_source(const struct vector_call *call, const struct ivm_cpu_set *cpus,
                        struct ivm_source_id *out)
{
    bool found = false;
    for (uint32_t bit = 0; bit < WDM_CPU_GROUP; bit++) {
        struct ivm_source_id id;
        enum ivm_trigger trigger;
        uint32_t cpu = cpus->group * (uint32_t)WDM_CPU_GROUP + bit;
        if ((cpus->mask >> bit & 1) == 0 ||
            !ivm_vector_holder(cpu, (uint8_t)call->vector, &id, &trigger) ||
            id.kind == IVM_BARE)
            continue;
        if (!found || trigger == call->plan.trigger)
            *out = id;
        found = true;
        if (trigger == call->plan.trigger)
            break;
    }
    return found;
}

/* One object for each processor, or none. */
static nt_status connect_bare(const struct vector_call *call,
                              const struct ivm_cpu_set *cpus, struct wdm_interrupt **handle)
{
    for (uint32_t bit = 0; bit < WDM_CPU_GROUP; bit++) {
        if ((cpus->mask >> bit & 1) == 0)
            continue;
        const struct interrupt_target target = {
            .source = {.kind = IVM_BARE, .number = call->vector},
            .cpus = {.mask = UINT64_C(1) << bit, .group = cpus->group},
            .vector = (uint8_t)call->vector,
        };
        nt_status status = interrupt_join(&call->plan, &target, handle);
        if (!nt_success(status)) {
            if (*handle != NULL)
                interrupt_drop(*handle);
            *handle = NULL;
            return status;
        }
    }
    return NT_SUCCESS;
}

nt_status connect_vector(const struct vector_call *call, struct wdm_interrupt **out)
{
    struct ivm_cpu_set cpus = interrupt_cpus(call->processors, call->group);
    if (!is_well_formed(call))
        return NT_INVALID_PARAMETER;
    if (cpus.mask == 0)
        return call->no_processor;
    struct ivm_source_id id;
    struct wdm_interrupt *handle = NULL;
    nt_status status;
    if (find_source(call, &cpus, &id)) {
        const struct interrupt_target target = {
            .source = id, .cpus = cpus, .vector = (uint8_t)call->vector};
        status = interrupt_join(&call->plan, &target, &handle);
    } else if (call->must_be_assigned) {
        status = NT_NOT_FOUND;
    } else {
        status = connect_bare(call, &cpus, &handle);
    }
    if (nt_success(status)) {
        interrupt_publish(handle);
        *out = handle;
    }
    return status;
}

NT_API nt_status IoConnectInterrupt(struct wdm_interrupt **interrupt, nt_code routine,
                                    void *context, uint64_t *spin_lock, uint32_t vector,
                                    nt_irql irql, nt_irql synchronize_irql, uint32_t mode,
                                    nt_boolean share, nt_affinity processors,
                                    nt_boolean floating_save)
{
    (void)floating_save; /* SSE state is kept whatever it says */
    struct image *image = image_of(__builtin_return_address(0));
    if (interrupt == NULL || image == NULL)
        return NT_INVALID_PARAMETER;
    *interrupt = NULL;
    const struct vector_call call = {
        .plan = {.image = image,
                 .routine = routine,
                 .context = context,
                 .spin_lock = spin_lock,
                 .synchronize_irql = synchronize_irql,
                 .share = share,
                 .trigger = mode == NT_LATCHED ? IVM_EDGE : IVM_LEVEL},
        .vector = vector,
        .irql = irql,
        .mode = mode,
        .processors = processors,
        .no_processor = NT_INVALID_PARAMETER,
    };
    return connect_vector(&call, interrupt);
}
