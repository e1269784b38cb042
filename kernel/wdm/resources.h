/* resources.h: what a device is given: ports, memory, a line or messages, and the lists that say so.
 *
 * Source: [WDM] "Using Interrupt Resource Descriptors", "CM_PARTIAL_RESOURCE_DESCRIPTOR",
 * "Introduction to Message-Signaled Interrupts".
 */
#ifndef WDM_RESOURCES_H
#define WDM_RESOURCES_H

#include "pnp.h"

/* Open the messages that were wished for, or hold the line's vector, and make both lists. Where fewer
 * messages are to be had than were asked for, there is one; where not even one is, the line is used.
 *
 * context  level 0, interrupts on
 * errors   nothing is kept:
 *          NT_INSUFFICIENT_RESOURCES  no memory, or no vector; logged
 */
nt_status resources_acquire(struct pnp_node *node);

/* Undo it: lists freed, messages closed, the line's vector released when no other node has the line, the
 * command register as it was found. Messages that are still connected stay open, which is logged;
 * to be called again. Nothing happens for a node that has nothing. */
void resources_release(struct pnp_node *node);

/* Let a PCI function decode its addresses and master the bus, and raise its line unless it has messages,
 * until resources_release(). */
void resources_enable(struct pnp_node *node);

/* ---- interrupt_grant.c ------------------------------------------------------------------ */

/* Open messages, or hold the line: fills node->interrupt. False: it has a line, and no vector can be held
 * for it; logged. */
bool interrupt_grant(struct pnp_node *node);

/* False: its messages are still connected and stay open; logged. */
bool interrupt_grant_undo(struct pnp_node *node);

/* How many descriptors describe it, and each of them. */
uint32_t interrupt_grant_count(const struct pnp_node *node);
void interrupt_grant_describe(const struct pnp_node *node, uint32_t index,
                              struct nt_resource *raw, struct nt_resource *translated);

#endif
