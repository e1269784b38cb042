/* questions.c: the five questions one asks after a 763, answered from the manager's own
 * records. */
#include "report.h"

#include <ivm/bus.h>
#include <ivm/stats.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "table.h"
#include "text.h"
#include "words.h"

enum { REFUSALS_READ = 16, HISTORY_READ = 32, OWNERS_READ = 8 };

/* Visit every vector that somebody is connected to. Of its stats.owner_count owners the
 * first OWNERS_READ are handed over. */
static void each_connected(void (*visit)(const struct ivm_vector_stats *stats,
                                         const struct ivm_owner_stats *owners,
                                         void *context),
                           void *context)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    /* CPUs are numbered without gaps (<ivm/cpu.h>), so their count is where they end. */
    for (uint32_t cpu = 0; cpu < totals.cpus; cpu++) {
        for (unsigned v = IVM_VECTOR_DEVICE_FIRST; v < IVM_VECTOR_DEVICE_END; v++) {
            struct ivm_vector_stats stats;
            if (!ivm_stats_vector(cpu, (uint8_t)v, &stats) || !stats.connected)
                continue;
            struct ivm_owner_stats owners[OWNERS_READ] = {0};
            size_t count = ivm_stats_owners(cpu, (uint8_t)v, owners, OWNERS_READ);
            stats.owner_count = (uint16_t)count;
            visit(&stats, owners, context);
        }
    }
}

static unsigned owners_read(const struct ivm_vector_stats *stats)
{
    return stats->owner_count < OWNERS_READ ? stats->owner_count : OWNERS_READ;
}

static unsigned owners_left(const struct ivm_vector_stats *stats)
{
    return stats->owner_count - owners_read(stats);
}

/* How many devices are wired to a line, and their names in `names` when it is not NULL. */
static unsigned wired_to(uint32_t gsi, struct text *names)
{
    unsigned count = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        const struct ivm_device *device = ivm_device_at(i);
        if (!device->has_line || device->is_gone || device->line.gsi != gsi)
            continue;
        if (names != NULL)
            text_add(names, "%s%s", count == 0 ? "" : ", ", device->name);
        count++;
    }
    return count;
}

static bool is_held_alone_against_others(const struct ivm_vector_stats *stats,
                                         const struct ivm_owner_stats *owners)
{
    return stats->source.kind == IVM_LINE && stats->owner_count == 1 &&
           owners[0].owner.sharing == IVM_EXCLUSIVE &&
           wired_to(stats->source.number, NULL) > 1;
}

/* A message with one owner: there was nobody to share it with. */
static bool is_own_message(const struct ivm_vector_stats *stats)
{
    return stats->source.kind == IVM_MESSAGE && stats->owner_count == 1;
}

static void count_owners(const struct ivm_vector_stats *stats,
                         const struct ivm_owner_stats *owners, void *context)
{
    struct report_answers *answers = context;
    if (is_own_message(stats)) {
        answers->messages++;
        return;
    }
    for (unsigned i = 0; i < owners_read(stats); i++) {
        if (owners[i].owner.sharing == IVM_SHARED)
            answers->owners_shared++;
        else
            answers->owners_alone++;
    }
    answers->owners_shared += owners_left(stats); /* where there are several, all share */
    if (stats->owner_count > 1)
        answers->shared_vectors++;
    if (is_held_alone_against_others(stats, owners))
        answers->waiting++;
}

static bool is_conflict(const struct ivm_refusal *refusal)
{
    return ivm_rule_status((enum ivm_rule)refusal->rule) == IVM_ALREADY_CONNECTED;
}

static void gather_conflicts(struct report_answers *out)
{
    struct ivm_refusal refusals[REFUSALS_READ];
    size_t count = ivm_stats_refusals(refusals, REFUSALS_READ);
    for (size_t i = 0; i < count; i++) {
        out->refusals++;
        if (!is_conflict(&refusals[i]))
            continue;
        if (!out->has_conflict)
            out->conflict = refusals[i];
        out->has_conflict = true;
        out->conflicts++;
    }
}

/* Whether the entries older than `index` hold a connect of this name. */
static bool connected_before(const struct ivm_history *history, size_t index, size_t count)
{
    for (size_t i = index + 1; i < count; i++) {
        if (history[i].connected && text_is(history[i].owner, history[index].owner))
            return true;
    }
    return false;
}

static void gather_history(struct report_answers *out)
{
    struct ivm_history history[HISTORY_READ];
    size_t count = ivm_stats_history(history, HISTORY_READ);
    for (size_t i = 0; i < count; i++) {
        if (history[i].connected && connected_before(history, i, count))
            out->reconnects++;
        if (!out->has_conflict || !text_is(history[i].owner, out->conflict.requester))
            continue;
        if (out->requester_connects + out->requester_disconnects == 0)
            out->requester_is_connected = history[i].connected;
        if (history[i].connected)
            out->requester_connects++;
        else
            out->requester_disconnects++;
    }
}

void report_gather(struct report_answers *out)
{
    *out = (struct report_answers){0};
    gather_conflicts(out);
    gather_history(out);
    each_connected(count_owners, out);
}

static void answer_which_device(const struct report_answers *answers)
{
    ivm_log("1. Which device triggered the status?");
    if (!answers->has_conflict) {
        ivm_log("   None: no connect among the latest refusals ended in 763.");
        return;
    }
    const struct ivm_refusal *conflict = &answers->conflict;
    char source[WORDS_SOURCE];
    ivm_log("   %s asked for %s; held by %s. Rule: %s.", conflict->requester,
            words_source((struct ivm_source_id){(enum ivm_source_kind)conflict->source_kind,
                                                conflict->source_number},
                         source),
            conflict->owner_count > 0 ? conflict->owners[0].name : "nobody",
            ivm_rule_text((enum ivm_rule)conflict->rule));
}

