/* test_device.c: devices found, matched, named, missing, and connected as themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/bus.h>

#include "drivers/device.h"
#include "drivers/pci.h"
#include "fake/hardware.h"
#include "fake/pci_space.h"
#include "fake/system.h"

enum { PORT_THERE = 0x3F8, PORT_MISSING = 0x2F8, NO_IRQ = 0xFF };

/* What the drivers and the rest of the kernel are here. */

static enum ivm_status toy_answer;
static bool has_table;
static _Alignas(16) uint8_t arena[1 << 20];
static size_t arena_used, allocations_left;
static struct ivm_request request;
static struct ivm_connection *connection;
static unsigned connects, quiets, quiets_before_disconnect;

bool ivm_isa_line(uint8_t irq, struct ivm_line_info *out)
{
    if (irq >= 16)
        return false;
    *out = (struct ivm_line_info){irq, IVM_EDGE, IVM_ACTIVE_HIGH, "ISA default"};
    return true;
}

bool ivm_acpi_table(const char signature[4], const void **table, size_t *length)
{
    *table = signature;
    *length = 4;
    return has_table && memcmp(signature, "TOYS", 4) == 0;
}

enum ivm_status ivm_connect(const struct ivm_request *asked, struct ivm_connection *storage,
                            struct ivm_refusal *refusal)
{
    (void)refusal;
    request = *asked;
    connection = storage;
    connects++;
    return IVM_LINE_IN_USE;
}

enum ivm_status ivm_disconnect(struct ivm_connection *storage)
{
    connection = storage;
    quiets_before_disconnect = quiets;
    return IVM_NOT_CONNECTED;
}

static enum ivm_status toy_probe(struct ivm_device *device)
{
    assert_non_null(device->state);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(((uint8_t *)device->state)[i], 0);
    memset(device->state, 0xA5, 64);
    if (device->bus == IVM_BUS_ISA && device->match->port == PORT_MISSING)
        return IVM_NO_SUCH_DEVICE;
    return device->bus == IVM_BUS_PCI ? toy_answer : IVM_OK;
}

static enum ivm_verdict toy_routine(void *context)
{
    (void)context;
    return IVM_NOT_MINE;
}

static void toy_quiet(struct ivm_device *device)
{
    (void)device;
    quiets++;
}

static const struct ivm_match toy_matches[] = {
    {.bus = IVM_BUS_PCI, .vendor = 0x1234, .device = 0x11E8, .name = "toy"},
    {.bus = IVM_BUS_PCI, .vendor = 0x5678, .device = IVM_ANY_ID, .name = "any"},
    {.bus = IVM_BUS_PCI, .vendor = 0x9999, .device = 1, .name = "ghost"},
    {.bus = IVM_BUS_ISA, .port = PORT_THERE, .irq = 4, .name = "com1"},
    {.bus = IVM_BUS_ISA, .port = PORT_MISSING, .irq = 3, .name = "com2"},
    {.bus = IVM_BUS_ISA, .port = 0x2000, .irq = NO_IRQ, .name = "eightch8"},
    {.bus = IVM_BUS_ACPI, .name = "TOYS"},
    {.bus = IVM_BUS_ACPI, .name = "TOYS"},
};

IVM_DRIVER(toy)
= {
    .name = "toy",
    .matches = toy_matches,
    .match_count = sizeof toy_matches / sizeof toy_matches[0],
    .state_size = 64,
    .probe = toy_probe,
    .routine = toy_routine,
    .quiet = toy_quiet,
};

static void *allocate(size_t bytes)
{
    size_t at = arena_used;
    if (allocations_left == 0 || sizeof arena - at < bytes)
        return NULL;
    allocations_left--;
    arena_used += (bytes + 15) / 16 * 16;
    return memset(arena + at, 0, bytes);
}

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_pci_start();
    fake_pci_add(0, 0, 0, 0x14B51022);
    toy_answer = IVM_OK;
    has_table = true;
    arena_used = 0;
    allocations_left = SIZE_MAX;
    connects = quiets = 0;
    devices_start(allocate);
    return 0;
}

static struct fake_function *add_toy(uint8_t slot)
{
    struct fake_function *f = fake_pci_add(0, slot, 0, 0x11E81234);
    f->bytes[PCI_INTERRUPT_PIN] = 1;
    f->bytes[PCI_INTERRUPT_LINE] = 11;
    return f;
}

/* Finding. */

static void devices_come_in_bus_order_and_are_numbered_in_it(void **unused)
{
    (void)unused;
    fake_pci_add_bridge(0, 2, 1);
    fake_pci_add(1, 0, 0, 0x11E81234);
    add_toy(9);
    add_toy(4);
    devices_find();

    assert_int_equal(ivm_device_find("toy0")->pci.slot, 4);
    assert_int_equal(ivm_device_find("toy1")->pci.slot, 9);
    assert_int_equal(ivm_device_find("toy2")->pci.bus, 1);
    assert_null(ivm_device_find("toy"));
    /* com1, eightch8; the host bridge, a bridge, three toys; toys0, toys1 */
    assert_int_equal(ivm_device_count(), 9);
    assert_ptr_equal(ivm_device_at(6), ivm_device_find("toy2"));
    assert_null(ivm_device_at(9));
}

