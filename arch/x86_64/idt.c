/* idt.c: one gate for each stub of entry.S. */
#include "idt.h"

#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>

#include "frame.h"
#include "gdt.h"
#include "kernel/slot.h"

_Static_assert(ENTRY_SLOT_SIZE == sizeof(struct slot), "a stub multiplies by it");

/* clang-format off */
enum {
    GATE_INTERRUPT = 0x8E,          /* present, ring 0, 64-bit: interrupts are off inside */
    VECTOR_NMI = 2,
    VECTOR_DOUBLE_FAULT = 8,
    VECTOR_MACHINE_CHECK = 18,
};
/* clang-format on */

/* [SDM3A] "64-Bit Mode IDT" */
struct gate {
    uint16_t offset_low; /* [15:0] */
    uint16_t selector;
    uint8_t ist; /* [2:0] */
    uint8_t type;
    uint16_t offset_middle; /* [31:16] */
    uint32_t offset_high;   /* [63:32] */
    uint32_t reserved;
};

_Static_assert(sizeof(struct gate) == 16, "the CPU reads it");

/* Written once, by idt_start(). A debugger knows it by this name. */
static struct gate idt[IVM_VECTOR_COUNT] __attribute__((aligned(16)));

static uint8_t ist_of(unsigned vector)
{
    switch (vector) {
    case VECTOR_NMI:
        return IST_NMI;
    case VECTOR_DOUBLE_FAULT:
        return IST_DOUBLE_FAULT;
    case VECTOR_MACHINE_CHECK:
        return IST_MACHINE_CHECK;
    default:
        return IST_NONE;
    }
}

void idt_start(void)
{
    for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++) {
        uintptr_t stub = (uintptr_t)entry_stubs + (size_t)vector * ENTRY_STUB_SIZE;
        idt[vector] = (struct gate){
            .offset_low = (uint16_t)stub,
            .selector = GDT_CODE,
            .ist = ist_of(vector),
            .type = GATE_INTERRUPT,
            .offset_middle = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
        };
    }
    idt_load();
}

void idt_load(void)
{
    struct cpu_table_pointer pointer = {.limit = sizeof idt - 1, .base = (uintptr_t)idt};
    cpu_lidt(&pointer);
}
