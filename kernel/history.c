/* history.c: the rings of refusals and of connects. */
#include "history.h"

#include "source.h"

/* All under the configuration lock. */
static struct ivm_refusal refusals[HISTORY_REFUSALS];
static struct ivm_history connects[HISTORY_CONNECTS];
static struct history_counts counts;

void history_start(void)
{
    counts = (struct history_counts){0};
}

static void keep(const struct ivm_connection *connection, bool connected)
{
    struct ivm_history *entry =
        &connects[(counts.connects + counts.disconnects) % HISTORY_CONNECTS];
    entry->connect_number = connection->number;
    __builtin_memcpy(entry->owner, connection->request.owner, IVM_NAME_SIZE);
    entry->source = connection->source->id;
    entry->vector = connection->source->vector;
    entry->connected = connected;
}

void history_connected(struct ivm_connection *connection)
{
    connection->number = counts.connects + 1;
    keep(connection, true);
    counts.connects++;
}

void history_disconnected(const struct ivm_connection *connection)
{
    keep(connection, false);
    counts.disconnects++;
}

struct ivm_refusal *history_next_refusal(void)
{
    struct ivm_refusal *record = &refusals[counts.refusals % HISTORY_REFUSALS];
    counts.refusals++;
    *record = (struct ivm_refusal){.sequence = (uint32_t)counts.refusals};
    return record;
}

struct history_counts history_counts(void)
{
    return counts;
}

/* How many of the newest entries of a ring can be given. */
static size_t available(uint64_t written, size_t size, size_t room)
{
    size_t kept = written < size ? (size_t)written : size;
    return kept < room ? kept : room;
}

size_t history_copy_refusals(struct ivm_refusal *out, size_t room)
{
    size_t count = available(counts.refusals, HISTORY_REFUSALS, room);
    for (size_t i = 0; i < count; i++)
        out[i] = refusals[(counts.refusals - 1 - i) % HISTORY_REFUSALS];
    return count;
}

size_t history_copy_connects(struct ivm_history *out, size_t room)
{
    uint64_t written = counts.connects + counts.disconnects;
    size_t count = available(written, HISTORY_CONNECTS, room);
    for (size_t i = 0; i < count; i++)
        out[i] = connects[(written - 1 - i) % HISTORY_CONNECTS];
    return count;
}
