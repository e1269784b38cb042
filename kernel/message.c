/* message.c: the messages that devices can send: registered alone or as a block, held once, masked
 * by their owners.
 */
#include <ivm/message.h>

#include <stddef.h>

#include <ivm/stats.h>

#include "assert.h"
#include "manager.h"
#include "place.h"
#include "source.h"

/* Numbers are given in turn, so their low bits spread the messages evenly. */
enum { BUCKETS = 64 };

/* The messages registered, by number, and the number given last. Configuration lock. */
static struct ivm_message *buckets[BUCKETS];
static uint32_t last_number;

static struct ivm_message **bucket_of(uint32_t number)
{
    return &buckets[number % BUCKETS];
}

/* A message's source is its first member. */
static struct ivm_message *message_of(struct source *source)
{
    return (struct ivm_message *)(void *)source;
}

struct source *message_find(uint32_t number)
{
    for (struct ivm_message *at = *bucket_of(number); at != NULL; at = at->next) {
        if (at->source.id.number == number)
            return &at->source;
    }
    return NULL;
}

struct source *message_next(const struct source *after)
{
    const struct ivm_message *at = (const struct ivm_message *)(const void *)after;
    uint32_t bucket = 0;
    if (at != NULL) {
        if (at->next != NULL)
            return &at->next->source;
        bucket = at->source.id.number % BUCKETS + 1;
    }
    for (; bucket < BUCKETS; bucket++) {
        if (buckets[bucket] != NULL)
            return &buckets[bucket]->source;
    }
    return NULL;
}

void message_forget_all(void)
{
    for (size_t bucket = 0; bucket < BUCKETS; bucket++)
        buckets[bucket] = NULL;
    last_number = 0;
}

static bool is_input(const struct source *source, const struct ivm_input *first,
                     uint32_t count)
{
    return source->controller == first->controller && source->unit == first->unit &&
           source->input - first->input < count;
}

/* Whether some of the storage, or of the inputs, is a message already. */
static bool is_registered(const struct ivm_message *storage, const struct ivm_input *first,
                          uint32_t count)
{
    for (struct source *at = message_next(NULL); at != NULL; at = message_next(at)) {
        const struct ivm_message *message = message_of(at);
        if ((message >= storage && message < storage + count) || is_input(at, first, count))
            return true;
    }
    return false;
}

/* Make the next message known; it begins without a vector. Configuration lock. */
static void link_message(struct ivm_message *message, const struct ivm_input *first,
                         uint32_t index)
{
    struct ivm_source_id id = {.kind = IVM_MESSAGE, .number = ++last_number};
    source_start(&message->source, id);
    message->source.controller = first->controller;
    message->source.unit = first->unit;
    message->source.input = first->input + index;
    message->count = 0;
    message->next = *bucket_of(id.number);
    *bucket_of(id.number) = message;
}

static bool is_well_formed(const struct ivm_message *storage, const struct ivm_input *first,
                           const uint32_t *number)
{
    bool is_aligned = (uintptr_t)storage % _Alignof(struct ivm_message) == 0;
    return storage != NULL && is_aligned && first != NULL && first->controller != NULL &&
           number != NULL;
}

enum ivm_status ivm_message_register(struct ivm_message *storage,
                                     const struct ivm_input *input, uint32_t *number)
{
    if (!is_well_formed(storage, input, number))
        return IVM_BAD_ARGUMENT;
    manager_lock();
    bool taken = is_registered(storage, input, 1);
    if (!taken) {
        link_message(storage, input, 0);
        storage->count = 1;
        *number = storage->source.id.number;
    }
    manager_unlock();
    return taken ? IVM_ALREADY_CONNECTED : IVM_OK;
}

/* The vectors are taken; nothing can fail any more. */
static void link_block(struct ivm_message *storage, const struct ivm_input *first,
                       const struct block_place *place, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        link_message(&storage[i], first, i);
        struct source *source = &storage[i].source;
        atomic_store_explicit(&source->cpu, place->cpu, memory_order_relaxed);
        source->held = (uint8_t)(place->vector + i);
        source->held_on = (struct ivm_cpu_set){.mask = UINT64_C(1) << place->cpu % 64,
                                               .group = (uint16_t)(place->cpu / 64)};
        source->is_tied = count > 1;
    }
    storage[0].count = count;
}

enum ivm_status ivm_message_register_block(struct ivm_message *storage,
                                           const struct ivm_input *first,
                                           const struct ivm_block_wish *wish,
                                           uint32_t *first_number)
{
    if (!is_well_formed(storage, first, first_number) || wish == NULL ||
        wish->count > IVM_BLOCK_LIMIT)
        return IVM_BAD_ARGUMENT;
    struct block_place place;
    manager_lock();
    enum ivm_status status = is_registered(storage, first, wish->count)
                                 ? IVM_ALREADY_CONNECTED
                                 : place_block(wish, &place);
    if (status == IVM_OK) {
        link_block(storage, first, &place, wish->count);
        *first_number = storage->source.id.number;
    }
    manager_unlock();
    return status;
}

static void unlink_message(struct ivm_message *message)
{
    struct source *source = &message->source;
    struct ivm_message **at = bucket_of(source->id.number);
    while (*at != message)
        at = &(*at)->next;
    *at = message->next;
    for (uint32_t cpu = 0; cpu < slots_cpu_end(); cpu++) {
        if (source_holds(source, cpu))
            vector_free(&slots_of(cpu)->pool, source->held);
    }
}

/* Under the configuration lock. */
static enum ivm_status unregister(uint32_t number)
{
    struct source *source = message_find(number);
    uint32_t count = source != NULL ? message_of(source)->count : 0;
    if (count == 0)
        return IVM_NOT_FOUND;
    struct ivm_message *first = message_of(source);
    for (uint32_t i = 0; i < count; i++) {
        if (first[i].source.vector != 0)
            return IVM_STILL_CONNECTED;
    }
    for (uint32_t i = 0; i < count; i++)
        unlink_message(&first[i]);
    return IVM_OK;
}

enum ivm_status ivm_message_unregister(uint32_t number)
{
    manager_lock();
    enum ivm_status status = unregister(number);
    manager_unlock();
    return status;
}

uint32_t ivm_message_size(void)
{
    return sizeof(struct ivm_message);
}

/* The source of a connection to a message that can be masked. */
static enum ivm_status connected_message(const struct ivm_connection *connection,
                                         struct source **out)
{
    if (connection == NULL || connection->source == NULL)
        return IVM_NOT_CONNECTED;
    *out = connection->source;
    bool is_message = connection->source->id.kind == IVM_MESSAGE;
    return is_message && source_can_mask(*out) ? IVM_OK : IVM_UNSUPPORTED;
}

enum ivm_status ivm_message_mask(struct ivm_connection *connection)
{
    struct source *source;
    enum ivm_status status = connected_message(connection, &source);
    if (status == IVM_OK)
        source_mask(source, IVM_MASKED_BY_OWNER);
    return status;
}

enum ivm_status ivm_message_unmask(struct ivm_connection *connection)
{
    struct source *source;
    enum ivm_status status = connected_message(connection, &source);
    if (status == IVM_OK)
        source_unmask(source, IVM_MASKED_BY_OWNER);
    return status;
}
