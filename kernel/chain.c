/* chain.c: append and remove under the feet of dispatch.
 *
 * The chain ends in the source's own node, which takes what nobody took. So a chain is
 * never empty, and walking it needs no test for its end.
 */
#include "chain.h"

#include <stdatomic.h>

#include "dispatch.h"

static void choose_dispatch(const struct source *source, struct slot *slot,
                            unsigned sharers)
{
    atomic_store_explicit(&slot->dispatch, dispatch_connected(source, sharers),
                          memory_order_release);
}

void chain_append(struct source *source, struct slot *slot,
                  struct ivm_connection *connection)
{
    connection->previous = source->tail;
    atomic_store_explicit(&connection->node.next, &source->end, memory_order_relaxed);

    /* Before the second sharer of an edge can be asked, passes must be in force: an edge
     * that comes while the first one is claiming makes no new interrupt. */
    choose_dispatch(source, slot, source->count + 1u);

    /* Release pairs with the acquire in dispatch: who sees the node sees all that is in it.
     */
    if (source->tail != NULL)
        atomic_store_explicit(&source->tail->node.next, &connection->node,
                              memory_order_release);
    else
        atomic_store_explicit(&slot->first, &connection->node, memory_order_release);

    if (source->head == NULL)
        source->head = connection;
    source->tail = connection;
    source->count++;
}

void chain_remove(struct source *source, struct slot *slot,
                  struct ivm_connection *connection)
{
    struct ivm_connection *next = chain_next(source, connection);
    struct ivm_node *after =
        atomic_load_explicit(&connection->node.next, memory_order_relaxed);
    if (connection->previous != NULL)
        atomic_store_explicit(&connection->previous->node.next, after,
                              memory_order_release);
    else
        atomic_store_explicit(&slot->first, after, memory_order_release);

    if (next != NULL)
        next->previous = connection->previous;
    else
        source->tail = connection->previous;
    if (source->head == connection)
        source->head = next;
    source->count--;
    choose_dispatch(source, slot, source->count);
}

struct ivm_connection *chain_next(const struct source *source,
                                  const struct ivm_connection *connection)
{
    struct ivm_node *next =
        atomic_load_explicit(&connection->node.next, memory_order_relaxed);
    /* The node is the first member, so the connection is where its node is. */
    return next == &source->end ? NULL : (struct ivm_connection *)(void *)next;
}
