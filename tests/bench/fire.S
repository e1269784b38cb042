/* fire.S: what is timed to the instruction: how interrupts are raised, taken and refused. */

#include "shot.h"

/* void bench_fire(struct bench_shot *, uintptr_t address, uint32_t value)
 *
 * The interrupt comes after the store. Where the counter counts instructions, between
 *
 *      RAISED and the vector's first instruction       RDTSC, MOVL                 2
 *      IRETQ and BACK                                  CMPL, JNE, MOVL             3
 *
 * are executed besides; where it counts cycles, the loop waits for the device.
 */
        .text
        .balign 64
        .globl  bench_fire
bench_fire:
        movl    %edx, %ecx
        rdtsc
        .globl  bench_raised, bench_interrupted
bench_raised:
        movl    %ecx, (%rsi)
bench_interrupted:
1:      cmpl    $1, SHOT_LEFT(%rdi)
        jne     2f
        pause
        jmp     1b
2:      movl    %eax, %r9d
        rdtsc
        movl    %r9d, SHOT_RAISED(%rdi)
        movl    %eax, SHOT_BACK(%rdi)
        ret

/* void bench_fire_msr(struct bench_shot *, uintptr_t msr, uint32_t value): the same where a
 * register of the local APIC is an MSR. RDTSC, MOVL, MOVL, XORL, WRMSR are 5; CMPL, JNE are 2.
 */
        .balign 64
        .globl  bench_fire_msr
bench_fire_msr:
        movl    %edx, %r8d
        movl    %esi, %ecx
        rdtsc
        movl    %eax, %r9d
        movl    %r8d, %eax
        xorl    %edx, %edx
        wrmsr
1:      cmpl    $1, SHOT_LEFT(%rdi)
        jne     2f
        pause
        jmp     1b
2:      rdtsc
        movl    %r9d, SHOT_RAISED(%rdi)
        movl    %eax, SHOT_BACK(%rdi)
        ret

/* enum ivm_verdict bench_routine(void *): ten instructions when the interrupt is its own, four
 * when it is not: a chain that asks everybody until nobody takes it asks it twice.
 */
        .balign 64
        .globl  bench_routine
bench_routine:
        decl    SHOT_LEFT(%rdi)
        jne     1f
        rdtsc
        movl    %eax, SHOT_ENTERED(%rdi)
        movq    SHOT_ACKNOWLEDGE(%rdi), %rdx
        movl    $1, (%rdx)
        rdtsc
        movl    %eax, SHOT_RETURNING(%rdi)
        movl    SHOT_VERDICT(%rdi), %eax
        ret
1:      xorl    %eax, %eax
        ret

        .balign 64
        .globl  bench_refuse
bench_refuse:
        xorl    %eax, %eax
        ret

/* enum ivm_verdict bench_taker(void *): ten instructions when its device asserts, else five. */
#define EDU_STATUS_BEFORE_ACKNOWLEDGE -0x40

        .balign 64
        .globl  bench_taker
bench_taker:
        movq    SHOT_ACKNOWLEDGE(%rdi), %rdx
        movl    EDU_STATUS_BEFORE_ACKNOWLEDGE(%rdx), %eax
        testl   %eax, %eax
        je      1f
        movl    %eax, (%rdx)
        movq    SHOT_OPEN(%rdi), %rdx
        decl    (%rdx)
        movl    $1, %eax
        nop
1:      ret

/* uint32_t bench_open(uint32_t *): between the readings RDTSC, MOVL, STI, NOP, what is
 * delivered, CMPL, JE: STI lets the interrupts in after the next instruction.
 */
        .balign 64
        .globl  bench_open
bench_open:
        rdtsc
        movl    %eax, %ecx
        sti
        nop
1:      cmpl    $0, (%rdi)
        je      2f
        pause
        jmp     1b
2:      rdtsc
        subl    %ecx, %eax
        ret

/* void bench_call(struct bench_call *): at the call the stack is aligned: one push. */
        .balign 64
        .globl  bench_call
bench_call:
        pushq   %rbx
        movq    %rdi, %rbx
        movq    CALL_FUNCTION(%rbx), %r11
        movq    CALL_A(%rbx), %rdi
        movq    CALL_B(%rbx), %rsi
        movq    CALL_C(%rbx), %rcx
        rdtsc
        movl    %eax, CALL_BEGAN(%rbx)
        movq    %rcx, %rdx
        .globl  bench_call_made, bench_call_over
bench_call_made:
        call    *%r11
bench_call_over:
        movl    %eax, CALL_RESULT(%rbx)
        rdtsc
        movl    %eax, CALL_ENDED(%rbx)
        popq    %rbx
        ret

        .balign 64
        .globl  bench_nothing
bench_nothing:
        ret

        .balign 64
        .globl  bench_trace_begin, bench_trace_end
bench_trace_begin:
        ret
        .balign 64
bench_trace_end:
        ret

/* void bench_deferred(void *shot) */
        .balign 64
        .globl  bench_deferred
bench_deferred:
        rdtsc
        movl    %eax, SHOT_ENTERED(%rdi)
        movl    $0, SHOT_LEFT(%rdi)
        rdtsc
        movl    %eax, SHOT_RETURNING(%rdi)
        ret

        .balign 64
        .globl  bench_pair
bench_pair:
        rdtsc
        movl    %eax, %ecx
        rdtsc
        subl    %ecx, %eax
        ret

        .section .note.GNU-stack, "", @progbits
