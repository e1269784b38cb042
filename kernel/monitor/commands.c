/* commands.c: the console's commands that show; the table of all of them. */
#include "commands.h"

#include <ivm/system.h>

#include "images.h"
#include "kernel/format.h"
#include "operate.h"
#include "report.h"
#include "story.h"
#include "table.h"
#include "text.h"

enum { USAGE = 48, NEAR = 2, VECTOR_LAST = 255 };

/* Set by `quit`, read and cleared by the console: both on the one CPU that runs it. */
static bool quit_asked;

static bool run_help(char *const *arguments, unsigned count)
{
    size_t rows;
    const struct command *table = commands_table(&rows);
    const struct command *only = count > 0 ? commands_find(arguments[0]) : NULL;
    if (count > 0 && only == NULL) {
        ivm_log("no command `%s`; `help` lists them", arguments[0]);
        return false;
    }
    for (size_t i = 0; i < rows; i++) {
        char usage[USAGE];
        if (only != NULL && only != &table[i])
            continue;
        format_text(usage, sizeof usage, "%s %s", table[i].name, table[i].arguments);
        ivm_log("%-32s %s", usage, table[i].help);
    }
    return true;
}

static bool run_table(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    table_vectors();
    table_totals();
    return true;
}

static bool run_devices(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    table_devices();
    return true;
}

static bool run_lines(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    table_lines();
    return true;
}

static bool run_refusals(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    table_refusals();
    return true;
}

static bool run_questions(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    report_questions();
    return true;
}

static bool run_why(char *const *arguments, unsigned count)
{
    (void)count;
    uint64_t vector;
    if (!text_number(arguments[0], VECTOR_LAST, &vector)) {
        ivm_log("`%s` is no vector: 0 to 255, or 0x00 to 0xff", arguments[0]);
        return false;
    }
    report_vector((uint8_t)vector);
    return true;
}

static bool run_status(char *const *arguments, unsigned count)
{
    (void)count;
    uint64_t number;
    if (!text_number(arguments[0], UINT32_MAX, &number)) {
        ivm_log("`%s` is no status: try 763, 0x2FB, 0x800702FB or 0xC00702FB",
                arguments[0]);
        return false;
    }
    return report_number((uint32_t)number);
}

static bool run_story(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    operate_prepare_story();
    return story_tell();
}

static bool run_quit(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    quit_asked = true;
    return true;
}

/* clang-format off */
static const struct command table[] = {
    {"help",       "[COMMAND]",      "what one can say here", 0, 1, run_help},
    {"table",      "",               "vectors: who is connected, what was counted", 0, 0, run_table},
    {"devices",    "",               "devices, their lines and drivers", 0, 0, run_devices},
    {"lines",      "",               "interrupt lines and what is wired to them", 0, 0, run_lines},
    {"why",        "VECTOR",         "who holds a vector, and its past", 1, 1, run_why},
    {"refusals",   "",               "the latest refused connects", 0, 0, run_refusals},
    {"questions",  "",               "the five questions after a 763, answered", 0, 0, run_questions},
    {"status",     "NUMBER",         "all forms of a status, by any of them; its latest refusal", 1, 1, run_status},
    {"connect",    "NAME [shared | messages [COUNT]]",
                   "connect a device's driver to its line, or to its messages", 1, 3, operate_connect},
    {"disconnect", "NAME",           "take a device's driver off its line or messages", 1, 1, operate_disconnect},
    {"fire",       "NAME [message I] [COUNT]",
                   "make a device interrupt; by messages: each of them, or one", 1, 4, operate_fire},
    {"mask",       "NAME message I", "stop a message, as its owner", 3, 3, operate_mask},
    {"unmask",     "NAME message I", "let it through again", 3, 3, operate_unmask},
    {"move",       "NAME [message I] CPU",
                   "have another CPU serve a line or message", 2, 4, operate_move},
    {"refuse",     "NAME",           "let a second owner ask for it alone; succeeds when it is refused",
                                     1, 1, operate_refuse},
    {"claim",      "NAME [shared]",  "take the device's line as an owner who only looks", 1, 2, operate_claim},
    {"release",    "",               "give the claimed line back", 0, 0, operate_release},
    {"rearm",      "GSI",            "give a line that was masked another chance", 1, 1, operate_rearm},
    {"suspects",   "GSI",            "devices that say they assert a line", 1, 1, operate_suspects},
    {"measure",    "NAME [use] | all",
                   "fire with every free line listening, compare with routing", 1, 2, operate_measure},
    {"audit",      "",               "compare the hardware with the table; succeeds when nothing differs",
                                     0, 0, operate_audit},
    {"unload",     "NAME",           "take a device from its driver", 1, 1, operate_unload},
    {"load",       "NAME",           "offer a device to the drivers again", 1, 1, operate_load},
    {"rescan",     "",               "look for devices that came or went", 0, 0, operate_rescan},
    {"images",     "",               "drivers for Windows: what they connected, hold, were refused",
                                     0, 0, images_show},
    {"image",      "load|unload|reload NAME",
                   "such a driver; also `stop` and `start`: its devices alone", 2, 2, images_operate},
    {"story",      "",               "tell the whole story", 0, 0, run_story},
    {"quit",       "",               "power off", 0, 0, run_quit},
};
/* clang-format on */

const struct command *commands_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

const struct command *commands_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (text_is(name, table[i].name))
            return &table[i];
    }
    return NULL;
}

const struct command *commands_nearest(const char *word)
{
    const struct command *nearest = NULL;
    unsigned least = NEAR + 1;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        unsigned distance = text_distance(word, table[i].name);
        if (text_begins(table[i].name, word))
            distance = 1;
        if (distance < least) {
            least = distance;
            nearest = &table[i];
        }
    }
    return nearest;
}

bool commands_take_quit(void)
{
    bool asked = quit_asked;
    quit_asked = false;
    return asked;
}
