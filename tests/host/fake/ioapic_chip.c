/* ioapic_chip.c: an I/O APIC for the host tests: see ioapic_chip.h. */
#include "ioapic_chip.h"

#include "hardware.h"

/* Written from the datasheet, apart from ioapic.c and rte.h: the two check each other. */
enum {
    SELECT = 0x00,
    WINDOW = 0x10,
    END = 0x40,
    PENDING = 1 << 12,
    REMOTE_IRR = 1 << 14,
    LEVEL = 1 << 15,
    MASKED = 1 << 16,
    WRITABLE = 0x1AFFF,
};

static uint32_t pins(const struct ioapic_chip *chip)
{
    return (chip->version >> 16 & 0xFF) + 1;
}

static uint32_t pin_of(const struct ioapic_chip *chip)
{
    uint32_t pin = (chip->select - 0x10) / 2;
    if (chip->select < 0x10 || pin >= pins(chip)) {
        fake_complain("I/O APIC: there is no register 0x%x", (unsigned)chip->select);
        return 0;
    }
    return pin;
}

static uint32_t window_read(const struct ioapic_chip *chip)
{
    if (chip->select == 0)
        return chip->id;
    if (chip->select == 1)
        return chip->version;
    uint32_t pin = pin_of(chip);
    return chip->select % 2 == 0 ? chip->low[pin] : chip->high[pin];
}

static uint64_t chip_read(void *context, uint64_t offset, unsigned width)
{
    struct ioapic_chip *chip = context;
    if (width != 4 || (offset != WINDOW && offset != SELECT))
        fake_complain("I/O APIC: a read of %u bytes at 0x%llx", width,
                      (unsigned long long)offset);
    if (fake_cpu.interrupts_on)
        fake_complain("I/O APIC: a register pair is read with interrupts on");
    if (chip->is_dead)
        return UINT32_MAX;
    return offset == SELECT ? chip->select : window_read(chip);
}

static void check_open(struct ioapic_chip *chip, uint32_t pin)
{
    if ((chip->low[pin] & MASKED) != 0)
        return;
    chip->opened++;
    uint8_t destination = (uint8_t)(chip->high[pin] >> 24);
    uint8_t vector = (uint8_t)chip->low[pin];
    if (chip->agrees != NULL && !chip->agrees(destination, vector))
        fake_complain("I/O APIC: pin %u is open with vector 0x%02x to APIC id %u",
                      (unsigned)pin, vector, destination);
}

static void write_low(struct ioapic_chip *chip, uint32_t pin, uint32_t value)
{
    uint32_t kept = chip->low[pin] & (PENDING | REMOTE_IRR);
    if ((value & LEVEL) == 0 && !chip->remote_irr_sticks)
        kept &= ~(uint32_t)REMOTE_IRR;
    chip->low[pin] = (value & WRITABLE) | kept;
}

static void window_write(struct ioapic_chip *chip, uint32_t value)
{
    if (chip->select < 0x10) {
        fake_complain("I/O APIC: register 0x%x is written", (unsigned)chip->select);
        return;
    }
    uint32_t pin = pin_of(chip);
    if (chip->write_count < IOAPIC_CHIP_WRITES) {
        chip->writes[chip->write_count].index = chip->select;
        chip->writes[chip->write_count].value = value;
        chip->write_count++;
    }
    if (chip->select % 2 == 0)
        write_low(chip, pin, value);
    else
        chip->high[pin] = value & 0xFF000000;
    check_open(chip, pin);
}

/* The EOI register: it ends every level-triggered entry of the vector. */
static void end(struct ioapic_chip *chip, uint8_t vector)
{
    if ((chip->version & 0xFF) < 0x20)
        fake_complain("I/O APIC: version 0x%02x has no EOI register",
                      (unsigned)(chip->version & 0xFF));
    chip->ends++;
    for (uint32_t pin = 0; pin < pins(chip); pin++)
        if ((chip->low[pin] & LEVEL) != 0 && (uint8_t)chip->low[pin] == vector &&
            !chip->remote_irr_sticks && !chip->end_is_ignored)
            chip->low[pin] &= ~(uint32_t)REMOTE_IRR;
}

static void chip_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    struct ioapic_chip *chip = context;
    if (width != 4)
        fake_complain("I/O APIC: a write of %u bytes", width);
    if (fake_cpu.interrupts_on)
        fake_complain("I/O APIC: a register pair is written with interrupts on");
    if (offset == SELECT)
        chip->select = (uint32_t)value & 0xFF;
    else if (offset == END)
        end(chip, (uint8_t)value);
    else if (offset == WINDOW)
        window_write(chip, (uint32_t)value);
    else
        fake_complain("I/O APIC: a write at 0x%llx", (unsigned long long)offset);
}

void ioapic_chip_start(struct ioapic_chip *chip, uint64_t address, uint32_t version)
{
    *chip = (struct ioapic_chip){.address = address, .version = version};
    for (uint32_t pin = 0; pin < IOAPIC_CHIP_PINS; pin++)
        chip->low[pin] = MASKED;
    fake_mmio_device(address, 0x44, chip_read, chip_write, chip);
}
