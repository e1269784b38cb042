/* text.c: the few things the monitor does with words and numbers. */
#include "text.h"

#include <stdarg.h>

#include "kernel/format.h"

enum { WORD_LIMIT = 32, DECIMAL = 10, HEXADECIMAL = 16 };

size_t text_length(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

bool text_is(const char *text, const char *other)
{
    return text_begins(text, other) && text_length(text) == text_length(other);
}

bool text_begins(const char *text, const char *start)
{
    while (*start != '\0') {
        if (*text++ != *start++)
            return false;
    }
    return true;
}

/* The value of a digit, or one that no base has. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + DECIMAL;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + DECIMAL;
    return HEXADECIMAL;
}

bool text_number(const char *text, uint64_t limit, uint64_t *out)
{
    unsigned base = DECIMAL;
    if (text_begins(text, "0x") || text_begins(text, "0X")) {
        base = HEXADECIMAL;
        text += 2;
    }
    if (*text == '\0')
        return false;

    uint64_t number = 0;
    for (; *text != '\0'; text++) {
        unsigned digit = digit_value(*text);
        if (digit >= base || digit > limit || number > (limit - digit) / base)
            return false;
        number = number * base + digit;
    }
    *out = number;
    return true;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned least_of_two = a < b ? a : b;
    return least_of_two < c ? least_of_two : c;
}

unsigned text_distance(const char *word, const char *other)
{
    size_t width = text_length(other);
    if (width >= WORD_LIMIT || text_length(word) >= WORD_LIMIT)
        return ~0u;

    /* row[j]: the distance of what was read of `word` from the first j letters of `other`.
     */
    unsigned row[WORD_LIMIT];
    for (unsigned j = 0; j <= width; j++)
        row[j] = j;
    for (unsigned i = 1; word[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= width; j++) {
            unsigned change = diagonal + (word[i - 1] == other[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = least(change, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[width];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

char *text_next_word(char **rest)
{
    char *word = *rest;
    while (is_blank(*word))
        word++;
    char *end = word;
    while (*end != '\0' && !is_blank(*end))
        end++;
    *rest = end;
    if (end == word)
        return NULL;
    if (*end != '\0')
        *(*rest)++ = '\0';
    return word;
}

static void mark_cut(struct text *text)
{
    static const char dots[] = "...";
    if (text->size < sizeof dots)
        return;
    for (size_t i = 0; i < sizeof dots; i++)
        text->out[text->size - sizeof dots + i] = dots[i];
}

void text_add(struct text *text, const char *format, ...)
{
    size_t room = text->size - text->length;
    if (room == 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_list(text->out + text->length, room, format, arguments);
    va_end(arguments);

    if (length < room) {
        text->length += length;
        return;
    }
    text->length = text->size - 1;
    mark_cut(text);
}
