/* refusal.c: the rules' statuses and words, and the record as one line of text. */
#include <ivm/refusal.h>

#include <stdbool.h>

#include <ivm/level.h>

#include "format.h"

struct rule_forms {
    enum ivm_status status;
    const char *word;
    const char *text;
};

static const struct rule_forms rules[] = {
#define X(rule, maps_to, in_short, sentence)                                               \
    [IVM_RULE_##rule] = {.status = IVM_##maps_to, .word = in_short, .text = sentence},
    IVM_RULE_LIST(X)
#undef X
};

static const struct rule_forms unknown = {
    .status = IVM_BAD_ARGUMENT, .word = "unknown", .text = "the rule is not in the list"};

static const struct rule_forms *forms_of(enum ivm_rule rule)
{
    return (unsigned)rule < IVM_RULE_COUNT ? &rules[rule] : &unknown;
}

enum ivm_status ivm_rule_status(enum ivm_rule rule)
{
    return forms_of(rule)->status;
}

const char *ivm_rule_word(enum ivm_rule rule)
{
    return forms_of(rule)->word;
}

const char *ivm_rule_text(enum ivm_rule rule)
{
    return forms_of(rule)->text;
}

static const char *trigger_text(unsigned trigger)
{
    return trigger == IVM_EDGE ? "edge-triggered" : "level-triggered";
}

static const char *polarity_text(unsigned polarity)
{
    return polarity == IVM_ACTIVE_HIGH ? "active-high" : "active-low";
}

static const char *sharing_text(unsigned sharing)
{
    return sharing == IVM_EXCLUSIVE ? "exclusive" : "shared";
}

static const char *kind_text(unsigned kind)
{
    static const char *const texts[] = {
        [IVM_LINE] = "line", [IVM_MESSAGE] = "message", [IVM_BARE] = "vector"};
    return kind <= IVM_BARE ? texts[kind] : "unknown source";
}

/* Text being written: what did not fit is counted all the same. */
struct text {
    char *out;
    size_t size;
    size_t length;
};

#define ADD(text, ...)                                                                     \
    ((text)->length += format_text(room_of(text), room_size(text), __VA_ARGS__))

static char *room_of(const struct text *text)
{
    return text->length < text->size ? text->out + text->length : NULL;
}

static size_t room_size(const struct text *text)
{
    return text->length < text->size ? text->size - text->length : 0;
}

static void add_head(struct text *text, const struct ivm_refusal *r)
{
    const struct ivm_status_forms *forms = ivm_status_forms(ivm_rule_status(r->rule));
    ADD(text, "refused #%u: %s -> %s ", r->sequence, r->requester,
        kind_text(r->source_kind));
    ADD(text, r->source_kind == IVM_BARE ? "0x%x" : "%u", r->source_number);
    ADD(text, ": %s %u (0x%X) HRESULT 0x%08X NTSTATUS 0x%08X", forms->name, forms->win32,
        forms->win32, forms->hresult, forms->ntstatus);
    ADD(text, "; rule %s: %s", ivm_rule_word(r->rule), ivm_rule_text(r->rule));
}

static void add_key(struct text *text, const struct ivm_refusal *r)
{
    switch ((enum ivm_key)r->key) {
    case IVM_KEY_NONE:
        return;
    case IVM_KEY_LINE:
    case IVM_KEY_MESSAGE:
        ADD(text, "; key %s %u, on ", kind_text(r->holder_kind), r->holder_number);
        break;
    case IVM_KEY_STORAGE:
        ADD(text, "; key connection storage, on ");
        break;
    case IVM_KEY_VECTOR:
        ADD(text, "; key ");
        break;
    }
    ADD(text, "cpu %u vector 0x%02x", r->cpu, r->vector);
}

/* The CPUs asked for, where no vector was: no key has a holder then. */
static void add_cpus(struct text *text, const struct ivm_refusal *r)
{
    if (r->cpu_mask == 0)
        ADD(text, "; on any cpu");
    else
        ADD(text, "; on cpus %u to %u by mask 0x%llx", r->cpu_group * 64u,
            r->cpu_group * 64u + 63, (unsigned long long)r->cpu_mask);
}

static void add_owners(struct text *text, const struct ivm_refusal *r)
{
    for (unsigned i = 0; i < r->owner_count && i < IVM_REFUSAL_OWNERS; i++) {
        const struct ivm_owner *owner = &r->owners[i];
        ADD(text, "; owner %s (routine 0x%llx, %s %u, %s, %s, %s, level %u, connect %u)",
            owner->name, (unsigned long long)owner->routine, kind_text(r->holder_kind),
            r->holder_number, trigger_text(owner->trigger), polarity_text(owner->polarity),
            sharing_text(owner->sharing), owner->level, owner->number);
    }
    if (r->owner_count > IVM_REFUSAL_OWNERS)
        ADD(text, "; and %u more", r->owner_count - (unsigned)IVM_REFUSAL_OWNERS);
}

/* Where there is room, by CPU: "cpu 1: 3 at level 5, 16 at level 6". */
static void add_free(struct text *text, const struct ivm_refusal *r)
{
    ADD(text, "; room:");
    if (r->free[0].count == 0)
        ADD(text, " none on any CPU");
    for (unsigned i = 0; i < IVM_REFUSAL_FREE && r->free[i].count != 0; i++) {
        const struct ivm_free_vectors *free = &r->free[i];
        bool is_first = i == 0 || free[-1].cpu != free->cpu;
        if (is_first)
            ADD(text, "%s cpu %u:", i == 0 ? "" : ";", free->cpu);
        ADD(text, "%s %u at level %u", is_first ? "" : ",", free->count, free->level);
    }
    if (r->free_more != 0)
        ADD(text, "; and %u more on %u cpus", r->free_more, r->free_more_cpus);
}

/* Both sides of what the rule compared, in words that differ when the values do. */
static void add_difference(struct text *text, const struct ivm_refusal *r)
{
    switch ((enum ivm_rule)r->rule) {
    case IVM_RULE_OWNER_EXCLUSIVE:
    case IVM_RULE_REQUESTER_EXCLUSIVE:
        ADD(text, "; sharing: owner %s, requester %s, both must be shared",
            sharing_text(r->held), sharing_text(r->wanted));
        break;
    case IVM_RULE_TRIGGER_DIFFERS:
        ADD(text, "; trigger: owner %s, requester %s", trigger_text(r->held),
            trigger_text(r->wanted));
        break;
    case IVM_RULE_POLARITY_DIFFERS:
        ADD(text, "; polarity: owner %s, requester %s", polarity_text(r->held),
            polarity_text(r->wanted));
        break;
    case IVM_RULE_CLASS_DIFFERS:
        ADD(text, "; level: owner %u, requester %u", r->held, r->wanted);
        break;
    case IVM_RULE_CPUS_DISJOINT:
        ADD(text, "; cpus: owner on %u, requester %u to %u by mask 0x%llx", r->cpu,
            r->cpu_group * 64u, r->cpu_group * 64u + 63, (unsigned long long)r->cpu_mask);
        break;
    case IVM_RULE_LINE_ROUTED_ELSEWHERE:
        ADD(text, "; vector: routed to 0x%02x, requester 0x%02x", r->held, r->wanted);
        break;
    case IVM_RULE_SOURCE_DIFFERS:
        ADD(text, "; source: the vector carries %s %u, requester %s %u",
            kind_text(r->holder_kind), r->holder_number, kind_text(r->source_kind),
            r->source_number);
        break;
    case IVM_RULE_VECTORS_EXHAUSTED:
        if (r->wanted != 0)
            ADD(text, "; level %u", r->wanted);
        add_free(text, r);
        break;
    default:
        break;
    }
}

static void add_alternatives(struct text *text, const struct ivm_refusal *r)
{
    if (r->key == IVM_KEY_VECTOR && r->alternative_count == 0)
        ADD(text, "; free vectors: none");
    for (unsigned i = 0; i < r->alternative_count && i < IVM_REFUSAL_ALTERNATIVES; i++)
        ADD(text, "%s 0x%02x", i == 0 ? "; free vectors:" : "", r->alternatives[i]);
}

size_t ivm_refusal_format(const struct ivm_refusal *refusal, char *out, size_t size)
{
    struct text text = {.out = out, .size = size};
    add_head(&text, refusal);
    bool is_exhausted = refusal->rule == IVM_RULE_VECTORS_EXHAUSTED;
    if (is_exhausted && refusal->vector == 0)
        add_cpus(&text, refusal);
    else
        add_key(&text, refusal);
    add_owners(&text, refusal);
    add_difference(&text, refusal);
    add_alternatives(&text, refusal);
    return text.length;
}
