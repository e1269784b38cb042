/* expect.c: what the story expects, what happened, and whether the two are the same. */
#include "expect.h"

#include <ivm/system.h>

#include "kernel/format.h"
#include "text.h"

enum { ITEM = ATTEMPT_TEXT };

void expect_scene(struct expectations *expectations, const char *title)
{
    expectations->scenes++;
    expectations->scene_stated = 0;
    expectations->scene_failed = 0;
    expectations->scene_differs = false;
    expectations->scene_lacks = false;
    expectations->expected[0] = '\0';
    expectations->happened[0] = '\0';
    ivm_log("%s", "");
    ivm_log("--- %u. %s", expectations->scenes, title);
}

static void append(char *out, const char *item)
{
    struct text text = {.out = out, .size = EXPECT_TEXT, .length = text_length(out)};
    text_add(&text, "%s%s", text.length == 0 ? "" : ", ", item);
}

void expect_lacking(struct expectations *expectations)
{
    if (!expectations->scene_lacks)
        expectations->lacking++;
    expectations->scene_lacks = true;
}

/* Every expectation ends here or in state_step(), as two texts and a verdict. */
static void state(struct expectations *expectations, const char *expected,
                  const char *happened, bool holds)
{
    expectations->stated++;
    expectations->scene_stated++;
    append(expectations->expected, expected);
    append(expectations->happened, happened);
    if (!text_is(expected, happened))
        expectations->scene_differs = true;
    if (holds)
        return;
    expectations->failed++;
    expectations->scene_failed++;
    ivm_log("NOT as expected: expected %s; happened: %s", expected, happened);
}

static void state_step(struct expectations *expectations, const char *expected,
                       const char *happened, bool holds)
{
    if (!holds) {
        state(expectations, expected, happened, holds);
        return;
    }
    expectations->stated++;
    expectations->scene_stated++;
}

void expect_count(struct expectations *expectations, const char *subject, uint64_t expected,
                  uint64_t happened)
{
    char left[ITEM], right[ITEM];
    format_text(left, sizeof left, "%s %lu", subject, expected);
    format_text(right, sizeof right, "%s %lu", subject, happened);
    state(expectations, left, right, expected == happened);
}

void expect_at_least(struct expectations *expectations, const char *subject, uint64_t least,
                     uint64_t happened)
{
    char left[ITEM], right[ITEM];
    format_text(left, sizeof left, "%s %lu or more", subject, least);
    format_text(right, sizeof right, "%s %lu", subject, happened);
    state(expectations, left, right, happened >= least);
}

void expect_text(struct expectations *expectations, const char *subject,
                 const char *expected, const char *happened)
{
    char left[ITEM], right[ITEM];
    format_text(left, sizeof left, "%s %s", subject, expected);
    format_text(right, sizeof right, "%s %s", subject, happened);
    state(expectations, left, right, text_is(expected, happened));
}

void expect_status(struct expectations *expectations, const char *subject,
                   enum ivm_status expected, enum ivm_status happened)
{
    char left[ITEM], right[ITEM];
    format_text(left, sizeof left, "%s %s", subject, ivm_status_forms(expected)->name);
    format_text(right, sizeof right, "%s %s", subject, ivm_status_forms(happened)->name);
    state(expectations, left, right, expected == happened);
}

static void describe(char out[ITEM], const char *who, enum ivm_status status,
                     enum ivm_rule rule)
{
    if (status == IVM_OK)
        format_text(out, ITEM, "%sconnected", who);
    else
        format_text(out, ITEM, "%srefused with %u (%s)", who,
                    ivm_status_forms(status)->win32, ivm_rule_word(rule));
}

void expect_describe(const struct attempt *attempt, char out[ATTEMPT_TEXT])
{
    describe(out, "", attempt->status, (enum ivm_rule)attempt->refusal.rule);
}

/* What was expected of an attempt and what happened, each with its name before it. */
static void describe_both(const struct attempt *attempt, enum ivm_rule expected,
                          char left[ITEM], char right[ITEM])
{
    char who[IVM_NAME_SIZE + 1];
    format_text(who, sizeof who, "%s ", attempt->who);
    describe(left, who, ivm_rule_status(expected), expected);
    describe(right, who, attempt->status, (enum ivm_rule)attempt->refusal.rule);
}

void expect_step(struct expectations *expectations, const char *step,
                 enum ivm_status happened)
{
    char left[ITEM], right[ITEM];
    format_text(left, sizeof left, "%s OK", step);
    format_text(right, sizeof right, "%s %s", step, ivm_status_forms(happened)->name);
    state_step(expectations, left, right, happened == IVM_OK);
}

void expect_connected(struct expectations *expectations, const struct attempt *attempt)
{
    char left[ITEM], right[ITEM];
    describe_both(attempt, IVM_RULE_NONE, left, right);
    state_step(expectations, left, right, attempt->status == IVM_OK);
}

void expect_refused(struct expectations *expectations, enum ivm_rule rule,
                    const struct attempt *attempt)
{
    char left[ITEM], right[ITEM];
    describe_both(attempt, rule, left, right);
    state(expectations, left, right,
          attempt->status == ivm_rule_status(rule) && attempt->status != IVM_OK &&
              attempt->refusal.rule == rule);
}

void expect_holder(struct expectations *expectations, const char *name,
                   const struct attempt *attempt)
{
    const struct ivm_refusal *refusal = &attempt->refusal;
    bool is_named = attempt->status != IVM_OK && refusal->owner_count > 0;
    expect_text(expectations, "held by", name,
                is_named ? refusal->owners[0].name : "nobody");
}

bool expect_end(struct expectations *expectations)
{
    if (expectations->scene_stated == 0 && expectations->scene_lacks) {
        ivm_log("not shown: this machine lacked a device for it");
        return true;
    }
    if (expectations->scene_stated == 0) {
        expectations->failed++;
        expectations->scene_failed++;
        append(expectations->expected, "something to look at");
        append(expectations->happened, "nothing");
        expectations->scene_differs = true;
    }
    bool holds = expectations->scene_failed == 0;
    ivm_log("expected: %s; happened: %s; %s", expectations->expected,
            expectations->scene_differs ? expectations->happened : "the same",
            holds ? "as expected" : "NOT as expected");
    return holds;
}

bool expect_verdict(const struct expectations *expectations)
{
    bool holds = expectations->failed == 0 && expectations->stated > 0;
    char lacking[ITEM] = "";
    if (expectations->lacking > 0)
        format_text(lacking, sizeof lacking,
                    "; %u scene%s lacked a device that can interrupt",
                    expectations->lacking, expectations->lacking == 1 ? "" : "s");
    bool is_whole = holds && expectations->lacking == 0;
    ivm_log("The story: %u scenes, %u expectations, %u failed%s%s", expectations->scenes,
            expectations->stated, expectations->failed, lacking,
            is_whole ? ": all as expected"
            : holds  ? ""
                     : ": NOT as expected");
    return holds;
}
