/* hpet_timer.c: one timer of the HPET, under its lock. */
#include "hpet_timer.h"

#include <stddef.h>

#include <hw/mmio.h>

#include "hpet_block.h"

/* The only writer of a timer's configuration. Masked is disabled as well: with its message off
 * alone, a match would go to an I/O APIC's input. */
static void program(const struct hpet_timer *timer)
{
    uint32_t value = timer->configuration;
    if (timer->output == HPET_MESSAGE)
        value |= TIMER_MESSAGE;
    if (timer->armed && timer->output != HPET_MESSAGE_MASKED)
        value |= TIMER_ENABLE;
    mmio_write32(timer->registers + TIMER_CONFIGURATION, value);
}

static bool has_passed(const struct hpet_timer *timer)
{
    uint64_t ahead = hpet_counter() - timer->comparator;
    return timer->wide ? (int64_t)ahead >= 0 : (int32_t)(uint32_t)ahead >= 0;
}

/* Interrupts are off from the counter's reading to the enable: a delay longer than the lead
 * would set a comparator in the past, which is reached after a wrap only. */
static void set_comparator(struct hpet_timer *timer)
{
    timer->comparator = hpet_counter() + hpet_lead();
    mmio_write32(timer->registers + TIMER_COMPARATOR, (uint32_t)timer->comparator);
    mmio_write32(timer->registers + TIMER_COMPARATOR + 4,
                 timer->wide ? (uint32_t)(timer->comparator >> 32) : 0);
}

/* Off before acknowledged: a 32-bit timer would otherwise match again when the counter wraps. */
static void disarm(struct hpet_timer *timer)
{
    timer->armed = false;
    program(timer);
    hpet_clear_status(timer->number);
}

void hpet_timer_set_up(struct hpet_timer *timer, uint32_t number,
                       const struct ivm_line_info *line)
{
    timer->number = number;
    timer->registers = hpet_timer_registers(number);
    uint32_t found = mmio_read32(timer->registers + TIMER_CONFIGURATION);
    bool were_on = device_lock_take(&timer->lock);
    timer->wide = (found & TIMER_64) != 0 && hpet_counter_is_wide();
    timer->output = line != NULL ? HPET_LINE : HPET_MESSAGE_MASKED;
    timer->configuration =
        (found & ~(uint32_t)TIMER_CHANGED) | (timer->wide ? 0 : (uint32_t)TIMER_32);
    if (line != NULL)
        timer->configuration |= line->gsi << TIMER_ROUTE_SHIFT;
    if (line != NULL && line->trigger == IVM_LEVEL)
        timer->configuration |= TIMER_LEVEL;
    disarm(timer);
    device_lock_release(&timer->lock, were_on);
}

void hpet_timer_arm(struct hpet_timer *timer)
{
    bool were_on = device_lock_take(&timer->lock);
    set_comparator(timer);
    timer->armed = true;
    program(timer);
    device_lock_release(&timer->lock, were_on);
}

void hpet_timer_disarm(struct hpet_timer *timer)
{
    bool were_on = device_lock_take(&timer->lock);
    disarm(timer);
    device_lock_release(&timer->lock, were_on);
}

/* A level shows in the status register. An edge or a message does not: what tells it is that the
 * counter has passed the comparator of a fire that nobody has answered. */
bool hpet_timer_answer(struct hpet_timer *timer)
{
    bool were_on = device_lock_take(&timer->lock);
    bool pending;
    if ((timer->configuration & TIMER_LEVEL) != 0)
        pending = hpet_status(timer->number);
    else
        pending = timer->armed && has_passed(timer);
    if (pending)
        disarm(timer);
    device_lock_release(&timer->lock, were_on);
    return pending;
}

/* Its message. */

void hpet_timer_set_message(struct hpet_timer *timer, const struct ivm_message_words *words)
{
    bool were_on = device_lock_take(&timer->lock);
    timer->has_message = words != NULL;
    mmio_write32(timer->registers + TIMER_DATA, words != NULL ? words->data : 0);
    mmio_write32(timer->registers + TIMER_ADDRESS,
                 words != NULL ? (uint32_t)words->address : 0);
    device_lock_release(&timer->lock, were_on);
}

/* One register says where to: no match can meet half of a change. */
void hpet_timer_aim(struct hpet_timer *timer, uint64_t address)
{
    bool were_on = device_lock_take(&timer->lock);
    mmio_write32(timer->registers + TIMER_ADDRESS, (uint32_t)address);
    (void)mmio_read32(timer->registers + TIMER_ADDRESS);
    device_lock_release(&timer->lock, were_on);
}

/* Whatever was written before the read has arrived when the read returns. */
void hpet_timer_mask(struct hpet_timer *timer)
{
    bool were_on = device_lock_take(&timer->lock);
    timer->output = HPET_MESSAGE_MASKED;
    program(timer);
    (void)mmio_read32(timer->registers + TIMER_CONFIGURATION);
    device_lock_release(&timer->lock, were_on);
}

/* A match is not kept by the timer while it is disabled, and one that is near could pass between a
 * look at the counter and the enable: who is armed is let match anew. */
void hpet_timer_unmask(struct hpet_timer *timer)
{
    bool were_on = device_lock_take(&timer->lock);
    bool masked = timer->output == HPET_MESSAGE_MASKED;
    if (timer->has_message && masked) {
        timer->output = HPET_MESSAGE;
        if (timer->armed)
            set_comparator(timer);
        program(timer);
    }
    device_lock_release(&timer->lock, were_on);
}

bool hpet_timer_get_message(struct hpet_timer *timer, struct ivm_message_words *words,
                            bool *is_masked)
{
    bool were_on = device_lock_take(&timer->lock);
    words->data = mmio_read32(timer->registers + TIMER_DATA);
    words->address = mmio_read32(timer->registers + TIMER_ADDRESS);
    uint32_t configuration = mmio_read32(timer->registers + TIMER_CONFIGURATION);
    *is_masked = (configuration & TIMER_MESSAGE) == 0;
    bool has_missed = *is_masked && timer->armed && has_passed(timer);
    device_lock_release(&timer->lock, were_on);
    return has_missed;
}
