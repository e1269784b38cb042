/* expect.h: what the story expects, what happened, and whether the two are the same.
 *
 * A scene is begun, states its expectations one by one, and ends in one line: "expected:
 * ...; happened: ...; as expected", with "the same" when both read the same. Both texts are put together from what the scene stated,
 * so that the line cannot say more than was looked at. An expectation that fails is also
 * logged at once.
 */
#ifndef MONITOR_EXPECT_H
#define MONITOR_EXPECT_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/refusal.h>
#include <ivm/status.h>

/* Two of these and the words between them fit into a line of the log. */
enum { EXPECT_TEXT = 450 };

struct expectations {
    unsigned stated; /* in all scenes */
    unsigned failed;
    unsigned scenes;
    unsigned lacking; /* scenes without a device that can interrupt */
    unsigned scene_stated;
    unsigned scene_failed;
    bool scene_differs; /* what happened reads otherwise than what was expected */
    bool scene_lacks;
    char expected[EXPECT_TEXT]; /* of this scene */
    char happened[EXPECT_TEXT];
};

/* A connect that was tried: by whom, and what came of it. */
struct attempt {
    const char *who;
    enum ivm_status status;
    struct ivm_refusal refusal; /* when status is not IVM_OK */
};

/* What came of an attempt, in a few words: "connected", or "refused with 763" and the rule.
 */
enum { ATTEMPT_TEXT = 96 };
void expect_describe(const struct attempt *attempt, char out[ATTEMPT_TEXT]);

/* Begin a scene: log its number and title. */
void expect_scene(struct expectations *expectations, const char *title);

/* This scene has no device that can interrupt: its counts are 0, or it states nothing. */
void expect_lacking(struct expectations *expectations);

/* `subject` has the count `expected`. */
void expect_count(struct expectations *expectations, const char *subject, uint64_t expected,
                  uint64_t happened);

/* `subject` has at least the count `least`: where other machines may honestly have more. */
void expect_at_least(struct expectations *expectations, const char *subject, uint64_t least,
                     uint64_t happened);

/* `subject` is this text. */
void expect_text(struct expectations *expectations, const char *subject,
                 const char *expected, const char *happened);

/* `subject` ended in this status. */
void expect_status(struct expectations *expectations, const char *subject,
                   enum ivm_status expected, enum ivm_status happened);

/* This and the next are steps: counted like the others, but the scene's line names them
 * only when they fail. `step` ended in IVM_OK.
 */
void expect_step(struct expectations *expectations, const char *step,
                 enum ivm_status happened);

/* The attempt was a success. */
void expect_connected(struct expectations *expectations, const struct attempt *attempt);

/* The attempt was refused, by this rule and with its status. */
void expect_refused(struct expectations *expectations, enum ivm_rule rule,
                    const struct attempt *attempt);

/* The refusal names this holder first. */
void expect_holder(struct expectations *expectations, const char *name,
                   const struct attempt *attempt);

/* End the scene: log its line. True when all it stated held, and it stated something or
 * lacked a device. */
bool expect_end(struct expectations *expectations);

/* Log the sum of all scenes, and how many lacked a device; true when every one held and there
 * was one. */
bool expect_verdict(const struct expectations *expectations);

#endif
