/* cpus.c: plugs the other CPUs into the manager. */
#include "cpus.h"

#include <stddef.h>
#include <stdint.h>

#include <ivm/system.h>

#include "arch/x86_64/smp.h"
#include "arch/x86_64/stop.h"
#include "interrupts.h"
#include "kernel/system/pages.h"
#include "kernel/system/panic.h"
#include "memory.h"

static void stop(void)
{
    stop_others(NULL);
}

void cpus_start(void)
{
    static const struct panic_others others = {.stop = stop, .show = stop_show};
    struct cpu_list list = interrupts_cpus();
    struct smp_host host = {.page = memory_low_page(), .take_in = interrupts_add_cpu};
    panic_set_others(&others);
    if (cpu_list_limit(&list) > 1 && host.page == 0) {
        ivm_log("CPUs: no page of RAM is free below 640 KiB, where one would begin: only "
                "this one runs");
        return;
    }
    uint64_t free_before = pages_free();
    size_t started = smp_start(&list, &host) - 1;
    if (started != 0)
        ivm_log("CPUs: %zu started; each has %lu KiB of tables and stacks", started,
                (free_before - pages_free()) * PAGE_SIZE / 1024 / started);
}
