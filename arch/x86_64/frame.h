/* frame.h: what entry.S leaves on the stack, as assembly and C both see it. */
#ifndef ARCH_FRAME_H
#define ARCH_FRAME_H

/* Bytes from one stub to the next, and the first vector that is no exception. */
#define ENTRY_STUB_SIZE       16
#define ENTRY_FIRST_INTERRUPT 32

/* Exceptions that push an error code: 8, 10 to 14, 17, 21, 29, 30.
 * source  [SDM3A] "Exception and Interrupt Vectors"; [APM2] "Error Codes" for 29 and 30
 */
#define ENTRY_ERROR_CODES 0x60227D00

/* sizeof(struct slot) is 64: a stub multiplies its vector by it. */
#define ENTRY_SLOT_SIZE 64

/* From the stack pointer at the call in the interrupt path to the interrupted RIP. */
#define ENTRY_INTERRUPT_SAVED 72

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* Of an exception, from the lowest address. */
struct exception_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector; /* pushed by the stub */
    uint64_t error;  /* pushed by the CPU, or 0 by the stub */
    uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct exception_frame) == 22 * 8,
               "a multiple of 16: entry.S counts on it");
_Static_assert(offsetof(struct exception_frame, vector) == 15 * 8,
               "entry.S pushes it before 15 registers");

/* The stubs, ENTRY_STUB_SIZE bytes each, one for each of the 256 vectors. */
extern const uint8_t entry_stubs[];

/* Where every dispatch function returns to. */
extern const uint8_t entry_interrupt_return[];

#endif
#endif
