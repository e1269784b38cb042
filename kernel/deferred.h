/* deferred.h: the queue of deferred calls of one CPU, and its count of passes. */
#ifndef KERNEL_DEFERRED_H
#define KERNEL_DEFERRED_H

#include <stdint.h>

#include <ivm/deferred.h>

#include "spinlock.h"

struct slot;

struct deferred_queue {
    struct spinlock lock; /* interrupts off, any CPU: the next three */
    uint32_t length;
    struct ivm_deferred *head;
    struct ivm_deferred **tail;

    /* Interrupts of the DISPATCH class begun on this CPU, and the number of the last one that is over.
     * Written by this CPU only; grace.c and the flush wait for the second. */
    _Atomic uint64_t passes;
    _Atomic uint64_t ended;
} __attribute__((aligned(64)));

void deferred_start(struct deferred_queue *queue);

/* A slot_dispatch: serves IVM_VECTOR_DISPATCH. */
void deferred_serve(struct slot *slot);

#endif
