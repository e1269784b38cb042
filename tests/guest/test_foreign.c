/* test_foreign.c: this machine as driver images find it: calls into them, registers, pages, GS. */
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>
#include <ivm/cpu.h>
#include <ivm/level.h>
#include <ivm/system.h>

#include "arch/x86_64/paging.h"
#include "arch/x86_64/percpu.h"
#include "foreign_code.h"
#include "kernel/system/pages.h"
#include "probe.h"
#include "suite.h"

enum {
    MXCSR_AT_ENTRY = 0x1F80,
    MXCSR_OTHER = 0x9FC0, /* denormals are zeros, flush to zero: nothing C would set */
    THREAD_SEEN = 1024,
    PAGES = 3,
};

/* Calls. */

static uint64_t arguments_seen[4];
static uintptr_t frame_seen;

static NT_API uint64_t take_four(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    arguments_seen[0] = a;
    arguments_seen[1] = b;
    arguments_seen[2] = c;
    arguments_seen[3] = d;
    frame_seen = cpu_frame_pointer();
    return UINT64_C(0x8899AABBCCDDEEFF);
}

GUEST_TEST(foreign, a_call_passes_four_arguments_and_returns_64_bits)
{
    static const uint64_t given[4] = {1ull << 63, 2ull << 40, 3, UINT64_MAX};
    REQUIRE(foreign_start());

    CHECK_EQUAL(foreign_call((uintptr_t)take_four, given), UINT64_C(0x8899AABBCCDDEEFF));

    for (size_t i = 0; i < 4; i++)
        CHECK_EQUAL(arguments_seen[i], given[i]);
}

/* The callee's frame pointer lies 16 below what its stack pointer was at the call. */
GUEST_TEST(foreign, at_a_call_the_stack_is_a_multiple_of_16)
{
    static const uint64_t none[4] = {0};
    REQUIRE(foreign_start());

    (void)foreign_call((uintptr_t)take_four, none);

    CHECK_EQUAL(frame_seen % 16, 0);
    CHECK(frame_seen < cpu_frame_pointer());
}

GUEST_TEST(foreign, code_that_was_copied_runs_and_has_room_for_its_arguments)
{
    static const uint64_t given[4] = {1ull << 40, 2, 3, 4};
    REQUIRE(foreign_code_load());

    CHECK_EQUAL(foreign_call(foreign_code_at(foreign_code_mix), given),
                (27ull << 40) + 9 * 2 + 3 * 3 + 4);
}

/* Registers. */

static uint32_t clobbered[2]; /* MXCSR as the routine found it, and as it left it */
static uint64_t answer;
static struct held *interrupted;

static enum ivm_verdict clobber(void *context)
{
    (void)context;
    answer = foreign_code_call(foreign_code_clobber, (uintptr_t)clobbered, 0);
    interrupted->taken = 1;
    return IVM_HANDLED;
}

/* Connect the routine; NULL: it cannot be. */
static struct ivm_connection *connect_clobber(uint8_t vector)
{
    static struct ivm_connection connection;
    static const struct ivm_cpu_set here = {.mask = 1};
    struct ivm_request request = {.owner = "clobber",
                                  .routine = clobber,
                                  .cpus = &here,
                                  .source = {IVM_BARE, vector}};
    return ivm_connect(&request, &connection, NULL) == IVM_OK ? &connection : NULL;
}

static void fill(struct held *held)
{
    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < 16; j++)
            held->in[i][j] = (uint8_t)(i * 16 + j + 1);
    held->mxcsr_in = MXCSR_OTHER;
}

/* The interrupt is pending when the code lowers the level, as inline code of drivers does. */
GUEST_TEST(foreign, registers_of_interrupted_code_are_intact_under_a_routine_that_uses_them)
{
    static struct held held;
    REQUIRE(foreign_code_load());
    struct ivm_connection *connection = connect_clobber(0x55);
    REQUIRE(connection != NULL);
    fill(&held);
    held.taken = 0;
    interrupted = &held;
    clobbered[0] = 0;
    clobbered[1] = MXCSR_AT_ENTRY | 0x6000; /* rounds towards zero */

    (void)ivm_level_raise(IVM_HIGH);
    probe_send(0x55);
    CHECK(foreign_code_call(foreign_code_hold, (uintptr_t)&held, 0) != 0);

    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < 16; j++)
            CHECK_EQUAL(held.out[i][j], held.in[i][j]);
    CHECK_EQUAL(held.mxcsr_out, MXCSR_OTHER);
    CHECK_EQUAL(clobbered[0], MXCSR_AT_ENTRY);
    CHECK_EQUAL(answer, 0xFFFFFF01);
    CHECK_EQUAL(cpu_read_cr8(), 0);
    CHECK_EQUAL(ivm_disconnect(connection), IVM_OK);
}

GUEST_TEST(foreign, every_call_begins_with_the_same_mxcsr_whatever_the_last_one_left)
{
    REQUIRE(foreign_code_load());
    for (unsigned round = 0; round < 3; round++) {
        clobbered[0] = 0;
        clobbered[1] = MXCSR_OTHER;
        (void)foreign_code_call(foreign_code_clobber, (uintptr_t)clobbered, 0);
        CHECK_EQUAL(clobbered[0], MXCSR_AT_ENTRY);
    }
}

