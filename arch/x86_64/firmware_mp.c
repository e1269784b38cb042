/* firmware_mp.c: the MP table of this machine: found, read, and heard. */
#include "firmware_mp.h"

#include <hw/port.h>
#include <ivm/bus.h>
#include <ivm/system.h>

#include "firmware.h"
#include "ioapic_entry.h"
#include "mptable_madt.h"
#include "routing.h"

enum {
    EBDA_SEGMENT = 0x40E, /* a word: the EBDA's address / 16; 0: there is none */
    BASE_MEMORY = 0x413,  /* a word: KiB */
    SEARCHED = 1024,
    LOW_END = 0xA0000,
    BIOS_FIRST = 0xF0000,
    BIOS_END = 0x100000,
    STEP = 16,
    FAULT_TEXT_SIZE = 160,

    IMCR_ADDRESS = 0x22, /* [MP] "PIC Mode" */
    IMCR_DATA = 0x23,
    IMCR_SELECTED = 0x70,
    IMCR_THROUGH_APIC = 0x01,

    USUAL_INPUTS = 24,
};

/* Written by firmware_mp_start() only, before any other CPU runs. */
static struct {
    bool present;
    struct mptable_pointer pointer;
    struct mptable table;
} mp;

static void log_fault(const struct table_fault *fault, uint64_t physical)
{
    char text[FAULT_TEXT_SIZE];
    table_fault_text(fault, text, sizeof text);
    ivm_log("MP table: at 0x%llx: %s", (unsigned long long)physical, text);
}

/* What merely has the signature is named and passed over. */
static bool search(const struct acpi_memory *memory, uint64_t first, uint64_t end)
{
    const uint8_t *bytes = memory->map(memory->context, first, (size_t)(end - first));
    if (bytes == NULL)
        return false;
    for (size_t at = 0; at + MPTABLE_POINTER_SIZE <= end - first; at += STEP) {
        struct table_fault fault;
        if (!bytes_are(bytes + at, "_MP_", 4))
            continue;
        if (mptable_pointer_parse(bytes + at, (size_t)(end - first) - at, &mp.pointer,
                                  &fault) == IVM_OK)
            return true;
        log_fault(&fault, first + at);
    }
    return false;
}

static uint64_t bios_word(const struct acpi_memory *memory, uint64_t physical)
{
    const uint8_t *word = memory->map(memory->context, physical, 2);
    return word != NULL ? bytes_u16(word) : 0;
}

static bool find_pointer(const struct acpi_memory *memory)
{
    uint64_t first = bios_word(memory, EBDA_SEGMENT) << 4;
    uint64_t base_end = bios_word(memory, BASE_MEMORY) << 10;
    if (first == 0 && base_end != 0) /* what counts KiB may say nothing */
        first = base_end - SEARCHED;
    if (first >= SEARCHED && first <= LOW_END - SEARCHED &&
        search(memory, first, first + SEARCHED))
        return true;
    return search(memory, BIOS_FIRST, BIOS_END);
}

static void log_table(void)
{
    const struct mptable *table = &mp.table;
    ivm_log("MP table: revision 1.%u at 0x%x: %u processors, %u I/O APICs, %u wires",
            table->revision, mp.pointer.table, (unsigned)table->cpu_count,
            (unsigned)table->ioapic_count, (unsigned)table->wire_count);
    for (size_t i = 0; i < table->note_count && i < MPTABLE_NOTE_LIMIT; i++)
        ivm_log("MP table, offset 0x%x: %s 0x%x", (unsigned)table->notes[i].offset,
                table->notes[i].what, (unsigned)table->notes[i].value);
    if (table->note_count > MPTABLE_NOTE_LIMIT)
        ivm_log("MP table: %u more such notes",
                (unsigned)(table->note_count - MPTABLE_NOTE_LIMIT));
}

static enum ivm_status read_table(const struct acpi_memory *memory)
{
    struct table_fault fault;
    uint64_t at = mp.pointer.table;
    const uint8_t *bytes = memory->map(memory->context, at, MPTABLE_HEADER_SIZE);
    size_t length = bytes != NULL ? mptable_length(bytes) : 0;
    if (bytes != NULL && length > MPTABLE_HEADER_SIZE)
        bytes = memory->map(memory->context, at, length);
    else
        length = MPTABLE_HEADER_SIZE;
    if (bytes == NULL) {
        ivm_log("MP table: it should be at 0x%llx, where nothing can be read",
                (unsigned long long)at);
        return IVM_BAD_ARGUMENT;
    }
    enum ivm_status status = mptable_parse(bytes, length, &mp.table, &fault);
    if (status != IVM_OK)
        log_fault(&fault, at);
    return status;
}

