/* rules.h: may this request be connected? Decides only: nothing is changed here. */
#ifndef KERNEL_RULES_H
#define KERNEL_RULES_H

#include <stdint.h>

#include <ivm/refusal.h>

#include "source.h"

/* What a rule found. With IVM_RULE_NONE the other members mean nothing. */
struct finding {
    enum ivm_rule rule;
    enum ivm_key key;
    const struct source *holder; /* who has the key; NULL: nobody, the request is wrong */
    const struct ivm_connection
        *owner; /* of its owners this one alone; NULL: all of them */
    uint32_t cpu;
    uint8_t vector; /* held or asked for; 0: none */
    uint8_t wanted; /* both sides of the field that the rule compares */
    uint8_t held;
};

/* The request by itself, and the storage for it. */
struct finding rules_check(const struct ivm_request *request,
                           const struct ivm_connection *connection);

/* Whether a set holds a CPU; NULL holds all. */
bool rules_cpu_in_set(const struct ivm_cpu_set *set, uint32_t cpu);

/* The vector a request names, in either of the two places where it can; 0: none. */
uint8_t rules_vector_asked(const struct ivm_request *request);

/* May it join the owners of a source that is placed? Under the configuration lock. */
struct finding rules_join(const struct source *source, const struct ivm_request *request);

/* May it be the first on a source whose vector is kept for it? Under the configuration lock. */
struct finding rules_held(const struct source *source, const struct ivm_request *request);

/* May it use its lock on a vector of this level? Under the configuration lock. */
struct finding rules_lock(const struct ivm_request *request, uint8_t level);

/* Which rule it breaks when the vector it names carries a source that it does not mean. Under the
 * configuration lock.
 */
struct finding rules_vector_held(const struct source *holder,
                                 const struct ivm_request *request);

static inline struct finding rules_broken(enum ivm_rule rule)
{
    return (struct finding){.rule = rule};
}

#endif
