/* hardware.h: the machine of the host tests: device models, a log of every access, a CPU.
 *
 * A test registers models for ranges of addresses, ports and MSRs; code that includes
 * <hw/...> reaches them by the functions of tests/host/include/hw. Every access is logged
 * in order, with the interrupt flag as it was. An access that no model answers, one that is
 * not aligned to its width, or one that crosses the end of its model, fails the test and
 * says why: by cmocka's mock_assert(), so that a test of the fake can expect it.
 */
#ifndef FAKE_HARDWARE_H
#define FAKE_HARDWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>

/* A model's two halves. `offset` counts from the base of its range (for MSRs too); `width`
 * is the access in bytes: 1, 2, 4 or 8. What a read returns is cut to the width. NULL: such
 * an access fails the test.
 */
typedef uint64_t fake_read(void *context, uint64_t offset, unsigned width);
typedef void fake_write(void *context, uint64_t offset, unsigned width, uint64_t value);

/* Forget all models, the log and the state of the CPU. First thing in every set-up. */
void fake_hardware_reset(void);

/* Answer for [base, base + size). Ranges of a kind must not overlap. */
void fake_mmio_device(uint64_t base, uint64_t size, fake_read *read, fake_write *write,
                      void *context);
void fake_port_device(uint64_t base, uint64_t size, fake_read *read, fake_write *write,
                      void *context);
void fake_msr_device(uint64_t base, uint64_t size, fake_read *read, fake_write *write,
                     void *context);

/* Memory that just holds what is written, as device memory or as ports. The bytes are the
 * caller's, little-endian, and may be looked at or changed at any time. */
void fake_mmio_memory(uint64_t base, void *bytes, size_t size);
void fake_port_memory(uint64_t base, void *bytes, size_t size);

/* From now on, ports that no model answers read as all ones and swallow writes, as an empty
 * bus does. The accesses are still logged. */
void fake_ports_default_to_ones(void);

enum fake_kind {
    FAKE_MMIO_READ = 0,
    FAKE_MMIO_WRITE,
    FAKE_PORT_READ,
    FAKE_PORT_WRITE,
    FAKE_MSR_READ,
    FAKE_MSR_WRITE,
    FAKE_CPU, /* an instruction; `address` is an enum fake_instruction */
};

enum fake_instruction {
    FAKE_CLI = 0,
    FAKE_STI,
    FAKE_HLT,
    FAKE_MFENCE_LFENCE,
    FAKE_WRITE_CR0,
    FAKE_WRITE_CR3,
    FAKE_WRITE_CR4,
    FAKE_WRITE_CR8,
    FAKE_INVLPG,
    FAKE_LGDT,
    FAKE_LIDT,
    FAKE_LTR,
};

struct fake_access {
    enum fake_kind kind;
    uint64_t address; /* absolute, not an offset */
    unsigned width;   /* bytes; 0 for an instruction */
    uint64_t value;   /* read, written, or the instruction's operand */
    bool interrupts_on;
};

/* Say what is wrong with the code under test, and fail it: by mock_assert(). For models. */
void fake_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The log, oldest first. CPUID, RDTSC, PAUSE and reads of CPU registers are not in it. */
size_t fake_log_count(void);
const struct fake_access *fake_log_at(size_t index); /* fails the test outside the log */
void fake_log_clear(void);

/* The first access at or after `from` of this kind and address; fake_log_count(): none. */
size_t fake_log_find(size_t from, enum fake_kind kind, uint64_t address);

/* How many accesses of this kind, at this address, are in the log. */
size_t fake_log_count_of(enum fake_kind kind, uint64_t address);

/* Fail the test unless entry `index` is this access; both sides are printed. */
void fake_log_expect(size_t index, enum fake_kind kind, uint64_t address, uint64_t value);

/* Append to the log what a model of another file saw. */
void fake_log_add(enum fake_kind kind, uint64_t address, unsigned width, uint64_t value);

/* The CPU. A test sets and reads its members directly. */
struct fake_cpu {
    bool interrupts_on;
    uint64_t cr0, cr2, cr3, cr4, cr8;
    uint64_t tsc;           /* of the next RDTSC */
    uint64_t tsc_step;      /* added by each RDTSC; 1000 after a reset */
    size_t pauses;          /* PAUSE instructions so far */
    void (*on_wait)(void);  /* called by PAUSE and HLT: the world moves on; may be NULL */
    void (*on_store)(void); /* called after each cpu_store32() and its like; may be NULL */
    uint32_t gs[128];       /* what GS points to */
    struct cpu_table_pointer gdt, idt;
    uint16_t task;
};

extern struct fake_cpu fake_cpu;

/* As after fake_hardware_reset(), which calls it. */
void fake_cpu_reset(void);

/* Answer a CPUID leaf; the leaves that nobody set are all zeros. */
void fake_cpuid_set(uint32_t leaf, uint32_t subleaf, struct cpu_leaf value);

#endif
