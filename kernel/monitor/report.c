/* report.c: what a status means, why a connect was refused, who holds a vector. */
#include "report.h"

#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "text.h"
#include "words.h"

enum {
    /* NT's own success-severity numbers for 763 and 764, never returned here: status.h says
       why. */
    NT_ALREADY_CONNECTED = 0x127,
    NT_STILL_CONNECTED = 0x128,
    RECORD = 960, /* as much as fits into a line of the log */
    OWNERS_SHOWN = 8,
    RECORDS_READ = 8,
    FREE_LINE = 200,
};

void report_status(enum ivm_status status)
{
    const struct ivm_status_forms *forms = ivm_status_forms(status);
    ivm_log("  Win32     %u = 0x%X", forms->win32, forms->win32);
    ivm_log("  HRESULT   0x%08X", forms->hresult);
    ivm_log("  NTSTATUS  0x%08X", forms->ntstatus);
    ivm_log("  name      %s", forms->win32_name);
    ivm_log("  here      IVM_%s: %s", forms->name, forms->text);
}

/* The newest refusal that ended in a status with this form, if one is remembered. */
static void report_latest(uint32_t number)
{
    struct ivm_refusal refusals[RECORDS_READ];
    size_t count = ivm_stats_refusals(refusals, RECORDS_READ);
    for (size_t i = 0; i < count; i++) {
        enum ivm_status status = ivm_rule_status((enum ivm_rule)refusals[i].rule);
        const struct ivm_status_forms *forms = ivm_status_forms(status);
        if (forms->win32 != number && forms->hresult != number && forms->ntstatus != number)
            continue;
        char record[RECORD];
        ivm_refusal_format(&refusals[i], record, sizeof record);
        ivm_log("  latest    %s", record);
        report_free(&refusals[i]);
        return;
    }
}

bool report_number(uint32_t number)
{
    bool found = false;
    for (unsigned i = 0; i < IVM_STATUS_COUNT; i++) {
        const struct ivm_status_forms *forms = ivm_status_forms((enum ivm_status)i);
        if (forms->win32 != number && forms->hresult != number && forms->ntstatus != number)
            continue;
        report_status((enum ivm_status)i);
        found = true;
    }
    if (number == NT_ALREADY_CONNECTED || number == NT_STILL_CONNECTED) {
        ivm_log(
            "  0x%X is what NT's ntstatus.h gives for Win32 %u. Its severity is success: a "
            "caller would take it for one, so it is never returned here",
            number, number == NT_ALREADY_CONNECTED ? 763u : 764u);
        found = true;
    }
    if (!found)
        ivm_log("no status here has a form 0x%X (%u)", number, number);
    report_latest(number);
    return found;
}

/* The sides of the field that the rule compares, in words where the field has words. */
static void report_sides(const struct ivm_refusal *refusal)
{
    switch (refusal->rule) {
    case IVM_RULE_TRIGGER_DIFFERS:
        ivm_log("  differs   trigger: wanted %s, held %s", words_trigger(refusal->wanted),
                words_trigger(refusal->held));
        return;
    case IVM_RULE_POLARITY_DIFFERS:
        ivm_log("  differs   polarity: wanted active-%s, held active-%s",
                words_polarity(refusal->wanted), words_polarity(refusal->held));
        return;
    case IVM_RULE_OWNER_EXCLUSIVE:
    case IVM_RULE_REQUESTER_EXCLUSIVE:
        ivm_log("  differs   sharing: wanted %s, held %s", words_sharing(refusal->wanted),
                words_sharing(refusal->held));
        return;
    case IVM_RULE_CLASS_DIFFERS:
        ivm_log("  differs   level: wanted %u, held %u", refusal->wanted, refusal->held);
        return;
    case IVM_RULE_LINE_ROUTED_ELSEWHERE:
        ivm_log("  differs   vector: wanted 0x%02x, held 0x%02x", refusal->wanted,
                refusal->held);
        return;
    default:
        return;
    }
}

static void report_owners(const struct ivm_refusal *refusal)
{
    unsigned shown = refusal->owner_count < IVM_REFUSAL_OWNERS ? refusal->owner_count
                                                               : IVM_REFUSAL_OWNERS;
    for (unsigned i = 0; i < shown; i++) {
        const struct ivm_owner *owner = &refusal->owners[i];
        ivm_log("  owner     %s, connected %s, %s-triggered, level %u, connect number %u",
                owner->name, words_sharing(owner->sharing), words_trigger(owner->trigger),
                owner->level, owner->number);
    }
    if (shown == 0)
        ivm_log("  owner     none: nobody's connection stands in the way");
    if (refusal->owner_count > shown)
        ivm_log("  owner     and %u more", refusal->owner_count - shown);
}

