/* foreign.S: from this kernel into code that lives by the Microsoft convention, and back. */

#include "percpu.h"

/* uint64_t foreign_call(nt_code code, const uint64_t arguments[4])
 *
 * Called by the System V convention: %rdi = code, %rsi = arguments, %rsp 8 past a multiple of 16. At the
 * call inside:
 *
 *      +152 return address    +144 %rbp    +136 PERCPU_CODE    +128 MXCSR    +32 %xmm0 .. %xmm5    +0 32 bytes of the callee
 *
 * so that %rsp is a multiple of 16, as both conventions want it. Both have the callee keep %rbx, %rbp and
 * %r12 to %r15; theirs also %rdi, %rsi and %xmm6 to %xmm15. This kernel uses no %xmm, but it may have
 * interrupted code that does: so %xmm0 to %xmm5 and MXCSR are what is left to save. The callee begins with
 * all exceptions masked and rounding to nearest. %rbp leads on, for whoever follows the frames. What is
 * entered is left in PERCPU_CODE meanwhile: code that ends in a jump to one of our functions has that one
 * return to here, and nothing else would tell who it was.
 *
 * source  [X64ABI] "Caller/callee saved registers", "Stack allocation", "MxCsr"
 */
#define FRAME 144
#define OUTER 136
#define MXCSR 128
#define XMM   32

        .text
        .balign 16
        .globl  foreign_call
foreign_call:
        pushq   %rbp
        movq    %rsp, %rbp
        subq    $FRAME, %rsp
        stmxcsr MXCSR(%rsp)
        ldmxcsr mxcsr_at_entry
        movaps  %xmm0, XMM + 0x00(%rsp)
        movaps  %xmm1, XMM + 0x10(%rsp)
        movaps  %xmm2, XMM + 0x20(%rsp)
        movaps  %xmm3, XMM + 0x30(%rsp)
        movaps  %xmm4, XMM + 0x40(%rsp)
        movaps  %xmm5, XMM + 0x50(%rsp)
        movq    %gs:PERCPU_CODE, %rax
        movq    %rax, OUTER(%rsp)
        movq    %rdi, %gs:PERCPU_CODE
        movq    %rdi, %rax
        movq    (%rsi), %rcx
        movq    8(%rsi), %rdx
        movq    16(%rsi), %r8
        movq    24(%rsi), %r9
        call    *%rax                   /* its result stays in %rax */
foreign_return:
        movq    OUTER(%rsp), %rcx
        movq    %rcx, %gs:PERCPU_CODE
        movaps  XMM + 0x00(%rsp), %xmm0
        movaps  XMM + 0x10(%rsp), %xmm1
        movaps  XMM + 0x20(%rsp), %xmm2
        movaps  XMM + 0x30(%rsp), %xmm3
        movaps  XMM + 0x40(%rsp), %xmm4
        movaps  XMM + 0x50(%rsp), %xmm5
        ldmxcsr MXCSR(%rsp)
        leave
        ret

/* const void *foreign_origin(const void *address) */
        .globl  foreign_origin
foreign_origin:
        movq    %rdi, %rax
        cmpq    $foreign_return, %rdi
        jne     1f
        movq    %gs:PERCPU_CODE, %rax
1:      ret

        .section .rodata
        .balign 4
mxcsr_at_entry:
        .long   0x1F80

        .section .note.GNU-stack, "", @progbits
