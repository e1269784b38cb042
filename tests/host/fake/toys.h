/* toys.h: a driver and what it counts, and a manager that only remembers, for the tests of devices
 * that are loaded, unloaded, put in and taken out. Included by one file of a program: it defines what
 * the code under test calls.
 */
#ifndef FAKE_TOYS_H
#define FAKE_TOYS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/level.h>
#include <ivm/stats.h>

#include "drivers/device.h"
#include "drivers/pci.h"
#include "drivers/pci_message.h"
#include "hardware.h"
#include "pci_space.h"
#include "system.h"

enum { TOY_PORT = 0x3F8, TOY_STATE = 64, TOY_MESSAGES = 3 };

static struct toys {
    /* what happens */
    enum ivm_status answer; /* of the probe, for a PCI function */
    size_t allocations_left;
    uint8_t level;             /* the CPU's */
    const char *owner;         /* of what is connected; NULL: nobody is */
    enum ivm_source_kind kind; /* of that source, */
    uint32_t number;           /*   and its number */
    size_t owner_count;
    bool line_is_connected; /* by the device's own connection */
    uint32_t open;          /* messages */
    bool messages_stay;     /* somebody else is connected to them */

    /* what happened */
    unsigned probes, allocations, line_disconnects, message_disconnects, closes;
    char calls[16]; /* of the driver's quiet and stop, in order: 'q', 's' */
    bool line_at_probe;
} toys;

static _Alignas(16) uint8_t toy_arena[1 << 20];
static size_t toy_arena_used;
static struct ivm_connection toy_connections[TOY_MESSAGES];

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
    return memcmp(signature, "TOYS", 4) == 0;
}

uint8_t ivm_level_now(void)
{
    return toys.level;
}

bool ivm_stats_place(struct ivm_source_id source, uint32_t *cpu, uint8_t *vector)
{
    *cpu = 0;
    *vector = 0x40;
    return toys.owner != NULL && source.kind == toys.kind && source.number == toys.number;
}

size_t ivm_stats_owners(uint32_t cpu, uint8_t vector, struct ivm_owner_stats *out,
                        size_t room)
{
    assert_int_equal(cpu, 0);
    assert_int_equal(vector, 0x40);
    for (size_t i = 0; i < toys.owner_count && i < room; i++) {
        out[i] = (struct ivm_owner_stats){.owner = {.name = "other"}};
        if (i + 1 == toys.owner_count)
            memcpy(out[i].owner.name, toys.owner, strlen(toys.owner) + 1);
    }
    return toys.owner_count;
}

enum ivm_status ivm_connect(const struct ivm_request *request,
                            struct ivm_connection *connection, struct ivm_refusal *refusal)
{
    (void)request;
    (void)connection;
    (void)refusal;
    return IVM_OK;
}

enum ivm_status ivm_disconnect(struct ivm_connection *connection)
{
    for (unsigned i = 0; i < TOY_MESSAGES; i++) {
        if (connection != &toy_connections[i])
            continue;
        toys.message_disconnects++;
        return i == 0 ? IVM_OK : IVM_NOT_CONNECTED; /* the first alone was connected */
    }
    toys.line_disconnects++;
    if (!toys.line_is_connected)
        return IVM_NOT_CONNECTED;
    toys.line_is_connected = false;
    return IVM_OK;
}

uint32_t ivm_device_message_number(const struct ivm_device *device, uint32_t index)
{
    (void)device;
    return index < toys.open ? 100 + index : 0;
}

struct ivm_connection *ivm_device_message_connection(struct ivm_device *device,
                                                     uint32_t index)
{
    (void)device;
    return index < toys.open ? &toy_connections[index] : NULL;
}

enum ivm_status pci_message_close(struct ivm_device *device)
{
    (void)device;
    toys.closes++;
    if (toys.messages_stay)
        return IVM_STILL_CONNECTED;
    toys.open = 0;
    return IVM_OK;
}

static enum ivm_status toy_probe(struct ivm_device *device)
{
    assert_non_null(device->state);
    for (size_t i = 0; i < TOY_STATE; i++)
        assert_int_equal(((uint8_t *)device->state)[i], 0);
    memset(device->state, 0xA5, TOY_STATE);
    toys.probes++;
    toys.line_at_probe = device->has_line;
    if (device->bus == IVM_BUS_ACPI) {
        device->has_line = true;
        device->line = (struct ivm_line_info){.gsi = 20, .known_from = "toy"};
    }
    if (device->bus != IVM_BUS_PCI)
        return IVM_OK;
    pci_command(pci_address(&device->pci), PCI_COMMAND_MASTER, PCI_COMMAND_INTX_DISABLE);
    return toys.answer;
}

static void toy_call(struct ivm_device *device, char what)
{
    assert_non_null(device->driver);
    toys.calls[strlen(toys.calls)] = what;
}

static void toy_quiet(struct ivm_device *device)
{
    toy_call(device, 'q');
}

static void toy_stop(struct ivm_device *device)
{
    toy_call(device, 's');
}

static const struct ivm_match toy_matches[] = {
    {.bus = IVM_BUS_PCI, .vendor = 0x1234, .device = 0x11E8, .name = "toy"},
    {.bus = IVM_BUS_PCI, .vendor = 0x1B36, .device = 0x000C, .name = "port"},
    {.bus = IVM_BUS_ISA, .port = TOY_PORT, .irq = 4, .name = "com1"},
    {.bus = IVM_BUS_ACPI, .name = "TOYS"},
};

IVM_DRIVER(toy)
= {
    .name = "toy",
    .matches = toy_matches,
    .match_count = sizeof toy_matches / sizeof toy_matches[0],
    .state_size = TOY_STATE,
    .probe = toy_probe,
    .quiet = toy_quiet,
    .stop = toy_stop,
};

static void *toy_allocate(size_t bytes)
{
    size_t at = toy_arena_used;
    if (toys.allocations_left == 0 || sizeof toy_arena - at < bytes)
        return NULL;
    toys.allocations_left--;
    toys.allocations++;
    toy_arena_used += (bytes + 15) / 16 * 16;
    return memset(toy_arena + at, 0, bytes);
}

/* An empty machine: a host bridge, and the devices that are not PCI's. devices_find() is the test's. */
static void toys_start(void)
{
    fake_hardware_reset();
    fake_system_reset();
    fake_cpu.interrupts_on = true;
    fake_pci_start();
    fake_pci_add(0, 0, 0, 0x14B51022);
    toys = (struct toys){.allocations_left = SIZE_MAX, .owner_count = 1};
    toy_arena_used = 0;
    devices_start(toy_allocate);
}

/* A toy with a page of registers, on gsi 11. */
static struct fake_function *toys_add(uint8_t bus, uint8_t slot)
{
    struct fake_function *f = fake_pci_add(bus, slot, 0, 0x11E81234);
    f->bytes[PCI_INTERRUPT_PIN] = 1;
    f->bytes[PCI_INTERRUPT_LINE] = 11;
    return f;
}

#endif
