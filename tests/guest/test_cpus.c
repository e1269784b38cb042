/* test_cpus.c: every CPU takes part: it answers, works, connects, and has tables of its
 * own. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>
#include <ivm/cpu.h>
#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "arch/x86_64/apic_id.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/madt.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/smp.h"
#include "arch/x86_64/stacks.h"
#include "boot/memory.h"
#include "probe.h"
#include "suite.h"

enum {
    ROUNDS = 200,
    FEW = 16, /* CPUs among which each can call each in a moment */
    ONE_SECOND = 1000000000,
};

/* What a function saw on the CPU that ran it. */
struct seen {
    _Atomic uint32_t runs;
    uint32_t cpu;
    uint32_t apic_id;
    uint8_t level;
    bool interrupts_on;
    uint64_t clock;
    const struct stack *stack;
    bool is_guarded;
};

static void look(void *context)
{
    struct seen *seen = context;
    struct paging_entry entry;
    seen->cpu = ivm_cpu_now();
    seen->apic_id = lapic_id();
    seen->level = ivm_level_now();
    seen->interrupts_on = cpu_interrupts_enabled();
    seen->clock = ivm_clock_ns();
    seen->stack = stack_holding(cpu_frame_pointer(), sizeof(uint64_t));
    seen->is_guarded = seen->stack != NULL &&
                       !paging_lookup(seen->stack->first - 1, &entry) &&
                       !paging_lookup(seen->stack->first - STACK_GUARD_SIZE, &entry);
    atomic_fetch_add(&seen->runs, 1);
}

static void count(void *context)
{
    atomic_fetch_add((_Atomic uint32_t *)context, 1);
}

static bool is_alone(void)
{
    if (ivm_cpu_count() > 1)
        return false;
    suite_skip("only one CPU");
    return true;
}

GUEST_TEST(cpus, every_cpu_answers_a_call_at_ipi_level)
{
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        struct seen seen = {0};
        CHECK(ivm_cpu_call(cpu, look, &seen) == IVM_OK);
        CHECK_EQUAL(seen.runs, 1);
        CHECK_EQUAL(seen.cpu, cpu);
        CHECK_EQUAL(seen.level, IVM_IPI);
        CHECK(seen.interrupts_on);
    }
}

GUEST_TEST(cpus, every_cpu_has_the_apic_id_its_interrupts_are_sent_to)
{
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        struct seen seen = {0};
        CHECK(ivm_cpu_call(cpu, look, &seen) == IVM_OK);
        CHECK_EQUAL(seen.apic_id, machine_apic_id(cpu));
    }
}

GUEST_TEST(cpus, a_cpu_that_does_not_run_is_not_found)
{
    struct seen seen = {0};
    struct ivm_cpu_set empty = {0}, absent = {.mask = 1, .group = UINT16_MAX};
    CHECK(ivm_cpu_call(ivm_cpu_count(), look, &seen) == IVM_NOT_FOUND);
    CHECK(ivm_cpu_run(ivm_cpu_count(), look, &seen) == IVM_NOT_FOUND);
    CHECK(ivm_cpu_call_set(&empty, look, &seen) == IVM_NOT_FOUND);
    CHECK(ivm_cpu_call_set(&absent, look, &seen) == IVM_NOT_FOUND);
    CHECK(!ivm_cpu_ping(ivm_cpu_count(), ONE_SECOND));
    CHECK_EQUAL(seen.runs, 0);
}

GUEST_TEST(cpus, every_cpu_answers_a_ping)
{
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++)
        CHECK(ivm_cpu_ping(cpu, ONE_SECOND));
}

GUEST_TEST(cpus, all_others_and_a_set_are_called_once_each)
{
    _Atomic uint32_t others = 0, set = 0;
    uint32_t cpus = ivm_cpu_count(), last = cpus - 1;
    struct ivm_cpu_set both = {.mask = UINT64_C(1) << last % 64 |
                                       UINT64_C(1) << last / 64 * 64 % 64,
                               .group = (uint16_t)(last / 64)};

    ivm_cpu_call_others(count, &others);
    CHECK(ivm_cpu_call_set(&both, count, &set) == IVM_OK);

    CHECK_EQUAL(others, cpus - 1);
    CHECK_EQUAL(set, (last % 64 != 0) + 1);
}

GUEST_TEST(cpus, every_cpu_works_below_dispatch_with_interrupts_on)
{
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        struct seen seen = {0};
        CHECK(ivm_cpu_run(cpu, look, &seen) == IVM_OK);
        CHECK_EQUAL(seen.runs, 1);
        CHECK_EQUAL(seen.cpu, cpu);
        CHECK_EQUAL(seen.level, IVM_PASSIVE);
        CHECK(seen.interrupts_on);
    }
}

