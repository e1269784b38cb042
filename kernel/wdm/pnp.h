/* pnp.h: the devices of this machine that images have, and what each was given: between the pnp_*.c,
 * resources.c and property.c.
 *
 *      (native) --claim--> CLAIMED --AddDevice, START--> STARTED --STOP--> STOPPED --START--> STARTED
 *          ^                  |  ^                         |                   |
 *          +-----release------+  +---------REMOVE----------+-------------------+
 *
 * A node is in this table from its claim to its release. Nodes are changed by whoever loads, stops or
 * unloads an image, one at a time (image.c), at level 0; drivers' calls look them up.
 */
#ifndef WDM_PNP_H
#define WDM_PNP_H

#include <ivm/bus.h>
#include <ivm/device_message.h>

#include "image.h"
#include "objects.h"

enum { PNP_NODE_LIMIT = 64 };

enum pnp_state {
    PNP_FREE = 0,
    PNP_CLAIMED, /* taken from its native driver; there is no device object */
    PNP_STARTED,
    PNP_STOPPED, /* its stack stands, without resources */
    PNP_STUCK,   /* a driver keeps a request: nothing more is sent */
};

struct pnp_node {
    enum pnp_state state;
    struct image *image;
    struct ivm_device *device;
    struct nt_device *pdo;    /* NULL: none */
    uint32_t messages_wished; /* 0: the line */
    bool was_driven;          /* by a native driver, which gets it back */

    /* What it was given: resources.c. */
    bool has_resources;
    struct pnp_interrupt interrupt;
    enum ivm_message_kind message_kind; /* when interrupt.messages != 0 */
    bool has_command;
    uint16_t command;                      /* the command register as it was found */
    struct nt_resources *raw, *translated; /* NULL: none */
    uint32_t resources_size;               /* of each, in bytes */
};

/* pnp_node.c: the table. Each in the order of the claims; NULL after the last. */
struct pnp_node *pnp_node_next(const struct image *image, const struct pnp_node *after);

/* The node before it, or the last one when it is NULL. */
struct pnp_node *pnp_node_before(const struct image *image, const struct pnp_node *before);

/* The node of a device, of a PDO; NULL: none. At or below IVM_DISPATCH. */
struct pnp_node *pnp_node_of_device(const struct ivm_device *device);
struct pnp_node *pnp_node_of(const struct nt_device *pdo);

/* Take a free node for a device; NULL: there is none. Give it back. */
struct pnp_node *pnp_node_take(struct image *image, struct ivm_device *device);
void pnp_node_free(struct pnp_node *node);

/* From now on this is the node's PDO, or none. */
void pnp_node_set_pdo(struct pnp_node *node, struct nt_device *pdo);

/* pnp.c: a node has another state: is its image IMAGE_LOADED or IMAGE_STARTED? */
void pnp_note_state(struct image *image);

/* pnp_bus.c: our bus driver: make a PDO; NT_INSUFFICIENT_RESOURCES. */
nt_status pnp_bus_make(struct pnp_node *node);

/* pnp_stack.c: what is sent to a device's stack, step by step; each says in the log what failed. */

/* AddDevice and START. False: the node is CLAIMED again, or STUCK. */
bool pnp_stack_start(struct pnp_node *node);

/* QUERY_STOP and STOP of one that is STARTED. */
void pnp_stack_stop(struct pnp_node *node);

/* QUERY_REMOVE and REMOVE of one that is STARTED or STOPPED. */
void pnp_stack_remove(struct pnp_node *node);

#endif
