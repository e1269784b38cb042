/* rules.h: may this request be connected, and where? Decides only: nothing is changed here.
 *
 * context  under the configuration lock, except rules_check()
 */
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
    uint32_t cpu;
    uint8_t vector; /* held or asked for; 0: none */
    uint8_t wanted; /* both sides of the field that the rule compares */
    uint8_t held;
};

/* Where a request goes. */
struct placement {
    struct source *source; /* NULL: the bare source of the vector that will be allocated */
    uint32_t cpu;
    uint8_t vector; /* 0: any free one of the level asked for */
    bool joins;     /* the source has owners already */
};

/* The request by itself, and the storage for it. */
struct finding rules_check(const struct ivm_request *request,
                           const struct ivm_connection *connection);

/* The request against the tables; `out` is written only when no rule is broken. */
struct finding rules_place(const struct ivm_request *request, struct placement *out);

#endif
