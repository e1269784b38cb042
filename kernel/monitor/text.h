/* text.h: the few things the monitor does with words and numbers. */
#ifndef MONITOR_TEXT_H
#define MONITOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t text_length(const char *text);
bool text_is(const char *text, const char *other);
bool text_begins(const char *text, const char *start);

/* Read a whole text as a number: decimal, or hexadecimal after 0x.
 *
 * limit    the greatest number taken
 * returns  false, and nothing written, when it is none or is above the limit
 */
bool text_number(const char *text, uint64_t limit, uint64_t *out);

/* How many letters must be put in, taken out or changed to make one word of the other;
 * words longer than 31 letters are infinitely far.
 */
unsigned text_distance(const char *word, const char *other);

/* Take the next word off `*rest`: skip blanks, end the word with a zero, move `*rest`
 * behind it. NULL when there is none.
 */
char *text_next_word(char **rest);

/* A line being put together in a buffer of its owner's. Start it with a zeroed `length`. */
struct text {
    char *out;
    size_t size;
    size_t length; /* without its zero; below size */
};

/* Add to the line; what does not fit is cut, and the line then ends in "...". */
void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
