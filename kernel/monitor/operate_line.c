/* operate_line.c: the console's commands for lines and CPUs: claim, rearm, move. */
#include "operate.h"

#include <stdatomic.h>

#include <ivm/affinity.h>
#include <ivm/device_message.h>
#include <ivm/interrupt.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "messages.h"
#include "report.h"
#include "stage.h"
#include "target.h"
#include "text.h"
#include "words.h"

enum { MOVE_LINE_WORDS = 2, MOVE_MESSAGE_WORDS = 4, CPUS_OF_A_SET = 64 };

/* The console's own connection, by `claim`. Written by the one CPU that runs the console,
 * and by its routine. */
static struct player claimer;
static bool is_claiming;

bool operate_claim(char *const *arguments, unsigned count)
{
    enum ivm_sharing sharing;
    struct ivm_device *device = target_with_line(arguments[0]);
    if (device == NULL || !target_sharing(arguments, count, &sharing))
        return false;
    if (is_claiming) {
        ivm_log("the console holds a line already; `release` gives it back");
        return false;
    }
    struct stage stage = target_stage(device);
    struct attempt attempt;
    player_cast(&claimer, PLAYER_LOOKS, "console", NULL);
    player_join(&claimer, &stage, sharing, &attempt);
    if (attempt.status != IVM_OK) {
        target_say_refused(&attempt);
        return false;
    }
    is_claiming = true;
    target_say_place(device, claimer.name);
    return true;
}

bool operate_release(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    if (!is_claiming) {
        ivm_log("the console holds no line");
        return false;
    }
    enum ivm_status status = player_leave(&claimer);
    if (status != IVM_OK) {
        report_status(status);
        return false;
    }
    is_claiming = false;
    ivm_log("the console's routine was asked %u times; it is disconnected",
            atomic_load_explicit(&claimer.calls, memory_order_relaxed));
    return true;
}

bool operate_rearm(char *const *arguments, unsigned count)
{
    (void)count;
    uint64_t gsi;
    if (!text_number(arguments[0], UINT32_MAX, &gsi)) {
        ivm_log("`%s` is no line number", arguments[0]);
        return false;
    }
    enum ivm_status status = ivm_line_rearm((uint32_t)gsi);
    if (status == IVM_OK)
        ivm_log("line %u may interrupt again", (uint32_t)gsi);
    else
        ivm_log("line %u: %s", (uint32_t)gsi, ivm_status_forms(status)->text);
    return status == IVM_OK;
}

/* What to move, by the words after the device's name; the last of them is the CPU. */
static bool read_move(char *const *arguments, unsigned count, struct ivm_source_id *source,
                      uint64_t *cpu)
{
    uint32_t index;
    const struct ivm_device *device = target_device(arguments[0]);
    if (device == NULL)
        return false;
    if (!text_number(arguments[count - 1], UINT16_MAX, cpu)) {
        ivm_log("`%s` is no CPU", arguments[count - 1]);
        return false;
    }
    if (count == MOVE_MESSAGE_WORDS) {
        if (!target_message(device, arguments + 1, &index))
            return false;
        *source =
            (struct ivm_source_id){IVM_MESSAGE, ivm_device_message_number(device, index)};
        return true;
    }
    if (count != MOVE_LINE_WORDS || messages_are_open(device)) {
        ivm_log("usage: move NAME CPU for a line, move NAME message I CPU for a message");
        return false;
    }
    *source = words_device_source(device);
    return target_with_line(arguments[0]) != NULL;
}

bool operate_move(char *const *arguments, unsigned count)
{
    struct ivm_source_id source;
    uint64_t cpu;
    char name[WORDS_SOURCE];
    uint32_t placed_on = 0;
    uint8_t vector = 0;
    if (!read_move(arguments, count, &source, &cpu))
        return false;
    const struct ivm_cpu_set cpus = {.mask = UINT64_C(1) << cpu % CPUS_OF_A_SET,
                                     .group = (uint16_t)(cpu / CPUS_OF_A_SET)};
    enum ivm_status status = ivm_set_affinity(source, &cpus);
    bool is_placed = ivm_stats_place(source, &placed_on, &vector);
    words_source(source, name);
    if (status != IVM_OK)
        ivm_log("%s was not moved to CPU %lu: %s", name, cpu,
                ivm_status_forms(status)->text);
    if (is_placed)
        ivm_log("%s is on CPU %u, vector 0x%02x", name, placed_on, vector);
    return status == IVM_OK;
}

void operate_prepare_story(void)
{
    if (is_claiming)
        operate_release(NULL, 0);
}
