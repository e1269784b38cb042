/* hpet_chip.h: an HPET of three timers at 100 MHz, for the host tests: its table, its registers,
 * and what its timers send when the counter is moved on.
 */
#ifndef FAKE_HPET_CHIP_H
#define FAKE_HPET_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_HPET_BASE UINT32_C(0xFED00000)
enum { FAKE_HPET_TIMERS = 3, FAKE_HPET_PERIOD_FS = 10000000, FAKE_HPET_TABLE = 56 };

struct fake_hpet {
    uint8_t table[FAKE_HPET_TABLE];
    bool has_table;
    uint32_t words[0x400 / 4];
    uint64_t counter;
    uint32_t counter_step;            /* added by each read of a half */
    unsigned fired[FAKE_HPET_TIMERS]; /* matches that went to a line */
    unsigned sent[FAKE_HPET_TIMERS];  /* and that were sent as messages: */
    uint32_t address[FAKE_HPET_TIMERS], data[FAKE_HPET_TIMERS]; /* the last one's words */
};

extern struct fake_hpet fake_hpet;

/* The block as firmware leaves it: every timer enabled, none can send messages. After
 * fake_hardware_reset(). */
void fake_hpet_start(void);

/* What ivm_acpi_table() answers. */
bool fake_hpet_table(const char signature[4], const void **out, size_t *length);

/* A register of a timer. */
uint32_t *fake_hpet_timer(unsigned number, unsigned offset);

/* Give a timer the capability to send messages. */
void fake_hpet_can_send(unsigned number);

/* Time passes to a comparator or beyond: what the timers do then. */
void fake_hpet_advance_to(uint64_t to);

#endif
