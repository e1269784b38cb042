/* test_wdm_rogue.c: a driver image that does wrong on request: it is told, named, and put right. */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/level.h>
#include <ivm/stats.h>

#include "door.h"
#include "drivers/wdm/rogue.h"
#include "kernel/wdm/nt_base.h"
#include "suite.h"
#include "trial.h"

enum { WRONG_CLAIMS = 5, BLOCKS = 3, ABOVE = 2, BELOW = 0 };

static struct image *have(void)
{
    return door_have("rogue.sys");
}

static bool same_text(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return *a == *b;
}

static nt_status ask(struct image *rogue, enum rogue_question question, uint64_t which)
{
    return (nt_status)(uint32_t)door_ask(rogue, question, which);
}

GUEST_TEST(wdm_rogue, it_connects_twice_and_the_record_says_that_the_owner_is_itself)
{
    struct image *rogue = have();
    if (rogue == NULL)
        return;
    uint32_t refusals = rogue->refusals;
    CHECK_EQUAL(ask(rogue, ROGUE_CONNECT_TWICE, 0), NT_VECTOR_ALREADY_CONNECTED);
    CHECK_EQUAL(rogue->refusals, refusals + 1);
    CHECK(same_text(rogue->refusal.owners[0].name, "rogue.sys"));
    CHECK_EQUAL(rogue->interrupts, 0);
}

/* A native device that shares its line with nobody but who is told to join. */
static uint8_t connect_native(struct ivm_device **out)
{
    struct ivm_device *native = trial_have("e1000e", 0);
    struct ivm_refusal refusal;
    uint32_t cpu;
    uint8_t vector = 0;
    *out = native;
    if (native == NULL || ivm_device_connect(native, IVM_SHARED, &refusal) != IVM_OK)
        return 0;
    const struct ivm_source_id line = {.kind = IVM_LINE, .number = native->line.gsi};
    suite_check(ivm_stats_place(line, &cpu, &vector), "it is placed", __FILE__, __LINE__);
    return vector;
}

static void fire(struct ivm_device *native)
{
    uint64_t claims = ivm_stats_claimed(&native->connection);
    native->driver->fire(native);
    CHECK(trial_wait(&native->connection, claims + 1));
    CHECK_EQUAL(ivm_stats_claimed(&native->connection), claims + 1);
}

GUEST_TEST(wdm_rogue, it_claims_a_vector_that_is_not_its_own_and_is_told_whose_it_is)
{
    struct image *rogue = have();
    struct ivm_device *native;
    uint8_t vector = rogue != NULL ? connect_native(&native) : 0;
    if (vector == 0)
        return;
    CHECK_EQUAL(ask(rogue, ROGUE_CONNECT_THEIRS, vector), NT_VECTOR_ALREADY_CONNECTED);
    CHECK(same_text(rogue->refusal.owners[0].name, native->name));
    CHECK_EQUAL(rogue->refusal.rule, IVM_RULE_REQUESTER_EXCLUSIVE);
    fire(native);
    CHECK(ivm_device_disconnect(native) == IVM_OK);
}

GUEST_TEST(wdm_rogue,
           interrupts_that_it_claims_wrongly_come_again_until_their_owner_is_asked)
{
    struct image *rogue = have();
    struct ivm_device *native;
    uint8_t vector = rogue != NULL ? connect_native(&native) : 0;
    if (vector == 0)
        return;
    /* The owner goes behind it. */
    struct ivm_refusal refusal;
    CHECK_EQUAL(ask(rogue, ROGUE_JOIN_THEIRS, vector), NT_SUCCESS);
    CHECK(ivm_device_disconnect(native) == IVM_OK);
    CHECK(ivm_device_connect(native, IVM_SHARED, &refusal) == IVM_OK);
    door_ask(rogue, ROGUE_CLAIM_THEIRS, WRONG_CLAIMS);
    fire(native);
    CHECK(door_ask(rogue, ROGUE_CALLS, 0) > WRONG_CLAIMS);
    door_ask(rogue, ROGUE_ANSWER_GARBAGE, 0);
    fire(native); /* FALSE, with garbage above AL: its owner is asked at once */
    door_ask(rogue, ROGUE_LEAVE_THEIRS, 0);
    CHECK_EQUAL(rogue->interrupts, 0);
    CHECK(ivm_device_disconnect(native) == IVM_OK);
}

