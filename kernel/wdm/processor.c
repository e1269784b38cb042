/* processor.c: which processors there are, in groups of 64, and which one this is.
 *
 * Source: [WDM] "Processor Groups".
 */
#include <ivm/cpu.h>
#include <ivm/system.h>
#include <machine/hot.h>

#include "image.h"
#include "interrupt.h"
#include "level_calls.h"

enum { ALL_GROUPS = 0xFFFF, NO_INDEX = -1 };

NT_API nt_affinity KeQueryGroupAffinity(uint16_t group)
{
    return interrupt_cpus(UINT64_MAX, group).mask;
}

NT_API nt_affinity KeQueryActiveProcessors(void)
{
    return KeQueryGroupAffinity(0);
}

NT_API uint32_t KeQueryActiveProcessorCountEx(uint16_t group)
{
    if (group == ALL_GROUPS)
        return ivm_cpu_count();
    uint32_t first = group * (uint32_t)WDM_CPU_GROUP, count = ivm_cpu_count();
    if (first >= count)
        return 0;
    return count - first < WDM_CPU_GROUP ? count - first : WDM_CPU_GROUP;
}

NT_API uint32_t KeQueryActiveProcessorCount(nt_affinity *processors)
{
    if (processors != NULL)
        *processors = KeQueryActiveProcessors();
    return KeQueryActiveProcessorCountEx(0);
}

/* No processor is added later. */
NT_API uint32_t KeQueryMaximumProcessorCountEx(uint16_t group)
{
    return KeQueryActiveProcessorCountEx(group);
}

NT_API uint32_t KeQueryMaximumProcessorCount(void)
{
    return KeQueryActiveProcessorCountEx(0);
}

NT_API uint16_t KeQueryActiveGroupCount(void)
{
    return (uint16_t)((ivm_cpu_count() + WDM_CPU_GROUP - 1) / WDM_CPU_GROUP);
}

static struct nt_processor_number number_of(uint32_t cpu)
{
    return (struct nt_processor_number){.group = (uint16_t)(cpu / WDM_CPU_GROUP),
                                        .number = (uint8_t)(cpu % WDM_CPU_GROUP)};
}

NT_API uint32_t KeGetCurrentProcessorNumberEx(struct nt_processor_number *number)
{
    uint32_t cpu = machine_cpu();
    if (number != NULL)
        *number = number_of(cpu);
    return cpu;
}

NT_API nt_status KeGetProcessorNumberFromIndex(uint32_t index,
                                               struct nt_processor_number *number)
{
    if (number == NULL || index >= ivm_cpu_count())
        return NT_INVALID_PARAMETER;
    *number = number_of(index);
    return NT_SUCCESS;
}

NT_API uint32_t KeGetProcessorIndexFromNumber(const struct nt_processor_number *number)
{
    uint32_t index = number->group * (uint32_t)WDM_CPU_GROUP + number->number;
    bool exists =
        number->number < WDM_CPU_GROUP && number->reserved == 0 && index < ivm_cpu_count();
    return exists ? index : (uint32_t)NO_INDEX;
}

/* There is one thread, and it does not wander: a set that holds its processor changes nothing. */
NT_API void KeSetSystemAffinityThread(nt_affinity processors)
{
    const struct image *image = image_of(__builtin_return_address(0));
    if ((processors >> machine_cpu() % WDM_CPU_GROUP & 1) == 0)
        ivm_log("%s: wants its thread on another processor: there is one thread, and it "
                "stays",
                image != NULL ? image->name : "somebody");
}

NT_API void KeRevertToUserAffinityThread(void)
{
}
