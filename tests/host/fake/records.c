/* records.c: what the model keeps for the tests to read: events, notices, violations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/machine.h"
#include "model.h"

enum { VIOLATIONS = 16 };

static struct {
    struct model_event events[MODEL_EVENTS];
    size_t event_count;
    size_t kinds[MODEL_REDIRECT + 1];
    char notices[MODEL_NOTICES][MODEL_TEXT];
    size_t notice_count;
    uint32_t masked_lines[MODEL_NOTICES];
    size_t masked_count;
    char violations[VIOLATIONS][MODEL_TEXT];
    size_t violation_count, violations_taken;
} records;

void model_records_start(void)
{
    memset(&records, 0, sizeof records);
}

void machine_notice(const char *line)
{
    if (strchr(line, '\n') != NULL)
        model_violate("a notice of more than one line");
    if (records.notice_count < MODEL_NOTICES)
        snprintf(records.notices[records.notice_count++], MODEL_TEXT, "%s", line);
}

void machine_line_masked(uint32_t gsi)
{
    if (records.masked_count < MODEL_NOTICES)
        records.masked_lines[records.masked_count++] = gsi;
}

size_t model_masked_lines(uint32_t *first)
{
    if (records.masked_count != 0)
        *first = records.masked_lines[0];
    return records.masked_count;
}

void model_record(const struct model_event *event)
{
    records.kinds[event->kind]++;
    if (records.event_count < MODEL_EVENTS)
        records.events[records.event_count++] = *event;
}

size_t model_event_count(void)
{
    return records.event_count;
}

const struct model_event *model_event_at(size_t index)
{
    if (index >= records.event_count)
        fail_msg("there is no event %zu", index);
    return &records.events[index];
}

size_t model_count_of(enum model_event_kind kind)
{
    return records.kinds[kind];
}

size_t model_deliveries_of(uint32_t cpu, uint8_t vector)
{
    size_t count = 0;
    for (size_t i = 0; i < records.event_count; i++) {
        const struct model_event *event = &records.events[i];
        count +=
            event->kind == MODEL_DELIVER && event->cpu == cpu && event->vector == vector;
    }
    return count;
}

size_t model_write_count(void)
{
    return records.kinds[MODEL_ROUTE] + records.kinds[MODEL_UNMASK] +
           records.kinds[MODEL_MASK] + records.kinds[MODEL_UNROUTE] +
           records.kinds[MODEL_REDIRECT];
}

void model_events_clear(void)
{
    records.event_count = 0;
    memset(records.kinds, 0, sizeof records.kinds);
}

const char *model_notice(size_t index)
{
    return index < records.notice_count ? records.notices[index] : NULL;
}

void model_violate(const char *format, ...)
{
    if (records.violation_count == VIOLATIONS)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(records.violations[records.violation_count++], MODEL_TEXT, format, arguments);
    va_end(arguments);
}

const char *model_violation(void)
{
    if (records.violations_taken == records.violation_count)
        return NULL;
    return records.violations[records.violations_taken++];
}
