/* pnp_node.c: which image has which device: the table. */
#include "pnp.h"

#include "calling.h"

static struct pnp_node nodes[PNP_NODE_LIMIT];

/* Drivers' calls look nodes up while others are changed. */
static struct spinlock nodes_lock;

/* Claims take the first free place, so the order of the table need not be theirs; `number` is. */
static uint64_t numbers[PNP_NODE_LIMIT], last_number;

static uint64_t number_of(const struct pnp_node *node)
{
    return numbers[node - nodes];
}

static bool is_of(const struct pnp_node *node, const struct image *image)
{
    return node->state != PNP_FREE && (image == NULL || node->image == image);
}

struct pnp_node *pnp_node_next(const struct image *image, const struct pnp_node *after)
{
    struct pnp_node *next = NULL;
    uint64_t from = after != NULL ? number_of(after) : 0;
    for (struct pnp_node *at = nodes; at < nodes + PNP_NODE_LIMIT; at++) {
        if (is_of(at, image) && number_of(at) > from &&
            (next == NULL || number_of(at) < number_of(next)))
            next = at;
    }
    return next;
}

struct pnp_node *pnp_node_before(const struct image *image, const struct pnp_node *before)
{
    struct pnp_node *last = NULL;
    uint64_t end = before != NULL ? number_of(before) : UINT64_MAX;
    for (struct pnp_node *at = nodes; at < nodes + PNP_NODE_LIMIT; at++) {
        if (is_of(at, image) && number_of(at) < end &&
            (last == NULL || number_of(at) > number_of(last)))
            last = at;
    }
    return last;
}

struct pnp_node *pnp_node_of_device(const struct ivm_device *device)
{
    uint8_t level = dispatch_lock_take(&nodes_lock);
    struct pnp_node *node = NULL;
    for (struct pnp_node *at = nodes; at < nodes + PNP_NODE_LIMIT; at++) {
        if (at->state != PNP_FREE && at->device == device)
            node = at;
    }
    dispatch_lock_release(&nodes_lock, level);
    return node;
}

struct pnp_node *pnp_node_of(const struct nt_device *pdo)
{
    uint8_t level = dispatch_lock_take(&nodes_lock);
    struct pnp_node *node = NULL;
    for (struct pnp_node *at = nodes; at < nodes + PNP_NODE_LIMIT; at++) {
        if (at->state != PNP_FREE && pdo != NULL && at->pdo == pdo)
            node = at;
    }
    dispatch_lock_release(&nodes_lock, level);
    return node;
}

struct pnp_node *pnp_node_take(struct image *image, struct ivm_device *device)
{
    uint8_t level = dispatch_lock_take(&nodes_lock);
    struct pnp_node *node = nodes;
    while (node < nodes + PNP_NODE_LIMIT && node->state != PNP_FREE)
        node++;
    if (node == nodes + PNP_NODE_LIMIT) {
        node = NULL;
    } else {
        *node = (struct pnp_node){.state = PNP_CLAIMED, .image = image, .device = device};
        numbers[node - nodes] = ++last_number;
    }
    dispatch_lock_release(&nodes_lock, level);
    return node;
}

void pnp_node_free(struct pnp_node *node)
{
    uint8_t level = dispatch_lock_take(&nodes_lock);
    *node = (struct pnp_node){0};
    dispatch_lock_release(&nodes_lock, level);
}

void pnp_node_set_pdo(struct pnp_node *node, struct nt_device *pdo)
{
    uint8_t level = dispatch_lock_take(&nodes_lock);
    node->pdo = pdo;
    dispatch_lock_release(&nodes_lock, level);
}

struct ivm_device *pnp_device(const struct nt_device *pdo)
{
    const struct pnp_node *node = pnp_node_of(pdo);
    return node != NULL ? node->device : NULL;
}

bool pnp_interrupt(const struct nt_device *pdo, struct pnp_interrupt *out)
{
    const struct pnp_node *node = pnp_node_of(pdo);
    bool has_some = node != NULL && node->has_resources &&
                    (node->interrupt.has_line || node->interrupt.messages != 0);
    if (has_some)
        *out = node->interrupt;
    return has_some;
}
