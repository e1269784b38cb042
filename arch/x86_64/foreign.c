/* foreign.c: what driver images ask of this machine: SSE, their words behind GS, times, pages.
 *
 * Ticks and sleep are foreign_wait.c's; foreign_call() and foreign_origin() are
 * foreign.S's.
 */
#include "kernel/wdm/host.h"

#include <stdatomic.h>

#include <hw/cpu.h>
#include <ivm/cpu.h>
#include <ivm/system.h>

#include "cmos_time.h"
#include "firmware.h"
#include "foreign_wait.h"
#include "kernel/spinlock.h"
#include "kernel/system/pages.h"
#include "paging.h"
#include "percpu.h"
#include "times_page.h"

/* clang-format off */
enum {
    CPUID_FEATURES = 1,
    CPUID_EDX_SSE = 7 << 24,        /* [24] FXSR, [25] SSE, [26] SSE2 */

    /* [SDM3A] "Control Registers", "Initializing SSE/SSE2/SSE3/SSSE3 Extensions" */
    CR0_MP = 1 << 1,
    CR0_EM = 1 << 2,
    CR0_TS = 1 << 3,
    CR0_NE = 1 << 5,
    CR4_OSFXSR = 1 << 9,
    CR4_OSXMMEXCPT = 1 << 10,       /* #XM, not #UD, for what MXCSR does not mask */

    THREAD_SIZE = 1024,             /* zeros that a CPU's thread points to */
    TIME_NS = 100,                  /* NT counts so many */
    TICK_NS = 15625000,
};
/* clang-format on */

/* Written by foreign_start(). */
static bool is_started;
static uintptr_t times_page;
static uintptr_t threads;      /* THREAD_SIZE for each CPU */
static uint64_t time_at_start; /* system time when the clock was 0 */

/* CPUs without SSE; added to by each. */
static _Atomic uint32_t unable;

/* Protects the page of times, interrupts off: the clock's interrupt takes it, too. */
static struct spinlock times_lock;
static uint64_t latest_interrupt_time;

/* On each CPU, the one that starts included. */
static void start_cpu(void *context)
{
    (void)context;
    if ((cpu_cpuid(CPUID_FEATURES, 0).edx & CPUID_EDX_SSE) != CPUID_EDX_SSE) {
        atomic_fetch_add_explicit(&unable, 1, memory_order_relaxed);
        return;
    }
    cpu_write_cr0((cpu_read_cr0() & ~(uint64_t)(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE);
    cpu_write_cr4(cpu_read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT);
    struct percpu *percpu = (struct percpu *)(uintptr_t)cpu_gs_read64(PERCPU_SELF);
    percpu->nt_self = (uintptr_t)percpu;
    percpu->nt_number = (uint16_t)percpu->cpu;
    percpu->nt_thread = threads + (uintptr_t)percpu->cpu * THREAD_SIZE;
}

static bool make_pages(void)
{
    size_t bytes = (size_t)ivm_cpu_count() * THREAD_SIZE;
    threads = page_allocate((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
    times_page = page_allocate(1);
    if (threads != 0 && times_page != 0 &&
        paging_show(times_page_address, times_page) == IVM_OK)
        return true;
    ivm_log(
        "drivers' images: no memory for the page of times, or for a thread of each CPU");
    return false;
}

static void read_date(void)
{
    uint64_t now = 0;
    if (firmware_fadt()->rtc_absent)
        ivm_log("date: firmware says that there is no clock");
    else if (cmos_time_read(&now))
        time_at_start = now - ivm_clock_ns() / TIME_NS;
}

static bool start_cpus(void)
{
    start_cpu(NULL);
    ivm_cpu_call_others(start_cpu, NULL);
    uint32_t count = atomic_load_explicit(&unable, memory_order_relaxed);
    if (count != 0)
        ivm_log("drivers' images: %u CPUs have no SSE2", count);
    return count == 0;
}

bool foreign_start(void)
{
    if (is_started)
        return true;
    if (!foreign_wait_start() || !make_pages() || !start_cpus())
        return false;
    read_date();
    uint64_t now = ivm_clock_ns();
    foreign_set_times(now / TIME_NS, foreign_system_time(), now / TICK_NS);
    is_started = true;
    return true;
}

void foreign_set_times(uint64_t interrupt_time, uint64_t system_time, uint64_t ticks)
{
    const struct times times = {
        .interrupt = interrupt_time, .system = system_time, .ticks = ticks};
    bool were_on = cpu_interrupts_save();
    spinlock_take(&times_lock);
    /* Who was interrupted on the way here comes with a time that is over. */
    if (times_page != 0 && interrupt_time >= latest_interrupt_time) {
        latest_interrupt_time = interrupt_time;
        times_page_write((void *)times_page, &times);
    }
    spinlock_release(&times_lock);
    cpu_interrupts_restore(were_on);
}

uint64_t foreign_system_time(void)
{
    return time_at_start + ivm_clock_ns() / TIME_NS;
}

uintptr_t foreign_pages(size_t count)
{
    return page_allocate(count);
}

bool foreign_protect(uintptr_t first, size_t count, enum foreign_rights rights)
{
    static const enum paging_use uses[] = {[FOREIGN_READ] = PAGING_READ,
                                           [FOREIGN_WRITE] = PAGING_WRITE,
                                           [FOREIGN_EXECUTE] = PAGING_RUN};
    if ((size_t)rights >= sizeof uses / sizeof uses[0] || count > SIZE_MAX / PAGE_SIZE)
        return false;
    return paging_protect(first, count * PAGE_SIZE, uses[rights]) == IVM_OK;
}