/* One CPU's part of the list that begins at `first`; returns where the next CPU's begins. */
static unsigned report_free_on(const struct ivm_refusal *refusal, unsigned first)
{
    const struct ivm_free_vectors *free = refusal->free;
    char line[FREE_LINE];
    struct text text = {.out = line, .size = sizeof line};
    unsigned total = 0, i = first;
    for (; i < IVM_REFUSAL_FREE && free[i].count > 0 && free[i].cpu == free[first].cpu;
         i++) {
        text_add(&text, "%s%u at level %u", i == first ? "" : ", ", free[i].count,
                 free[i].level);
        total += free[i].count;
    }
    ivm_log("  free then CPU %u, %u: %s", free[first].cpu, total, line);
    return i;
}

void report_free(const struct ivm_refusal *refusal)
{
    if (refusal->rule != IVM_RULE_VECTORS_EXHAUSTED)
        return;
    if (refusal->free[0].count == 0)
        ivm_log("  free then no vector for devices, on any CPU");
    for (unsigned i = 0; i < IVM_REFUSAL_FREE && refusal->free[i].count > 0;)
        i = report_free_on(refusal, i);
    if (refusal->free_more != 0)
        ivm_log("  free then and %u more, on %u %s", refusal->free_more,
                refusal->free_more_cpus, refusal->free_more_cpus == 1 ? "CPU" : "CPUs");
}

static void report_alternatives(const struct ivm_refusal *refusal)
{
    if (refusal->alternative_count == 0)
        return;
    char line[FREE_LINE];
    struct text text = {.out = line, .size = sizeof line};
    text_add(&text, "  free now ");
    for (unsigned i = 0; i < refusal->alternative_count && i < IVM_REFUSAL_ALTERNATIVES;
         i++)
        text_add(&text, " 0x%02x", refusal->alternatives[i]);
    ivm_log("%s", line);
}

void report_refusal(const struct ivm_refusal *refusal)
{
    enum ivm_rule rule = (enum ivm_rule)refusal->rule;
    char source[WORDS_SOURCE];
    report_status(ivm_rule_status(rule));
    ivm_log("  asked for %s", words_source((struct ivm_source_id){refusal->source_kind,
                                                                  refusal->source_number},
                                           source));
    ivm_log("  rule      %s: %s", ivm_rule_word(rule), ivm_rule_text(rule));
    report_sides(refusal);
    report_owners(refusal);
    report_alternatives(refusal);
    report_free(refusal);
    char record[RECORD];
    ivm_refusal_format(refusal, record, sizeof record);
    ivm_log("  record    %s", record);
}

static void report_holders(uint32_t cpu, uint8_t vector)
{
    struct ivm_vector_stats stats;
    if (!ivm_stats_vector(cpu, vector, &stats))
        return;
    if (!stats.connected) {
        ivm_log("  CPU %u: nobody; delivered %lu, strays %lu, used %u times so far", cpu,
                stats.delivered, stats.strays, stats.generation);
        return;
    }
    char source[WORDS_SOURCE];
    ivm_log(
        "  CPU %u: %s, %s-triggered, level %u; delivered %lu, strays %lu, late %lu; used "
        "%u times so far",
        cpu, words_source(stats.source, source), words_trigger(stats.trigger), stats.level,
        stats.delivered, stats.strays, stats.late, stats.generation);

    struct ivm_owner_stats owners[OWNERS_SHOWN];
    size_t count = ivm_stats_owners(cpu, vector, owners, OWNERS_SHOWN);
    for (size_t i = 0; i < count && i < OWNERS_SHOWN; i++) {
        ivm_log("    %zu. %s, %s, routine 0x%lx, connect number %u, took %lu", i + 1,
                owners[i].owner.name, words_sharing(owners[i].owner.sharing),
                owners[i].owner.routine, owners[i].owner.number, owners[i].claimed);
    }
    if (count > OWNERS_SHOWN)
        ivm_log("    and %zu more", count - OWNERS_SHOWN);
}

static void report_past(uint8_t vector)
{
    struct ivm_history history[RECORDS_READ];
    size_t count = ivm_stats_history(history, RECORDS_READ);
    for (size_t i = 0; i < count; i++) {
        char source[WORDS_SOURCE];
        if (history[i].vector == vector) {
            ivm_log("  earlier: %s %s (%s, connect number %lu)", history[i].owner,
                    history[i].connected ? "connected" : "disconnected",
                    words_source(history[i].source, source), history[i].connect_number);
        }
    }
    struct ivm_refusal refusals[RECORDS_READ];
    count = ivm_stats_refusals(refusals, RECORDS_READ);
    for (size_t i = 0; i < count; i++) {
        if (refusals[i].vector == vector)
            ivm_log("  refused: %s, by the rule %s", refusals[i].requester,
                    ivm_rule_word((enum ivm_rule)refusals[i].rule));
    }
}

void report_vector(uint8_t vector)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    ivm_log("vector 0x%02x, level %u: %s", vector, ivm_vector_level(vector),
            ivm_vector_reason(vector));
    /* CPUs are numbered without gaps (<ivm/cpu.h>), so their count is where they end. */
    for (uint32_t cpu = 0; cpu < totals.cpus; cpu++)
        report_holders(cpu, vector);
    report_past(vector);
}
