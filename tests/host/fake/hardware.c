/* hardware.c: the machine of the host tests: see hardware.h. */
#include "hardware.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hw/mmio.h>
#include <hw/msr.h>
#include <hw/port.h>

enum space { SPACE_MMIO = 0, SPACE_PORT, SPACE_MSR, SPACE_COUNT };
enum { DEVICE_LIMIT = 64 };

struct device {
    uint64_t base;
    uint64_t size;
    fake_read *read;
    fake_write *write;
    void *context;
};

struct memory {
    uint8_t *bytes;
};

static const char *const space_names[SPACE_COUNT] = {"address", "port", "MSR"};

static struct device devices[SPACE_COUNT][DEVICE_LIMIT];
static size_t device_counts[SPACE_COUNT];
static struct memory memories[DEVICE_LIMIT];
static size_t memory_count;
static bool ports_default_to_ones;
static struct fake_access *entries;
static size_t entry_count, entry_room;

void fake_complain(const char *format, ...)
{
    static char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!global_expecting_assert)
        print_error("# fake hardware: %s\n", text);
    mock_assert(0, text, __FILE__, __LINE__);
}

void fake_hardware_reset(void)
{
    memset(device_counts, 0, sizeof device_counts);
    memory_count = 0;
    ports_default_to_ones = false;
    free(entries);
    entries = NULL;
    entry_count = entry_room = 0;
    fake_cpu_reset();
}

static void add_device(enum space space, struct device device)
{
    struct device *list = devices[space];
    size_t count = device_counts[space];
    if (device.size == 0 || device.base + device.size - 1 < device.base)
        fake_complain("an empty or wrapping model at %s 0x%llx", space_names[space],
                      (unsigned long long)device.base);
    if (count == DEVICE_LIMIT)
        fake_complain("more than %d models in one space", DEVICE_LIMIT);
    for (size_t i = 0; i < count; i++) {
        bool apart = device.base + (device.size - 1) < list[i].base ||
                     list[i].base + (list[i].size - 1) < device.base;
        if (!apart)
            fake_complain("two models at %s 0x%llx", space_names[space],
                          (unsigned long long)device.base);
    }
    list[count] = device;
    device_counts[space]++;
}

void fake_mmio_device(uint64_t base, uint64_t size, fake_read *read, fake_write *write,
                      void *context)
{
    add_device(SPACE_MMIO, (struct device){base, size, read, write, context});
}

void fake_port_device(uint64_t base, uint64_t size, fake_read *read, fake_write *write,
                      void *context)
{
    add_device(SPACE_PORT, (struct device){base, size, read, write, context});
}

void fake_msr_device(uint64_t base, uint64_t size, fake_read *read, fake_write *write,
                     void *context)
{
    add_device(SPACE_MSR, (struct device){base, size, read, write, context});
}

static uint64_t memory_read(void *context, uint64_t offset, unsigned width)
{
    const struct memory *memory = context;
    uint64_t value = 0;
    memcpy(&value, memory->bytes + offset, width);
    return value;
}

static void memory_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    const struct memory *memory = context;
    memcpy(memory->bytes + offset, &value, width);
}

static void add_memory(enum space space, uint64_t base, void *bytes, size_t size)
{
    if (memory_count == DEVICE_LIMIT)
        fake_complain("more than %d memories", DEVICE_LIMIT);
    struct memory *memory = &memories[memory_count++];
    memory->bytes = bytes;
    add_device(space, (struct device){base, size, memory_read, memory_write, memory});
}

void fake_mmio_memory(uint64_t base, void *bytes, size_t size)
{
    add_memory(SPACE_MMIO, base, bytes, size);
}

void fake_port_memory(uint64_t base, void *bytes, size_t size)
{
    add_memory(SPACE_PORT, base, bytes, size);
}

void fake_ports_default_to_ones(void)
{
    ports_default_to_ones = true;
}

/* The log. */

void fake_log_add(enum fake_kind kind, uint64_t address, unsigned width, uint64_t value)
{
    if (entry_count == entry_room) {
        entry_room = entry_room == 0 ? 256 : entry_room * 2;
        entries = realloc(entries, entry_room * sizeof *entries);
        if (entries == NULL)
            abort();
    }
    entries[entry_count++] = (struct fake_access){.kind = kind,
                                                  .address = address,
                                                  .width = width,
                                                  .value = value,
                                                  .interrupts_on = fake_cpu.interrupts_on};
}

size_t fake_log_count(void)
{
    return entry_count;
}

const struct fake_access *fake_log_at(size_t index)
{
    if (index >= entry_count)
        fake_complain("entry %zu of a log of %zu", index, entry_count);
    return &entries[index];
}

void fake_log_clear(void)
{
    entry_count = 0;
}

size_t fake_log_find(size_t from, enum fake_kind kind, uint64_t address)
{
    size_t i = from;
    while (i < entry_count && (entries[i].kind != kind || entries[i].address != address))
        i++;
    return i < entry_count ? i : entry_count;
}

size_t fake_log_count_of(enum fake_kind kind, uint64_t address)
{
    size_t count = 0;
    for (size_t i = 0; i < entry_count; i++)
        count += entries[i].kind == kind && entries[i].address == address;
    return count;
}

