/* test_foreign_wait.c: ticks, sleep, and the page of times, as driver images have them. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <ivm/cpu.h>
#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "arch/x86_64/lapic.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/times_page.h"
#include "foreign_code.h"
#include "probe.h"
#include "suite.h"

enum { TICKS = 32, TICK_NS = 15625000, ROUNDS = 2000, WRITES = 20000 };
static const uint64_t one_second = 1000000000;
static const uint64_t a_minute = 60000000000;

/* Ticks. */

static _Atomic uint32_t ticks;
static _Atomic uint32_t tick_cpu;
static _Atomic uint32_t tick_level;
static _Atomic bool tick_interrupts;

static void count_tick(void)
{
    tick_cpu = ivm_cpu_now();
    tick_level = ivm_level_now();
    tick_interrupts = cpu_interrupts_enabled();
    ticks++;
}

static bool has_ticked(void *context)
{
    return ticks >= *(const uint32_t *)context;
}

static bool wait_for_ticks(uint32_t count)
{
    return ivm_wait_until(has_ticked, &count, a_minute);
}

/* A busy host lets some of them be late, and never early: the first comes after a whole period. */
GUEST_TEST(foreign, ticks_come_64_times_a_second_on_cpu_0_at_the_level_of_the_clock)
{
    REQUIRE(foreign_start());
    ticks = 0;
    tick_cpu = tick_level = 99;

    uint64_t begin = ivm_clock_ns();
    foreign_tick(count_tick);
    CHECK(wait_for_ticks(TICKS));
    uint64_t took = ivm_clock_ns() - begin;
    foreign_tick(NULL);

    CHECK(took >= TICKS * (uint64_t)TICK_NS * 95 / 100);
    ivm_log("# %u ticks in %lu us", (unsigned)TICKS, took / 1000);
    CHECK_EQUAL(tick_cpu, 0);
    CHECK_EQUAL(tick_level, IVM_CLOCK);
    CHECK(tick_interrupts);
}

GUEST_TEST(foreign, a_tick_that_was_stopped_does_not_come_again)
{
    uint32_t entry = 0, initial = 1;
    REQUIRE(foreign_start());
    for (unsigned round = 1; round <= 3; round++) {
        ticks = 0;
        foreign_tick(count_tick);
        CHECK(wait_for_ticks(2));

        foreign_tick(NULL);

        uint32_t after = ticks;
        CHECK(lapic_register_read(LAPIC_LVT_TIMER, &entry) && entry & LAPIC_LVT_MASKED);
        CHECK(lapic_register_read(LAPIC_TIMER_INITIAL, &initial) && initial == 0);
        CHECK(probe_fence());
        CHECK_EQUAL(ticks, after);
    }
}

static void tick_from_here(void *context)
{
    (void)context;
    foreign_tick(count_tick);
}

static void stop_from_here(void *context)
{
    (void)context;
    foreign_tick(NULL);
}

GUEST_TEST(foreign, another_cpu_starts_and_stops_the_ticks_of_cpu_0)
{
    if (ivm_cpu_count() == 1) {
        suite_skip("only one CPU");
        return;
    }
    REQUIRE(foreign_start());
    ticks = 0;

    REQUIRE(ivm_cpu_run(1, tick_from_here, NULL) == IVM_OK);
    CHECK(wait_for_ticks(3));
    CHECK_EQUAL(tick_cpu, 0);
    REQUIRE(ivm_cpu_run(1, stop_from_here, NULL) == IVM_OK);

    uint32_t after = ticks;
    CHECK(probe_fence());
    CHECK_EQUAL(ticks, after);
}

/* Sleep. */

static bool is_true(void *context)
{
    return *(const _Atomic bool *)context;
}

GUEST_TEST(foreign, who_need_not_sleep_does_not)
{
    static _Atomic bool ready = true;
    REQUIRE(foreign_start());

    foreign_sleep(is_true, &ready);

    CHECK(cpu_interrupts_enabled());
}

