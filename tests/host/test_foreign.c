/* test_foreign.c: what a machine is made to be before driver images run on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/hardware.h"
#include "fake/system.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): its state begins anew with each test */
#include "arch/x86_64/foreign.c"

enum { CPUS = 3, ARENA_PAGES = 8 };

static struct percpu cpus[CPUS];
static uint32_t current;
static void *arena;
static bool timer_works, page_is_refused;
static uint32_t features[CPUS];
static struct {
    uintptr_t address, page;
} shown;
static struct {
    uintptr_t first;
    size_t size;
    enum paging_use use;
    enum ivm_status answer;
} protected;

/* The machine around it. */

uint32_t ivm_cpu_count(void)
{
    return CPUS;
}

static void be(uint32_t cpu)
{
    current = cpu;
    uint64_t self = (uintptr_t)&cpus[cpu];
    memcpy(fake_cpu.gs, &self, sizeof self);
    fake_cpuid_set(1, 0, (struct cpu_leaf){.edx = features[cpu]});
}

/* Control registers are each CPU's own; what it is left with is kept here. */
static uint64_t cr0[CPUS], cr4[CPUS];

void ivm_cpu_call_others(ivm_cpu_function *function, void *context)
{
    uint32_t caller = current;
    uint64_t own_cr0 = fake_cpu.cr0, own_cr4 = fake_cpu.cr4;
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        if (cpu == caller)
            continue;
        be(cpu);
        fake_cpu.cr0 = 0x8001002D; /* EM, TS */
        fake_cpu.cr4 = 0x20;
        function(context);
        cr0[cpu] = fake_cpu.cr0;
        cr4[cpu] = fake_cpu.cr4;
    }
    be(caller);
    fake_cpu.cr0 = own_cr0;
    fake_cpu.cr4 = own_cr4;
}

bool foreign_wait_start(void)
{
    return timer_works;
}

enum ivm_status paging_show(uintptr_t address, uintptr_t page)
{
    if (page_is_refused)
        return IVM_EXHAUSTED;
    shown.address = address;
    shown.page = page;
    return IVM_OK;
}

enum ivm_status paging_protect(uintptr_t first, size_t size, enum paging_use use)
{
    protected.first = first;
    protected.size = size;
    protected.use = use;
    return protected.answer;
}

void machine_relax(void)
{
}

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_system_reset();
    fake_system.step_ns = 0;
    fake_system.now_ns = 50000000;
    fake_ports_default_to_ones(); /* no clock with a battery */
    fake_cpu.interrupts_on = true;
    fake_cpu.cr0 = 0x80010033;
    fake_cpu.cr4 = 0x220;
    arena = aligned_alloc(PAGE_SIZE, ARENA_PAGES * PAGE_SIZE);
    if (arena == NULL)
        return -1;
    memset(arena, 0xA5, ARENA_PAGES * PAGE_SIZE);
    pages_start(UINT64_MAX);
    memset(cpus, 0, sizeof cpus);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        cpus[cpu] = (struct percpu){.self = &cpus[cpu], .cpu = cpu};
        features[cpu] = 7u << 24;
    }
    be(0);
    is_started = false;
    times_page = threads = 0;
    time_at_start = latest_interrupt_time = 0;
    unable = 0;
    timer_works = true;
    page_is_refused = false;
    memset(&protected, 0, sizeof protected);
    return pages_add((uintptr_t)arena, (uintptr_t)arena + ARENA_PAGES * PAGE_SIZE) !=
           IVM_OK;
}

static int tear_down(void **state)
{
    (void)state;
    free(arena);
    return 0;
}

static void every_cpu_gets_sse_and_its_words(void **state)
{
    (void)state;
    assert_true(foreign_start());

    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(cpus[cpu].nt_self, (uintptr_t)&cpus[cpu]);
        assert_int_equal(cpus[cpu].nt_number, cpu);
        assert_int_equal(cpus[cpu].nt_thread, cpus[0].nt_thread + cpu * (uintptr_t)1024);
        for (size_t i = 0; i < 1024; i++)
            assert_int_equal(((const uint8_t *)cpus[cpu].nt_thread)[i], 0);
    }
    for (uint32_t cpu = 1; cpu < CPUS; cpu++) {
        assert_int_equal(cr0[cpu], 0x80010023);
        assert_int_equal(cr4[cpu], 0x620);
    }
    assert_int_equal(fake_cpu.cr0, 0x80010033);
    assert_int_equal(fake_cpu.cr4, 0x620);
}

static void one_cpu_without_sse_is_one_too_many(void **state)
{
    (void)state;
    features[2] = 3u << 24;

    assert_false(foreign_start());

    assert_int_equal(fake_log_text_count("1 CPUs have no SSE2"), 1);
    assert_int_equal(cpus[2].nt_thread, 0);
}

