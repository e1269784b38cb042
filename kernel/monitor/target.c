/* target.c: what a command is about, found by its words; what is wrong with them is said. */
#include "target.h"

#include <ivm/bus.h>
#include <ivm/level.h>
#include <ivm/system.h>

#include "kernel/format.h"
#include "messages.h"
#include "report.h"
#include "text.h"
#include "words.h"

enum { FIRE_LIMIT = 1000000 };

struct ivm_device *target_device(const char *name)
{
    char whole[IVM_NAME_SIZE];
    struct ivm_device *device = ivm_device_find(name);
    if (device == NULL && format_text(whole, sizeof whole, "pci %s", name) < sizeof whole)
        device = ivm_device_find(whole);
    if (device == NULL)
        ivm_log("no device `%s`; `devices` lists them", name);
    return device;
}

struct ivm_device *target_with_line(const char *name)
{
    struct ivm_device *device = target_device(name);
    if (device != NULL && !device->has_line && device->own_message == 0) {
        ivm_log("%s has no interrupt line", device->name);
        return NULL;
    }
    return device;
}

struct ivm_device *target_with_driver(const char *name)
{
    struct ivm_device *device = target_device(name);
    if (device != NULL && device->driver == NULL) {
        ivm_log("nobody drives %s", device->name);
        return NULL;
    }
    return device;
}

bool target_message(const struct ivm_device *device, char *const *words, uint32_t *index)
{
    uint64_t number;
    if (!text_is(words[0], "message")) {
        ivm_log("`%s` is not `message`", words[0]);
        return false;
    }
    if (!messages_are_open(device)) {
        ivm_log("%s is not connected by messages; `connect %s messages` does it",
                device->name, device->name);
        return false;
    }
    if (!text_number(words[1], UINT32_MAX, &number) ||
        !messages_has(device, (uint32_t)number)) {
        ivm_log("`%s` is no message of %s: 0 to %u", words[1], device->name,
                messages_count(device) - 1);
        return false;
    }
    *index = (uint32_t)number;
    return true;
}

bool target_times(const char *word, unsigned *times)
{
    uint64_t number;
    if (!text_number(word, FIRE_LIMIT, &number) || number == 0) {
        ivm_log("`%s` is no count: 1 to %u", word, (unsigned)FIRE_LIMIT);
        return false;
    }
    *times = (unsigned)number;
    return true;
}

bool target_sharing(char *const *arguments, unsigned count, enum ivm_sharing *out)
{
    *out = count > 1 ? IVM_SHARED : IVM_EXCLUSIVE;
    if (count > 2) {
        ivm_log("`%s` is one word too many", arguments[2]);
        return false;
    }
    if (count < 2 || text_is(arguments[1], "shared"))
        return true;
    ivm_log("`%s` is not `shared`; without that word it connects alone", arguments[1]);
    return false;
}

struct stage target_stage(const struct ivm_device *device)
{
    return (struct stage){.source = words_device_source(device),
                          .trigger = device->line.trigger,
                          .polarity = device->line.polarity};
}

void target_say_place(const struct ivm_device *device, const char *who)
{
    struct stage stage = target_stage(device);
    struct stage_counts counts;
    char source[WORDS_SOURCE];
    if (stage_counts(&stage, &counts))
        ivm_log("%s is connected to %s: vector 0x%02x of CPU %u, level %u", who,
                words_source(stage.source, source), counts.vector, counts.cpu,
                ivm_vector_level(counts.vector));
}

void target_say_refused(const struct attempt *attempt)
{
    ivm_log("%s was refused:", attempt->who);
    if (attempt->refusal.rule != IVM_RULE_NONE)
        report_refusal(&attempt->refusal);
    else
        report_status(attempt->status);
}

bool target_is_ok(const struct ivm_device *device, enum ivm_status status)
{
    if (status == IVM_OK)
        return true;
    ivm_log("%s: not done:", device->name);
    report_status(status);
    return false;
}
