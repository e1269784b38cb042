/* percpu.h: what each CPU finds behind GS, and the offsets that assembly and NT headers
 * use.
 *
 * GS always points here: there is no user mode. The members that begin with nt_ are read inline by
 * the headers that Windows drivers are built with; foreign_start() fills them.
 */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#define PERCPU_SELF  0x00
#define PERCPU_SLOTS 0x08
#define PERCPU_CPU   0x10
#define PERCPU_TSC   0x190
#define PERCPU_CODE  0x198

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct percpu {
    struct percpu *self;
    void *slots;  /* struct slot[256], indexed by entry.S */
    uint32_t cpu; /* index, from 0 */
    uint32_t apic_id;
    uint64_t nt_self; /* the address of all this, as KeGetPcr() reads it */
    uint8_t reserved[0x184 - 0x20];
    uint16_t nt_number; /* of this CPU */
    uint16_t reserved2;
    uint64_t nt_thread;    /* an address that no other CPU has; zeros lie there */
    uint64_t tsc_ahead;    /* of CPU 0's time-stamp counter; modulo 2^64 */
    uint64_t foreign_code; /* what foreign_call() entered last; 0: it is in nothing */
};

_Static_assert(offsetof(struct percpu, self) == PERCPU_SELF, "entry.S and hot.h read it");
_Static_assert(offsetof(struct percpu, slots) == PERCPU_SLOTS, "entry.S reads it");
_Static_assert(offsetof(struct percpu, cpu) == PERCPU_CPU, "hot.h reads it");
_Static_assert(offsetof(struct percpu, tsc_ahead) == PERCPU_TSC, "tsc.c reads it");
_Static_assert(offsetof(struct percpu, foreign_code) == PERCPU_CODE, "foreign.S writes it");
_Static_assert(offsetof(struct percpu, nt_self) == 0x18, "NT headers read it inline");
_Static_assert(offsetof(struct percpu, nt_number) == 0x184, "NT headers read it inline");
_Static_assert(offsetof(struct percpu, nt_thread) == 0x188, "NT headers read it inline");

#endif
#endif
