/* foreign_code.S: code as a driver image has it, by the Microsoft convention, for the guest tests to copy
 * into memory of foreign_pages(): it runs wherever it is put.
 */

        .section .rodata
        .globl  foreign_code_first, foreign_code_end
foreign_code_first:

/* rcx, rdx, r8, r9: a, b, c, d; returns 27 a + 9 b + 3 c + d. The room for arguments is used. */
        .globl  foreign_code_mix
foreign_code_mix:
        movq    %rcx, 8(%rsp)
        movq    %rdx, 16(%rsp)
        movq    %r8, 24(%rsp)
        movq    %r9, 32(%rsp)
        movq    8(%rsp), %rax
        leaq    (%rax,%rax,2), %rax
        addq    16(%rsp), %rax
        leaq    (%rax,%rax,2), %rax
        addq    24(%rsp), %rax
        leaq    (%rax,%rax,2), %rax
        addq    32(%rsp), %rax
        ret

/* rcx: a struct held. Its registers and MXCSR are loaded, the level falls to 0, and when its `taken` is not
 * 0 any more they are stored; returns 0 when that never comes.
 *
 *      +0 16 registers to load    +256 16 as stored    +512 MXCSR to load    +516 as stored    +520 taken
 */
        .globl  foreign_code_hold
foreign_code_hold:
        movups  0x00(%rcx), %xmm0
        movups  0x10(%rcx), %xmm1
        movups  0x20(%rcx), %xmm2
        movups  0x30(%rcx), %xmm3
        movups  0x40(%rcx), %xmm4
        movups  0x50(%rcx), %xmm5
        movups  0x60(%rcx), %xmm6
        movups  0x70(%rcx), %xmm7
        movups  0x80(%rcx), %xmm8
        movups  0x90(%rcx), %xmm9
        movups  0xA0(%rcx), %xmm10
        movups  0xB0(%rcx), %xmm11
        movups  0xC0(%rcx), %xmm12
        movups  0xD0(%rcx), %xmm13
        movups  0xE0(%rcx), %xmm14
        movups  0xF0(%rcx), %xmm15
        ldmxcsr 512(%rcx)
        xorl    %eax, %eax
        movq    %rax, %cr8              /* what is pending comes here */
        movl    $100000000, %eax
1:      cmpl    $0, 520(%rcx)
        jne     2f
        pause
        decl    %eax
        jnz     1b
2:      stmxcsr 516(%rcx)
        movups  %xmm0, 0x100(%rcx)
        movups  %xmm1, 0x110(%rcx)
        movups  %xmm2, 0x120(%rcx)
        movups  %xmm3, 0x130(%rcx)
        movups  %xmm4, 0x140(%rcx)
        movups  %xmm5, 0x150(%rcx)
        movups  %xmm6, 0x160(%rcx)
        movups  %xmm7, 0x170(%rcx)
        movups  %xmm8, 0x180(%rcx)
        movups  %xmm9, 0x190(%rcx)
        movups  %xmm10, 0x1A0(%rcx)
        movups  %xmm11, 0x1B0(%rcx)
        movups  %xmm12, 0x1C0(%rcx)
        movups  %xmm13, 0x1D0(%rcx)
        movups  %xmm14, 0x1E0(%rcx)
        movups  %xmm15, 0x1F0(%rcx)
        ret

/* A routine that changes all it may. rcx: two words: MXCSR as it was found is stored in the first, MXCSR is
 * loaded from the second. Returns 0xFFFFFF01: of a BOOLEAN only the last byte counts. */
        .globl  foreign_code_clobber
foreign_code_clobber:
        stmxcsr (%rcx)
        ldmxcsr 4(%rcx)
        pcmpeqd %xmm0, %xmm0
        pcmpeqd %xmm1, %xmm1
        pcmpeqd %xmm2, %xmm2
        pcmpeqd %xmm3, %xmm3
        pcmpeqd %xmm4, %xmm4
        pcmpeqd %xmm5, %xmm5
        movq    $-1, %rdx
        movq    %rdx, 8(%rsp)
        movq    %rdx, 16(%rsp)
        movq    %rdx, 24(%rsp)
        movq    %rdx, 32(%rsp)
        movq    %rdx, %r8
        movq    %rdx, %r9
        movq    %rdx, %r10
        movq    %rdx, %r11
        movl    $0xFFFFFF01, %eax
        ret

/* rcx: an address; returns the 64 bits there, loaded at once as the inline readers of the time do. */
        .globl  foreign_code_read
foreign_code_read:
        movq    (%rcx), %rax
        ret

/* Breaks. */
        .globl  foreign_code_invalid
foreign_code_invalid:
        ud2
foreign_code_end:

        .section .note.GNU-stack, "", @progbits
