/* long_mode.h: what each CPU writes into its control registers to enter long mode. */
#ifndef ARCH_LONG_MODE_H
#define ARCH_LONG_MODE_H

/* Whole values: nothing that firmware left on (57-bit paging, CET) survives, and after INIT
 * caches come on. [SDM3A] "Initializing IA-32e Mode", "Control Registers"
 */
#define LONG_MODE_CR0  0x80010033 /* PG, WP, NE, ET, MP, PE */
#define LONG_MODE_CR4  0x220      /* OSFXSR, PAE */
#define LONG_MODE_EFER 0x900      /* NXE, LME */
#define MSR_EFER       0xC0000080

#endif