void fake_log_expect(size_t index, enum fake_kind kind, uint64_t address, uint64_t value)
{
    static const char *const names[] = {"mmio read",  "mmio write", "port read",
                                        "port write", "msr read",   "msr write",
                                        "instruction"};
    const struct fake_access *entry = fake_log_at(index);
    if (entry->kind == kind && entry->address == address && entry->value == value)
        return;
    fake_complain("entry %zu is %s 0x%llx value 0x%llx, not %s 0x%llx value 0x%llx", index,
                  names[entry->kind], (unsigned long long)entry->address,
                  (unsigned long long)entry->value, names[kind],
                  (unsigned long long)address, (unsigned long long)value);
}

/* Accesses. */

static uint64_t cut(uint64_t value, unsigned width)
{
    return width == 8 ? value : value & ((UINT64_C(1) << width * 8) - 1);
}

/* The model that answers this access, NULL for the default of the ports. */
static const struct device *find(enum space space, uint64_t address, unsigned width,
                                 const char *verb)
{
    unsigned length = space == SPACE_MSR ? 1 : width;
    for (size_t i = 0; i < device_counts[space]; i++) {
        const struct device *device = &devices[space][i];
        if (address < device->base || address - device->base >= device->size)
            continue;
        if (device->size - (address - device->base) < length)
            fake_complain("a %s of %u bytes at %s 0x%llx crosses the end of its model",
                          verb, width, space_names[space], (unsigned long long)address);
        return device;
    }
    if (space != SPACE_PORT || !ports_default_to_ones)
        fake_complain("a %s of %u bytes at %s 0x%llx, where there is nothing", verb, width,
                      space_names[space], (unsigned long long)address);
    return NULL;
}

static uint64_t read_from(enum space space, uint64_t address, unsigned width)
{
    if (space == SPACE_MMIO && address % width != 0)
        fake_complain("a read of %u bytes at 0x%llx is not aligned", width,
                      (unsigned long long)address);
    const struct device *device = find(space, address, width, "read");
    if (device != NULL && device->read == NULL)
        fake_complain("a read at %s 0x%llx, which is write-only", space_names[space],
                      (unsigned long long)address);
    uint64_t value = UINT64_MAX;
    if (device != NULL && device->read != NULL)
        value = device->read(device->context, address - device->base, width);
    value = cut(value, width);
    fake_log_add((enum fake_kind)(2 * space), address, width, value);
    return value;
}

static void write_to(enum space space, uint64_t address, unsigned width, uint64_t value)
{
    if (space == SPACE_MMIO && address % width != 0)
        fake_complain("a write of %u bytes at 0x%llx is not aligned", width,
                      (unsigned long long)address);
    const struct device *device = find(space, address, width, "write");
    if (device != NULL && device->write == NULL)
        fake_complain("a write at %s 0x%llx, which is read-only", space_names[space],
                      (unsigned long long)address);
    fake_log_add((enum fake_kind)(2 * space + 1), address, width, value);
    if (device != NULL && device->write != NULL)
        device->write(device->context, address - device->base, width, value);
}

uint8_t mmio_read8(uintptr_t address)
{
    return (uint8_t)read_from(SPACE_MMIO, address, 1);
}

uint16_t mmio_read16(uintptr_t address)
{
    return (uint16_t)read_from(SPACE_MMIO, address, 2);
}

uint32_t mmio_read32(uintptr_t address)
{
    return (uint32_t)read_from(SPACE_MMIO, address, 4);
}

uint64_t mmio_read64(uintptr_t address)
{
    return read_from(SPACE_MMIO, address, 8);
}

void mmio_write8(uintptr_t address, uint8_t value)
{
    write_to(SPACE_MMIO, address, 1, value);
}

void mmio_write16(uintptr_t address, uint16_t value)
{
    write_to(SPACE_MMIO, address, 2, value);
}

void mmio_write32(uintptr_t address, uint32_t value)
{
    write_to(SPACE_MMIO, address, 4, value);
}

void mmio_write64(uintptr_t address, uint64_t value)
{
    write_to(SPACE_MMIO, address, 8, value);
}

uint8_t port_read8(uint16_t port)
{
    return (uint8_t)read_from(SPACE_PORT, port, 1);
}

uint16_t port_read16(uint16_t port)
{
    return (uint16_t)read_from(SPACE_PORT, port, 2);
}

uint32_t port_read32(uint16_t port)
{
    return (uint32_t)read_from(SPACE_PORT, port, 4);
}

void port_write8(uint16_t port, uint8_t value)
{
    write_to(SPACE_PORT, port, 1, value);
}

void port_write16(uint16_t port, uint16_t value)
{
    write_to(SPACE_PORT, port, 2, value);
}

void port_write32(uint16_t port, uint32_t value)
{
    write_to(SPACE_PORT, port, 4, value);
}

uint64_t msr_read(uint32_t msr)
{
    return read_from(SPACE_MSR, msr, 8);
}

void msr_write(uint32_t msr, uint64_t value)
{
    write_to(SPACE_MSR, msr, 8, value);
}