/* Pages. */

static bool page_is(uintptr_t page, bool writable, bool executable)
{
    struct paging_entry entry;
    return paging_lookup(page, &entry) && entry.writable == writable &&
           entry.executable == executable && entry.cached &&
           entry.physical + page % entry.size == page;
}

GUEST_TEST(foreign, pages_are_written_or_run_and_never_both)
{
    REQUIRE(foreign_start());
    uintptr_t pages = foreign_pages(PAGES);
    REQUIRE(pages != 0 && pages % PAGE_SIZE == 0);
    for (size_t i = 0; i < PAGES * PAGE_SIZE / sizeof(uint64_t); i++)
        CHECK(((const uint64_t *)pages)[i] == 0);
    uintptr_t middle = pages + PAGE_SIZE, last = middle + PAGE_SIZE;

    CHECK(page_is(middle, true, false));
    CHECK(foreign_protect(middle, 1, FOREIGN_EXECUTE));
    CHECK(page_is(pages, true, false));
    CHECK(page_is(middle, false, true));
    CHECK(page_is(last, true, false));

    CHECK(foreign_protect(middle, 2, FOREIGN_READ));
    CHECK(page_is(middle, false, false));
    CHECK(page_is(last, false, false));

    CHECK(foreign_protect(middle, 2, FOREIGN_WRITE));
    CHECK(page_is(middle, true, false));
    *(uint64_t *)middle = 1; /* and no CPU remembers that it could not be */
    CHECK_EQUAL(*(const uint64_t *)middle, 1);
}

GUEST_TEST(foreign, rights_are_changed_of_whole_pages_of_ram_that_are_not_the_kernel_s)
{
    REQUIRE(foreign_start());
    uintptr_t page = foreign_pages(1);
    REQUIRE(page != 0);

    CHECK(!foreign_protect(page + 8, 1, FOREIGN_EXECUTE));
    CHECK(!foreign_protect(page, 0, FOREIGN_EXECUTE));
    CHECK(!foreign_protect(page, SIZE_MAX, FOREIGN_EXECUTE));
    CHECK(
        !foreign_protect((uintptr_t)clobbered / PAGE_SIZE * PAGE_SIZE, 1, FOREIGN_EXECUTE));
    CHECK(!foreign_protect(0xFEC00000, 1, FOREIGN_WRITE));
    CHECK(page_is(page, true, false));
}

static void write_to(void *context)
{
    *(uint64_t *)context = 0;
}

static void run_mix(void *context)
{
    static const uint64_t given[4] = {1, 1, 1, 1};
    answer = foreign_call((uintptr_t)context, given);
}

/* Each other CPU has just written there: what it remembers of the page forbids to run it. */
GUEST_TEST(foreign, a_page_that_becomes_code_runs_at_once_on_every_cpu)
{
    if (ivm_cpu_count() == 1) {
        suite_skip("only one CPU");
        return;
    }
    REQUIRE(foreign_start());
    for (uint32_t cpu = 1; cpu < ivm_cpu_count(); cpu++) {
        uintptr_t page = foreign_pages(1);
        REQUIRE(page != 0);
        REQUIRE(ivm_cpu_run(cpu, write_to, (void *)page) == IVM_OK);
        for (size_t i = 0; i < 64; i++)
            ((uint8_t *)page)[i] = foreign_code_mix[i];
        answer = 0;

        REQUIRE(foreign_protect(page, 1, FOREIGN_EXECUTE));
        REQUIRE(ivm_cpu_run(cpu, run_mix, (void *)page) == IVM_OK);

        CHECK_EQUAL(answer, 40);
    }
}

/* What each CPU has. */

struct seen {
    uint64_t self, thread, cr0, cr4;
    uint32_t number;
};

static void look(void *context)
{
    *(struct seen *)context = (struct seen){.self = cpu_gs_read64(0x18),
                                            .thread = cpu_gs_read64(0x188),
                                            .cr0 = cpu_read_cr0(),
                                            .cr4 = cpu_read_cr4(),
                                            .number = cpu_gs_read32(0x184) & 0xFFFF};
}

GUEST_TEST(foreign, every_cpu_has_sse_and_its_own_words_behind_gs)
{
    REQUIRE(foreign_start());
    uint64_t thread_before = 0;
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        struct seen seen = {0};
        REQUIRE(ivm_cpu_run(cpu, look, &seen) == IVM_OK);

        CHECK_EQUAL(seen.number, cpu);
        CHECK_EQUAL(((const struct percpu *)seen.self)->cpu, cpu);
        CHECK(seen.thread != thread_before); /* nor 0, for the first */
        for (size_t i = 0; seen.thread != 0 && i < THREAD_SEEN; i++)
            CHECK(((const uint8_t *)seen.thread)[i] == 0);
        CHECK_EQUAL(seen.cr0 & 0x2E, 0x22); /* NE, MP; neither TS nor EM */
        CHECK_EQUAL(seen.cr4 & 0x600, 0x600);
        thread_before = seen.thread;
    }
}
