/* run.c: what the command line asks for. */
#include "run.h"

#include <stdbool.h>
#include <stddef.h>

#include <hw/cpu.h>
#include <ivm/cpu.h>
#include <ivm/system.h>

#include "drivers/console_serial.h"
#include "drivers/fwcfg.h"
#include "kernel/format.h"
#include "kernel/monitor/cmdline.h"
#include "kernel/monitor/console.h"
#include "kernel/monitor/story.h"
#include "kernel/system/log.h"
#include "kernel/system/panic.h"

/* Linked into the test image only (tests/guest). */
bool guest_run(const char *suites) __attribute__((weak));
void guest_crash(const char *kind) __attribute__((weak));

/* Linked into the image that measures only (tests/bench). */
bool bench_run(const char *names) __attribute__((weak));

static struct cmdline cmdline;

static void read_command_line(const char *loader_line)
{
    static char line[2 * CMDLINE_SIZE];
    size_t length =
        format_text(line, sizeof line, "%s\n", loader_line != NULL ? loader_line : "");
    if (length < sizeof line) {
        size_t room = sizeof line - length - 1, given = 0;
        if (fwcfg_read("opt/ivm/cmdline", line + length, room, &given) == IVM_OK)
            line[length + (given < room ? given : room)] = '\0';
    }
    cmdline_parse(line, &cmdline);
    for (size_t i = 0; i < cmdline.unknown_count && i < CMDLINE_UNKNOWN_LIMIT; i++)
        ivm_log("command line: cannot understand \"%s\"; going on", cmdline.unknown[i]);
    if (cmdline.is_cut)
        ivm_log("command line: longer than %d bytes; the rest is left out", CMDLINE_SIZE);
    if (cmdline.is_quote_open)
        ivm_log("command line: a quote is not closed");
}

static _Noreturn void finish(bool all_held)
{
    panic_exit(all_held ? IVM_EXIT_DONE : IVM_EXIT_FAILED);
}

/* Whether the story went as expected; what is said at the console later does not change it. */
static bool as_expected;

static _Noreturn void quit(int code)
{
    finish(as_expected && code == 0);
}

/* The port is polled: there is no interrupt to sleep for. */
static void idle(void)
{
    ivm_cpu_serve();
    cpu_pause();
}

static _Noreturn void interact(void)
{
    static const struct console console = {
        .read = console_serial_read, .write = log_text, .idle = idle, .quit = quit};
    console_run(&console);
}

static bool run_suites(void)
{
    if (guest_run == NULL) {
        ivm_log("command line: suite=: this image holds no test suites");
        return false;
    }
    return guest_run(cmdline.suite);
}

static bool run_crash(void)
{
    if (guest_crash != NULL)
        guest_crash(cmdline.crash);
    ivm_log("command line: crash=%s: this image cannot do that", cmdline.crash);
    return false;
}

static bool run_bench(void)
{
    if (bench_run == NULL) {
        ivm_log("command line: bench=: this image measures nothing");
        return false;
    }
    return bench_run(cmdline.bench);
}

_Noreturn void run(const char *loader_line)
{
    read_command_line(loader_line);
    if (cmdline.crash != NULL)
        finish(run_crash());
    if (cmdline.suite != NULL)
        finish(run_suites());
    if (cmdline.run != NULL)
        finish(console_script(cmdline.run));
    if (cmdline.bench != NULL || (bench_run != NULL && !cmdline.interactive))
        finish(run_bench());

    as_expected = story_tell();
    if (!cmdline.interactive)
        finish(as_expected);
    interact();
}