enum ivm_status firmware_mp_start(const struct acpi_memory *memory)
{
    mp.present = false;
    if (!find_pointer(memory))
        return IVM_NOT_FOUND;
    if (mp.pointer.table == 0) {
        ivm_log("MP table: none, but default configuration %u, which is not supported here",
                mp.pointer.default_configuration);
        return IVM_UNSUPPORTED;
    }
    enum ivm_status status = read_table(memory);
    if (status != IVM_OK)
        return status;
    log_table();
    mp.present = true;
    return IVM_OK;
}

/* The last one's number is needed by nobody. */
static uint32_t inputs_of(size_t index)
{
    uint64_t address = mp.table.ioapics[index].address;
    if (index + 1 >= mp.table.ioapic_count)
        return USUAL_INPUTS;
    const struct ioapic chip = {.window = ivm_map_device(address, IOAPIC_WINDOW_SIZE)};
    uint32_t version =
        chip.window != 0 ? ioapic_read(&chip, IOAPIC_REGISTER_VERSION) : UINT32_MAX;
    if (version != UINT32_MAX)
        return (version >> 16 & 0xFF) + 1;
    ivm_log("MP table: I/O APIC %u at 0x%llx does not say how many inputs it has; taken "
            "to be %u",
            mp.table.ioapics[index].id, (unsigned long long)address,
            (unsigned)USUAL_INPUTS);
    return USUAL_INPUTS;
}

void firmware_mp_make_madt(struct madt *out)
{
    uint32_t inputs[MPTABLE_IOAPIC_LIMIT] = {0};
    for (size_t i = 0; i < mp.table.ioapic_count; i++)
        inputs[i] = inputs_of(i);
    mptable_to_madt(&mp.table, inputs, out);
    ivm_log("MP table: CPUs, I/O APICs and ISA lines are known from it, not from a MADT");
    if (!mp.pointer.has_imcr)
        return;
    port_write8(IMCR_ADDRESS, IMCR_SELECTED);
    port_write8(IMCR_DATA, IMCR_THROUGH_APIC);
    ivm_log("MP table: the machine was in PIC mode; the IMCR leads through the APICs now");
}

void firmware_mp_compare(const struct madt *madt)
{
    struct mptable_difference line;
    for (size_t i = 0; i < mp.table.wire_count; i++)
        if (mptable_compare(&mp.table, madt, &mp.table.wires[i], &line) && line.differs)
            ivm_log("ISA irq %u: the MADT says gsi %u, the MP table gsi %u, or another "
                    "trigger or polarity; the MADT counts",
                    line.irq, (unsigned)line.madt_gsi, (unsigned)line.mp_gsi);
}

/* What conforms to PCI is level-triggered, and active low but where the MADT turned the ISA line of
 * that input over to PCI. */
bool ivm_mp_line(uint8_t bus, uint8_t slot, uint8_t pin, struct ivm_line_info *out)
{
    uint32_t gsi, input;
    if (!mp.present)
        return false;
    const struct mptable_wire *wire = mptable_pci_wire(&mp.table, bus, slot, pin);
    if (wire == NULL || !mptable_gsi(&mp.table, firmware_madt(), wire, &gsi) ||
        ioapic_find(gsi, &input) == NULL)
        return false;
    struct ivm_line_info pci = routing_pci_line(gsi);
    enum ivm_polarity polarity = pci.trigger == IVM_LEVEL ? pci.polarity : IVM_ACTIVE_LOW;
    if (wire->polarity != MADT_POLARITY_OF_BUS)
        polarity = wire->polarity == MADT_ACTIVE_LOW ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH;
    *out = (struct ivm_line_info){
        .gsi = gsi,
        .trigger = wire->trigger == MADT_EDGE ? IVM_EDGE : IVM_LEVEL,
        .polarity = polarity,
        .known_from = "MP table",
    };
    return true;
}
