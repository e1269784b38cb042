/* pci_space.c: a PCI configuration space of the host tests: see pci_space.h. */
#include "pci_space.h"

#include <stddef.h>
#include <string.h>

#include "hardware.h"

enum {
    FUNCTION_LIMIT = 600,
    COMMAND = 0x04,
    DECODES = 0x3,
    BAR_FIRST = 0x10,
    HEADER_TYPE = 0x0E,
};

static struct fake_function functions[FUNCTION_LIMIT];
static size_t function_count;
static uint32_t address;

static struct fake_function *selected(void)
{
    if ((address & 0x80000000) == 0)
        return NULL;
    for (size_t i = 0; i < function_count; i++) {
        struct fake_function *f = &functions[i];
        uint32_t at =
            (uint32_t)f->bus << 16 | (uint32_t)f->slot << 11 | (uint32_t)f->function << 8;
        if (at == (address & 0x00FFFF00))
            return f;
    }
    return NULL;
}

static void expect_interrupts_off(void)
{
    if (fake_cpu.interrupts_on)
        fake_complain("configuration space at 0x%08x with interrupts on", address);
}

static uint64_t read_address(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    if (offset != 0 || width != 4)
        fake_complain("the address register takes 32 bits only");
    return address;
}

static void write_address(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)read_address(context, offset, width);
    expect_interrupts_off();
    address = (uint32_t)value;
}

static size_t byte_of(uint64_t offset, unsigned width)
{
    expect_interrupts_off();
    if (offset % width != 0)
        fake_complain("%u bytes at port 0x%llx are not aligned", width, 0xCFCULL + offset);
    return (address & 0xFC) + offset;
}

static uint64_t read_data(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    size_t at = byte_of(offset, width);
    const struct fake_function *f = selected();
    uint64_t value = 0;
    if (f == NULL || f->is_gone)
        return UINT64_MAX;
    memcpy(&value, f->bytes + at, width);
    return value;
}

static void write_bar(struct fake_function *f, unsigned bar, uint32_t value)
{
    if ((fake_pci_get16(f, COMMAND) & DECODES) != 0)
        fake_complain("base address %u written while the function decodes", bar);
    fake_pci_put32(f, BAR_FIRST + 4 * bar,
                   value == 0xFFFFFFFF      ? f->bar_sizes[bar]
                   : f->bar_sizes[bar] == 0 ? 0
                                            : value);
}

static void write_data(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    size_t at = byte_of(offset, width);
    struct fake_function *f = selected();
    if (f == NULL) {
        fake_complain("a write to 0x%08x, where no function is", address);
        return;
    }
    if (f->is_gone)
        return;
    if (at >= BAR_FIRST && at < BAR_FIRST + 24) {
        if (width != 4 || f->bytes[HEADER_TYPE] % 128 != 0)
            fake_complain("%u bytes written at 0x%zx of a header of layout %u", width, at,
                          f->bytes[HEADER_TYPE] % 128);
        write_bar(f, (unsigned)(at - BAR_FIRST) / 4, (uint32_t)value);
        return;
    }
    memcpy(f->bytes + at, &value, width);
}

void fake_pci_start(void)
{
    function_count = 0;
    address = 0;
    fake_port_device(0xCF8, 4, read_address, write_address, NULL);
    fake_port_device(0xCFC, 4, read_data, write_data, NULL);
}

struct fake_function *fake_pci_add(uint8_t bus, uint8_t slot, uint8_t function,
                                   uint32_t device_and_vendor)
{
    if (function_count == FUNCTION_LIMIT)
        fake_complain("more than %d functions", FUNCTION_LIMIT);
    struct fake_function *f = &functions[function_count++];
    *f = (struct fake_function){.bus = bus, .slot = slot, .function = function};
    fake_pci_put32(f, 0, device_and_vendor);
    return f;
}

struct fake_function *fake_pci_add_bridge(uint8_t bus, uint8_t slot, uint8_t secondary)
{
    struct fake_function *f = fake_pci_add(bus, slot, 0, 0x00011B36);
    fake_pci_put32(f, 0x08, 0x06040000);
    f->bytes[HEADER_TYPE] = 1;
    f->bytes[0x18] = bus;
    f->bytes[0x19] = secondary;
    return f;
}

void fake_pci_bar(struct fake_function *f, unsigned bar, uint32_t value, uint32_t size)
{
    fake_pci_put32(f, BAR_FIRST + 4 * bar, value);
    f->bar_sizes[bar] = size;
}

uint16_t fake_pci_get16(const struct fake_function *f, unsigned offset)
{
    uint16_t value;
    memcpy(&value, f->bytes + offset, 2);
    return value;
}

uint32_t fake_pci_get32(const struct fake_function *f, unsigned offset)
{
    uint32_t value;
    memcpy(&value, f->bytes + offset, 4);
    return value;
}

void fake_pci_put16(struct fake_function *f, unsigned offset, uint16_t value)
{
    memcpy(f->bytes + offset, &value, 2);
}

void fake_pci_put32(struct fake_function *f, unsigned offset, uint32_t value)
{
    memcpy(f->bytes + offset, &value, 4);
}
