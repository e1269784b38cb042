/* refuse.h: make the record of a refusal from what a rule found. */
#ifndef KERNEL_REFUSE_H
#define KERNEL_REFUSE_H

#include "rules.h"

/* Keep the record in the ring and copy it to `out`, unless NULL. Returns the rule's status.
 * context  under the configuration lock
 */
enum ivm_status refuse(const struct ivm_request *request, const struct finding *finding,
                       struct ivm_refusal *out);

/* Refuse a call from the wrong context. Takes no lock, so it is not kept in the ring and
 * has the sequence number 0. Returns IVM_WRONG_LEVEL.
 */
enum ivm_status refuse_context(const struct ivm_request *request, struct ivm_refusal *out);

/* What others may know of a connection. Configuration lock. */
void refuse_describe_owner(const struct ivm_connection *connection, struct ivm_owner *out);

#endif