static void an_isa_device_has_its_row_s_name_and_line(void **unused)
{
    (void)unused;
    devices_find();

    struct ivm_device *com1 = ivm_device_find("com1");
    assert_non_null(com1);
    assert_true(com1->has_line);
    assert_int_equal(com1->line.gsi, 4);
    assert_string_equal(com1->line.known_from, "ISA default");
    assert_ptr_equal(com1->driver, &toy);
    assert_int_equal(fake_log_text_count("com1: gsi 4, edge, active high, by ISA default"),
                     1);
}

static void a_name_of_eight_letters_is_whole_and_an_irq_of_none_is_no_line(void **unused)
{
    (void)unused;
    devices_find();

    assert_non_null(ivm_device_find("eightch8"));
    assert_false(ivm_device_find("eightch8")->has_line);
    assert_int_equal(fake_log_text_count("eightch8: raises no line"), 1);
}

static void what_is_missing_is_said_and_not_kept(void **unused)
{
    (void)unused;
    has_table = false;
    devices_find();

    assert_null(ivm_device_find("com2"));
    assert_int_equal(fake_log_text_count("com2: not there\n"), 1);
    assert_int_equal(fake_log_text_count("toy: not there\n"), 1);
    assert_int_equal(fake_log_text_count("ghost: not there\n"), 1);
    assert_int_equal(fake_log_text_count("toy: not there, no ACPI table TOYS\n"), 1);
}

static void what_is_there_is_not_said_missing(void **unused)
{
    (void)unused;
    add_toy(4);
    devices_find();

    assert_int_equal(fake_log_text_count("toy: not there"), 0);
    assert_int_equal(fake_log_text_count("com1: not there"), 0);
}

static void two_rows_of_one_acpi_table_are_two_devices(void **unused)
{
    (void)unused;
    devices_find();

    assert_ptr_equal(ivm_device_find("toys0")->match, &toy_matches[6]);
    assert_ptr_equal(ivm_device_find("toys1")->match, &toy_matches[7]);
    assert_ptr_not_equal(ivm_device_find("toys0")->state, ivm_device_find("toys1")->state);
}

static void a_row_may_fit_every_device_of_a_vendor(void **unused)
{
    (void)unused;
    fake_pci_add(0, 4, 0, 0x00015678);
    fake_pci_add(0, 5, 0, 0xABCD5678);
    devices_find();

    assert_int_equal(ivm_device_find("any1")->pci.device, 0xABCD);
}

static void a_function_that_nobody_drives_is_kept_and_told_to_be_silent(void **unused)
{
    (void)unused;
    struct fake_function *f = fake_pci_add(0, 31, 0, 0x29228086);
    f->bytes[PCI_HEADER_TYPE] = 0x80;
    f = fake_pci_add(0, 31, 2, 0x29228086);
    f->bytes[PCI_INTERRUPT_PIN] = 1;
    f->bytes[PCI_INTERRUPT_LINE] = 10;
    fake_pci_put32(f, PCI_CLASS_REVISION, 0x01060102);
    devices_find();

    struct ivm_device *device = ivm_device_find("pci 00:1f.2");
    assert_non_null(device);
    assert_null(device->driver);
    assert_int_equal(device->line.gsi, 10);
    assert_int_equal(fake_pci_get16(f, PCI_COMMAND), PCI_COMMAND_INTX_DISABLE);
    assert_int_equal(fake_log_text_count("pci 00:1f.2: 8086:2922, class 010601"), 1);
    assert_int_equal(fake_log_text_count("pci 00:1f.0"), 1); /* without a pin */
}

static void a_function_that_its_driver_cannot_drive_is_kept_as_nobody_s(void **unused)
{
    (void)unused;
    add_toy(4);
    toy_answer = IVM_UNSUPPORTED;
    devices_find();

    assert_null(ivm_device_find("toy0"));
    assert_null(ivm_device_find("pci 00:04.0")->driver);
    assert_int_equal(fake_log_text_count("toy0: there, but not driven"), 1);
    assert_int_equal(fake_log_text_count("toy: not there"), 0);
}

static void a_machine_without_pci_has_its_other_devices(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_ports_default_to_ones();
    devices_find();

    assert_non_null(ivm_device_find("com1"));
    assert_non_null(ivm_device_find("toys1"));
    assert_int_equal(fake_log_text_count("pci: no configuration space"), 1);
}

