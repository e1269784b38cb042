/* pe_report.c: what was found wrong with an image, kept and put into words. */
#include "kernel/format.h"
#include "pe_parts.h"

/* clang-format off */
static const struct pe_fault_forms forms[] = {
#define X(fault, value_name, sentence) {.name = #fault, .value = value_name, .text = sentence},
    PE_FAULT_LIST(X)
#undef X
};
/* clang-format on */

const struct pe_fault_forms *pe_fault_forms(enum pe_fault fault)
{
    return &forms[(unsigned)fault < PE_FAULT_COUNT ? fault : PE_FILE_TOO_SHORT];
}

void pe_report_start(struct pe_report *report)
{
    report->finding_count = report->fault_count = report->missing_count = 0;
    for (size_t i = 0; i < PE_FAULT_COUNT; i++)
        report->kept[i] = 0;
}

void pe_report_add(struct pe_report *report, struct pe_finding finding, const char *name)
{
    report->fault_count++;
    /* One kind, found a thousand times, must not push the others out. */
    if (report->kept[finding.fault] == PE_FINDINGS_OF_A_KIND ||
        report->finding_count == PE_FINDING_LIMIT)
        return;
    report->kept[finding.fault]++;
    struct pe_finding *kept = &report->findings[report->finding_count++];
    *kept = finding;
    format_text(kept->name, sizeof kept->name, "%s", name == NULL ? "" : name);
}

size_t pe_finding_text(const struct pe_finding *finding, char *out, size_t size)
{
    const struct pe_fault_forms *words = pe_fault_forms(finding->fault);
    const char *name = finding->name;
    const char *colon = name[0] == '\0' ? "" : ": ";
    if (words->value == NULL)
        return format_text(out, size, "%s%s%s (byte 0x%X of the file)", name, colon,
                           words->text, finding->offset);
    return format_text(out, size, "%s%s%s (%s 0x%llX; byte 0x%X of the file)", name, colon,
                       words->text, words->value, (unsigned long long)finding->value,
                       finding->offset);
}
