/* firmware.c: what the firmware's tables say of this machine, read once at the start. */
#include "firmware.h"

#include <ivm/bus.h>
#include <ivm/system.h>

#include "apic_mode.h"
#include "dmar.h"
#include "firmware_mp.h"
#include "lapic.h"

enum { FAULT_TEXT_SIZE = 160 };

/* Written by firmware_start() only, before any other CPU runs. */
static struct madt madt;
static struct acpi_fadt fadt = {.legacy_devices = true, .keyboard_8042 = true};
static struct dmar dmar;
static size_t remapping_units;

static void log_fault(const struct table_fault *fault)
{
    char text[FAULT_TEXT_SIZE];
    table_fault_text(fault, text, sizeof text);
    ivm_log("ACPI: %s", text);
}

static void log_notes(void)
{
    for (size_t i = 0; i < madt.note_count && i < MADT_NOTE_LIMIT; i++)
        ivm_log("MADT, offset 0x%x: %s 0x%x", (unsigned)madt.notes[i].offset,
                madt.notes[i].what, (unsigned)madt.notes[i].value);
    if (madt.note_count > MADT_NOTE_LIMIT)
        ivm_log("MADT: %u more such notes", (unsigned)(madt.note_count - MADT_NOTE_LIMIT));
    if (madt.unknown_entries != 0)
        ivm_log("MADT: %u entries of types unknown here", (unsigned)madt.unknown_entries);
}

static enum ivm_status read_madt(void)
{
    const void *table;
    size_t length;
    struct table_fault fault;
    if (!ivm_acpi_table("APIC", &table, &length)) {
        ivm_log("ACPI: there is no MADT");
        return IVM_NOT_FOUND;
    }
    enum ivm_status status = madt_parse(table, length, &madt, &fault);
    if (status != IVM_OK)
        log_fault(&fault);
    log_notes();
    return status;
}

static void read_fadt(void)
{
    const void *table;
    size_t length;
    struct table_fault fault;
    if (!ivm_acpi_table("FACP", &table, &length)) {
        ivm_log("ACPI: there is no FADT");
        return;
    }
    if (acpi_fadt_parse(table, length, &fadt, &fault) != IVM_OK)
        log_fault(&fault);
    if (fadt.hardware_reduced)
        ivm_log("ACPI: hardware-reduced: no PM timer, and legacy devices may be missing");
    if (fadt.msi_forbidden)
        ivm_log("ACPI: firmware says that messages (MSI) must not be enabled");
}

static void read_dmar(void)
{
    const void *table;
    size_t length;
    struct table_fault fault;
    remapping_units = 0;
    if (ivm_acpi_table("IVRS", &table, &length))
        ivm_log("IOMMU: there is an AMD one; whether it remaps interrupts is not known");
    if (!ivm_acpi_table("DMAR", &table, &length))
        return;
    if (dmar_parse(table, length, &dmar, &fault) != IVM_OK)
        log_fault(&fault);
    ivm_log("IOMMU: DMAR table with %u units, interrupt remapping %s",
            (unsigned)(dmar.unit_count + dmar.units_left_out),
            dmar.can_remap ? "supported" : "not supported");
    remapping_units = dmar_count_enabled(&dmar);
}

static enum ivm_status read_acpi(const uint8_t *rsdp, size_t length,
                                 const struct acpi_memory *memory)
{
    enum ivm_status status = acpi_start(rsdp, length, memory);
    if (status != IVM_OK)
        return status;
    ivm_log("ACPI: %u tables from the %s", (unsigned)acpi_table_count(), acpi_root());
    read_fadt();
    read_dmar();
    return read_madt();
}

enum ivm_status firmware_start(const uint8_t *rsdp, size_t length,
                               const struct acpi_memory *memory)
{
    madt = (struct madt){0};
    enum ivm_status status = read_acpi(rsdp, length, memory);
    if (firmware_mp_start(memory) != IVM_OK)
        return status;
    if (status == IVM_OK)
        firmware_mp_compare(&madt);
    else
        firmware_mp_make_madt(&madt);
    return IVM_OK;
}

const struct madt *firmware_madt(void)
{
    return &madt;
}

const struct acpi_fadt *firmware_fadt(void)
{
    return &fadt;
}

bool firmware_remaps_interrupts(void)
{
    return remapping_units != 0;
}

static const struct madt_cpu *this_cpu(void)
{
    for (size_t i = 0; i < madt.cpu_count; i++)
        if (madt.cpus[i].apic_id == lapic_id())
            return &madt.cpus[i];
    return NULL;
}

/* What conforms to the bus is, for an NMI, edge-triggered and active high. */
static void apply_local_nmi(const struct madt_local_nmi *nmi)
{
    enum ivm_status status = lapic_set_nmi(
        nmi->lint, nmi->polarity == MADT_ACTIVE_LOW ? IVM_ACTIVE_LOW : IVM_ACTIVE_HIGH,
        nmi->trigger == MADT_LEVEL ? IVM_LEVEL : IVM_EDGE);
    if (status != IVM_OK)
        ivm_log("MADT: an NMI on local interrupt input %u, which does not exist",
                nmi->lint);
}

void firmware_apply_to_lapic(void)
{
    uint64_t base = apic_mode_base();
    if (madt.lapic_address != 0 && madt.lapic_address != base)
        ivm_log("MADT: the local APIC is said to be at 0x%llx; it is at 0x%llx",
                (unsigned long long)madt.lapic_address, (unsigned long long)base);
    if (this_cpu() == NULL && madt.cpu_count != 0)
        ivm_log("MADT: it does not list this CPU, APIC id %u", (unsigned)lapic_id());
    firmware_apply_nmis();
}

void firmware_apply_nmis(void)
{
    const struct madt_cpu *cpu = this_cpu();
    for (size_t i = 0; i < madt.local_nmi_count; i++) {
        const struct madt_local_nmi *nmi = &madt.local_nmis[i];
        if (nmi->uid == madt_every_processor || (cpu != NULL && nmi->uid == cpu->uid))
            apply_local_nmi(nmi);
    }
}
