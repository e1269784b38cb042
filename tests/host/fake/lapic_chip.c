/* lapic_chip.c: a local APIC for the host tests: see lapic_chip.h. */
#include "lapic_chip.h"

#include <stddef.h>
#include <string.h>

#include "hardware.h"
#include "system.h"

/* Written from the manual's tables, apart from lapic_regs.h: the two check each other. */
enum {
    ID = 0x02,
    VERSION = 0x03,
    EOI = 0x0B,
    SVR = 0x0F,
    ISR = 0x10,
    ESR = 0x28,
    CMCI = 0x2F,
    ICR = 0x30,
    ICR_HIGH = 0x31,
    TIMER = 0x32,
    LVT_ERROR = 0x37,
    TIMER_INITIAL = 0x38,
    TIMER_CURRENT = 0x39,
    TIMER_DIVIDE = 0x3E,
    SELF = 0x3F,
};

static bool is_in(uint64_t index, const uint8_t *list, size_t count)
{
    return memchr(list, (int)index, count) != NULL;
}

static bool is_lvt(uint64_t index)
{
    return index == CMCI || (index >= TIMER && index <= LVT_ERROR);
}

/* Whether this chip has the register at all, in its mode. */
static bool is_present(const struct lapic_chip *chip, uint64_t index)
{
    static const uint8_t both[] = {0x02, 0x03, 0x08, 0x0A, 0x0B, 0x0D, 0x0F, 0x28,
                                   0x30, 0x32, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3E};
    static const uint8_t xapic_only[] = {0x09, 0x0C, 0x0E, 0x31};
    uint32_t last = chip->registers[VERSION] >> 16 & 0xFF;
    if (is_in(index, both, sizeof both) || (index >= 0x10 && index < 0x28))
        return true;
    if (index == 0x34)
        return last >= 4;
    if (index == 0x33)
        return last >= 5;
    if (index == CMCI)
        return last >= 6;
    return chip->x2apic ? index == SELF : is_in(index, xapic_only, sizeof xapic_only);
}

static bool is_writable(const struct lapic_chip *chip, uint64_t index)
{
    static const uint8_t always[] = {0x08, 0x0B, 0x0F, 0x28, 0x30, 0x38, 0x3E, SELF};
    static const uint8_t xapic_only[] = {0x02, 0x0D, 0x0E, 0x31};
    return is_lvt(index) || is_in(index, always, sizeof always) ||
           (!chip->x2apic && is_in(index, xapic_only, sizeof xapic_only));
}

static void check(const struct lapic_chip *chip, uint64_t index, bool write)
{
    if (index >= 0x40 || !is_present(chip, index))
        fake_complain("local APIC: there is no register 0x%llx0 in this mode",
                      (unsigned long long)index);
    if (write && !is_writable(chip, index))
        fake_complain("local APIC: register 0x%llx0 is read-only",
                      (unsigned long long)index);
    if (!write && (index == EOI || index == SELF))
        fake_complain("local APIC: register 0x%llx0 is write-only",
                      (unsigned long long)index);
}

/* It counts down once, or again and again. */
static uint32_t timer_count(const struct lapic_chip *chip)
{
    static const unsigned shifts[] = {1, 2, 3, 4, 5, 6, 7, 0};
    uint32_t divide = chip->registers[TIMER_DIVIDE];
    uint32_t initial = chip->registers[TIMER_INITIAL];
    uint64_t ns = fake_system.now_ns - chip->timer_set;
    uint64_t counts = (ns * (chip->timer_hz / 1000000) / 1000) >>
                      shifts[(divide & 3) | (divide & 8) >> 1];
    if ((chip->registers[TIMER] & 1u << 17) != 0)
        return initial - (uint32_t)(counts % ((uint64_t)initial + 1));
    return counts < initial ? initial - (uint32_t)counts : 0;
}

static uint32_t read_register(struct lapic_chip *chip, uint64_t index)
{
    check(chip, index, false);
    uint32_t value = chip->registers[index];
    if (index == TIMER_CURRENT)
        return timer_count(chip);
    if (index == ID)
        return chip->x2apic ? chip->id : chip->id << 24;
    if (index == ICR && chip->busy != 0) {
        if (chip->busy != UINT32_MAX)
            chip->busy--;
        return value | 1u << 12;
    }
    return value;
}

static void end(struct lapic_chip *chip)
{
    chip->eois++;
    if (chip->in_service_sticks)
        return;
    for (int vector = 255; vector >= 0; vector--) {
        uint32_t *bank = &chip->registers[ISR + vector / 32];
        if ((*bank >> vector % 32 & 1) != 0) {
            *bank &= ~(1u << vector % 32);
            return;
        }
    }
}

static void send(struct lapic_chip *chip, uint64_t message)
{
    if (chip->message_count == LAPIC_CHIP_MESSAGES) {
        fake_complain("local APIC: more messages than a test needs");
        return;
    }
    chip->messages[chip->message_count++] = message;
}

static void write_lvt(struct lapic_chip *chip, uint64_t index, uint32_t value)
{
    if ((value & 0x700) == 0 && (value & 0xFF) < 16)
        chip->errors |= 1u << 6;
    /* While the chip is software-disabled, no entry can be unmasked. */
    if ((chip->registers[SVR] & 0x100) == 0)
        value |= 1u << 16;
    chip->registers[index] = value;
}

