/* audit.c: what the inputs' registers say against what the table says. */
#include <ivm/audit.h>

#include <stddef.h>

#include "chain.h"
#include "format.h"
#include "machine.h"
#include "manager.h"

/* The differences found so far: all are counted, those that fit are kept. */
struct findings {
    struct ivm_difference *out;
    size_t room;
    size_t count;
};

static void add(struct findings *findings, const struct source *source,
                const struct ivm_difference *found)
{
    if (findings->count++ >= findings->room)
        return;
    struct ivm_difference *difference = &findings->out[findings->count - 1];
    *difference = *found;
    difference->source = source->id;
    difference->cpu = source->cpu;
    difference->vector = source->vector;
    difference->controller = source->controller->name;
    if (source->head != NULL)
        __builtin_memcpy(difference->owner, source->head->request.owner, IVM_NAME_SIZE);
}

/* Say who holds the (CPU, vector) that the input sends to now. */
static struct ivm_difference sent_elsewhere(enum ivm_difference_kind kind,
                                            const struct ivm_route *found)
{
    struct ivm_difference difference = {.kind = (uint8_t)kind,
                                        .holder_kind = IVM_NO_HOLDER};
    const struct cpu_slots *slots = slots_of(found->cpu);
    const struct source *holder = slots != NULL ? slots->slots[found->vector].source : NULL;
    if (holder != NULL) {
        difference.holder_kind = (uint8_t)holder->id.kind;
        difference.holder_number = holder->id.number;
    }
    return difference;
}

static void compare_route(struct findings *findings, const struct source *source,
                          const struct ivm_route *found)
{
    struct ivm_difference difference;
    if (found->vector != source->vector) {
        difference = sent_elsewhere(IVM_DIFFERS_VECTOR, found);
        difference.expected = source->vector;
        difference.found = found->vector;
        add(findings, source, &difference);
    }
    if (found->cpu != source->cpu) {
        difference = sent_elsewhere(IVM_DIFFERS_CPU, found);
        difference.expected = source->cpu;
        difference.found = found->cpu;
        add(findings, source, &difference);
    }
    if (found->trigger != source->trigger) {
        difference = (struct ivm_difference){.kind = IVM_DIFFERS_TRIGGER,
                                             .expected = source->trigger,
                                             .found = found->trigger};
        add(findings, source, &difference);
    }
    if (source->id.kind == IVM_LINE && found->polarity != source->polarity) {
        difference = (struct ivm_difference){.kind = IVM_DIFFERS_POLARITY,
                                             .expected = source->polarity,
                                             .found = found->polarity};
        add(findings, source, &difference);
    }
}

static void compare_mask(struct findings *findings, const struct source *source,
                         bool should_be, bool is_masked)
{
    /* An input without a mask of its own stays open whatever is asked of it. */
    if (should_be == is_masked || (should_be && !source_can_mask(source)))
        return;
    const struct ivm_difference difference = {.kind = is_masked ? IVM_DIFFERS_MASKED
                                                                : IVM_DIFFERS_UNMASKED,
                                              .expected = should_be,
                                              .found = is_masked};
    add(findings, source, &difference);
}

/* The registers and the reasons to mask of one moment: a routine may mask at any time. Returns whether
 * there is a reason. */
static bool inspect(struct source *source, struct ivm_input_state *state)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&source->mask_lock);
    source->controller->inspect(source->unit, source->input, state);
    bool should_be_masked = source->mask_reasons != 0;
    spinlock_release(&source->mask_lock);
    machine_interrupts_restore(were_on);
    return should_be_masked;
}

static void audit(struct findings *findings, struct source *source)
{
    if (source->busy || source->controller == NULL || source->controller->inspect == NULL)
        return;
    struct ivm_input_state state;
    bool should_be_masked = inspect(source, &state);
    compare_mask(findings, source, should_be_masked, state.is_masked);
    if (source->vector == 0)
        return;
    if (state.is_foreign)
        add(findings, source, &(struct ivm_difference){.kind = IVM_DIFFERS_FOREIGN});
    else
        compare_route(findings, source, &state.route);
}

size_t ivm_audit(struct ivm_difference *out, size_t room)
{
    struct findings findings = {.out = out, .room = room};
    manager_lock();
    for (size_t gsi = 0; gsi < manager_line_count(); gsi++) {
        if (manager_line((uint32_t)gsi) != NULL)
            audit(&findings, manager_line((uint32_t)gsi));
    }
    for (struct source *at = message_next(NULL); at != NULL; at = message_next(at))
        audit(&findings, at);
    manager_unlock();
    return findings.count;
}

static size_t what_differs(const struct ivm_difference *d, char *out, size_t size)
{
    switch ((enum ivm_difference_kind)d->kind) {
    case IVM_DIFFERS_VECTOR:
        return format_text(out, size, "sends vector 0x%02x, should be 0x%02x", d->found,
                           d->expected);
    case IVM_DIFFERS_CPU:
        return format_text(out, size, "sends to cpu %u, should be %u", d->found,
                           d->expected);
    case IVM_DIFFERS_TRIGGER:
        return format_text(out, size, "is %s-triggered, should be %s-triggered",
                           d->found == IVM_LEVEL ? "level" : "edge",
                           d->expected == IVM_LEVEL ? "level" : "edge");
    case IVM_DIFFERS_POLARITY:
        return format_text(out, size, "is active-%s, should be active-%s",
                           d->found == IVM_ACTIVE_LOW ? "low" : "high",
                           d->expected == IVM_ACTIVE_LOW ? "low" : "high");
    case IVM_DIFFERS_MASKED:
        return format_text(out, size, "is masked, and nothing here masked it");
    case IVM_DIFFERS_UNMASKED:
        return format_text(out, size, "is open, should be masked");
    case IVM_DIFFERS_FOREIGN:
        return format_text(out, size,
                           "holds no fixed interrupt of one CPU of this machine");
    }
    return format_text(out, size, "differs by the unknown kind %u", d->kind);
}

static const char *kind_text(unsigned kind)
{
    return kind == IVM_LINE ? "line" : kind == IVM_MESSAGE ? "message" : "vector";
}

size_t ivm_difference_format(const struct ivm_difference *difference, char *out,
                             size_t size)
{
    char what[64], place[40] = "connected to nobody", victim[48] = "";
    const struct ivm_difference *d = difference;
    what_differs(d, what, sizeof what);
    if (d->vector != 0)
        format_text(place, sizeof place, "cpu %u vector 0x%02x", d->cpu, d->vector);
    bool hits = (d->kind == IVM_DIFFERS_VECTOR || d->kind == IVM_DIFFERS_CPU) &&
                d->holder_kind != IVM_NO_HOLDER;
    if (hits)
        format_text(victim, sizeof victim, "; that is where %s %u is",
                    kind_text(d->holder_kind), d->holder_number);
    return format_text(out, size, "%s %u (%s, %s%s%s): %s%s", kind_text(d->source.kind),
                       d->source.number, d->controller, place,
                       d->owner[0] != '\0' ? ", owner " : "", d->owner, what, victim);
}
