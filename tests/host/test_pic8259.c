/* test_pic8259.c: the 8259 pair: moved, masked, and its spurious interrupts recognised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86_64/pic8259.h"
#include "fake/hardware.h"
#include "ivm/vector.h"

/* One 8259, written from its datasheet. */
static struct chip {
    uint8_t vector, cascade, mask, in_service;
    unsigned ends;
    uint8_t last_end;   /* the whole command */
    unsigned expects;   /* the initialization word that comes next: 2, 3, 4; 0: none */
    bool reads_service; /* OCW3 chose the ISR */
    bool in_8086_mode;
} master, slave;

static uint64_t chip_read(void *context, uint64_t offset, unsigned width)
{
    const struct chip *chip = context;
    if (width != 1)
        fake_complain("8259: a read of %u bytes", width);
    if (offset == 1)
        return chip->mask;
    return chip->reads_service ? chip->in_service : 0x55;
}

static void command(struct chip *chip, uint8_t value)
{
    if ((value & 0x10) != 0) {
        if (value != 0x11)
            fake_complain("8259: ICW1 0x%02x is not edge, cascade, ICW4", value);
        *chip = (struct chip){.expects = 2, .in_service = chip->in_service};
    } else if ((value & 0x08) != 0) {
        if ((value & 3) >= 2)
            chip->reads_service = (value & 3) == 3;
    } else {
        if ((value & 0xE0) != 0x60)
            fake_complain("8259: command 0x%02x is not a specific end", value);
        chip->ends++;
        chip->last_end = value;
        chip->in_service &= (uint8_t) ~(1u << (value & 7));
    }
}

static void data(struct chip *chip, uint8_t value)
{
    switch (chip->expects) {
    case 2:
        chip->vector = value;
        break;
    case 3:
        chip->cascade = value;
        break;
    case 4:
        chip->in_8086_mode = (value & 1) != 0;
        break;
    default:
        chip->mask = value;
        return;
    }
    chip->expects = chip->expects == 4 ? 0 : chip->expects + 1;
}

static void chip_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    if (width != 1)
        fake_complain("8259: a write of %u bytes", width);
    if (offset == 0)
        command(context, (uint8_t)value);
    else
        data(context, (uint8_t)value);
}

static int set_up(void **state)
{
    (void)state;
    fake_hardware_reset();
    master = (struct chip){.vector = 0x08, .mask = 0xB8};
    slave = (struct chip){.vector = 0x70, .mask = 0x8E};
    fake_port_device(0x20, 2, chip_read, chip_write, &master);
    fake_port_device(0xA0, 2, chip_read, chip_write, &slave);
    return 0;
}

static void the_pair_is_moved_and_masked(void **state)
{
    (void)state;
    assert_true(pic8259_start());
    assert_int_equal(master.vector, 0x20);
    assert_int_equal(slave.vector, 0x28);
    assert_int_equal(master.cascade, 1 << 2);
    assert_int_equal(slave.cascade, 2);
    assert_true(master.in_8086_mode && slave.in_8086_mode);
    assert_int_equal(master.mask, 0xFF);
    assert_int_equal(slave.mask, 0xFF);
    assert_int_equal(pic8259_mask(), 0xFFFF);
}

static void its_spurious_inputs_land_on_the_vectors_of_the_map(void **state)
{
    (void)state;
    assert_true(pic8259_start());
    assert_int_equal(master.vector + 7, IVM_VECTOR_PIC_SPURIOUS_MASTER);
    assert_int_equal(slave.vector + 7, IVM_VECTOR_PIC_SPURIOUS_SLAVE);
}

static void an_empty_bus_is_no_pair(void **state)
{
    (void)state;
    fake_hardware_reset();
    fake_ports_default_to_ones();
    assert_false(pic8259_start());
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0x20), 0);
    assert_int_equal(fake_log_count_of(FAKE_PORT_WRITE, 0xA0), 0);
}

static void a_spurious_7_is_ended_nowhere(void **state)
{
    (void)state;
    assert_true(pic8259_start());
    assert_false(pic8259_end_spurious(IVM_VECTOR_PIC_SPURIOUS_MASTER));
    assert_int_equal(master.ends + slave.ends, 0);
}

static void a_real_7_is_ended_at_the_master(void **state)
{
    (void)state;
    assert_true(pic8259_start());
    master.in_service = 0x80;
    assert_true(pic8259_end_spurious(IVM_VECTOR_PIC_SPURIOUS_MASTER));
    assert_int_equal(master.last_end, 0x67);
    assert_int_equal(master.in_service, 0);
    assert_int_equal(slave.ends, 0);
}

static void a_spurious_15_is_ended_at_the_master_only(void **state)
{
    (void)state;
    assert_true(pic8259_start());
    master.in_service = 0x04;
    assert_false(pic8259_end_spurious(IVM_VECTOR_PIC_SPURIOUS_SLAVE));
    assert_int_equal(master.last_end, 0x62);
    assert_int_equal(master.in_service, 0);
    assert_int_equal(slave.ends, 0);
}

static void a_real_15_is_ended_at_both(void **state)
{
    (void)state;
    assert_true(pic8259_start());
    master.in_service = 0x04;
    slave.in_service = 0x80;
    assert_true(pic8259_end_spurious(IVM_VECTOR_PIC_SPURIOUS_SLAVE));
    assert_int_equal(slave.last_end, 0x67);
    assert_int_equal(master.last_end, 0x62);
    assert_int_equal(master.in_service | slave.in_service, 0);
}

static void other_inputs_in_service_are_not_taken_for_7(void **state)
{
    (void)state;
    assert_true(pic8259_start());
    master.in_service = 0x7F;
    assert_false(pic8259_end_spurious(IVM_VECTOR_PIC_SPURIOUS_MASTER));
    assert_int_equal(master.in_service, 0x7F);
    slave.in_service = 0x7F;
    assert_false(pic8259_end_spurious(IVM_VECTOR_PIC_SPURIOUS_SLAVE));
    assert_int_equal(slave.in_service, 0x7F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_pair_is_moved_and_masked, set_up),
        cmocka_unit_test_setup(its_spurious_inputs_land_on_the_vectors_of_the_map, set_up),
        cmocka_unit_test_setup(an_empty_bus_is_no_pair, set_up),
        cmocka_unit_test_setup(a_spurious_7_is_ended_nowhere, set_up),
        cmocka_unit_test_setup(a_real_7_is_ended_at_the_master, set_up),
        cmocka_unit_test_setup(a_spurious_15_is_ended_at_the_master_only, set_up),
        cmocka_unit_test_setup(a_real_15_is_ended_at_both, set_up),
        cmocka_unit_test_setup(other_inputs_in_service_are_not_taken_for_7, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
