/* level.h: levels (IRQL): the class of a vector, the meaning of CR8.
 *
 * A level is a number 0..15. The class of a vector, bits 7:4, is the level its routine runs
 * at; the local APIC delivers a vector only when its class is above the greater of CR8 and
 * the class in service. So the hardware keeps the level, and nothing here mirrors it.
 */
#ifndef IVM_LEVEL_H
#define IVM_LEVEL_H

#include <stdint.h>

enum ivm_level {
    IVM_PASSIVE = 0,      /* ordinary code */
    IVM_DISPATCH = 2,     /* deferred calls */
    IVM_DEVICE_FIRST = 3, /* devices: [IVM_DEVICE_FIRST, IVM_DEVICE_END) */
    IVM_DEVICE_END = 13,
    IVM_CLOCK = 13,
    IVM_IPI = 14,
    IVM_HIGH = 15,
    IVM_LEVEL_COUNT = 16,
    IVM_ANY_LEVEL = 0xFF, /* in a request: outside the device levels, too */
};

/* The level at which a routine on this vector runs: its class. */
static inline uint8_t ivm_vector_level(uint8_t vector)
{
    return (uint8_t)(vector >> 4);
}

/* The level this CPU runs at now: the greater of CR8 and the class in service.
 *
 * context  any level, any CPU
 * source   [SDM3A] "Processor Priority Register (PPR)"
 */
uint8_t ivm_level_now(void);

/* Raise this CPU to `level`; what was found in CR8 is returned, to be handed to
 * ivm_level_lower().
 *
 * level    [ivm_level_now(), IVM_HIGH]
 * context  any level
 */
uint8_t ivm_level_raise(uint8_t level);

/* Undo the ivm_level_raise() that returned `found`. Raises and lowers nest like brackets.
 */
void ivm_level_lower(uint8_t found);

#endif
