/* test_source.c: the reasons to keep an input masked: it is unmasked when the last one
 * goes. */
#include "fake/world.h"

#include "kernel/machine.h"

enum {
    GSI = 7,
    OTHER = 1 << 7, /* a reason as there may be more of */
    ALL = IVM_MASKED_IDLE | IVM_MASKED_UNCLAIMED | OTHER,
};

static struct source *line;

/* A line that is routed and unmasked, the log of writes empty. */
static int start(void **state)
{
    world_one_cpu(state);
    struct ivm_request request = world_line(0, GSI);
    world_must_connect(0, &request);
    line = &world.lines[GSI];
    model_events_clear();
    return 0;
}

static void a_new_line_is_masked_because_nobody_is_connected(void **state)
{
    (void)state;
    assert_int_equal(world.lines[GSI + 1].mask_reasons, IVM_MASKED_IDLE);
    assert_int_equal(line->mask_reasons, 0);
}

static void the_first_reason_masks_and_the_others_write_nothing(void **state)
{
    (void)state;
    source_mask(line, OTHER);
    assert_true(world.io.pins[GSI].masked);
    source_mask(line, IVM_MASKED_UNCLAIMED);
    source_mask(line, OTHER);
    assert_int_equal(model_write_count(), 1);
    assert_int_equal(line->mask_reasons, OTHER | IVM_MASKED_UNCLAIMED);
}

static void an_input_is_unmasked_when_the_last_reason_goes(void **state)
{
    (void)state;
    static const uint8_t reasons[] = {IVM_MASKED_IDLE, OTHER, IVM_MASKED_UNCLAIMED};
    for (unsigned last = 0; last < 3; last++) {
        source_mask(line, ALL);
        for (unsigned i = 0; i < 3; i++) {
            if (i == last)
                continue;
            source_unmask(line, reasons[i]);
            assert_true(world.io.pins[GSI].masked);
        }
        assert_int_equal(line->mask_reasons, reasons[last]);
        source_unmask(line, reasons[last]);
        assert_false(world.io.pins[GSI].masked);
        assert_int_equal(line->mask_reasons, 0);
    }
    assert_int_equal(model_count_of(MODEL_MASK), 3);
    assert_int_equal(model_count_of(MODEL_UNMASK), 3);
}

static void several_reasons_can_come_and_go_together(void **state)
{
    (void)state;
    source_mask(line, ALL);
    source_unmask(line, IVM_MASKED_IDLE | IVM_MASKED_UNCLAIMED);
    assert_true(world.io.pins[GSI].masked);
    source_unmask(line, ALL);
    assert_false(world.io.pins[GSI].masked);
    assert_int_equal(model_write_count(), 2);
}

static void dropping_a_reason_that_is_not_there_writes_nothing(void **state)
{
    (void)state;
    source_unmask(line, ALL);
    assert_int_equal(model_write_count(), 0);
    assert_int_equal(line->mask_reasons, 0);
}

static void a_source_without_a_controller_only_keeps_the_reasons(void **state)
{
    (void)state;
    struct source *bare = &world.cpus[0].bare[5];
    source_unmask(bare, IVM_MASKED_IDLE);
    source_mask(bare, IVM_MASKED_UNCLAIMED);
    assert_int_equal(bare->mask_reasons, IVM_MASKED_UNCLAIMED);
    assert_int_equal(model_write_count(), 0);
}

static void interrupts_are_as_they_were_after_a_change(void **state)
{
    (void)state;
    for (unsigned on = 0; on < 2; on++) {
        model_interrupts(on != 0);
        source_mask(line, OTHER);
        assert_int_equal(machine_interrupts_enabled(), on);
        source_unmask(line, OTHER);
        assert_int_equal(machine_interrupts_enabled(), on);
    }
}

static void a_line_asserted_under_any_reason_is_delivered_at_the_last(void **state)
{
    (void)state;
    source_mask(line, OTHER | IVM_MASKED_UNCLAIMED);
    device_fire(0);
    source_unmask(line, OTHER);
    assert_int_equal(world.devices[0].calls, 0);
    source_unmask(line, IVM_MASKED_UNCLAIMED);
    assert_int_equal(world.devices[0].claims, 1);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(a_new_line_is_masked_because_nobody_is_connected),
        STARTED(the_first_reason_masks_and_the_others_write_nothing),
        STARTED(an_input_is_unmasked_when_the_last_reason_goes),
        STARTED(several_reasons_can_come_and_go_together),
        STARTED(dropping_a_reason_that_is_not_there_writes_nothing),
        STARTED(a_source_without_a_controller_only_keeps_the_reasons),
        STARTED(interrupts_are_as_they_were_after_a_change),
        STARTED(a_line_asserted_under_any_reason_is_delivered_at_the_last),
    };
    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
