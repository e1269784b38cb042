/* history.h: the latest refusals, connects and disconnects, kept in rings: what answers
 * "which device triggered it?" and "did it follow a reconnect?" afterwards.
 *
 * context  all of these: under the configuration lock
 */
#ifndef KERNEL_HISTORY_H
#define KERNEL_HISTORY_H

#include <ivm/refusal.h>
#include <ivm/stats.h>

enum { HISTORY_REFUSALS = 16, HISTORY_CONNECTS = 32 };

void history_start(void);

/* Number a connect, and keep it. */
void history_connected(struct ivm_connection *connection);

/* Keep a disconnect, from the vector it was on. */
void history_disconnected(const struct ivm_connection *connection);

/* The place for the next refusal, zeroed, its sequence number filled in. */
struct ivm_refusal *history_next_refusal(void);

/* The running numbers: connects, disconnects, refusals since the start. */
struct history_counts {
    uint64_t connects, disconnects, refusals;
};
struct history_counts history_counts(void);

/* Copy the newest first, at most `room`; how many were copied. */
size_t history_copy_refusals(struct ivm_refusal *out, size_t room);
size_t history_copy_connects(struct ivm_history *out, size_t room);

#endif
