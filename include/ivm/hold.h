/* hold.h: a vector kept for a line, or for a message, before anybody is connected to it.
 *
 * Some drivers are told their vector before they connect (NT: a translated interrupt resource). It is
 * held from then on: the line is placed nowhere else, and nothing else is placed there.
 */
#ifndef IVM_HOLD_H
#define IVM_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/interrupt.h>
#include <ivm/status.h>

struct ivm_hold_wish {
    const struct ivm_cpu_set *cpus; /* NULL: the CPUs 0 to 63; read during the call only */
    enum ivm_trigger trigger;       /* of those who will connect */
    uint8_t level;                  /* a device level; 0: any of them */
};

/* What is held: one number on every CPU of the set, of which one at a time gets the interrupts. */
struct ivm_held {
    uint8_t vector;
    struct ivm_cpu_set cpus;
};

/* Hold a vector for a line: one number that is free on every running CPU of the set. A line that
 * somebody is connected to holds the vector it has, on the CPU it is on, whatever the wish; a line
 * that holds one already says which.
 *
 * out      out; filled on IVM_OK
 * context  as ivm_connect()
 * errors   nothing changed:
 *          IVM_NOT_FOUND     no such line
 *          IVM_EXHAUSTED     no number of the level is free on all these CPUs
 *          IVM_BAD_ARGUMENT  no running CPU in the set, or not a device level
 *          IVM_WRONG_LEVEL   called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_line_hold(uint32_t gsi, const struct ivm_hold_wish *wish,
                                             struct ivm_held *out);

/* Hold it no longer. Owners keep the vector until the last one disconnects.
 *
 * errors  IVM_NOT_FOUND    no such line, or it holds nothing
 *         IVM_WRONG_LEVEL  called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_line_release(uint32_t gsi);

/* The same for a message that is registered: those of a block have held theirs from the start. It is
 * held until the message is unregistered.
 *
 * errors  as ivm_line_hold(); IVM_NOT_FOUND     no such message
 *                             IVM_BAD_ARGUMENT  also: its trigger is not IVM_EDGE
 */
IVM_MUST_CHECK enum ivm_status
ivm_message_hold(uint32_t number, const struct ivm_hold_wish *wish, struct ivm_held *out);

/* What a vector of a CPU carries, or is held for; false: nothing. `trigger` may be NULL.
 * context  below IVM_DISPATCH; takes the configuration lock
 */
bool ivm_vector_holder(uint32_t cpu, uint8_t vector, struct ivm_source_id *out,
                       enum ivm_trigger *trigger);

#endif
