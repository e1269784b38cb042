/* start.S: from the loader's 32-bit entry to boot_main() in long mode. */

/* A multiboot2 loader (GRUB under BIOS, or under EFI after ExitBootServices) enters here:
 *
 *      %eax    the loader's magic number, 0x36D76289
 *      %ebx    the address of its information
 *      32-bit protected mode, paging and interrupts off, flat segments, no usable stack
 *
 * and boot_main(magic, information) is entered in long mode, interrupts off, with
 *
 *      the first 4 GiB mapped where they are, all writable and executable: paging_start()
 *      replaces this map by the final one; boot_stack, a guard page below it; GS base 0
 *
 * source  [MB2] "I386 machine state", "OS image format";
 *         [SDM3A] "Initializing IA-32e Mode"
 */

#include "arch/x86_64/long_mode.h"
#include "arch/x86_64/stacks.h"

#define MULTIBOOT2_MAGIC  0xE85250D6
#define TAG_OPTIONAL      1

#define MSR_GS_BASE       0xC0000101
#define LEAF_EXTENDED     0x80000001
#define LM_AND_NX         0x20100000    /* %edx of that leaf */

#define TABLE_POINTER     0x3           /* present, writable */
#define PAGE_2M           0x83          /* present, writable, large */
#define LARGE_PAGES       2048          /* 4 GiB of them */

#define CODE_SELECTOR     0x08
#define DATA_SELECTOR     0x10

#define COM1_DATA         0x3F8
#define COM1_LINE_STATUS  0x3FD
#define TRANSMIT_EMPTY    0x20
#define STATUS_READS      100000        /* a byte takes 87 us at 115200 baud */

        .section .multiboot2, "a"
        .balign 8
header_start:
        .long   MULTIBOOT2_MAGIC
        .long   0                       /* i386: entered in protected mode */
        .long   header_end - header_start
        .long   -(MULTIBOOT2_MAGIC + header_end - header_start)

information_request:
        .short  1, TAG_OPTIONAL
        .long   information_request_end - information_request
        .long   1, 2, 3, 6              /* command line, loader, modules, memory map */
        .long   8, 12, 14, 15           /* framebuffer, EFI table, RSDP old and new */
information_request_end:

        .balign 8
framebuffer_request:
        .short  5, TAG_OPTIONAL
        .long   20
        .long   1024, 768, 32

        .balign 8
module_alignment:
        .short  6, TAG_OPTIONAL
        .long   8

        .balign 8
        .short  0, 0
        .long   8
header_end:

        .text
        .code32
        .globl  start
start:
        cli
        cld
        movl    $boot_stack_end, %esp
        movl    %eax, %edi              /* arguments of boot_main(), kept until the call */
        movl    %ebx, %esi
        rdtsc                           /* what it takes to the prompt begins here */
        movl    %eax, start_tsc
        movl    %edx, start_tsc + 4

        movl    $0x80000000, %eax       /* highest extended leaf */
        cpuid
        cmpl    $LEAF_EXTENDED, %eax
        jb      no_long_mode
        movl    $LEAF_EXTENDED, %eax
        cpuid
        andl    $LM_AND_NX, %edx
        cmpl    $LM_AND_NX, %edx
        jne     no_long_mode

        /* 2048 large pages in four directories that lie one behind the other. */
        movl    $early_directories, %ebx
        movl    $PAGE_2M, %eax
        xorl    %edx, %edx
        movl    $LARGE_PAGES, %ecx
1:      movl    %eax, (%ebx)
        movl    %edx, 4(%ebx)
        addl    $0x200000, %eax         /* wraps to 0 after the last only */
        addl    $8, %ebx
        loop    1b

        movl    $early_directories + TABLE_POINTER, %eax
        movl    $early_pointers, %ebx
        movl    $4, %ecx
2:      movl    %eax, (%ebx)
        addl    $0x1000, %eax
        addl    $8, %ebx
        loop    2b
        movl    $early_pointers + TABLE_POINTER, early_root

        movl    $LONG_MODE_CR4, %eax
        movl    %eax, %cr4
        movl    $early_root, %eax
        movl    %eax, %cr3
        movl    $MSR_EFER, %ecx
        movl    $LONG_MODE_EFER, %eax
        xorl    %edx, %edx
        wrmsr
        movl    $LONG_MODE_CR0, %eax
        movl    %eax, %cr0
        lgdt    early_gdt_pointer
        ljmp    $CODE_SELECTOR, $long_mode

no_long_mode:
        movl    $no_long_mode_text, %esi
3:      movl    $STATUS_READS, %ecx
        movw    $COM1_LINE_STATUS, %dx
4:      inb     %dx, %al
        testb   $TRANSMIT_EMPTY, %al
        loopz   4b                      /* an absent port reads all ones: no wait */
        movw    $COM1_DATA, %dx
        lodsb
        testb   %al, %al
        jz      halt
        outb    %al, %dx
        jmp     3b

        .code64
long_mode:
        movl    $DATA_SELECTOR, %eax
        movl    %eax, %ss
        movl    %eax, %ds
        movl    %eax, %es
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        movl    $MSR_GS_BASE, %ecx
        xorl    %edx, %edx
        wrmsr

        /* The upper halves of registers are undefined after the switch of modes: each is
         * written as a whole by a 32-bit move. boot_stack_end is a multiple of 16, and the
         * call pushes 8: what a function of the ABI expects on entry. %rbp = 0 ends stack
         * traces.
         */
        movl    $boot_stack_end, %esp
        movl    %edi, %edi
        movl    %esi, %esi
        xorl    %ebp, %ebp
        call    boot_main

halt:
        cli
        hlt
        jmp     halt

        .section .rodata
no_long_mode_text:
        .asciz  "\r\nivm| this CPU has no 64-bit mode with no-execute pages: stopped\r\n"

        /* The accessed bits are set already: the CPU has no reason to write here. */
        .balign 8
early_gdt:
        .quad   0
        .quad   0x00209B0000000000      /* CODE_SELECTOR: 64-bit code, ring 0 */
        .quad   0x0000930000000000      /* DATA_SELECTOR: data, ring 0 */
early_gdt_pointer:
        .short  early_gdt_pointer - early_gdt - 1
        .quad   early_gdt

        .bss
        .balign 4096
early_root:
        .skip   0x1000
early_pointers:
        .skip   0x1000
early_directories:
        .skip   0x4000

        .globl  boot_stack_guard, boot_stack, boot_stack_end
boot_stack_guard:
        .skip   0x1000                  /* paging_start() makes it not present */
boot_stack:
        .skip   STACK_SIZE
boot_stack_end:

        .globl  start_tsc
start_tsc:
        .skip   8

        .section .note.GNU-stack, "", @progbits
