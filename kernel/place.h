/* place.h: where a request goes: which CPU, which vector, or whom it joins. Decides only.
 *
 * context  under the configuration lock
 */
#ifndef KERNEL_PLACE_H
#define KERNEL_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/message.h>

#include "rules.h"

struct placement {
    struct source *source; /* NULL: the bare source of the vector that will be allocated */
    uint32_t cpu;
    uint8_t vector; /* 0: any free one of `level` */
    uint8_t level;  /* 0: any */
    bool joins;     /* the source has owners already */
    bool busy; /* the holder is about to go or to move: ask again; the rest means nothing */
};

/* The request, which rules_check() let pass, against the tables. `out` counts only when no rule is
 * broken.
 */
struct finding place_decide(const struct ivm_request *request, struct placement *out);

struct block_place {
    uint32_t cpu;
    uint8_t vector; /* the first of the block */
};

/* Take a block of vectors on the least used CPU of the set that has one.
 * errors  IVM_BAD_ARGUMENT  no such count or level, or the set holds no open CPU
 *         IVM_EXHAUSTED     no CPU of the set has one
 */
IVM_MUST_CHECK enum ivm_status place_block(const struct ivm_block_wish *wish,
                                           struct block_place *out);

/* Whether a source that is placed may stay where it is: its CPU is in the set and open. */
bool place_stays(const struct source *source, const struct ivm_cpu_set *cpus);

/* The least used CPU of the set, not the source's own, on which its vector number is free.
 * errors  IVM_BAD_ARGUMENT  the set holds no open CPU
 *         IVM_EXHAUSTED     the number is taken on all of them
 */
IVM_MUST_CHECK enum ivm_status
place_for_move(const struct source *source, const struct ivm_cpu_set *cpus, uint32_t *cpu);

#endif
