/* test_line_suspects.c: which functions say that they assert a line, and who says it when a line was
 * masked because nobody took its interrupts.
 */
#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/bus.h>
#include <ivm/level.h>

#include "arch/x86_64/masked.h"
#include "drivers/pci_route_provider.h"
#include "drivers/pci_suspects.h"
#include "fake/board.h"
#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"

enum { STATUS = 0x06, ASSERTS = 1 << 3, COMMAND = 0x04, INTX_OFF = 1 << 10, ROOM = 4 };

static struct ivm_device *suspects[ROOM];

static int set_up(void **state)
{
    world_one_cpu(state);
    fake_hardware_reset();
    fake_pci_start();
    board_start();
    fake_cpu.interrupts_on = true;
    memset(suspects, 0, sizeof suspects);
    return 0;
}

/* A function at the device's slot, with these registers. */
static struct fake_function *function_of(const struct ivm_device *device, uint16_t status,
                                         uint16_t command)
{
    struct fake_function *f = fake_pci_add(0, device->pci.slot, 0, 0x11E81234);
    fake_pci_put16(f, STATUS, status);
    fake_pci_put16(f, COMMAND, command);
    return f;
}

static struct ivm_device *asserting(const char *name, uint32_t gsi)
{
    struct ivm_device *device = board_add_undriven(name, gsi);
    function_of(device, 0x10 | ASSERTS, 7);
    return device;
}

static size_t ask(uint32_t gsi)
{
    return ivm_line_suspects(gsi, suspects, ROOM);
}

static void who_says_so_on_that_line_is_named_driven_or_not(void **state)
{
    (void)state;
    struct ivm_device *driven = board_add(BOARD_EDU, "edu0", 21);
    function_of(driven, ASSERTS, 0);
    struct ivm_device *undriven = asserting("pci 00:01.0", 21);
    asserting("pci 00:02.0", 22);

    assert_int_equal(ask(21), 2);
    assert_ptr_equal(suspects[0], driven);
    assert_ptr_equal(suspects[1], undriven);
    assert_int_equal(ask(23), 0);
}

static void only_the_status_bit_with_intx_on_counts(void **state)
{
    (void)state;
    struct fake_function *f = function_of(board_add_undriven("pci 00:00.0", 21), 0, 0);
    for (unsigned status = 0; status < 0x10000; status += 0x8) {
        fake_pci_put16(f, STATUS, (uint16_t)(status & 0xFFF8));
        fake_pci_put16(f, COMMAND, 7);
        assert_int_equal(ask(21), (status & ASSERTS) != 0);
        fake_pci_put16(f, COMMAND, 7 | INTX_OFF);
        assert_int_equal(ask(21), 0);
    }
}

static void a_function_that_is_gone_or_does_not_answer_is_none(void **state)
{
    (void)state;
    struct ivm_device *gone = asserting("pci 00:00.0", 21);
    board_add_undriven("pci 00:01.0", 21); /* reads as all ones */
    gone->is_gone = true;
    assert_int_equal(ask(21), 0);
    assert_true(pci_function_asserts(&gone->pci));
    gone->is_gone = false;
    gone->pci.pin = 0;
    assert_int_equal(ask(21), 0);
}

static void one_whose_line_is_unknown_or_unproven_is_a_suspect_everywhere(void **state)
{
    (void)state;
    asserting("pci 00:00.0", 21)->has_line = false;
    asserting("pci 00:01.0", 11)->line.known_from = pci_route_register.name;

    assert_int_equal(ask(21), 2);
    assert_int_equal(ask(3), 2);
}

static void no_more_are_stored_than_there_is_room_for(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROOM + 2; i++)
        asserting("pci", 21);
    assert_int_equal(ivm_line_suspects(21, suspects, 2), ROOM + 2);
    assert_null(suspects[2]);
    assert_int_equal(ivm_line_suspects(21, NULL, 0), ROOM + 2);
}

/* After a mask. */

static void a_masked_line_has_its_suspects_named_below_dispatch(void **state)
{
    (void)state;
    asserting("pci 00:00.0", 21);
    uint8_t found = ivm_level_raise(IVM_DEVICE_FIRST);

    masked_line(21);
    masked_line(21);
    masked_line(23);
    masked_line(4096);
    assert_string_equal(fake_log_text(), "");
    ivm_level_lower(found);

    assert_string_equal(fake_log_text(),
                        "line 21: pci 00:00.0 says that it asserts its line, and no "
                        "driver of ours has it\n"
                        "line 23: no PCI function says that it asserts it\n");
    masked_line(21);
    assert_int_equal(fake_log_text_count("line 21"), 2);
    assert_int_equal(fake_log_text_count("line 23"), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        T(who_says_so_on_that_line_is_named_driven_or_not),
        T(only_the_status_bit_with_intx_on_counts),
        T(a_function_that_is_gone_or_does_not_answer_is_none),
        T(one_whose_line_is_unknown_or_unproven_is_a_suspect_everywhere),
        T(no_more_are_stored_than_there_is_room_for),
        T(a_masked_line_has_its_suspects_named_below_dispatch),
    };
#undef T
    return cmocka_run_group_tests_name("line suspects", tests, NULL, NULL);
}
