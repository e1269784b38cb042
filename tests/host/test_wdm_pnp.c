/* test_wdm_pnp.c: devices given to an image: claimed, added, started. */
#include "fake/board.h"
#include "pnp_bench.h"

static void a_device_is_added_and_started(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    pnp_start(image);
    assert_string_equal(seen.minors, "0 ");
    assert_ptr_equal(pnp_device(seen.pdo), edu);
    assert_null(pnp_device(seen.own));
    assert_null(pnp_device(NULL));
    assert_ptr_equal(seen.pdo->attached, seen.own);
    assert_int_equal(image->state, IMAGE_STARTED);
    assert_null(edu->driver);
    assert_non_null(second->driver);
    says("test.sys: gets edu0, by PCI\\VEN_1234&DEV_11E8");
    says("test.sys: edu0: started");
}

static void its_line_has_a_vector_before_it_is_started(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    pnp_start(image);
    struct ivm_held held;
    const struct ivm_hold_wish wish = {.trigger = IVM_LEVEL};
    assert_int_equal(ivm_line_hold(GSI, &wish, &held), IVM_OK);
    assert_true(seen.interrupt.has_line);
    assert_int_equal(seen.interrupt.gsi, GSI);
    assert_int_equal(seen.interrupt.vector, held.vector);
    assert_int_equal(seen.interrupt.processors, 3);
    assert_int_equal(seen.interrupt.trigger, IVM_LEVEL);
    assert_int_equal(seen.interrupt.polarity, IVM_ACTIVE_LOW);
    assert_int_equal(seen.raw->count, 2);
    assert_int_equal(seen.translated->items[1].interrupt.vector, held.vector);
}

static void the_bus_turns_it_on_and_off_again(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    pnp_start(image);
    assert_int_equal(seen.command, MASTER | MEMORY);
    pnp_remove(image);
    assert_int_equal(command_of(edu), INTX_OFF);
}

static void a_failed_start_is_named_and_removed(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    seen.answers[NT_PNP_START] = NT_INSUFFICIENT_RESOURCES;
    pnp_start(image);
    assert_string_equal(seen.minors, "0 2 ");
    says("test.sys: edu0: IRP_MN_START_DEVICE: 0xc000009a");
    assert_int_equal(image->state, IMAGE_LOADED);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(world_totals().vectors_used, 0);
    assert_int_equal(command_of(edu), INTX_OFF);
}

static void a_failed_add_device_is_named(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    seen.add_status = NT_UNSUCCESSFUL;
    pnp_start(image);
    assert_string_equal(seen.minors, "");
    says("test.sys: edu0: AddDevice: 0xc0000001");
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(image->state, IMAGE_LOADED);
}

static void without_memory_nothing_is_started(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    for (size_t blocks = 0; blocks < 4; blocks++) {
        fake_wdm.blocks_until_empty = blocks == 1 ? 0 : blocks;
        if (blocks == 1)
            continue; /* the driver itself would fail */
        memset(seen.minors, 0, sizeof seen.minors);
        pnp_start(image);
        assert_int_equal(image->state, IMAGE_LOADED);
        assert_null(strchr(seen.minors, '0'));
        pnp_release(image);
        fake_wdm.blocks_until_empty = SIZE_MAX;
        assert_int_equal(fake_wdm.blocks, 0);
        assert_int_equal(world_totals().vectors_used, 0);
    }
}

static void without_a_vector_nothing_is_started(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    edu->line.gsi = WORLD_LINES + 1; /* no such line */
    pnp_start(image);
    assert_string_equal(seen.minors, "2 ");
    says("edu0: no vector for its line, gsi 201: there is no such line, vector or message");
    assert_int_equal(image->state, IMAGE_LOADED);
}

static void devices_on_one_line_are_given_one_vector(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234");
    pnp_start(image);
    assert_string_equal(seen.minors, "0 0 ");
    struct pnp_interrupt first, other;
    assert_true(pnp_interrupt(seen.below[0], &first));
    assert_true(pnp_interrupt(seen.below[1], &other));
    assert_int_equal(first.vector, other.vector);
    assert_int_equal(world_totals().vectors_used, 2); /* one number on two CPUs */
    /* The line is held as long as one of them has it. */
    struct pnp_node *node = pnp_node_of_device(second);
    pnp_stack_remove(node);
    assert_int_equal(world_totals().vectors_used, 2);
    pnp_remove(image);
    assert_int_equal(world_totals().vectors_used, 0);
}

