/* hpet_block.h: the registers of the HPET, what all its timers share, and whose timer is whose.
 *
 * Every access is 32 bits wide: not all of these blocks take wider ones.
 * Source: [HPET] "Register Definitions", "Timer N Configuration and Capability Register".
 */
#ifndef DRIVERS_HPET_BLOCK_H
#define DRIVERS_HPET_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>

/* clang-format off */
enum hpet_register {
    HPET_WINDOW         = 0x400,
    HPET_CAPABILITIES   = 0x000, /* [31:16] vendor [13] 64-bit counter [12:8] last timer */
    HPET_PERIOD         = 0x004, /* femtoseconds */
    HPET_CONFIGURATION  = 0x010, /* [1] legacy routes [0] counter runs */
    HPET_STATUS         = 0x020, /* bit n: timer n, level-triggered; write 1 to clear */
    HPET_COUNTER        = 0x0F0,
    HPET_TIMERS         = 0x100,
    HPET_TIMER_STRIDE   = 0x20,
    TIMER_CONFIGURATION = 0x00,
    TIMER_ROUTES        = 0x04,  /* bit n: can be routed to gsi n */
    TIMER_COMPARATOR    = 0x08,
    TIMER_DATA          = 0x10,  /* Tn_FSB_INT_VAL */
    TIMER_ADDRESS       = 0x14,  /* Tn_FSB_INT_ADDR */

    CAP_COUNTER_64      = 1 << 13,
    CONF_RUN            = 1 << 0,
    CONF_LEGACY         = 1 << 1,

    TIMER_LEVEL         = 1 << 1,
    TIMER_ENABLE        = 1 << 2,
    TIMER_PERIODIC      = 1 << 3,
    TIMER_64            = 1 << 5,
    TIMER_SET           = 1 << 6,
    TIMER_32            = 1 << 8,
    TIMER_ROUTE_SHIFT   = 9,     /* [13:9] */
    TIMER_ROUTE         = 31 << TIMER_ROUTE_SHIFT,
    TIMER_MESSAGE       = 1 << 14, /* Tn_FSB_EN_CNF */
    TIMER_CAN_MESSAGE   = 1 << 15, /* Tn_FSB_INT_DEL_CAP */
    TIMER_CHANGED       = TIMER_LEVEL | TIMER_ENABLE | TIMER_PERIODIC | TIMER_SET |
                          TIMER_32 | TIMER_ROUTE | TIMER_MESSAGE,
};
/* clang-format on */

/* Find the block by its ACPI table, stop firmware's timers and let the counter run; nothing is
 * done when a timer of it is somebody's already. What is wrong is logged.
 *
 * context  below IVM_DISPATCH, one CPU at a time, as all up to hpet_give_back()
 * errors   IVM_NO_SUCH_DEVICE  no such table
 *          IVM_UNSUPPORTED     the block cannot be used
 */
IVM_MUST_CHECK enum ivm_status hpet_find(const struct ivm_device *device);

/* Take the first timer that is nobody's: one that has a line to choose from, stored in `gsi`; or
 * one that can send messages. false: none is left. */
bool hpet_take_for_line(uint32_t *number, uint32_t *gsi);
bool hpet_take_for_message(uint32_t *number);
void hpet_give_back(uint32_t number);

/* Where a timer's registers are. Any context, as the rest. */
uintptr_t hpet_timer_registers(uint32_t number);

/* The main counter; whether it has 64 bits; and how far ahead of it a comparator must be set to be
 * reached, in its ticks. */
uint64_t hpet_counter(void);
bool hpet_counter_is_wide(void);
uint64_t hpet_lead(void);

/* A timer's status bit, for level-triggered ones; and take it back. */
bool hpet_status(uint32_t number);
void hpet_clear_status(uint32_t number);

#endif
