/* fuzz_mptable.c: any bytes as an MP pointer and table: what is let through is bounded, and leads from
 * and to what the table lists; as a MADT it stays so.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/mptable_madt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

/* Without this, what a fuzzer makes is a wrong checksum and nothing else. */
static void mend(uint8_t *bytes, size_t length, size_t checksum)
{
    bytes[checksum] = (uint8_t)(bytes[checksum] - bytes_sum(bytes, length));
}

static void try_pointer(uint8_t *bytes, size_t size)
{
    struct mptable_pointer pointer;
    struct table_fault fault;
    if (size >= MPTABLE_POINTER_SIZE) {
        static const uint8_t signature[4] = {'_', 'M', 'P', '_'};
        memcpy(bytes, signature, sizeof signature);
        size_t own = (size_t)bytes[8] * 16;
        if (own != 0 && own <= size)
            mend(bytes, own, 10);
    }
    if (mptable_pointer_parse(bytes, size, &pointer, &fault) == IVM_OK)
        require(pointer.table != 0 ||
                (pointer.default_configuration >= 1 && pointer.default_configuration <= 7));
    else
        require(fault.what != NULL);
}

static void require_whole(const struct mptable *table)
{
    require(table->cpu_count <= MPTABLE_CPU_LIMIT);
    require(table->ioapic_count <= MPTABLE_IOAPIC_LIMIT);
    require(table->wire_count <= MPTABLE_WIRE_LIMIT);
    require(table->local_count <= MPTABLE_LOCAL_LIMIT);
    for (size_t i = 0; i < table->wire_count; i++) {
        require(table->buses[table->wires[i].bus] != MP_BUS_ABSENT);
        require(table->wires[i].polarity != 2 && table->wires[i].trigger != 2);
    }
    for (size_t i = 0; i < table->local_count; i++)
        require(table->locals[i].input <= 1);
}

static void try_madt(const struct mptable *table)
{
    static struct madt madt;
    uint32_t inputs[MPTABLE_IOAPIC_LIMIT];
    for (size_t i = 0; i < MPTABLE_IOAPIC_LIMIT; i++)
        inputs[i] = 24;
    mptable_to_madt(table, inputs, &madt);
    require(madt.from_mp_table && madt.cpu_count == table->cpu_count);
    require(madt.ioapic_count <= table->ioapic_count);
    for (size_t i = 0; i < madt.override_count; i++) {
        require(madt.overrides[i].irq < 16);
        require(madt.overrides[i].gsi < 24 * MPTABLE_IOAPIC_LIMIT + 256);
    }
    for (size_t i = 0; i < table->wire_count; i++) {
        struct mptable_difference line;
        (void)mptable_compare(table, &madt, &table->wires[i], &line);
    }
}

static void try_table(uint8_t *bytes, size_t size)
{
    static struct mptable table;
    struct table_fault fault;
    if (size >= MPTABLE_HEADER_SIZE) {
        static const uint8_t signature[4] = {'P', 'C', 'M', 'P'};
        memcpy(bytes, signature, sizeof signature);
        size_t base = bytes_u16(bytes + 4);
        if (base >= MPTABLE_HEADER_SIZE && base <= size)
            mend(bytes, base, 7);
    }
    if (mptable_parse(bytes, size, &table, &fault) != IVM_OK) {
        require(fault.what != NULL && fault.offset <= size);
        return;
    }
    require_whole(&table);
    try_madt(&table);
    for (unsigned irq = 0; irq < 128; irq++) {
        const struct mptable_wire *wire =
            mptable_pci_wire(&table, 0, (uint8_t)(irq / 4), (uint8_t)(irq % 4 + 1));
        require(wire == NULL || (wire->irq == irq && wire->bus == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size); /* its end is the memory's */
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    try_pointer(copy, size);
    memcpy(copy, data, size);
    try_table(copy, size);
    free(copy);
    return 0;
}
