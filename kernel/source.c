/* source.c: who owns which line or message, and the reasons for which an input is masked.
 */
#include "source.h"

#include <stddef.h>

#include <ivm/stats.h>

#include "assert.h"
#include "dispatch.h"
#include "machine.h"
#include "manager.h"

/* The messages registered, newest first, and the number given last. Configuration lock. */
static struct ivm_message *messages;
static uint32_t last_message;

void source_start(struct source *source, struct ivm_source_id id)
{
    *source = (struct source){
        .end = {.offer = dispatch_unclaimed, .offer_context = source},
        .id = id,
        .mask_reasons = IVM_MASKED_IDLE,
    };
}

static struct source *find_message(uint32_t number)
{
    for (struct ivm_message *at = messages; at != NULL; at = at->next) {
        if (at->source.id.number == number)
            return &at->source;
    }
    return NULL;
}

struct source *source_find(struct ivm_source_id id)
{
    switch (id.kind) {
    case IVM_LINE:
        return manager_line(id.number);
    case IVM_MESSAGE:
        return find_message(id.number);
    case IVM_BARE:
        break;
    }
    return NULL;
}

void source_forget_messages(void)
{
    messages = NULL;
    last_message = 0;
}

void source_mask(struct source *source, uint8_t reasons)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&source->mask_lock);
    uint8_t before = source->mask_reasons;
    source->mask_reasons = before | reasons;
    if (before == 0 && source->controller != NULL)
        source->controller->mask(source->unit, source->input);
    spinlock_release(&source->mask_lock);
    machine_interrupts_restore(were_on);
}

void source_unmask(struct source *source, uint8_t reasons)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&source->mask_lock);
    uint8_t before = source->mask_reasons;
    uint8_t after = (uint8_t)(before & ~reasons);
    source->mask_reasons = after;
    if (before != 0 && after == 0 && source->controller != NULL)
        source->controller->unmask(source->unit, source->input);
    spinlock_release(&source->mask_lock);
    machine_interrupts_restore(were_on);
}

static bool is_input(const struct source *source, const struct ivm_input *input)
{
    return source->controller == input->controller && source->unit == input->unit &&
           source->input == input->input;
}

/* Whether the storage, or the input, is a message already. */
static bool is_registered(const struct ivm_message *storage, const struct ivm_input *input)
{
    for (const struct ivm_message *at = messages; at != NULL; at = at->next) {
        if (at == storage || is_input(&at->source, input))
            return true;
    }
    return false;
}

/* Under the configuration lock; returns the message's number. */
static uint32_t link_message(struct ivm_message *storage, const struct ivm_input *input)
{
    struct ivm_source_id id = {.kind = IVM_MESSAGE, .number = ++last_message};
    source_start(&storage->source, id);
    storage->source.controller = input->controller;
    storage->source.unit = input->unit;
    storage->source.input = input->input;
    storage->next = messages;
    messages = storage;
    return id.number;
}

enum ivm_status ivm_message_register(struct ivm_message *storage,
                                     const struct ivm_input *input, uint32_t *number)
{
    bool is_aligned = (uintptr_t)storage % _Alignof(struct ivm_message) == 0;
    bool is_whole = storage != NULL && input != NULL && number != NULL;
    if (!is_whole || !is_aligned || input->controller == NULL)
        return IVM_BAD_ARGUMENT;
    manager_lock();
    bool taken = is_registered(storage, input);
    if (!taken)
        *number = link_message(storage, input);
    manager_unlock();
    return taken ? IVM_ALREADY_CONNECTED : IVM_OK;
}

static enum ivm_status unlink_message(uint32_t number)
{
    for (struct ivm_message **at = &messages; *at != NULL; at = &(*at)->next) {
        if ((*at)->source.id.number != number)
            continue;
        if ((*at)->source.vector != 0)
            return IVM_STILL_CONNECTED;
        *at = (*at)->next;
        return IVM_OK;
    }
    return IVM_NOT_FOUND;
}

enum ivm_status ivm_message_unregister(uint32_t number)
{
    manager_lock();
    enum ivm_status status = unlink_message(number);
    manager_unlock();
    return status;
}

uint32_t ivm_message_size(void)
{
    return sizeof(struct ivm_message);
}
