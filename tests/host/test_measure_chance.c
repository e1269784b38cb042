/* test_measure_chance.c: several lines that are called when a device is fired: its own two, or one by
 * chance.
 */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/bus.h>

#include "drivers/measure.h"
#include "drivers/pci_route_provider.h"
#include "fake/board.h"
#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"

static struct ivm_measurement measured;

static int set_up(void **state)
{
    world_one_cpu(state);
    fake_hardware_reset();
    fake_pci_start();
    board_start();
    fake_cpu.interrupts_on = true;
    memset(&measured, 0xA5, sizeof measured);
    return 0;
}

static void measure(struct ivm_device *device)
{
    uint32_t used = world_totals().vectors_used;
    assert_int_equal(ivm_device_measure(device, &measured), IVM_OK);
    assert_int_equal(world_totals().vectors_used, used);
    assert_int_equal(board_state(device)->pending, 0);
}

static void expect_heard(uint32_t gsi)
{
    assert_true(measured.heard);
    assert_int_equal(measured.gsi, gsi);
    assert_int_equal(measured.agrees, measured.was_known && measured.known_gsi == gsi);
}

static const struct ivm_driver *first_driver;

/* A device whose pin is led to two inputs. */
static uint32_t second_gsi;

static void fire_both(struct ivm_device *device)
{
    model_interrupts(false); /* both are pending before either is delivered */
    model_assert(&world.io, second_gsi, 60);
    first_driver->fire(device);
    model_interrupts(true);
}

static enum ivm_verdict take_both(void *context)
{
    model_deassert(&world.io, second_gsi, 60);
    return first_driver->routine(context);
}

static void of_two_lines_that_one_device_raises_the_known_one_counts(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 2; turn++) {
        set_up(state);
        struct ivm_device *edu = board_add(BOARD_EDU, "edu0", turn == 0 ? 10 : 21);
        struct ivm_driver both = *edu->driver;
        first_driver = edu->driver;
        second_gsi = turn == 0 ? 21 : 10;
        both.fire = fire_both;
        both.routine = take_both;
        edu->driver = &both;

        measure(edu);

        expect_heard(turn == 0 ? 10 : 21);
        assert_true(measured.agrees);
        assert_int_equal(fake_log_text_count("was called when it was fired, too"), 1);
    }
}

/* An edge that has nothing to do with the device, and comes as it is fired; or, from then on, whenever
 * somebody waits. */
enum { CHANCE_WIRE = 61 };
static uint32_t chance_gsi;
static unsigned firings;
static bool goes_on;

static void pulse(void)
{
    model_assert(&world.io, chance_gsi, CHANCE_WIRE);
    model_deassert(&world.io, chance_gsi, CHANCE_WIRE);
}

static void fire_as_another_line_fires(struct ivm_device *device)
{
    model_interrupts(false); /* both are pending before either is delivered */
    if (firings++ == 0)
        pulse();
    first_driver->fire(device);
    model_interrupts(true);
    if (goes_on)
        fake_cpu.on_wait = pulse;
}

static struct ivm_driver unlucky;

static struct ivm_device *add_unlucky(uint32_t gsi, uint32_t chance)
{
    struct ivm_device *edu = board_add(BOARD_EDU, "edu0", gsi);
    chance_gsi = chance;
    firings = 0;
    goes_on = false;
    first_driver = edu->driver;
    unlucky = *edu->driver;
    unlucky.fire = fire_as_another_line_fires;
    edu->driver = &unlucky;
    return edu;
}

static void a_line_that_fires_by_chance_does_not_agree(void **state)
{
    for (uint32_t chance = 2; chance < 16; chance++) {
        set_up(state);
        struct ivm_device *edu = add_unlucky(21, chance);
        edu->line = (struct ivm_line_info){chance, IVM_EDGE, IVM_ACTIVE_HIGH, "a rumour"};

        measure(edu);

        expect_heard(21);
        assert_false(measured.agrees);
        assert_true(firings >= 2);
        char named[64];
        snprintf(named, sizeof named, "edu0: line %u was called when it was fired, too",
                 chance);
        assert_int_equal(fake_log_text_count(named), 1);
    }
}

static void a_line_that_fires_by_chance_does_not_hide_the_right_one(void **state)
{
    for (unsigned turn = 0; turn < 28; turn++) {
        set_up(state);
        struct ivm_device *edu = add_unlucky(21, 2 + turn / 2);
        edu->has_line = turn % 2 == 0;

        measure(edu);

        expect_heard(21);
        assert_int_equal(measured.agrees, edu->has_line);
    }
}

static void a_line_that_goes_on_firing_answers_for_nobody(void **state)
{
    (void)state;
    struct ivm_device *edu = add_unlucky(21, 7);
    edu->line = (struct ivm_line_info){7, IVM_EDGE, IVM_ACTIVE_HIGH, "a rumour"};
    goes_on = true;

    measure(edu);

    expect_heard(21);
    assert_int_equal(fake_log_text_count("line 7 is asserted, or fires unasked"), 1);
}

static void lines_that_are_called_without_a_claim_are_named(void **state)
{
    (void)state;
    struct ivm_device *edu = add_unlucky(21, 9);
    board_state(edu)->is_deaf = true;

    measure(edu);

    assert_false(measured.heard);
    assert_int_equal(fake_log_text_count("edu0: line 9 was called when it was fired, too"),
                     1);
}

static void at_the_start_a_chance_does_not_prove_what_firmware_wrote(void **state)
{
    (void)state;
    struct ivm_device *edu = add_unlucky(21, 11);
    edu->line =
        (struct ivm_line_info){11, IVM_LEVEL, IVM_ACTIVE_LOW, pci_route_register.name};

    devices_measure();

    assert_int_equal(edu->line.gsi, 21);
    assert_string_equal(edu->line.known_from, "measured");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        T(of_two_lines_that_one_device_raises_the_known_one_counts),
        T(a_line_that_fires_by_chance_does_not_agree),
        T(a_line_that_fires_by_chance_does_not_hide_the_right_one),
        T(a_line_that_goes_on_firing_answers_for_nobody),
        T(lines_that_are_called_without_a_claim_are_named),
        T(at_the_start_a_chance_does_not_prove_what_firmware_wrote),
    };
#undef T
    return cmocka_run_group_tests_name("measure_chance", tests, NULL, NULL);
}
