/* place.h: where a request goes: which CPU, which vector, or whom it joins. Decides only.
 *
 * context  under the configuration lock
 */
#ifndef KERNEL_PLACE_H
#define KERNEL_PLACE_H

#include <stdbool.h>
#include <stdint.h>

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

/* Whether a source that is placed may stay where it is: its CPU is in the set and open. */
bool place_stays(const struct source *source, const struct ivm_cpu_set *cpus);

/* The least used CPU of the set, not the source's own, on which its vector number is free.
 * errors  IVM_BAD_ARGUMENT  the set holds no open CPU
 *         IVM_EXHAUSTED     the number is taken on all of them
 */
IVM_MUST_CHECK enum ivm_status
place_for_move(const struct source *source, const struct ivm_cpu_set *cpus, uint32_t *cpu);

#endif
