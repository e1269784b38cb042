/* test_rescan_again.c: what is put in where something was taken out: the same device, or another. */
#include "fake/toys.h"

#define BASE UINT32_C(0xFE000000)

static struct fake_function *function;
static struct ivm_device *toy0;
static struct ivm_rescan rescan;

static struct fake_function *add_with_registers(uint8_t bus, uint8_t slot, uint32_t base)
{
    struct fake_function *f = toys_add(bus, slot);
    fake_pci_bar(f, 0, base, 0xFFFFF000);
    return f;
}

static int set_up(void **unused)
{
    (void)unused;
    toys_start();
    function = add_with_registers(0, 4, BASE);
    devices_find();
    toy0 = ivm_device_find("toy0");
    return toy0 == NULL;
}

static void expect(uint32_t found, uint32_t gone)
{
    ivm_devices_rescan(&rescan);
    assert_int_equal(rescan.found, found);
    assert_int_equal(rescan.gone, gone);
}

static void the_same_model_at_the_same_place_is_the_same_device(void **unused)
{
    (void)unused;
    void *state = toy0->state;
    size_t count = ivm_device_count();
    function->is_gone = true;
    expect(0, 1);
    unsigned allocations = toys.allocations;
    function->is_gone = false;
    fake_pci_put32(function, 0x10, 0);

    expect(1, 0);

    assert_ptr_equal(ivm_device_find("toy0"), toy0);
    assert_false(toy0->is_gone);
    assert_ptr_equal(toy0->driver, &toy);
    assert_ptr_equal(toy0->state, state);
    assert_int_equal(toy0->pci.bars[0].base, 0xFEBFF000);
    assert_int_equal(ivm_device_count(), count);
    assert_int_equal(toys.allocations, allocations);
    assert_int_equal(fake_log_text_count("was put in; it is again toy0"), 1);
}

static void another_model_at_the_same_place_is_another_device(void **unused)
{
    (void)unused;
    struct fake_function *plain = fake_pci_add(0, 9, 0, 0x00017777);
    expect(1, 0);
    struct ivm_device *first = ivm_device_find("pci 00:09.0");
    fake_pci_put32(plain, PCI_VENDOR_ID, 0x00018888);

    expect(1, 1);

    struct ivm_device *second = ivm_device_find("pci 00:09.0");
    assert_ptr_not_equal(second, first);
    assert_true(first->is_gone);
    assert_int_equal(second->pci.vendor, 0x8888);
    plain->is_gone = true;
    expect(0, 1);
    assert_non_null(ivm_device_find("pci 00:09.0"));
}

/* The class chooses a driver, too, and another driver's state may be larger. */
static void the_same_ids_with_another_class_are_another_device(void **unused)
{
    (void)unused;
    function->is_gone = true;
    expect(0, 1);
    function->is_gone = false;
    fake_pci_put32(function, PCI_CLASS_REVISION, 0x01080200);

    expect(1, 0);

    assert_true(toy0->is_gone);
    assert_ptr_not_equal(ivm_device_find("toy1"), NULL);
}

static void what_was_exchanged_between_two_rescans_is_told_by_its_addresses(void **unused)
{
    (void)unused;
    fake_pci_put32(function, 0x10, 0);
    fake_pci_put16(function, PCI_COMMAND, 0);
    toys.line_is_connected = true;

    expect(1, 1);

    assert_false(toys.line_is_connected);
    assert_false(toy0->is_gone);
    assert_ptr_equal(toy0->driver, &toy);
    assert_int_equal(toy0->pci.bars[0].base, 0xFEBFF000);
}

static void a_place_that_somebody_is_still_connected_to_is_not_used_again(void **unused)
{
    (void)unused;
    function->is_gone = true;
    toys.owner = "toy0";
    toys.number = 11;
    expect(0, 1);
    function->is_gone = false;

    expect(1, 0);

    assert_true(toy0->is_gone);
    assert_ptr_not_equal(ivm_device_find("toy1"), NULL);
}

/* Each time the client lets go before the next is put in: no further place of the table is used. */
static void a_device_that_was_held_and_let_go_is_the_same_one_when_it_returns(void **unused)
{
    (void)unused;
    size_t count = ivm_device_count();
    for (unsigned round = 0; round < 300; round++) {
        fake_system_reset(); /* the log has room for some rounds only */
        toys.open = 1;
        toys.messages_stay = true;
        function->is_gone = true;
        expect(0, 1);
        toys.messages_stay = false;
        function->is_gone = false;
        fake_pci_put32(function, 0x10, 0);
        fake_pci_put16(function, PCI_COMMAND, 0);

        expect(1, 0);

        assert_ptr_equal(ivm_device_find("toy0"), toy0);
        assert_false(toy0->is_gone);
        assert_ptr_equal(toy0->driver, &toy);
    }
    assert_int_equal(ivm_device_count(), count);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(the_same_model_at_the_same_place_is_the_same_device),
        T(another_model_at_the_same_place_is_another_device),
        T(the_same_ids_with_another_class_are_another_device),
        T(what_was_exchanged_between_two_rescans_is_told_by_its_addresses),
        T(a_place_that_somebody_is_still_connected_to_is_not_used_again),
        T(a_device_that_was_held_and_let_go_is_the_same_one_when_it_returns),
    };
#undef T
    return cmocka_run_group_tests_name("rescan_again", tests, NULL, NULL);
}
