/* port_model.h: a root port of slot 6: configuration space, where the slot's status and the errors are
 * cleared by ones, and every write to the slot control is a command that completes at once. Included
 * behind the driver, whose names of bits it uses, by the one file that tests it.
 */
#ifndef FAKE_PORT_MODEL_H
#define FAKE_PORT_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <ivm/bus.h>

#include "hardware.h"

enum { CAP = 0x90, AER = 0x148, CONTROL = CAP + 0x18, STATUS = CAP + 0x1A, FIRST = 0x44 };
#define ECAM UINT64_C(0xB0000000)
#define AT   (ECAM + (6 << 15)) /* slot 6 of bus 0 */

static uint8_t space[256], mcfg[60], extended[4096];
static uint32_t address;
static bool is_gone, has_mcfg;
static unsigned sent,
    come_back; /* messages; times the button is pressed when acknowledged */

static uint16_t get16(unsigned at)
{
    uint16_t value;
    memcpy(&value, space + at, 2);
    return value;
}

static void put16(unsigned at, unsigned value)
{
    memcpy(space + at, &(uint16_t){(uint16_t)value}, 2);
}

static bool wants(void)
{
    bool enabled = (get16(CONTROL) & SLOT_INTERRUPT) != 0;
    return enabled && (get16(STATUS) & get16(CONTROL) & SLOT_EVENTS) != 0;
}

static void change(unsigned at, unsigned value)
{
    bool wanted = wants();
    put16(at, value);
    sent += !wanted && wants();
}

static void event(unsigned bits)
{
    change(STATUS, get16(STATUS) | bits);
}

static void write_config(unsigned at, uint64_t value)
{
    if (at == STATUS) {
        change(STATUS, get16(STATUS) & ~((unsigned)value & SLOT_EVENTS));
        if (come_back > 0 && (value & SLOT_BUTTON) != 0) {
            come_back--;
            event(SLOT_BUTTON);
        }
        return;
    }
    change(at, (unsigned)value);
    if (at == CONTROL)
        event(SLOT_COMMAND);
}

static uint64_t read_port(void *context, uint64_t offset, unsigned width)
{
    uint64_t value = 0;
    (void)context;
    if (is_gone)
        return UINT64_MAX;
    memcpy(&value, space + (address & 0xFC) + offset, width);
    return value;
}

static void write_port(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    if (width != 2)
        fake_complain("%u bytes written to 16-bit registers", width);
    if (!is_gone)
        write_config((address & 0xFC) + (unsigned)offset, value);
}

static void write_address(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context;
    (void)offset;
    (void)width;
    if ((value & 0x00FFFF00) != 6 << 11)
        fake_complain("0x%llx is not the port", (unsigned long long)value);
    address = (uint32_t)value;
}

static uint32_t aer(unsigned offset)
{
    uint32_t value;
    memcpy(&value, extended + AER + offset, 4);
    return value;
}

static void set_aer(unsigned offset, uint32_t value)
{
    memcpy(extended + AER + offset, &value, 4);
}

static uint64_t read_extended_space(void *context, uint64_t offset, unsigned width)
{
    (void)context;
    uint32_t value;
    if (width != 4)
        fake_complain("%u bytes read", width);
    memcpy(&value, extended + offset, 4);
    return is_gone ? UINT32_MAX : value;
}

static void write_extended_space(void *context, uint64_t offset, unsigned width,
                                 uint64_t value)
{
    (void)context;
    (void)width;
    uint32_t at = (uint32_t)offset - AER;
    bool by_ones = at == ERRORS_UNCORRECTED || at == ERRORS_CORRECTED;
    if (at == ERRORS_ROOT_STATUS)
        set_aer(at, aer(at) & ~((uint32_t)value & ROOT_STATUS_BITS));
    else
        set_aer(at, by_ones ? aer(at) & ~(uint32_t)value : (uint32_t)value);
}

bool ivm_acpi_table(const char signature[4], const void **table, size_t *length)
{
    *table = mcfg;
    *length = sizeof mcfg;
    return has_mcfg && memcmp(signature, "MCFG", 4) == 0;
}

static void lay_out(void)
{
    memset(space, 0, sizeof space);
    memset(extended, 0, sizeof extended);
    space[6] = 1 << 4; /* it has a list: */
    space[0x34] = FIRST;
    space[FIRST] = 0x05;
    space[FIRST + 1] = CAP;
    space[CAP] = 0x10;
    put16(CAP + 2, FLAGS_HAS_SLOT | TYPE_ROOT_PORT << FLAGS_TYPE);
    put16(CAP + 8, 0x2810); /* device control: sizes, and one of the errors */
    put16(CAP + 0x14, CAN_HOTPLUG | CAN_POWER);
    put16(0x3E, 0x0004); /* bridge control: something else */
    put16(CONTROL, SLOT_ARMED | SLOT_LIGHT_ON);
    put16(STATUS, SLOT_PRESENCE | SLOT_BUTTON);
    memcpy(extended + 0x100, &(uint32_t){AER << 20 | 1 << 16 | 0x000B}, 4);
    set_aer(0, 1 << 16 | 0x0001);
    set_aer(ERRORS_UNCORRECTED_MASK, 0x1234);
    set_aer(ERRORS_ROOT_STATUS, UINT32_C(1) << 27);
}

#endif
