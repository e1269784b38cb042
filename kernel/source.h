/* source.h: a line, a message or a bare vector: where it is placed and who is connected to
 * it. */
#ifndef KERNEL_SOURCE_H
#define KERNEL_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <ivm/controller.h>
#include <ivm/interrupt.h>
#include <ivm/message.h>

#include "spinlock.h"

/* Written under the configuration lock, but for the members marked. */
struct source {
    struct ivm_node end;         /* closes the chain: its offer counts what nobody took */
    struct ivm_connection *head; /* in connect order; NULL: nobody is connected */
    struct ivm_connection *tail;
    const struct ivm_controller *controller; /* NULL: a bare vector, or no such line */
    void *unit;
    uint64_t unclaimed_at;  /* `delivered` at the last unclaimed one; dispatch writes */
    uint32_t unclaimed_run; /* unclaimed in a row; dispatch writes */
    uint32_t input;         /* of the controller */
    struct ivm_source_id id;
    _Atomic uint32_t cpu; /* synchronize reads it without the lock */
    uint16_t count;       /* connections */
    uint8_t vector;       /* 0: not placed */
    uint8_t held;         /* the vector kept on `cpu` while nobody is connected; 0: none */
    bool is_tied;         /* one of a block of several: it does not move alone */
    bool busy;            /* a disconnect or move waits, without the lock: hands off */
    _Atomic uint8_t retiring; /* 1: between the mask and the end of the last disconnect */
    _Atomic uint8_t moving;   /* 1: it may be served on its old or on its new CPU */
    _Atomic uint8_t parked;   /* 1: fired during a move, to be fired again after it */
    struct spinlock
        mask_lock; /* interrupts off, any level: the next one and the input's mask */
    _Atomic uint8_t mask_reasons; /* enum ivm_mask_reason */
    uint8_t trigger;              /* enum ivm_trigger */
    uint8_t polarity;             /* enum ivm_polarity */
    struct ivm_cpu_set held_on;   /* with `held`: on which CPUs */
};

struct ivm_message {
    struct source source;
    struct ivm_message *next; /* in its bucket */
    uint32_t count;           /* of its block; 0: it is inside one, or has none */
} __attribute__((aligned(64)));

/* Make a source of this name, connected to nobody and masked for that reason. */
void source_start(struct source *source, struct ivm_source_id id);

/* Whether it is a level-triggered line: then its vector number is its own on every CPU. */
static inline bool source_owns_number(enum ivm_source_kind kind, unsigned trigger)
{
    return kind == IVM_LINE && trigger == IVM_LEVEL;
}

/* Whether the source holds its vector on this CPU, connected there or not. Configuration lock. */
static inline bool source_holds(const struct source *source, uint32_t cpu)
{
    return source->held != 0 && cpu / 64 == source->held_on.group &&
           (source->held_on.mask >> cpu % 64 & 1) != 0;
}

/* The line or message of this name, or NULL when the machine has none. Configuration lock.
 */
struct source *source_find(struct ivm_source_id id);

/* Whether masking stops its input. Any level. */
static inline bool source_can_mask(const struct source *source)
{
    const struct ivm_controller *controller = source->controller;
    return controller != NULL && (controller->can_mask == NULL ||
                                  controller->can_mask(source->unit, source->input));
}

/* hold.c. Who holds this vector of this CPU without being placed there, or NULL. Configuration lock. */
const struct source *hold_find(uint32_t cpu, uint8_t vector);

/* message.c. The message of this number, or NULL; each one in turn (the first: after NULL), NULL
 * after the last. Configuration lock. */
struct source *message_find(uint32_t number);
struct source *message_next(const struct source *after);

/* Forget the registered messages: the manager begins anew. */
void message_forget_all(void);

/* Add or drop reasons (enum ivm_mask_reason, or-ed) to keep the input masked; it is
 * unmasked while there is none. A source without a controller only keeps the reasons. Any
 * level.
 */
void source_mask(struct source *source, uint8_t reasons);
void source_unmask(struct source *source, uint8_t reasons);

#endif
