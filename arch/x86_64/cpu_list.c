/* cpu_list.c: which of the CPUs that the MADT lists are to run. */
#include "cpu_list.h"

enum cpu_use cpu_list_use(const struct cpu_list *list, const struct madt_cpu *cpu)
{
    if (cpu->apic_id == list->boot_id)
        return CPU_BOOTS;
    if (!cpu->enabled)
        return CPU_DISABLED;
    return cpu->apic_id < list->id_end ? CPU_TO_START : CPU_UNREACHABLE;
}

size_t cpu_list_next(const struct cpu_list *list, size_t index)
{
    while (index < list->madt->cpu_count &&
           cpu_list_use(list, &list->madt->cpus[index]) != CPU_TO_START)
        index++;
    return index;
}

size_t cpu_list_limit(const struct cpu_list *list)
{
    size_t limit = 1, end = list->madt->cpu_count;
    for (size_t i = cpu_list_next(list, 0); i < end; i = cpu_list_next(list, i + 1))
        limit++;
    return limit;
}
