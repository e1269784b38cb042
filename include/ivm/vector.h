/* vector.h: the vector map: what each of the 256 vectors of a CPU is for.
 *
 * One table of half-open ranges, in order and without gaps. A class (bits 7:4) is a level;
 * devices have the ten classes 3..12 of NT's device levels. A vector that is not a device's
 * is the system's, and a connect to it is refused with its reason from here.
 */
#ifndef IVM_VECTOR_H
#define IVM_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    IVM_VECTOR_COUNT = 256,
    IVM_VECTOR_DISPATCH = 0x20, /* self-interrupt of the DISPATCH class */
    IVM_VECTOR_PIC_BASE = 0x20, /* [PIC8259] ICW2 of the master; the slave's is 8 more */
    IVM_VECTOR_PIC_SPURIOUS_MASTER = 0x27,
    IVM_VECTOR_PIC_SPURIOUS_SLAVE = 0x2F,
    IVM_VECTOR_DEVICE_FIRST = 0x30,
    IVM_VECTOR_DEVICE_END = 0xD0, /* devices: [IVM_VECTOR_DEVICE_FIRST, this) */
    IVM_VECTOR_CLOCK = 0xD1,
    IVM_VECTOR_IPI = 0xE1,
    IVM_VECTOR_ERROR = 0xFE,
    IVM_VECTOR_SPURIOUS = 0xFF,
};

enum ivm_vector_kind {
    IVM_VECTOR_IS_EXCEPTION = 0,
    IVM_VECTOR_IS_SYSTEM,
    IVM_VECTOR_IS_PIC_SPURIOUS,
    IVM_VECTOR_IS_DEVICE,
    IVM_VECTOR_IS_SPARE, /* for requests at IVM_ANY_LEVEL only */
    IVM_VECTOR_IS_SPURIOUS,
};

/* clang-format off */
/* first, end, kind, reason */
#define IVM_VECTOR_MAP(X)                                                                         \
    X(0x00, 0x20,  EXCEPTION,    "exceptions of the CPU and those Intel reserves")                \
    X(0x20, 0x21,  SYSTEM,       "DISPATCH level: deferred calls and the grace period")           \
    X(0x21, 0x27,  SPARE,        "DISPATCH level: requests that accept any level")                \
    X(0x27, 0x28,  PIC_SPURIOUS, "spurious interrupt 7 of the master 8259")                       \
    X(0x28, 0x2F,  SPARE,        "DISPATCH level: requests that accept any level")                \
    X(0x2F, 0x30,  PIC_SPURIOUS, "spurious interrupt 15 of the slave 8259")                       \
    X(0x30, 0xD0,  DEVICE,       "devices, levels 3 to 12")                                       \
    X(0xD0, 0xD1,  SPARE,        "CLOCK level: requests that accept any level")                   \
    X(0xD1, 0xD2,  SYSTEM,       "CLOCK level: the timer of this CPU")                            \
    X(0xD2, 0xE0,  SPARE,        "CLOCK level: requests that accept any level")                   \
    X(0xE0, 0xF0,  SYSTEM,       "IPI level: interrupts between CPUs")                            \
    X(0xF0, 0xFE,  SPARE,        "HIGH level: requests that accept any level")                    \
    X(0xFE, 0xFF,  SYSTEM,       "errors of the local APIC")                                      \
    X(0xFF, 0x100, SPURIOUS,     "spurious interrupts of the local APIC")
/* clang-format on */

/* What the map says of a vector. Any context. */
enum ivm_vector_kind ivm_vector_kind(uint8_t vector);
const char *ivm_vector_reason(uint8_t vector);

static inline bool ivm_vector_is_device(uint8_t vector)
{
    return vector >= IVM_VECTOR_DEVICE_FIRST && vector < IVM_VECTOR_DEVICE_END;
}

#endif
