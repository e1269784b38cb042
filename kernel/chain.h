/* chain.h: the connections of one source, in connect order.
 *
 * Writers hold the configuration lock; dispatch walks meanwhile. A connection that was
 * taken off keeps its `next`, so that a walk that stands on it still finds the end.
 */
#ifndef KERNEL_CHAIN_H
#define KERNEL_CHAIN_H

#include "slot.h"
#include "source.h"

/* Put a connection at the end of the chain that `slot` offers to. From here its routine can
 * run. */
void chain_append(struct source *source, struct slot *slot,
                  struct ivm_connection *connection);

/* Take a connection out of the chain. Walks that began before may still be inside its
 * routine. */
void chain_remove(struct source *source, struct slot *slot,
                  struct ivm_connection *connection);

/* The connection that comes after this one, or NULL. Configuration lock. */
struct ivm_connection *chain_next(const struct source *source,
                                  const struct ivm_connection *connection);

#endif