static void without_a_timer_or_memory_nothing_is_begun(void **state)
{
    (void)state;
    timer_works = false;
    assert_false(foreign_start());
    timer_works = true;
    page_is_refused = true;
    assert_false(foreign_start());
    assert_int_equal(fake_log_text_count("no memory for the page of times"), 1);
    page_is_refused = false;
    while (page_allocate(1) != 0) {
    }
    assert_false(foreign_start());
    assert_int_equal(cpus[0].nt_self, 0);
}

static void a_second_start_does_nothing(void **state)
{
    (void)state;
    assert_true(foreign_start());
    uint64_t free_pages = pages_free();
    timer_works = false;

    assert_true(foreign_start());

    assert_int_equal(pages_free(), free_pages);
}

static uint64_t time_in_page(size_t offset)
{
    uint64_t time;
    memcpy(&time, (const uint8_t *)shown.page + offset, sizeof time);
    return time;
}

static void the_page_of_times_is_shown_and_tells_the_time_at_once(void **state)
{
    (void)state;
    assert_true(foreign_start());

    assert_int_equal(shown.address, 0xFFFFF78000000000);
    assert_int_equal(time_in_page(0x08), 500000);
    assert_int_equal(time_in_page(0x14), 500000); /* since 1601: nobody knows the date */
    assert_int_equal(time_in_page(0x320), 3);
}

static void times_never_go_back(void **state)
{
    (void)state;
    assert_true(foreign_start());

    foreign_set_times(600000, 7, 8);
    foreign_set_times(599999, 1, 2);

    assert_int_equal(time_in_page(0x08), 600000);
    assert_int_equal(time_in_page(0x14), 7);
    assert_int_equal(time_in_page(0x320), 8);
    assert_true(fake_cpu.interrupts_on);
    foreign_set_times(600000, 9, 10);
    assert_int_equal(time_in_page(0x14), 9);
}

static void see_that_interrupts_are_off(void)
{
    assert_false(fake_cpu.interrupts_on);
}

static void nobody_comes_between_while_times_are_written(void **state)
{
    (void)state;
    assert_true(foreign_start());
    fake_cpu.on_store = see_that_interrupts_are_off;

    foreign_set_times(600000, 7, 8);
    fake_cpu.interrupts_on = false;
    foreign_set_times(600001, 7, 8);

    assert_false(fake_cpu.interrupts_on);
    assert_int_equal(time_in_page(0x08), 600001);
}

static void before_the_start_times_are_kept_nowhere(void **state)
{
    (void)state;
    foreign_set_times(600000, 7, 8);
    assert_true(foreign_start());
    assert_int_equal(time_in_page(0x08), 500000);
}

static void system_time_goes_on_from_the_date_of_the_start(void **state)
{
    (void)state;
    assert_true(foreign_start());
    time_at_start = UINT64_C(133000000000000000);

    assert_int_equal(foreign_system_time(), UINT64_C(133000000000500000));
    fake_system.now_ns += 1000;
    assert_int_equal(foreign_system_time(), UINT64_C(133000000000500010));
}

static void rights_are_handed_on_in_bytes(void **state)
{
    (void)state;
    static const enum paging_use uses[] = {PAGING_READ, PAGING_WRITE, PAGING_RUN};
    for (int rights = FOREIGN_READ; rights <= FOREIGN_EXECUTE; rights++) {
        protected.answer = IVM_OK;
        assert_true(foreign_protect(0x5000, 3, (enum foreign_rights)rights));
        assert_int_equal(protected.first, 0x5000);
        assert_int_equal(protected.size, 0x3000);
        assert_int_equal(protected.use, uses[rights]);
    }
    protected.answer = IVM_EXHAUSTED;
    assert_false(foreign_protect(0x5000, 3, FOREIGN_READ));
    protected.answer = IVM_OK;
    assert_false(foreign_protect(0x5000, SIZE_MAX / 2, FOREIGN_READ));
    assert_false(foreign_protect(0x5000, 3, (enum foreign_rights)3));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_cpu_gets_sse_and_its_words),
        TEST(one_cpu_without_sse_is_one_too_many),
        TEST(without_a_timer_or_memory_nothing_is_begun),
        TEST(a_second_start_does_nothing),
        TEST(the_page_of_times_is_shown_and_tells_the_time_at_once),
        TEST(times_never_go_back),
        TEST(nobody_comes_between_while_times_are_written),
        TEST(before_the_start_times_are_kept_nowhere),
        TEST(system_time_goes_on_from_the_date_of_the_start),
        TEST(rights_are_handed_on_in_bytes),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
