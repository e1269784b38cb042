/* trampoline.S: from the STARTUP message in real mode to arrival_enter() in long mode. */

/* A CPU that is started begins at offset 0 of a page below 1 MiB:
 *
 *      real mode, %cs = page << 8, %ip = 0, interrupts off, caches off, no stack
 *
 * and arrival_enter(arrival) is entered in long mode, interrupts off, with
 *
 *      the page tables of CPU 0, the stack of the arrival it took, GS base 0
 *
 * Only what runs in real mode is copied to the page. The rest is entered by a far jump to where the
 * kernel is, before paging is on, so that the page is never executable in any page table.
 *
 * source  [SDM3A] "MP Initialization Protocol Algorithm for MP Systems", "Switching to
 *         Protected Mode", "Initializing IA-32e Mode"
 */

#include "gdt.h"
#include "long_mode.h"
#include "trampoline.h"

#define CODE_32  0x18
#define CR0_PE   1

        .section .rodata
        .globl  trampoline_first, trampoline_end
        .code16
        .balign 16
trampoline_first:
        cli
        cld
        movw    %cs, %ax
        movw    %ax, %ds
        lgdtl   gdt_pointer - trampoline_first
        movl    %cr0, %eax
        orl     $CR0_PE, %eax
        movl    %eax, %cr0
        ljmpl   $CODE_32, $protected_mode
        .balign 4
gdt_pointer:
        .short  gdt_end - gdt - 1
        .long   gdt
trampoline_end:

        /* The accessed bits are set already: the CPU has no reason to write here. */
        .balign 8
gdt:
        .quad   0
        .quad   0x00209B0000000000      /* GDT_CODE: 64-bit code, ring 0 */
        .quad   0x00CF93000000FFFF      /* GDT_DATA: data, ring 0, 4 GiB */
        .quad   0x00CF9B000000FFFF      /* CODE_32: 32-bit code, ring 0, 4 GiB */
gdt_end:

        .text
        .code32
protected_mode:
        movl    $GDT_DATA, %eax
        movl    %eax, %ss
        movl    %eax, %ds
        movl    %eax, %es
        movl    $LONG_MODE_CR4, %eax
        movl    %eax, %cr4
        movl    trampoline_root, %eax
        movl    %eax, %cr3
        movl    $MSR_EFER, %ecx
        movl    $LONG_MODE_EFER, %eax
        xorl    %edx, %edx
        wrmsr
        movl    $LONG_MODE_CR0, %eax
        movl    %eax, %cr0
        ljmp    $GDT_CODE, $long_mode

        .code64
long_mode:
        xorl    %edi, %edi              /* the upper halves are undefined: whole writes */
        movl    %edi, %fs
        movl    %edi, %gs
        xchgq   %rdi, trampoline_arrival
        testq   %rdi, %rdi
        jz      nobody                  /* too late: it was given up, and has no stack */

        /* The end of a stack is a multiple of 16, and the call pushes 8: what a function of the
         * ABI expects on entry. %rbp = 0 ends stack traces.
         */
        movq    ARRIVAL_STACK_END(%rdi), %rsp
        xorl    %ebp, %ebp
        call    arrival_enter

nobody:
        cli
        hlt
        jmp     nobody

        .data
        .globl  trampoline_root, trampoline_arrival
        .balign 8
trampoline_arrival:
        .quad   0
trampoline_root:
        .long   0

        .section .note.GNU-stack, "", @progbits