static void an_isa_device_is_found_by_its_name(void **state)
{
    (void)state;
    pattern("isa\\com1");
    pnp_start(image);
    assert_ptr_equal(pnp_device(seen.pdo), com);
    assert_int_equal(seen.interrupt.trigger, IVM_EDGE);
    assert_int_equal(seen.translated->items[0].type, NT_RESOURCE_PORT);
    assert_int_equal(seen.translated->items[0].range.start, 0x3F8);
}

static void one_device_goes_to_one_image(void **state)
{
    (void)state;
    static struct image other;
    other = (struct image){.name = "late.sys", .state = IMAGE_LOADED};
    strcpy(other.patterns[0], "PCI\\VEN_1234&DEV_11E8");
    pattern("PCI\\VEN_1234&DEV_11E8");
    pnp_start(image);
    pnp_start(&other);
    says("late.sys: does not get edu0: test.sys has it");
    says("late.sys: gets no device: none that is here and free is called so");
    assert_int_equal(other.state, IMAGE_LOADED);
    pnp_remove(&other);
    pnp_release(&other);
    assert_ptr_equal(pnp_device(seen.pdo), edu);
    assert_null(edu->driver);
}

static void a_device_in_use_stays_with_its_native_driver(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    edu->connection.source = (struct source *)&seen; /* as if */
    pnp_start(image);
    edu->connection.source = NULL;
    says(
        "test.sys: does not get edu0 from its native driver: the interrupt vector is still "
        "connected");
    assert_non_null(edu->driver);
    assert_string_equal(seen.minors, "");
}

static void a_driver_of_the_old_kind_finds_its_devices_turned_on(void **state)
{
    (void)state;
    struct nt_device *device;
    image->extension.add_device = 0;
    pattern("PCI\\VEN_1234&DEV_11E8");
    pnp_claim(image);
    assert_null(edu->driver);
    assert_int_equal(IoCreateDevice(&image->driver, 0, NULL, 0x22, 0, NT_FALSE, &device),
                     0);
    pnp_start(image);
    assert_int_equal(device->flags & NT_DO_DEVICE_INITIALIZING, 0);
    assert_int_equal(command_of(edu), MASTER | MEMORY);
    assert_string_equal(seen.minors, "");
    pnp_remove(image);
    pnp_release(image);
    says("test.sys: forgot to delete its device of type 0x22 without a name");
    assert_int_equal(command_of(edu), INTX_OFF);
    assert_non_null(edu->driver);
}

static void patterns_that_are_no_good_are_named(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234|MSI=many");
    pnp_start(image);
    says(
        "test.sys: PCI\\VEN_1234|MSI=many: what follows | is not MSI or MSI= and a number");
    says("test.sys: gets no device: none that is here and free is called so");
}

static void what_add_device_forgets_is_named(void **state)
{
    (void)state;
    pattern("PCI\\VEN_1234&DEV_11E8");
    seen.attaches = false;
    pnp_start(image);
    says("test.sys: AddDevice attached nothing to edu0");
    assert_int_equal(image->state, IMAGE_STARTED); /* the bus answered */
    pnp_remove(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_device_is_added_and_started),
        TEST(its_line_has_a_vector_before_it_is_started),
        TEST(the_bus_turns_it_on_and_off_again),
        TEST(a_failed_start_is_named_and_removed),
        TEST(a_failed_add_device_is_named),
        TEST(without_memory_nothing_is_started),
        TEST(without_a_vector_nothing_is_started),
        TEST(devices_on_one_line_are_given_one_vector),
        TEST(an_isa_device_is_found_by_its_name),
        TEST(one_device_goes_to_one_image),
        TEST(a_device_in_use_stays_with_its_native_driver),
        TEST(a_driver_of_the_old_kind_finds_its_devices_turned_on),
        TEST(patterns_that_are_no_good_are_named),
        TEST(what_add_device_forgets_is_named),
    };
    return cmocka_run_group_tests_name("wdm_pnp", tests, NULL, NULL);
}
