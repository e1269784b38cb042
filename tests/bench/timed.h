/* timed.h: calls of the public API, timed: what each costs beyond a call that returns at once.
 */
#ifndef BENCH_TIMED_H
#define BENCH_TIMED_H

#include <stdint.h>

#include <ivm/interrupt.h>
#include <ivm/refusal.h>

#include "shot.h"

/* Make the call; what it cost, in the unit, CALL and RET left out. */
uint32_t timed_call(struct bench_call *call);

enum ivm_status timed_connect(const struct ivm_request *request,
                              struct ivm_connection *connection,
                              struct ivm_refusal *refusal, uint32_t *cost);
enum ivm_status timed_disconnect(struct ivm_connection *connection, uint32_t *cost);

#endif
