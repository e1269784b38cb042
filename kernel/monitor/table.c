/* table.c: the table of vectors, the refusals and the totals, from the manager's own
 * records. */
#include "table.h"

#include <ivm/level.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "kernel/format.h"
#include "report.h"
#include "text.h"
#include "words.h"

enum { RECORD = 960, OWNERS_SHOWN = 16, REFUSALS_SHOWN = 8, OWNER_TEXT = 48, INDENT = 50 };

/* One layout for the head and the rows. */
#define COLUMNS_TEXT "%3s %4s %3s %-17s %-5s %-4s %-9s %9s %6s "
#define COLUMNS      "%3u 0x%02x %3u %-17s %-5s %-4s %-9s %9lu %6lu "

static void start_row(struct text *row, char out[TABLE_LINE])
{
    *row = (struct text){.out = out, .size = TABLE_LINE};
    row->out[0] = '\0';
}

/* Owners that do not fit beside the others begin a row of their own, below them. */
static void add_owner(struct text *row, const struct ivm_owner_stats *owner, bool is_first)
{
    char item[OWNER_TEXT];
    size_t length = format_text(item, sizeof item, "%s%s %lu", is_first ? "" : ", ",
                                owner->owner.name, owner->claimed);
    if (row->length + length <= TABLE_WIDTH) {
        text_add(row, "%s", item);
        return;
    }
    ivm_log("%s", row->out);
    start_row(row, row->out);
    text_add(row, "%*s%s %lu", INDENT, "", owner->owner.name, owner->claimed);
}

static void add_owners(struct text *row, uint32_t cpu, uint8_t vector)
{
    struct ivm_owner_stats owners[OWNERS_SHOWN];
    size_t count = ivm_stats_owners(cpu, vector, owners, OWNERS_SHOWN);
    for (size_t i = 0; i < count && i < OWNERS_SHOWN; i++)
        add_owner(row, &owners[i], i == 0);
    if (count > OWNERS_SHOWN)
        text_add(row, ", %zu more", count - OWNERS_SHOWN);
}

/* Whose a vector is that nobody is connected to. */
static const char *nobody(uint8_t vector)
{
    switch (ivm_vector_kind(vector)) {
    case IVM_VECTOR_IS_EXCEPTION:
        return "(exception)";
    case IVM_VECTOR_IS_SYSTEM:
        return "(the system's own)";
    case IVM_VECTOR_IS_PIC_SPURIOUS:
        return "(spurious, 8259)";
    case IVM_VECTOR_IS_SPURIOUS:
        return "(spurious)";
    case IVM_VECTOR_IS_DEVICE:
    case IVM_VECTOR_IS_SPARE:
        break;
    }
    return "(nobody)";
}

static void log_connected(uint32_t cpu, uint8_t vector,
                          const struct ivm_vector_stats *stats)
{
    char out[TABLE_LINE], source[WORDS_SOURCE], mask[WORDS_MASK];
    struct text row;
    start_row(&row, out);
    text_add(&row, COLUMNS, cpu, vector, ivm_vector_level(vector),
             words_source(stats->source, source), words_trigger(stats->trigger),
             stats->source.kind == IVM_LINE ? words_polarity(stats->polarity) : "-",
             words_mask(stats->mask_reasons, mask), stats->delivered, stats->strays);
    add_owners(&row, cpu, vector);
    ivm_log("%s", out);
}

bool table_vector(uint32_t cpu, uint8_t vector)
{
    struct ivm_vector_stats stats;
    if (!ivm_stats_vector(cpu, vector, &stats))
        return false;
    uint64_t unasked = ivm_vector_is_device(vector) ? stats.strays : stats.delivered;
    if (!stats.connected && unasked == 0)
        return false;
    if (stats.connected)
        log_connected(cpu, vector, &stats);
    else
        ivm_log(COLUMNS "%s", cpu, vector, ivm_vector_level(vector), "-", "-", "-", "-",
                stats.delivered, stats.strays, nobody(vector));
    return true;
}

void table_vectors(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    ivm_log(COLUMNS_TEXT "%s", "cpu", "vec", "lvl", "source", "trig", "pol", "masked",
            "delivered", "strays", "owners, each claimed");

    unsigned rows = 0;
    /* CPUs are numbered without gaps (<ivm/cpu.h>), so their count is where they end. */
    for (uint32_t cpu = 0; cpu < totals.cpus; cpu++) {
        for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++)
            rows += table_vector(cpu, (uint8_t)vector);
    }
    if (rows == 0)
        ivm_log("(nobody is connected, and nothing fired unasked)");
    else
        ivm_log("delivered and strays count from the start, what an owner claimed from its "
                "connect;");
    if (rows > 0)
        ivm_log("lvl is the level, the vector's class; a line is named by its gsi; `why` "
                "tells more");
}

void table_refusals(void)
{
    struct ivm_refusal refusals[REFUSALS_SHOWN];
    size_t count = ivm_stats_refusals(refusals, REFUSALS_SHOWN);
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    ivm_log("%lu refusals since the start; the latest %zu, newest first:", totals.refusals,
            count);
    for (size_t i = 0; i < count; i++) {
        char line[RECORD];
        ivm_refusal_format(&refusals[i], line, sizeof line);
        ivm_log("%s", line);
        report_free(&refusals[i]);
    }
}

void table_totals(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    ivm_log("%u CPU%s, %u interrupt lines, %u vectors free for devices, %u in use",
            totals.cpus, totals.cpus == 1 ? "" : "s", totals.lines, totals.vectors_free,
            totals.vectors_used);
    ivm_log("%lu connects, %lu disconnects, %lu refusals; %lu spurious, %lu 8259 spurious, "
            "%lu strays",
            totals.connects, totals.disconnects, totals.refusals, totals.spurious,
            totals.pic_spurious, totals.strays);
}