GUEST_TEST(cpus, every_cpu_has_a_stack_of_its_own_above_an_unmapped_page)
{
    const struct stack *before = NULL;
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        struct seen seen = {0};
        CHECK(ivm_cpu_run(cpu, look, &seen) == IVM_OK);
        CHECK(seen.stack != NULL && seen.stack != before);
        CHECK(seen.is_guarded);
        before = seen.stack;
    }
}

GUEST_TEST(cpus, the_clock_goes_on_from_one_cpu_to_the_next)
{
    uint64_t last = ivm_clock_ns();
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        struct seen seen = {0};
        CHECK(ivm_cpu_call(cpu, look, &seen) == IVM_OK);
        CHECK(seen.clock >= last && seen.clock - last < ONE_SECOND);
        last = ivm_clock_ns();
        CHECK(last >= seen.clock);
    }
}

static void connect_and_interrupt(void *context)
{
    _Atomic uint32_t *good = context;
    uint32_t cpu;
    uint8_t vector;
    struct probe probe = probe_bare(0, 0);
    if (!probe_connect(&probe))
        return;
    probe_send(probe_vector(&probe));
    bool came = probe_wait(&probe, 1);
    bool here = ivm_stats_place(probe.connection.request.source, &cpu, &vector) &&
                cpu == ivm_cpu_now();
    if (probe_disconnect(&probe) && came && here)
        atomic_fetch_add(good, 1);
}

GUEST_TEST(cpus, every_cpu_can_connect_be_interrupted_and_disconnect)
{
    _Atomic uint32_t good = 0;
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++)
        CHECK(ivm_cpu_run(cpu, connect_and_interrupt, &good) == IVM_OK);
    CHECK_EQUAL(good, ivm_cpu_count());
}

static void send_self(void *context)
{
    probe_send(*(const uint8_t *)context);
}

GUEST_TEST(cpus, one_vector_on_two_cpus_reaches_two_routines)
{
    if (is_alone())
        return;
    uint32_t last = ivm_cpu_count() - 1;
    uint8_t vector = 0x9E;
    struct ivm_cpu_set first = {.mask = 1};
    struct ivm_cpu_set other = {.mask = UINT64_C(1) << last % 64,
                                .group = (uint16_t)(last / 64)};
    struct probe a = probe_bare(vector, 0), b = probe_bare(vector, 0);
    a.request.cpus = &first;
    b.request.cpus = &other;
    REQUIRE(probe_connect(&a) && probe_connect(&b));

    probe_send(vector);
    CHECK(probe_wait(&a, 1));
    CHECK_EQUAL(b.runs, 0);
    CHECK(ivm_cpu_run(last, send_self, &vector) == IVM_OK);
    CHECK(probe_wait(&b, 1));

    CHECK_EQUAL(a.runs, 1);
    CHECK_EQUAL(b.runs, 1);
    CHECK(probe_disconnect(&a) && probe_disconnect(&b));
}

/* Each CPU calls, at once. */

static _Atomic uint32_t called[MADT_CPU_LIMIT];

static void note_call(void *context)
{
    (void)context;
    atomic_fetch_add(&called[ivm_cpu_now()], 1);
}

/* All of a few; of many, whose emulation shares a few CPUs of the host, the next one. */
static uint32_t targets_of_each(void)
{
    uint32_t others = ivm_cpu_count() - 1;
    return others < FEW ? others : 1;
}

static void call_targets(void *context)
{
    _Atomic uint32_t *failures = context;
    for (uint32_t i = 1; i <= targets_of_each(); i++) {
        uint32_t cpu = (ivm_cpu_now() + i) % ivm_cpu_count();
        if (ivm_cpu_call(cpu, note_call, NULL) != IVM_OK)
            atomic_fetch_add(failures, 1);
    }
}

static bool is_done(void *context)
{
    return ivm_work_done(context);
}

GUEST_TEST(cpus, calls_from_every_cpu_to_every_cpu_at_once_are_all_made)
{
    static struct ivm_work works[MADT_CPU_LIMIT];
    _Atomic uint32_t failures = 0;
    uint32_t cpus = ivm_cpu_count();
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        atomic_store(&called[cpu], 0);
        works[cpu] =
            (struct ivm_work){.function = call_targets, .context = (void *)&failures};
    }

    for (uint32_t cpu = 1; cpu < cpus; cpu++)
        CHECK(ivm_cpu_post(cpu, &works[cpu]) == IVM_OK);
    call_targets((void *)&failures);
    for (uint32_t cpu = 1; cpu < cpus; cpu++)
        REQUIRE(ivm_wait_until(is_done, &works[cpu], 20 * (uint64_t)ONE_SECOND));

    CHECK_EQUAL(failures, 0);
    for (uint32_t cpu = 0; cpu < cpus; cpu++)
        CHECK_EQUAL(called[cpu], targets_of_each());
}

