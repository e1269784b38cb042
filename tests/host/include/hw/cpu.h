/* cpu.h: the host's CPU: its state is `fake_cpu` of fake/hardware.h. */
#ifndef HW_CPU_H
#define HW_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_leaf {
    uint32_t eax, ebx, ecx, edx;
};

struct cpu_table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

enum { CPU_FLAG_INTERRUPTS = 1 << 9 };

struct cpu_leaf cpu_cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t cpu_rdtsc(void);
void cpu_cli(void);
void cpu_sti(void);
void cpu_hlt(void);
void cpu_sti_hlt(void);
void cpu_pause(void);
void cpu_mfence_lfence(void);
void cpu_ud2(void);
uint64_t cpu_read_flags(void);
bool cpu_interrupts_enabled(void);
bool cpu_interrupts_save(void);
void cpu_interrupts_restore(bool were_on);
uint64_t cpu_read_cr0(void);
void cpu_write_cr0(uint64_t value);
uint64_t cpu_read_cr2(void);
uint64_t cpu_read_cr3(void);
void cpu_write_cr3(uint64_t value);
uint64_t cpu_read_cr4(void);
void cpu_write_cr4(uint64_t value);
uint64_t cpu_read_cr8(void);
void cpu_write_cr8(uint64_t value);
void cpu_invlpg(uintptr_t address);
void cpu_lgdt(const struct cpu_table_pointer *gdt);
void cpu_lidt(const struct cpu_table_pointer *idt);
void cpu_ltr(uint16_t selector);
uint32_t cpu_gs_read32(uintptr_t offset);
uint64_t cpu_gs_read64(uintptr_t offset);
void cpu_store32(void *to, uint32_t value);
void cpu_store64(void *to, uint64_t value);
uintptr_t cpu_frame_pointer(void);

#endif