static void say_held_alone(const struct ivm_vector_stats *stats,
                           const struct ivm_owner_stats *owners, void *context)
{
    (void)context;
    if (!is_held_alone_against_others(stats, owners))
        return;
    char line[TABLE_LINE];
    struct text names = {.out = line, .size = sizeof line};
    wired_to(stats->source.number, &names);
    ivm_log("   A conflict is waiting: %s holds line %u alone; wired to it: %s.",
            owners[0].owner.name, stats->source.number, line);
}

static void answer_conflicts(const struct report_answers *answers)
{
    ivm_log("2. Are there conflicts?");
    if (answers->conflicts == 0)
        ivm_log("   No connect among the latest refusals met another owner.");
    else
        ivm_log("   Yes: %u of the latest %u refusals met another owner (763).",
                answers->conflicts, answers->refusals);
    each_connected(say_held_alone, NULL);
    if (answers->waiting == 0)
        ivm_log("   Now: no line is held alone while several devices are wired to it.");
}

static void say_sharing(const struct ivm_vector_stats *stats,
                        const struct ivm_owner_stats *owners, void *context)
{
    (void)context;
    char source[WORDS_SOURCE];
    if (is_own_message(stats))
        return;
    for (unsigned i = 0; i < owners_read(stats); i++) {
        ivm_log("   %s on %s: %s.", owners[i].owner.name,
                words_source(stats->source, source),
                owners[i].owner.sharing == IVM_SHARED ? "yes, it shares"
                                                      : "no, it connected alone");
    }
    if (owners_left(stats) > 0)
        ivm_log("   %u more on %s: yes, all of them share.", owners_left(stats),
                words_source(stats->source, source));
}

static void answer_sharing(const struct report_answers *answers)
{
    ivm_log("3. Does the driver support sharing?");
    if (answers->has_conflict) {
        const struct ivm_refusal *conflict = &answers->conflict;
        if (conflict->rule == IVM_RULE_REQUESTER_EXCLUSIVE)
            ivm_log("   %s, refused last: no, it asked for the line alone.",
                    conflict->requester);
        if (conflict->owner_count > 0)
            ivm_log("   %s, who held it: %s.", conflict->owners[0].name,
                    conflict->owners[0].sharing == IVM_SHARED ? "yes" : "no");
    }
    ivm_log("   Connected now: %u with sharing, %u without.", answers->owners_shared,
            answers->owners_alone);
    each_connected(say_sharing, NULL);
    if (answers->messages > 0)
        ivm_log(
            "   Messages connected: %u; each belongs to one device, so there is nothing "
            "to share.",
            answers->messages);
}

/* A name that connected once and stayed did not reconnect. */
static void say_reconnect(const struct report_answers *answers)
{
    const char *requester = answers->conflict.requester;
    unsigned entries = answers->requester_connects + answers->requester_disconnects;
    if (entries == 0)
        ivm_log("   No: the last %u entries of the history have no connect of %s.",
                (unsigned)HISTORY_READ, requester);
    else if (entries == 1 && answers->requester_is_connected)
        ivm_log("   No: %s connected once in the last %u entries of the history, and did "
                "not disconnect.",
                requester, (unsigned)HISTORY_READ);
    else
        ivm_log("   Yes: of the last %u entries of the history, connects of %s: %u, "
                "disconnects: %u; it is %s.",
                (unsigned)HISTORY_READ, requester, answers->requester_connects,
                answers->requester_disconnects,
                answers->requester_is_connected ? "connected now" : "not connected now");
}

static void answer_reconnect(const struct report_answers *answers)
{
    ivm_log("4. Did it follow a reconnect (hot-plug, resume, reload)?");
    if (answers->has_conflict)
        say_reconnect(answers);
    ivm_log(
        "   Connects among the last %u entries of a name that had connected before: %u.",
        (unsigned)HISTORY_READ, answers->reconnects);
}

static void say_shared(const struct ivm_vector_stats *stats,
                       const struct ivm_owner_stats *owners, void *context)
{
    (void)context;
    if (stats->owner_count < 2)
        return;
    char source[WORDS_SOURCE];
    char line[TABLE_LINE];
    struct text names = {.out = line, .size = sizeof line};
    for (unsigned i = 0; i < owners_read(stats); i++)
        text_add(&names, "%s%s", i == 0 ? "" : ", ", owners[i].owner.name);
    if (owners_left(stats) > 0)
        text_add(&names, " and %u more", owners_left(stats));
    ivm_log("   %s: %s.", words_source(stats->source, source), line);
}

/* Lines that several devices are wired to, whoever is connected. */
static unsigned say_wired(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    unsigned lines = 0;
    for (uint32_t gsi = 0; gsi < totals.line_end; gsi++) {
        char line[TABLE_LINE];
        struct text names = {.out = line, .size = sizeof line};
        if (wired_to(gsi, &names) < 2)
            continue;
        ivm_log("   Wired to line %u: %s.", gsi, line);
        lines++;
    }
    return lines;
}

static void answer_shared_vectors(const struct report_answers *answers)
{
    ivm_log("5. Which devices share a vector?");
    each_connected(say_shared, NULL);
    if (say_wired() == 0 && answers->shared_vectors == 0)
        ivm_log("   None: each line has at most one device, and each vector one owner.");
}

void report_questions(void)
{
    struct report_answers answers;
    report_gather(&answers);
    answer_which_device(&answers);
    answer_conflicts(&answers);
    answer_sharing(&answers);
    answer_reconnect(&answers);
    answer_shared_vectors(&answers);
}
