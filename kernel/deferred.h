/* deferred.h: the queue of deferred calls of one CPU, and its count of passes. */
#ifndef KERNEL_DEFERRED_H
#define KERNEL_DEFERRED_H

#include <stdint.h>

#include <ivm/deferred.h>

#include "spinlock.h"

struct slot;

struct deferred_queue {
    struct spinlock lock; /* interrupts off, any CPU: the next two */
    struct ivm_deferred *head;
    struct ivm_deferred **tail;

    /* Interrupts of the DISPATCH class begun on this CPU, and those whose queue ran empty. Written
     * by this CPU only; the first is what grace.c waits for. */
    _Atomic uint64_t passes;
    _Atomic uint64_t drains;
} __attribute__((aligned(64)));

void deferred_start(struct deferred_queue *queue);

/* A slot_dispatch: serves IVM_VECTOR_DISPATCH. */
void deferred_serve(struct slot *slot);

#endif
