/* cmdline.h: the kernel's command line, taken apart. */
#ifndef MONITOR_CMDLINE_H
#define MONITOR_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

enum { CMDLINE_SIZE = 1024, CMDLINE_UNKNOWN_LIMIT = 16 };

/* What the command line said. The texts are inside `text`: the structure is not to be
 * copied. */
struct cmdline {
    bool interactive;
    bool is_cut;        /* longer than `text`; the word that did not fit was not taken */
    bool is_quote_open; /* it ended within double quotes */
    const char *run; /* console commands, separated by commas; this and the next: NULL when
                        not given, the last one when given twice */
    const char *suite;    /* guest suites to run */
    const char *crash;    /* a crash to provoke */
    const char *bench;    /* groups of figures to measure, or "all" */
    size_t unknown_count; /* words that were not understood; may be above what is kept: */
    const char *unknown[CMDLINE_UNKNOWN_LIMIT];
    char text[CMDLINE_SIZE];
};

/* Take a command line apart: words between blanks; double quotes, anywhere, keep blanks
 * inside a word and are themselves removed. A `run=` that no quote follows takes the rest of
 * the line, blanks and all.
 *
 * line     zero-terminated; NULL is read as empty
 * context  any; touches nothing but `out`
 */
void cmdline_parse(const char *line, struct cmdline *out);

#endif
