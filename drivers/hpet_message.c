/* hpet_message.c: the controller of an HPET timer's message.
 *
 * The timer has no mask and no pending bit: masked, it is disabled. What that would lose, a match
 * in the meantime, is made up for by the unmask, which lets an armed timer match anew. If its first
 * message was on its way at the mask, two arrive, and the routine claims one.
 * Source: [HPET] "Timer N FSB Interrupt Route Register".
 */
#include "hpet_message.h"

#include <stddef.h>

#include <ivm/controller.h>
#include <ivm/message.h>
#include <ivm/system.h>

enum { STORAGE_SIZE = 512 };

/* Of the one message; the manager's while `used`, which register and unregister write. */
static struct {
    _Alignas(64) unsigned char bytes[STORAGE_SIZE];
    bool used;
} storage;

/* The words for a route; false, and logged: no message can reach that CPU. */
static bool compose(const struct ivm_route *where, struct ivm_message_words *words)
{
    enum ivm_status status = ivm_message_compose(where, words);
    if (status != IVM_OK)
        ivm_log("hpet: no message reaches CPU %u: %s", where->cpu,
                ivm_status_forms(status)->text);
    return status == IVM_OK;
}

static void route(void *unit, uint32_t input, const struct ivm_route *where)
{
    (void)input;
    struct ivm_message_words words;
    hpet_timer_set_message(unit, compose(where, &words) ? &words : NULL);
}

static void redirect(void *unit, uint32_t input, uint32_t cpu)
{
    (void)input;
    struct ivm_message_words words;
    if (compose(&(struct ivm_route){.cpu = cpu}, &words))
        hpet_timer_aim(unit, words.address);
}

static void unmask(void *unit, uint32_t input)
{
    (void)input;
    hpet_timer_unmask(unit);
}

static void mask(void *unit, uint32_t input)
{
    (void)input;
    hpet_timer_mask(unit);
}

static void unroute(void *unit, uint32_t input)
{
    (void)input;
    hpet_timer_mask(unit);
    hpet_timer_set_message(unit, NULL);
}

static void inspect(void *unit, uint32_t input, struct ivm_input_state *out)
{
    (void)input;
    struct ivm_message_words words;
    *out = (struct ivm_input_state){0};
    out->is_pending = hpet_timer_get_message(unit, &words, &out->is_masked);
    out->is_foreign = ivm_message_read(&words, &out->route) != IVM_OK;
}

static const struct ivm_controller controller = {
    .name = "HPET",
    .route = route,
    .redirect = redirect,
    .unmask = unmask,
    .mask = mask,
    .unroute = unroute,
    .inspect = inspect,
};

enum ivm_status hpet_message_register(struct hpet_timer *timer, uint32_t *number)
{
    if (storage.used || ivm_message_size() > sizeof storage.bytes)
        return IVM_EXHAUSTED;
    for (size_t i = 0; i < sizeof storage.bytes; i++)
        storage.bytes[i] = 0;
    struct ivm_input input = {&controller, timer, timer->number};
    enum ivm_status status =
        ivm_message_register((struct ivm_message *)(void *)storage.bytes, &input, number);
    storage.used = status == IVM_OK;
    return status;
}

void hpet_message_unregister(uint32_t number)
{
    storage.used = ivm_message_unregister(number) != IVM_OK;
}
