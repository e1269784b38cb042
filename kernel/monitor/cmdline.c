/* cmdline.c: the kernel's command line, taken apart. */
#include "cmdline.h"

#include "text.h"

static const char run_start[] = "run=";
enum { RUN_START = sizeof run_start - 1 };

static bool take_value(const char *word, struct cmdline *out)
{
    const struct {
        const char *start;
        const char **value;
    } values[] = {
        {run_start, &out->run},
        {"suite=", &out->suite},
        {"crash=", &out->crash},
        {"bench=", &out->bench},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        size_t length = text_length(values[i].start);
        if (text_begins(word, values[i].start) && word[length] != '\0') {
            *values[i].value = word + length;
            return true;
        }
    }
    return false;
}

static void take_word(const char *word, struct cmdline *out)
{
    if (text_is(word, "interactive")) {
        out->interactive = true;
        return;
    }
    if (take_value(word, out))
        return;
    if (out->unknown_count < CMDLINE_UNKNOWN_LIMIT)
        out->unknown[out->unknown_count] = word;
    out->unknown_count++;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* Commands have blanks inside: without quotes they are the rest of the line. */
static bool takes_rest(const char *word)
{
    return text_begins(word, run_start) && word[RUN_START] != '"';
}

/* Copy one word without its quotes, and its zero, to `*to`; returns where reading goes on.
 */
static const char *copy_word(const char *from, char **to, struct cmdline *out)
{
    const char *last = out->text + CMDLINE_SIZE - 1;
    bool (*is_end)(char c) = takes_rest(from) ? is_line_end : is_blank;
    out->is_quote_open = false;
    for (; *from != '\0' && (out->is_quote_open || !is_end(*from)); from++) {
        if (*from == '"') {
            out->is_quote_open = !out->is_quote_open;
            continue;
        }
        if (*to == last) {
            out->is_cut = true;
            break;
        }
        *(*to)++ = *from;
    }
    *(*to)++ = '\0';
    return from;
}

void cmdline_parse(const char *line, struct cmdline *out)
{
    *out = (struct cmdline){0};
    char *to = out->text;
    while (line != NULL && !out->is_cut) {
        while (is_blank(*line))
            line++;
        if (*line == '\0')
            return;
        if (to == out->text + CMDLINE_SIZE) {
            out->is_cut = true;
            return;
        }
        const char *word = to;
        line = copy_word(line, &to, out);
        /* Half a word might mean something else than the whole one. */
        if (!out->is_cut)
            take_word(word, out);
    }
}