static _Atomic bool asked_with_interrupts_on;

/* The interrupt is sent when the CPU has decided to sleep. */
static bool send_and_sleep(void *context)
{
    asked_with_interrupts_on = cpu_interrupts_enabled();
    probe_send(probe_vector(context));
    return false;
}

GUEST_TEST(foreign, an_interrupt_between_the_question_and_the_sleep_ends_it)
{
    REQUIRE(foreign_start());
    struct probe probe = probe_bare(0x66, 0);
    REQUIRE(probe_connect(&probe));
    for (uint32_t round = 1; round <= 100; round++) {
        uint8_t found = ivm_level_raise(round % 2);
        foreign_sleep(send_and_sleep, &probe);
        ivm_level_lower(found);

        CHECK_EQUAL(probe.runs, round);
        CHECK(!asked_with_interrupts_on && cpu_interrupts_enabled());
    }
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(foreign, ticks_wake_a_cpu_that_sleeps)
{
    static _Atomic bool never;
    REQUIRE(foreign_start());
    ticks = 0;
    foreign_tick(count_tick);
    while (ticks < 3)
        foreign_sleep(is_true, &never);
    foreign_tick(NULL);
    CHECK(ticks >= 3);
}

/* Two CPUs hand a turn to each other; who has not got it sleeps. */
struct game {
    _Atomic uint32_t turn; /* even: CPU 0's */
    _Atomic bool is_lost;  /* a wake-up was: the other had to be woken by hand */
};

struct player {
    struct game *game;
    uint32_t parity;
};

static bool has_turn(void *context)
{
    const struct player *player = context;
    return player->game->turn % 2 == player->parity;
}

static bool other_has_moved(void *context)
{
    const struct player *player = context;
    return player->game->turn % 2 == player->parity || player->game->turn >= ROUNDS;
}

static void play(void *context)
{
    struct player *player = context;
    while (player->game->turn < ROUNDS) {
        while (!has_turn(player))
            foreign_sleep(has_turn, player);
        player->game->turn++;
        foreign_wake();
        /* Every other round this one stays awake, so that both sleep and both are awake. */
        if (player->game->turn % 4 < 2 &&
            !ivm_wait_until(other_has_moved, player, 10 * one_second)) {
            player->game->is_lost = true;
            (void)ivm_cpu_ping(1 - player->parity, one_second);
        }
    }
}

static bool work_is_done(void *context)
{
    ivm_cpu_serve();
    return ivm_work_done(context);
}

GUEST_TEST(foreign, cpus_that_wake_each_other_lose_no_wake_up)
{
    if (ivm_cpu_count() == 1) {
        suite_skip("only one CPU");
        return;
    }
    REQUIRE(foreign_start());
    static struct game game;
    game.turn = 0;
    game.is_lost = false;
    struct player here = {.game = &game, .parity = 0};
    struct player there = {.game = &game, .parity = 1};
    struct ivm_work work = {.function = play, .context = &there};
    REQUIRE(ivm_cpu_post(1, &work) == IVM_OK);

    play(&here);

    CHECK(ivm_wait_until(work_is_done, &work, a_minute));
    CHECK(!game.is_lost);
    CHECK(game.turn >= ROUNDS);
}

/* Times. */

static uint64_t read_as_drivers_do(unsigned offset)
{
    return foreign_code_call(foreign_code_read, times_page_address + offset, 0);
}

static uint64_t read_by_words(unsigned offset)
{
    uintptr_t at = times_page_address + offset;
    for (;;) {
        uint32_t high = mmio_read32(at + 4);
        uint32_t low = mmio_read32(at);
        if (mmio_read32(at + 8) == high)
            return (uint64_t)high << 32 | low;
    }
}

GUEST_TEST(foreign, the_page_of_times_can_only_be_read)
{
    struct paging_entry entry;
    REQUIRE(foreign_start());

    REQUIRE(paging_lookup(times_page_address, &entry));

    CHECK(!entry.writable && !entry.executable && entry.cached);
    CHECK_EQUAL(entry.size, 4096);
    CHECK(!paging_lookup(times_page_address - 1, &entry));
    CHECK(!paging_lookup(times_page_address + 4096, &entry));
}

GUEST_TEST(foreign, both_ways_to_read_a_time_find_what_was_set)
{
    REQUIRE(foreign_code_load());
    uint64_t now = ivm_clock_ns() / 100;
    uint64_t system = UINT64_C(0x01DB123456789ABC), count = UINT64_C(0x123456789);

    foreign_set_times(now, system, count);

    CHECK_EQUAL(read_as_drivers_do(TIMES_PAGE_INTERRUPT), now);
    CHECK_EQUAL(read_as_drivers_do(TIMES_PAGE_SYSTEM), system);
    CHECK_EQUAL(read_as_drivers_do(TIMES_PAGE_TICKS), count);
    CHECK_EQUAL(read_by_words(TIMES_PAGE_INTERRUPT), now);
    CHECK_EQUAL(read_by_words(TIMES_PAGE_SYSTEM), system);
    CHECK_EQUAL(read_by_words(TIMES_PAGE_TICKS), count);
    CHECK_EQUAL(mmio_read32(times_page_address), 0);

    foreign_set_times(now - 1, 1, 1);
    CHECK_EQUAL(read_as_drivers_do(TIMES_PAGE_INTERRUPT), now);
    CHECK_EQUAL(read_as_drivers_do(TIMES_PAGE_TICKS), count);
}

GUEST_TEST(foreign, the_date_is_known_and_goes_up)
{
    REQUIRE(foreign_start());
    const uint64_t year = UINT64_C(365) * 86400 * 10000000;
    uint64_t before = foreign_system_time();
    CHECK(before > (2022 - 1601) * year);
    CHECK(before < (2300 - 1601) * year);
    uint64_t clock = ivm_clock_ns();
    while (ivm_clock_ns() < clock + 1000)
        cpu_pause();
    CHECK(foreign_system_time() > before);
}

struct reader {
    _Atomic bool stop;
    _Atomic uint32_t reads, torn;
};

/* What is set has two halves that add up to all ones. */
static bool is_whole(uint64_t time)
{
    return (uint32_t)(time >> 32) == ~(uint32_t)time;
}

static void keep_reading(void *context)
{
    struct reader *reader = context;
    while (!reader->stop) {
        reader->torn += !is_whole(read_as_drivers_do(TIMES_PAGE_SYSTEM));
        reader->torn += !is_whole(read_by_words(TIMES_PAGE_SYSTEM));
        reader->torn += !is_whole(read_as_drivers_do(TIMES_PAGE_TICKS));
        reader->torn += !is_whole(read_by_words(TIMES_PAGE_TICKS));
        reader->reads++;
    }
}

static uint64_t whole(uint32_t high)
{
    return (uint64_t)high << 32 | (uint32_t)~high;
}

static bool reads_are_made(void *context)
{
    return ((const struct reader *)context)->reads >= 10;
}

GUEST_TEST(foreign, nobody_reads_half_a_time_while_it_changes)
{
    if (ivm_cpu_count() == 1) {
        suite_skip("only one CPU");
        return;
    }
    REQUIRE(foreign_code_load());
    struct reader reader = {.stop = false};
    struct ivm_work work = {.function = keep_reading, .context = &reader};
    foreign_set_times(ivm_clock_ns() / 100, whole(0), whole(0));
    REQUIRE(ivm_cpu_post(1, &work) == IVM_OK);

    for (uint32_t i = 1; i <= WRITES; i++)
        foreign_set_times(ivm_clock_ns() / 100, whole(i), whole(~i));
    CHECK(ivm_wait_until(reads_are_made, &reader, a_minute));
    reader.stop = true;

    CHECK(ivm_wait_until(work_is_done, &work, a_minute));
    CHECK_EQUAL(reader.torn, 0);
}