static void call_with_interrupts_off(void *context)
{
    uint32_t target = *(const uint32_t *)context;
    for (int i = 0; i < ROUNDS; i++) {
        cpu_cli();
        if (ivm_cpu_call(target, note_call, NULL) != IVM_OK)
            i--;
        cpu_sti();
    }
}

GUEST_TEST(cpus, two_cpus_that_call_each_other_with_interrupts_off_do_not_deadlock)
{
    if (is_alone())
        return;
    static uint32_t first = 0, second = 1;
    struct ivm_work work = {.function = call_with_interrupts_off, .context = &first};
    atomic_store(&called[0], 0);
    atomic_store(&called[1], 0);

    REQUIRE(ivm_cpu_post(1, &work) == IVM_OK);
    call_with_interrupts_off(&second);
    REQUIRE(ivm_wait_until(is_done, &work, 20 * (uint64_t)ONE_SECOND));

    CHECK_EQUAL(called[0], ROUNDS);
    CHECK_EQUAL(called[1], ROUNDS);
}

GUEST_TEST(cpus, an_idle_cpu_never_sleeps_on_its_work)
{
    if (is_alone())
        return;
    _Atomic uint32_t done = 0;
    for (int i = 0; i < ROUNDS; i++)
        CHECK(ivm_cpu_run(1, count, (void *)&done) == IVM_OK);
    CHECK_EQUAL(done, ROUNDS);
}

static void run_on_first(void *context)
{
    if (ivm_cpu_run(0, count, context) == IVM_OK)
        count(context);
}

GUEST_TEST(cpus, two_cpus_that_wait_for_each_others_work_both_go_on)
{
    if (is_alone())
        return;
    _Atomic uint32_t done = 0;
    CHECK(ivm_cpu_run(1, run_on_first, (void *)&done) == IVM_OK);
    CHECK_EQUAL(done, 2);
}

static unsigned taken_in;

static enum ivm_status take_nobody(struct percpu *percpu)
{
    (void)percpu;
    taken_in++;
    return IVM_UNSUPPORTED;
}

/* A table that lists a CPU which is not there: firmware has been seen to. */
GUEST_TEST(cpus, a_cpu_that_does_not_come_up_is_left_out_and_the_rest_go_on)
{
    static struct madt madt;
    uint32_t absent = 0xFE, before = ivm_cpu_count();
    if (before > absent) {
        suite_skip("every APIC id is in use");
        return;
    }
    madt.cpu_count = 1;
    madt.cpus[0] = (struct madt_cpu){.apic_id = absent, .uid = absent, .enabled = true};
    struct cpu_list list = {&madt, lapic_id(), lapic_id_end()};
    struct smp_host host = {.page = memory_low_page(), .take_in = take_nobody};

    CHECK_EQUAL(smp_start(&list, &host), 1);

    CHECK_EQUAL(taken_in, 0);
    CHECK_EQUAL(ivm_cpu_count(), before);
    for (uint32_t cpu = 0; cpu < before; cpu++)
        CHECK(ivm_cpu_ping(cpu, ONE_SECOND));
}

static _Atomic uint32_t deaf, may_go_on;

static void be_deaf(void *context)
{
    (void)context;
    cpu_cli();
    atomic_store(&deaf, 1);
    while (atomic_load(&may_go_on) == 0)
        cpu_pause();
    cpu_sti();
}

static bool is_deaf(void *context)
{
    (void)context;
    return atomic_load(&deaf) != 0;
}

GUEST_TEST(cpus, a_cpu_with_interrupts_off_answers_no_ping_until_they_are_on)
{
    if (is_alone())
        return;
    struct ivm_work work = {.function = be_deaf};
    atomic_store(&deaf, 0);
    atomic_store(&may_go_on, 0);
    REQUIRE(ivm_cpu_post(1, &work) == IVM_OK);
    REQUIRE(ivm_wait_until(is_deaf, NULL, ONE_SECOND));

    CHECK(!ivm_cpu_ping(1, 1000000));
    atomic_store(&may_go_on, 1);
    CHECK(ivm_wait_until(is_done, &work, ONE_SECOND));
    CHECK(ivm_cpu_ping(1, ONE_SECOND));
}
