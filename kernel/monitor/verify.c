/* verify.c: the console's commands that ask whether what the tables say is so. */
#include "operate.h"

#include <ivm/audit.h>
#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/system.h>

#include "report.h"
#include "target.h"
#include "text.h"
#include "words.h"

enum {
    DIFFERENCES_SHOWN = 16,
    FOREIGN_SHOWN = 16,
    SUSPECTS_SHOWN = 8,
    DIFFERENCE = 240,
    GSI_LAST = 0xFFFF,
};

static size_t say_differences(void)
{
    struct ivm_difference differences[DIFFERENCES_SHOWN];
    size_t count = ivm_audit(differences, DIFFERENCES_SHOWN);
    for (size_t i = 0; i < count && i < DIFFERENCES_SHOWN; i++) {
        char line[DIFFERENCE], source[WORDS_SOURCE];
        ivm_difference_format(&differences[i], line, sizeof line);
        ivm_log("%s: %s", words_source(differences[i].source, source), line);
    }
    if (count > DIFFERENCES_SHOWN)
        ivm_log("and %zu more", count - DIFFERENCES_SHOWN);
    return count;
}

static void say_foreign(const struct ivm_foreign_message *foreign)
{
    char target[DIFFERENCE];
    struct text text = {.out = target, .size = sizeof target};
    if (foreign->hits)
        text_add(&text, "it would interrupt vector 0x%02x of CPU %u", foreign->vector,
                 foreign->cpu);
    else
        text_add(&text, "it reaches no vector here");
    ivm_log("%s %s %u is enabled, and nobody here opened it: writes 0x%x to 0x%llx; %s",
            foreign->device, foreign->kind == IVM_MSIX ? "msi-x" : "msi", foreign->index,
            foreign->words.data, (unsigned long long)foreign->words.address, target);
}

static size_t say_foreign_messages(void)
{
    struct ivm_foreign_message foreign[FOREIGN_SHOWN];
    size_t count = ivm_foreign_messages(foreign, FOREIGN_SHOWN);
    for (size_t i = 0; i < count && i < FOREIGN_SHOWN; i++)
        say_foreign(&foreign[i]);
    if (count > FOREIGN_SHOWN)
        ivm_log("and %zu more such messages", count - FOREIGN_SHOWN);
    return count;
}

bool operate_audit(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    size_t differences = say_differences();
    size_t foreign = say_foreign_messages();
    if (differences + foreign == 0)
        ivm_log("no difference: every line and message is programmed as the table says");
    else
        ivm_log("%zu differences, %zu messages of nobody here", differences, foreign);
    return differences + foreign == 0;
}

/* What has no line is not asked which one it raises. */
static bool sends_its_own_message(const struct ivm_device *device)
{
    return device->own_message != 0 && !device->has_line;
}

enum outcome { NOT_MEASURED = 0, AS_KNOWN, OTHERWISE };

/* What was heard, and how it compares, is in the log when it has been measured. */
static enum outcome measure(struct ivm_device *device, struct ivm_measurement *out)
{
    if (sends_its_own_message(device)) {
        ivm_log("%s: not measured: it raises no line, but sends a message of its own",
                device->name);
        return NOT_MEASURED;
    }
    enum ivm_status status = ivm_device_measure(device, out);
    if (status != IVM_OK) {
        ivm_log("%s: not measured: %s", device->name, ivm_status_forms(status)->text);
        return NOT_MEASURED;
    }
    return out->heard && (out->agrees || !out->was_known) ? AS_KNOWN : OTHERWISE;
}

static bool measure_all(void)
{
    unsigned outcomes[OTHERWISE + 1] = {0};
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        struct ivm_measurement measured;
        if (!device->is_gone && device->driver != NULL && device->driver->fire != NULL)
            outcomes[measure(device, &measured)]++;
    }
    ivm_log("measured: %u as routing says, %u otherwise; not measured: %u",
            outcomes[AS_KNOWN], outcomes[OTHERWISE], outcomes[NOT_MEASURED]);
    return outcomes[OTHERWISE] == 0;
}

static bool measure_one(struct ivm_device *device)
{
    struct ivm_measurement measured;
    enum outcome outcome = measure(device, &measured);
    if (outcome == OTHERWISE && measured.heard)
        ivm_log("%s: `measure %s use` takes line %u from now on", device->name,
                device->name, measured.gsi);
    return outcome == AS_KNOWN;
}

static bool measure_and_use(struct ivm_device *device)
{
    struct ivm_measurement measured;
    if (measure(device, &measured) == NOT_MEASURED ||
        !target_is_ok(device, ivm_device_use_measured(device, &measured)))
        return false;
    ivm_log("%s: its line is line %u from now on", device->name, device->line.gsi);
    return true;
}

bool operate_measure(char *const *arguments, unsigned count)
{
    if (count == 1 && text_is(arguments[0], "all"))
        return measure_all();
    struct ivm_device *device = target_device(arguments[0]);
    if (device == NULL)
        return false;
    if (count == 1)
        return measure_one(device);
    if (text_is(arguments[1], "use"))
        return measure_and_use(device);
    ivm_log("`%s` is not `use`; with that word the line that answers is taken",
            arguments[1]);
    return false;
}

bool operate_suspects(char *const *arguments, unsigned count)
{
    (void)count;
    uint64_t gsi;
    struct ivm_device *suspects[SUSPECTS_SHOWN];
    if (!text_number(arguments[0], GSI_LAST, &gsi)) {
        ivm_log("`%s` is no line number", arguments[0]);
        return false;
    }
    size_t found = ivm_line_suspects((uint32_t)gsi, suspects, SUSPECTS_SHOWN);
    for (size_t i = 0; i < found && i < SUSPECTS_SHOWN; i++)
        ivm_log("%s says that it asserts line %u; %s%s", suspects[i]->name, (uint32_t)gsi,
                suspects[i]->driver != NULL ? "driven by " : "nobody drives it",
                suspects[i]->driver != NULL ? suspects[i]->driver->name : "");
    if (found > SUSPECTS_SHOWN)
        ivm_log("and %zu more", found - SUSPECTS_SHOWN);
    if (found == 0)
        ivm_log("no PCI device says that it asserts line %u now", (uint32_t)gsi);
    return true;
}
