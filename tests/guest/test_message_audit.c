/* test_message_audit.c: a foreign hand writes to the functions' messages, and is found. */
#include <stddef.h>

#include <ivm/audit.h>
#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include <hw/mmio.h>

#include "kernel/monitor/text.h"
#include "sender.h"
#include "suite.h"

enum { ROOM = 8, MESSAGES = 2, ENTRY_ADDRESS = 0, ENTRY_DATA = 8, ENTRY_CONTROL = 12 };

static uintptr_t entry(const struct sender_table *table, uint32_t index)
{
    return table->entries + (uintptr_t)index * PCI_MSIX_ENTRY_SIZE;
}

/* Audit, and show each difference as a line. */
static size_t audit(struct ivm_difference out[ROOM])
{
    char line[300];
    size_t count = ivm_audit(out, ROOM);
    for (size_t i = 0; i < count && i < ROOM; i++) {
        ivm_difference_format(&out[i], line, sizeof line);
        ivm_log("# %s", line);
    }
    return count;
}

static void expect_one(enum ivm_difference_kind kind, struct ivm_device *device,
                       uint32_t index)
{
    struct ivm_difference found[ROOM] = {0};
    CHECK_EQUAL(audit(found), 1);
    CHECK_EQUAL(found[0].kind, kind);
    CHECK_EQUAL(found[0].source.kind, IVM_MESSAGE);
    CHECK_EQUAL(found[0].source.number, ivm_device_message_number(device, index));
    CHECK(text_is(found[0].owner, device->name));
    CHECK(text_is(found[0].controller, "MSI-X"));
}

static void expect_none(void)
{
    struct ivm_difference found[ROOM];
    CHECK_EQUAL(audit(found), 0);
}

GUEST_TEST(messages, a_foreign_write_to_a_table_is_found_by_kind_and_owner)
{
    struct ivm_device *rocker = sender_find("rocker0");
    struct sender_table table;
    if (rocker == NULL)
        return;
    REQUIRE(sender_find_table(rocker, &table));
    REQUIRE(sender_connect(rocker, MESSAGES));
    uint32_t data = mmio_read32(entry(&table, 1) + ENTRY_DATA);
    uint32_t address = mmio_read32(entry(&table, 1) + ENTRY_ADDRESS);
    expect_none();

    mmio_write32(entry(&table, 1) + ENTRY_DATA, (data & ~0xFFu) | 0xFC);
    expect_one(IVM_DIFFERS_VECTOR, rocker, 1);
    mmio_write32(entry(&table, 1) + ENTRY_DATA, data | 4 << 8); /* an NMI */
    expect_one(IVM_DIFFERS_FOREIGN, rocker, 1);
    mmio_write32(entry(&table, 1) + ENTRY_DATA, data);
    mmio_write32(entry(&table, 1) + ENTRY_ADDRESS, 0x1000);
    expect_one(IVM_DIFFERS_FOREIGN, rocker, 1);
    mmio_write32(entry(&table, 1) + ENTRY_ADDRESS, address);
    mmio_write32(entry(&table, 1) + ENTRY_CONTROL, 1);
    expect_one(IVM_DIFFERS_MASKED, rocker, 1);
    mmio_write32(entry(&table, 1) + ENTRY_CONTROL, 0);

    expect_none();
    CHECK(sender_fire(rocker, 1));
    CHECK_EQUAL(ivm_device_message_disconnect(rocker, 1), IVM_OK);
    mmio_write32(entry(&table, 1) + ENTRY_CONTROL, 0);
    struct ivm_difference found[ROOM] = {0};
    CHECK_EQUAL(audit(found), 1);
    CHECK_EQUAL(found[0].kind, IVM_DIFFERS_UNMASKED);
    mmio_write32(entry(&table, 1) + ENTRY_CONTROL, 1);
    sender_close(rocker);
}