static void check_level(enum rogue_question question, uint8_t level)
{
    struct image *rogue = have();
    if (rogue == NULL)
        return;
    uint32_t times = rogue->wrong_levels;
    CHECK_EQUAL(door_ask(rogue, question, level), 1);
    CHECK_EQUAL(rogue->wrong_levels, times + 1);
    CHECK_EQUAL(ivm_level_now(), 0);
}

GUEST_TEST(wdm_rogue, an_interrupt_routine_that_comes_back_below_its_level_is_put_right)
{
    check_level(ROGUE_ROUTINE_LEVEL, BELOW);
}

GUEST_TEST(wdm_rogue, an_interrupt_routine_that_comes_back_above_its_level_is_put_right)
{
    check_level(ROGUE_ROUTINE_LEVEL, IVM_CLOCK);
}

GUEST_TEST(wdm_rogue, a_deferred_call_that_comes_back_at_another_level_is_put_right)
{
    check_level(ROGUE_DEFERRED_LEVEL, BELOW);
}

GUEST_TEST(wdm_rogue, a_synchronized_routine_that_comes_back_at_another_level_is_put_right)
{
    check_level(ROGUE_SYNCHRONIZED_LEVEL, BELOW);
}

GUEST_TEST(wdm_rogue, a_function_of_it_that_comes_back_raised_is_put_right)
{
    check_level(ROGUE_RETURN_LEVEL, ABOVE);
}

static void check_forgotten(enum rogue_question question, uint64_t which)
{
    struct image *rogue = have();
    struct ivm_totals before, after;
    if (rogue == NULL)
        return;
    REQUIRE(image_unload(rogue) == IVM_OK);
    ivm_stats_totals(&before);
    REQUIRE(image_load(rogue) == IVM_OK);
    CHECK(door_ask(rogue, question, which) != 0);
    CHECK(image_unload(rogue) == IVM_OK);
    ivm_stats_totals(&after);
    CHECK_EQUAL(rogue->interrupts + rogue->pool_blocks + rogue->mappings + rogue->devices,
                0);
    CHECK_EQUAL(rogue->pool_bytes, 0);
    CHECK_EQUAL(after.vectors_used, before.vectors_used);
    CHECK(image_load(rogue) == IVM_OK);
}

GUEST_TEST(wdm_rogue, an_interrupt_that_it_forgot_is_taken_off_when_it_is_unloaded)
{
    check_forgotten(ROGUE_FORGET_INTERRUPT, 0);
}

GUEST_TEST(wdm_rogue, memory_that_it_forgot_is_taken_back_when_it_is_unloaded)
{
    check_forgotten(ROGUE_FORGET_MEMORY, BLOCKS);
}

GUEST_TEST(wdm_rogue, a_mapping_that_it_forgot_is_taken_back_when_it_is_unloaded)
{
    check_forgotten(ROGUE_FORGET_MAPPING, 0);
}

GUEST_TEST(wdm_rogue, a_device_object_that_it_forgot_is_taken_back_when_it_is_unloaded)
{
    check_forgotten(ROGUE_FORGET_DEVICE, 0);
}

GUEST_TEST(wdm_rogue, a_timer_that_it_forgot_does_not_call_it_any_more_when_it_is_unloaded)
{
    check_forgotten(ROGUE_FORGET_TIMER, 0);
}

GUEST_TEST(wdm_rogue, a_deferred_call_that_still_runs_is_waited_for_when_it_is_unloaded)
{
    check_forgotten(ROGUE_UNLOAD_LATE, 0);
}

GUEST_TEST(wdm_rogue, a_storm_that_it_does_not_claim_is_ended_and_the_line_works_again)
{
    struct image *rogue = have();
    if (rogue == NULL)
        return;
    if (rogue->state != IMAGE_STARTED) {
        suite_skip("no edu device");
        return;
    }
    CHECK_EQUAL(ask(rogue, ROGUE_STORM, 0), NT_SUCCESS);
    uint64_t calls = door_ask(rogue, ROGUE_CALLS, 0);
    CHECK(calls >= IVM_UNCLAIMED_LIMIT && calls < 2 * IVM_UNCLAIMED_LIMIT);
    CHECK_EQUAL(door_ask(rogue, ROGUE_END_STORM, 0), calls);
}
