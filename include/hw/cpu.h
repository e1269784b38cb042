/* cpu.h: this CPU, one instruction per function, named after it. */
#ifndef HW_CPU_H
#define HW_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_leaf {
    uint32_t eax, ebx, ecx, edx;
};

/* A descriptor-table register's operand. */
struct cpu_table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static inline struct cpu_leaf cpu_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpu_leaf r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t cpu_rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void cpu_cli(void)
{
    __asm__ volatile("cli" : : : "memory");
}

static inline void cpu_sti(void)
{
    __asm__ volatile("sti" : : : "memory");
}

static inline void cpu_hlt(void)
{
    __asm__ volatile("hlt" : : : "memory");
}

/* STI takes effect after the next instruction: no interrupt slips in before HLT, to be
 * slept on. */
static inline void cpu_sti_hlt(void)
{
    __asm__ volatile("sti; hlt" : : : "memory");
}

static inline void cpu_pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

/* Every store before it is visible, and every instruction before it is done, before the
 * next begins: what a WRMSR to an x2APIC register does not order by itself.
 */
static inline void cpu_mfence_lfence(void)
{
    __asm__ volatile("mfence; lfence" : : : "memory");
}

static inline void cpu_ud2(void)
{
    __asm__ volatile("ud2" : : : "memory");
}

/* INT n: enters through the IDT as the interrupt would, but no local APIC has it in
 * service. */
static inline __attribute__((always_inline)) void
cpu_software_interrupt(const uint8_t vector)
{
    __asm__ volatile("int %0" : : "i"((unsigned)vector) : "memory");
}

static inline uint64_t cpu_read_flags(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return flags;
}

enum { CPU_FLAG_INTERRUPTS = 1 << 9 };

static inline bool cpu_interrupts_enabled(void)
{
    return (cpu_read_flags() & CPU_FLAG_INTERRUPTS) != 0;
}

/* Turn interrupts off; what they were is returned for cpu_interrupts_restore(). */
static inline bool cpu_interrupts_save(void)
{
    bool were_on = cpu_interrupts_enabled();
    cpu_cli();
    return were_on;
}

static inline void cpu_interrupts_restore(bool were_on)
{
    if (were_on)
        cpu_sti();
}

static inline uint64_t cpu_read_cr0(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr0, %0" : "=r"(value) : : "memory");
    return value;
}

static inline void cpu_write_cr0(uint64_t value)
{
    __asm__ volatile("movq %0, %%cr0" : : "r"(value) : "memory");
}

static inline uint64_t cpu_read_cr2(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr2, %0" : "=r"(value) : : "memory");
    return value;
}

static inline uint64_t cpu_read_cr3(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr3, %0" : "=r"(value) : : "memory");
    return value;
}

static inline void cpu_write_cr3(uint64_t value)
{
    __asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint64_t cpu_read_cr4(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr4, %0" : "=r"(value) : : "memory");
    return value;
}

static inline void cpu_write_cr4(uint64_t value)
{
    __asm__ volatile("movq %0, %%cr4" : : "r"(value) : "memory");
}

static inline uint64_t cpu_read_cr8(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr8, %0" : "=r"(value) : : "memory");
    return value;
}

static inline void cpu_write_cr8(uint64_t value)
{
    __asm__ volatile("movq %0, %%cr8" : : "r"(value) : "memory");
}

static inline void cpu_invlpg(uintptr_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline void cpu_lgdt(const struct cpu_table_pointer *gdt)
{
    __asm__ volatile("lgdt %0" : : "m"(*gdt) : "memory");
}

static inline void cpu_lidt(const struct cpu_table_pointer *idt)
{
    __asm__ volatile("lidt %0" : : "m"(*idt) : "memory");
}

static inline void cpu_ltr(uint16_t selector)
{
    __asm__ volatile("ltr %w0" : : "r"(selector) : "memory");
}

static inline uint32_t cpu_gs_read32(uintptr_t offset)
{
    uint32_t value;
    __asm__ volatile("movl %%gs:(%1), %0" : "=r"(value) : "r"(offset));
    return value;
}

static inline uint64_t cpu_gs_read64(uintptr_t offset)
{
    uint64_t value;
    __asm__ volatile("movq %%gs:(%1), %0" : "=r"(value) : "r"(offset));
    return value;
}

static inline void cpu_rep_stosb(void *to, uint8_t value, uint64_t count)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}

static inline void cpu_rep_movsb(void *to, const void *from, uint64_t count)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

/* From the last byte to the first: for a target that begins inside the source. */
static inline void cpu_rep_movsb_down(void *to, const void *from, uint64_t count)
{
    void *last = (uint8_t *)to + count - 1;
    const void *last_from = (const uint8_t *)from + count - 1;
    __asm__ volatile("std; rep movsb; cld"
                     : "+D"(last), "+S"(last_from), "+c"(count)
                     :
                     : "memory");
}

/* One store each, in order, whatever the alignment: who reads all of it at once finds the old or the
 * new value, as long as it lies in one cache line. */
static inline void cpu_store32(void *to, uint32_t value)
{
    __asm__ volatile("movl %1, (%0)" : : "r"(to), "r"(value) : "memory");
}

static inline void cpu_store64(void *to, uint64_t value)
{
    __asm__ volatile("movq %1, (%0)" : : "r"(to), "r"(value) : "memory");
}

static inline uintptr_t cpu_frame_pointer(void)
{
    return (uintptr_t)__builtin_frame_address(0);
}

#endif
