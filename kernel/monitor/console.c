/* console.c: the operator's console: a line editor, and one command at a time. */
#include "console.h"

#include <ivm/system.h>

#include "commands.h"
#include "kernel/format.h"
#include "text.h"

enum {
    KEY_CANCEL = 0x03,    /* Ctrl-C */
    KEY_END = 0x04,       /* Ctrl-D */
    KEY_BACKSPACE = 0x08, /* Ctrl-H */
    KEY_CLEAR = 0x15,     /* Ctrl-U */
    KEY_ESCAPE = 0x1B,
    KEY_DELETE = 0x7F,
    PRINTABLE_FIRST = 0x20,
};

enum escape { ESCAPE_NONE = 0, ESCAPE_BEGUN, ESCAPE_BRACKET };

struct editor {
    const struct console *io;
    char line[CONSOLE_LINE];
    size_t length;
    enum escape escape; /* where in the sequence of a key that sends several bytes */
    int last;           /* the byte before this one */
};

static void write_text(const struct editor *editor, const char *text)
{
    editor->io->write(text, text_length(text));
}

static void erase_last(struct editor *editor)
{
    if (editor->length == 0)
        return;
    editor->length--;
    write_text(editor, "\b \b");
}

static void erase_all(struct editor *editor)
{
    while (editor->length > 0)
        erase_last(editor);
}

static void insert(struct editor *editor, char c)
{
    if (editor->length + 1 == CONSOLE_LINE) {
        write_text(editor, "\a");
        return;
    }
    editor->line[editor->length++] = c;
    editor->io->write(&c, 1);
}

static void enter(struct editor *editor)
{
    write_text(editor, "\r\n");
    editor->line[editor->length] = '\0';
    editor->length = 0;
    console_command(editor->line);
    if (commands_take_quit())
        editor->io->quit(0);
    write_text(editor, "ivm> ");
}

/* Arrow and function keys send ESC [ ... and a letter: swallowed whole. */
static bool swallow_escape(struct editor *editor, int byte)
{
    if (byte == KEY_ESCAPE) {
        editor->escape = ESCAPE_BEGUN;
        return true;
    }
    switch (editor->escape) {
    case ESCAPE_NONE:
        return false;
    case ESCAPE_BEGUN:
        editor->escape = byte == '[' || byte == 'O' ? ESCAPE_BRACKET : ESCAPE_NONE;
        return true;
    case ESCAPE_BRACKET:
        if (byte >= '@' && byte <= '~')
            editor->escape = ESCAPE_NONE;
        return true;
    }
    return false;
}

static void take_key(struct editor *editor, int byte)
{
    switch (byte) {
    case KEY_BACKSPACE:
    case KEY_DELETE:
        erase_last(editor);
        return;
    case KEY_CANCEL:
    case KEY_CLEAR:
        erase_all(editor);
        return;
    case KEY_END:
        if (editor->length == 0)
            editor->io->quit(0);
        return;
    case '\n':
        if (editor->last == '\r') /* one key that sends two bytes */
            return;
        enter(editor);
        return;
    case '\r':
        enter(editor);
        return;
    default:
        if (byte >= PRINTABLE_FIRST && byte < KEY_DELETE)
            insert(editor, (char)byte);
        return;
    }
}

void console_run(const struct console *io)
{
    struct editor editor = {.io = io};
    ivm_log("console: `help` lists the commands, `quit` powers off");
    write_text(&editor, "ivm> ");
    for (;;) {
        int byte = io->read();
        if (byte < 0) {
            io->idle();
            continue;
        }
        if (!swallow_escape(&editor, byte))
            take_key(&editor, byte);
        editor.last = byte;
    }
}

static bool say_unknown(const char *word)
{
    const struct command *nearest = commands_nearest(word);
    if (nearest == NULL)
        ivm_log("cannot understand `%s`; `help` lists the commands", word);
    else
        ivm_log("cannot understand `%s`; did you mean `%s%s%s`?", word, nearest->name,
                nearest->arguments[0] != '\0' ? " " : "", nearest->arguments);
    return false;
}

static bool run_words(char *const *words, unsigned count)
{
    const struct command *command = commands_find(words[0]);
    if (command == NULL)
        return say_unknown(words[0]);
    if (count - 1 < command->least || count - 1 > command->most) {
        ivm_log("usage: %s %s   (%s)", command->name, command->arguments, command->help);
        return false;
    }
    return command->run(words + 1, count - 1);
}

bool console_command(const char *line)
{
    char copy[CONSOLE_LINE];
    if (format_text(copy, sizeof copy, "%s", line) >= sizeof copy) {
        ivm_log("a command has at most %u letters", CONSOLE_LINE - 1u);
        return false;
    }
    char *words[COMMAND_WORDS];
    char *rest = copy;
    unsigned count = 0;
    while (count < COMMAND_WORDS && (words[count] = text_next_word(&rest)) != NULL)
        count++;
    /* One more than any command takes is too many for this one. */
    if (text_next_word(&rest) != NULL)
        count++;
    return count == 0 || run_words(words, count);
}

/* Copy up to the next comma; false when that is more than a command can be. */
static bool copy_command(const char **from, char out[CONSOLE_LINE])
{
    size_t length = 0;
    bool fits = true;
    for (; **from != '\0' && **from != ','; (*from)++) {
        if (length + 1 < CONSOLE_LINE)
            out[length++] = **from;
        else
            fits = false;
    }
    out[length] = '\0';
    if (**from == ',')
        (*from)++;
    return fits;
}

bool console_script(const char *commands)
{
    bool all = true;
    bool quits = false;
    while (*commands != '\0' && !quits) {
        char line[CONSOLE_LINE];
        bool fits = copy_command(&commands, line);
        ivm_log("> %s", line);
        if (!fits)
            ivm_log("a command has at most %u letters", CONSOLE_LINE - 1u);
        all = fits && console_command(line) && all;
        quits = commands_take_quit();
    }
    return all;
}