static void a_line_is_in_use_when_some_device_has_it(void **unused)
{
    (void)unused;
    add_toy(4);
    devices_find();

    for (uint32_t gsi = 0; gsi < 64; gsi++)
        assert_int_equal(device_uses_line(gsi), gsi == 4 || gsi == 11);
}

static void memory_that_ends_anywhere_leaves_out_devices_and_says_so(void **unused)
{
    (void)unused;
    for (size_t room = 0; room < 20; room++) {
        set_up(NULL);
        add_toy(4);
        allocations_left = room;
        devices_find();

        assert_true(ivm_device_count() <= 6);
        if (ivm_device_count() < 6)
            assert_true(fake_log_text_count("no room") + fake_log_text_count("no memory") >
                        0);
        for (size_t i = 0; i < ivm_device_count(); i++)
            assert_true(ivm_device_at(i)->driver == NULL ||
                        ivm_device_at(i)->state != NULL);
    }
    assert_int_equal(ivm_device_count(), 6);
}

static void more_devices_than_fit_are_left_out_and_that_is_said_once(void **unused)
{
    (void)unused;
    for (uint8_t bus = 0; bus < 10; bus++)
        for (uint8_t slot = 1; slot < 31; slot++)
            fake_pci_add(bus, slot, 0, 0x11E81234);
    for (uint8_t bus = 0; bus < 9; bus++)
        fake_pci_add_bridge(bus, 31, (uint8_t)(bus + 1));
    devices_find();

    assert_int_equal(ivm_device_count(), DEVICE_LIMIT);
    assert_int_equal(fake_log_text_count("no room after 256"), 1);
}

/* Connecting. */

static void a_device_connects_its_own_routine_to_its_own_line(void **unused)
{
    (void)unused;
    add_toy(4);
    devices_find();
    struct ivm_device *device = ivm_device_find("toy0");
    struct ivm_refusal refusal;

    assert_int_equal(ivm_device_connect(device, IVM_SHARED, &refusal), IVM_LINE_IN_USE);

    assert_string_equal(request.owner, "toy0");
    assert_ptr_equal(request.routine, toy_routine);
    assert_ptr_equal(request.context, device);
    assert_int_equal(request.source.kind, IVM_LINE);
    assert_int_equal(request.source.number, 11);
    assert_int_equal(request.trigger, IVM_LEVEL);
    assert_int_equal(request.polarity, IVM_ACTIVE_LOW);
    assert_int_equal(request.sharing, IVM_SHARED);
    assert_null(request.cpus);
    assert_int_equal(request.vector + request.level + request.synchronize_level, 0);
    assert_ptr_equal(connection, &device->connection);
}

static void without_a_driver_or_a_line_nothing_is_connected(void **unused)
{
    (void)unused;
    devices_find();
    struct ivm_refusal refusal;
    memset(&refusal, 0xEE, sizeof refusal);

    assert_int_equal(ivm_device_connect(ivm_device_find("eightch8"), IVM_SHARED, &refusal),
                     IVM_NO_SUCH_DEVICE);
    assert_string_equal(refusal.requester, "eightch8");
    assert_int_equal(refusal.rule, IVM_RULE_NONE);
    assert_int_equal(
        ivm_device_connect(ivm_device_find("pci 00:00.0"), IVM_EXCLUSIVE, NULL),
        IVM_NO_SUCH_DEVICE);
    assert_int_equal(connects, 0);
}

static void a_device_is_silenced_before_it_is_disconnected(void **unused)
{
    (void)unused;
    devices_find();
    struct ivm_device *device = ivm_device_find("com1");

    assert_int_equal(ivm_device_disconnect(device), IVM_NOT_CONNECTED);

    assert_int_equal(quiets_before_disconnect, 1);
    assert_ptr_equal(connection, &device->connection);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(devices_come_in_bus_order_and_are_numbered_in_it),
        T(an_isa_device_has_its_row_s_name_and_line),
        T(a_name_of_eight_letters_is_whole_and_an_irq_of_none_is_no_line),
        T(what_is_missing_is_said_and_not_kept),
        T(what_is_there_is_not_said_missing),
        T(two_rows_of_one_acpi_table_are_two_devices),
        T(a_row_may_fit_every_device_of_a_vendor),
        T(a_function_that_nobody_drives_is_kept_and_told_to_be_silent),
        T(a_function_that_its_driver_cannot_drive_is_kept_as_nobody_s),
        T(a_machine_without_pci_has_its_other_devices),
        T(a_line_is_in_use_when_some_device_has_it),
        T(memory_that_ends_anywhere_leaves_out_devices_and_says_so),
        T(more_devices_than_fit_are_left_out_and_that_is_said_once),
        T(a_device_connects_its_own_routine_to_its_own_line),
        T(without_a_driver_or_a_line_nothing_is_connected),
        T(a_device_is_silenced_before_it_is_disconnected),
    };
#undef T
    return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
