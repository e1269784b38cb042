/* console.h: the operator's console: a line editor, and commands by name. */
#ifndef MONITOR_CONSOLE_H
#define MONITOR_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

enum { CONSOLE_LINE = 128 }; /* a command with its zero */

/* What the console reads from and writes its echo to. Answers go to the log. */
struct console {
    int (*read)(void); /* a byte, or -1: none now; does not wait */
    void (*write)(const char *text, size_t length); /* the prompt and the echo */
    void (*idle)(void);     /* nothing to read: wait for an interrupt */
    void (*quit)(int code); /* power off; does not return */
};

/* Read commands and run them until one is `quit`, which calls io->quit(0). Never returns.
 *
 * context  below IVM_DISPATCH, interrupts on
 */
_Noreturn void console_run(const struct console *io);

/* Run one command; what it says goes to the log. A line of blanks does nothing, and
 * succeeds.
 *
 * returns  whether it succeeded; if not, why was said
 * context  as console_run()
 */
bool console_command(const char *line);

/* Run commands separated by commas, all of them, up to a `quit`; true when every one
 * succeeded.
 *
 * context  as console_run()
 */
bool console_script(const char *commands);

#endif
