/* dispatch.h: what happens when a vector fires: one function for each kind of slot.
 *
 * context  called by entry.S on the slot's CPU with interrupts off; returns with interrupts
 * off and the interrupt ended, if it was to be ended
 */
#ifndef KERNEL_DISPATCH_H
#define KERNEL_DISPATCH_H

#include "slot.h"

/* Offer in connect order, stop at the first that takes it: level-triggered chains (a line
 * that is still asserted is delivered again) and a lone routine of any trigger.
 */
slot_dispatch dispatch_first;

/* Offer to all, again and again until a whole pass takes nothing, at most IVM_PASS_LIMIT
 * times: edges shared by several. An edge that comes while another sharer holds the line
 * makes no new interrupt, and only asking again finds it.
 */
slot_dispatch dispatch_passes;

/* Nobody is connected: count, and end it if it is in service. */
slot_dispatch dispatch_stray;

/* The spurious vector of the local APIC: never ended ([SDM3A] "Spurious Interrupt"). */
slot_dispatch dispatch_spurious;

/* Inputs 7 and 15 of the 8259 pair. */
slot_dispatch dispatch_pic_spurious;

/* The function of an unconnected slot, by the vector map. */
slot_dispatch *dispatch_unconnected(uint8_t vector);

/* What a source's end node does: count a delivery that no routine took, and mask the input
 * after IVM_UNCLAIMED_LIMIT of them in a row. The context is the source.
 */
ivm_routine dispatch_unclaimed;

/* Raise to the connection's level for its routine alone; and take its lock around it. The context is
 * the connection.
 */
ivm_routine dispatch_raised;
ivm_routine dispatch_locked;

/* The source is moving here and may still be in its routine on the CPU it leaves: end it, and
 * remember to fire it again.
 */
slot_dispatch dispatch_parked;

/* The function for a connected slot: several that share edges need more than the first taker. */
slot_dispatch *dispatch_connected(const struct source *source, unsigned sharers);

/* After a move: if the source fired meanwhile, fire it again on its new CPU. */
void dispatch_fire_parked(struct source *source, uint32_t cpu);

#endif