GUEST_TEST(messages, a_function_that_is_held_by_its_owner_differs_in_nothing)
{
    struct ivm_device *rocker = sender_find("rocker0");
    if (rocker == NULL)
        return;
    REQUIRE(sender_connect(rocker, MESSAGES));
    CHECK_EQUAL(ivm_device_messages_hold(rocker), IVM_OK);

    expect_none();

    CHECK_EQUAL(ivm_device_messages_release(rocker), IVM_OK);
    sender_close(rocker);
}

GUEST_TEST(messages, two_functions_with_one_vector_are_named_with_both_holders)
{
    struct ivm_device *victim = sender_find("rocker0");
    struct ivm_device *liar = sender_find("rocker1");
    struct sender_table from, to;
    if (victim == NULL || liar == NULL)
        return;
    REQUIRE(sender_find_table(victim, &from));
    REQUIRE(sender_find_table(liar, &to));
    REQUIRE(sender_connect(victim, MESSAGES));
    REQUIRE(sender_connect(liar, MESSAGES));
    uint32_t data = mmio_read32(entry(&to, 0) + ENTRY_DATA);
    mmio_write32(entry(&to, 0) + ENTRY_DATA, mmio_read32(entry(&from, 1) + ENTRY_DATA));

    struct ivm_difference found[ROOM] = {0};
    CHECK_EQUAL(audit(found), 1);

    CHECK_EQUAL(found[0].kind, IVM_DIFFERS_VECTOR);
    CHECK_EQUAL(found[0].source.number, ivm_device_message_number(liar, 0));
    CHECK(text_is(found[0].owner, "rocker1"));
    CHECK_EQUAL(found[0].holder_kind, IVM_MESSAGE);
    CHECK_EQUAL(found[0].holder_number, ivm_device_message_number(victim, 1));
    mmio_write32(entry(&to, 0) + ENTRY_DATA, data);
    expect_none();
    sender_close(liar);
    sender_close(victim);
}

/* A function that is not open here, programmed by somebody else. */
GUEST_TEST(messages, a_foreign_function_that_aims_at_a_vector_of_ours_is_named)
{
    struct ivm_device *victim = sender_find("rocker0");
    struct ivm_device *stranger = sender_find("rocker1");
    struct sender_table from, to;
    if (victim == NULL || stranger == NULL)
        return;
    REQUIRE(sender_find_table(victim, &from));
    REQUIRE(sender_find_table(stranger, &to));
    REQUIRE(sender_connect(victim, 1));
    struct pci_address at = pci_address(&stranger->pci);
    uint16_t control = pci_read16(at, to.msix.control);
    CHECK_EQUAL(ivm_foreign_messages(NULL, 0), 0);
    pci_command(at, PCI_COMMAND_MASTER, 0);
    for (uint32_t offset = 0; offset < ENTRY_CONTROL; offset += 4)
        mmio_write32(entry(&to, 3) + offset, mmio_read32(entry(&from, 0) + offset));
    pci_write16(at, to.msix.control, control | PCI_MSIX_ENABLE);
    mmio_write32(entry(&to, 3) + ENTRY_CONTROL, 0);

    struct ivm_foreign_message found[ROOM] = {0};
    CHECK_EQUAL(ivm_foreign_messages(found, ROOM), 1);

    uint32_t cpu = 0;
    uint8_t vector = 0;
    struct ivm_source_id id = {IVM_MESSAGE, ivm_device_message_number(victim, 0)};
    CHECK(ivm_stats_place(id, &cpu, &vector));
    CHECK(text_is(found[0].device, "rocker1"));
    CHECK_EQUAL(found[0].kind, IVM_MSIX);
    CHECK_EQUAL(found[0].index, 3);
    CHECK(found[0].hits);
    CHECK_EQUAL(found[0].cpu, cpu);
    CHECK_EQUAL(found[0].vector, vector);
    mmio_write32(entry(&to, 3) + ENTRY_CONTROL, 1);
    CHECK_EQUAL(ivm_foreign_messages(NULL, 0), 0);
    pci_write16(at, to.msix.control, control);
    pci_command(at, 0, PCI_COMMAND_MASTER);
    sender_close(victim);
}
