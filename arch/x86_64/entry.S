/* entry.S: 256 stubs, and the two paths behind them: exceptions and interrupts. */

#include "frame.h"
#include "percpu.h"

/* In long mode the CPU aligns %rsp to 16 and pushes five words:
 *
 *      +32 ss    +24 rsp    +16 rflags    +8 cs    +0 rip   <- %rsp
 *
 * so that %rsp is then 8 past a multiple of 16. The stub of vector v lies at entry_stubs +
 * v * ENTRY_STUB_SIZE; .org fails the assembly when one grows beyond that.
 */
        .text
        .balign ENTRY_STUB_SIZE
        .globl  entry_stubs
entry_stubs:
        .set    vector, 0
        .rept   ENTRY_FIRST_INTERRUPT
        .org    entry_stubs + vector * ENTRY_STUB_SIZE, 0xCC
        .if     ((ENTRY_ERROR_CODES >> vector) & 1) == 0
        pushq   $0                      /* where others have their error code */
        .endif
        pushq   $vector
        jmp     exception
        .set    vector, vector + 1
        .endr

        .rept   256 - ENTRY_FIRST_INTERRUPT
        .org    entry_stubs + vector * ENTRY_STUB_SIZE, 0xCC
        pushq   %rdi
        movl    $(vector * ENTRY_SLOT_SIZE), %edi
        jmp     interrupt
        .set    vector, vector + 1
        .endr
        .org    entry_stubs + 256 * ENTRY_STUB_SIZE, 0xCC

/* Entered with %rdi pushed, %rdi = the offset of the slot, interrupts off. At the call:
 *
 *      +72 rip .. ss (5 words)    +64 rdi    +56 rax .. +0 r11
 *
 * 5 + 1 + 8 = 14 words of 8 bytes below a multiple of 16: aligned, as the call wants it.
 * The callee keeps %rbx, %rbp, %r12 to %r15; it turns interrupts on while the chain runs,
 * ends the interrupt, and returns with interrupts off. Above +72 nothing is touched: the
 * exception trace finds the interrupted %rip there (ENTRY_INTERRUPT_SAVED).
 */
interrupt:
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        pushq   %rsi
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        addq    %gs:PERCPU_SLOTS, %rdi  /* struct slot *, the argument */
        cld
        call    *(%rdi)                 /* slot->dispatch */
        .globl  entry_interrupt_return
entry_interrupt_return:
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rsi
        popq    %rdx
        popq    %rcx
        popq    %rax
        popq    %rdi
        iretq

/* Entered with error code and vector pushed. At the call %rsp is a struct exception_frame:
 * 5 + 2 + 15 = 22 words, aligned. exception_report() does not return.
 */
exception:
        pushq   %rax
        pushq   %rbx
        pushq   %rcx
        pushq   %rdx
        pushq   %rsi
        pushq   %rdi
        pushq   %rbp
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, %rdi
        cld
        call    exception_report
        ud2

        .section .note.GNU-stack, "", @progbits
