/* hpet_timer.h: one timer of the HPET: armed, it interrupts once, by its line or by a message.
 *
 * Its registers are written under its lock with interrupts off: by who arms it, by its routine,
 * and, when it sends messages, by the manager on any CPU.
 * Source: [HPET] "Timer N Configuration and Capability Register", "Timer N FSB Interrupt Route
 * Register".
 */
#ifndef DRIVERS_HPET_TIMER_H
#define DRIVERS_HPET_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>
#include <ivm/message.h>

#include "device_lock.h"

enum hpet_output {
    HPET_LINE = 0,
    HPET_MESSAGE_MASKED,
    HPET_MESSAGE,
};

struct hpet_timer {
    uintptr_t registers;
    uint32_t number;        /* in the block */
    uint32_t configuration; /* but for what `output` and `armed` say */
    bool wide;              /* 64 bits are compared */
    bool has_message;       /* the words written are such as a CPU takes; under the lock */
    bool armed;             /* fired, and not answered yet; under the lock */
    struct device_lock lock;
    enum hpet_output output; /* under the lock */
    uint64_t comparator;     /* of the last fire; under the lock */
};

/* Set timer `number`, which was taken, up; it is not armed. By that line; or, when `line` is NULL,
 * by message, masked.
 *
 * context  below IVM_DISPATCH, as long as the timer is nobody else's
 */
void hpet_timer_set_up(struct hpet_timer *timer, uint32_t number,
                       const struct ivm_line_info *line);

/* Let it interrupt once, a little later; take that back; take what it has interrupted for, which
 * is false when it was not this timer. Any level, any CPU.
 */
void hpet_timer_arm(struct hpet_timer *timer);
void hpet_timer_disarm(struct hpet_timer *timer);
bool hpet_timer_answer(struct hpet_timer *timer);

/* What hpet_message.c needs. Mask and unmask: any level, any CPU.
 *
 * set_message  the words written by each match; NULL: none, and it stays masked
 * aim          only where they go: the address
 * get_message  what the registers say, and whether it is masked; returns whether it has matched
 *              while it was
 */
void hpet_timer_set_message(struct hpet_timer *timer,
                            const struct ivm_message_words *words);
void hpet_timer_aim(struct hpet_timer *timer, uint64_t address);
void hpet_timer_mask(struct hpet_timer *timer);
void hpet_timer_unmask(struct hpet_timer *timer);
bool hpet_timer_get_message(struct hpet_timer *timer, struct ivm_message_words *words,
                            bool *is_masked);

#endif
