/* idt.h: the interrupt descriptor table: all 256 vectors lead to the stubs of entry.S. */
#ifndef ARCH_IDT_H
#define ARCH_IDT_H

/* Fill the table, which all CPUs share, and load it on this one.
 * context  once, on the CPU that boots, after gdt_start()
 */
void idt_start(void);

/* Load the table on this CPU. context  after idt_start() and gdt_load(), interrupts off */
void idt_load(void);

#endif