static void write_register(struct lapic_chip *chip, uint64_t index, uint32_t value)
{
    check(chip, index, true);
    if (is_lvt(index)) {
        write_lvt(chip, index, value);
    } else if (index == EOI) {
        if (value != 0)
            fake_complain("local APIC: an end with the value 0x%x", (unsigned)value);
        end(chip);
    } else if (index == ESR) {
        if (chip->x2apic && value != 0)
            fake_complain("local APIC: 0x%x written to the ESR: #GP", (unsigned)value);
        chip->registers[ESR] = chip->errors;
        chip->errors = 0;
    } else {
        chip->registers[index] = value;
        if (index == TIMER_INITIAL)
            chip->timer_set = fake_system.now_ns;
    }
}

static uint64_t page_read(void *context, uint64_t offset, unsigned width)
{
    struct lapic_chip *chip = context;
    if (chip->x2apic || width != 4 || offset % 16 != 0)
        fake_complain("local APIC: a read of %u bytes at page offset 0x%llx", width,
                      (unsigned long long)offset);
    return read_register(chip, offset / 16);
}

/* The write that is being made is the last of the log. */
static void check_halves(void)
{
    size_t last = fake_log_count() - 1;
    const struct fake_access *low = fake_log_at(last), *high = fake_log_at(last - 1);
    if (high->kind != FAKE_MMIO_WRITE || high->address != lapic_chip_page + 0x310)
        fake_complain("local APIC: the halves of a message are apart");
    if (low->interrupts_on || high->interrupts_on)
        fake_complain("local APIC: a message is written with interrupts on");
}

static void page_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    struct lapic_chip *chip = context;
    if (chip->x2apic || width != 4 || offset % 16 != 0)
        fake_complain("local APIC: a write of %u bytes at page offset 0x%llx", width,
                      (unsigned long long)offset);
    write_register(chip, offset / 16, (uint32_t)value);
    if (offset / 16 != ICR)
        return;
    check_halves();
    if (chip->busy != 0)
        fake_complain("local APIC: a message while another is on its way");
    send(chip, (uint64_t)(chip->registers[ICR_HIGH] >> 24) << 32 | value);
}

static uint64_t msrs_read(void *context, uint64_t offset, unsigned width)
{
    struct lapic_chip *chip = context;
    (void)width;
    if (!chip->x2apic)
        fake_complain("local APIC: an x2APIC register in xAPIC mode: #GP");
    return read_register(chip, offset);
}

static void msrs_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    struct lapic_chip *chip = context;
    (void)width;
    if (!chip->x2apic)
        fake_complain("local APIC: an x2APIC register in xAPIC mode: #GP");
    if (offset != ICR && value >> 32 != 0)
        fake_complain("local APIC: reserved bits of MSR 0x%llx: #GP",
                      0x800 + (unsigned long long)offset);
    write_register(chip, offset, (uint32_t)value);
    if (offset != ICR)
        return;
    const struct fake_access *before = fake_log_at(fake_log_count() - 2);
    if (before->kind != FAKE_CPU || before->address != FAKE_MFENCE_LFENCE)
        fake_complain("local APIC: a message without a fence before it");
    if ((value & 1u << 12) != 0)
        fake_complain("local APIC: the delivery status is reserved in x2APIC mode: #GP");
    send(chip, value);
}

static uint64_t base_read(void *context, uint64_t offset, unsigned width)
{
    (void)offset;
    (void)width;
    return ((const struct lapic_chip *)context)->base;
}

static void base_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    struct lapic_chip *chip = context;
    (void)offset;
    (void)width;
    chip->base = chip->enable_is_ignored ? value & ~UINT64_C(0x800) : value;
    if ((chip->base & 0x800) != 0)
        fake_cpuid_set(1, 0, (struct cpu_leaf){.edx = 1u << 5 | 1u << 9});
}

static uint64_t value_read(void *context, uint64_t offset, unsigned width)
{
    (void)offset;
    (void)width;
    return *(const uint64_t *)context;
}

void lapic_chip_start(struct lapic_chip *chip, bool x2apic)
{
    *chip = (struct lapic_chip){.x2apic = x2apic};
    chip->base = lapic_chip_page | 1u << 8 | 1u << 11 | (x2apic ? 1u << 10 : 0);
    chip->registers[VERSION] = 0x00060014;
    chip->registers[SVR] = 0x10F;
    chip->registers[TIMER_INITIAL] = 1000;
    for (unsigned index = TIMER; index <= LVT_ERROR; index++)
        chip->registers[index] = 0x31;
    fake_cpuid_set(0, 0, (struct cpu_leaf){.eax = 7});
    fake_cpuid_set(1, 0, (struct cpu_leaf){.edx = 1u << 5 | 1u << 9});
    fake_mmio_device(lapic_chip_page, 0x1000, page_read, page_write, chip);
    fake_msr_device(0x800, 0x100, msrs_read, msrs_write, chip);
    fake_msr_device(0x1B, 1, base_read, base_write, chip);
    fake_msr_device(0x10A, 1, value_read, NULL, &chip->capabilities);
    fake_msr_device(0xBD, 1, value_read, NULL, &chip->lock);
}

void lapic_chip_set(struct lapic_chip *chip, uint32_t bank, uint8_t vector, bool value)
{
    uint32_t *word = &chip->registers[bank / 16 + vector / 32u];
    *word = (*word & ~(1u << vector % 32)) | (uint32_t)value << vector % 32;
}
