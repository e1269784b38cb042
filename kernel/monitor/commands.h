/* commands.h: the console's commands, as one table. */
#ifndef MONITOR_COMMANDS_H
#define MONITOR_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

enum { COMMAND_WORDS = 5 }; /* the most a command can have, its name included */

struct command {
    const char *name;
    const char *arguments; /* as help shows them; "" for none */
    const char *help;
    unsigned least, most; /* arguments */
    bool (*run)(char *const *arguments, unsigned count);
};

/* The table; *count is how many rows it has. */
const struct command *commands_table(size_t *count);

/* The command of this name, or NULL. */
const struct command *commands_find(const char *name);

/* The command whose name is most like this word, or NULL when none is near. */
const struct command *commands_nearest(const char *word);

/* Whether `quit` was run since the last call. */
bool commands_take_quit(void);

#endif
