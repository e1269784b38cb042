/* print_format.c: a driver's format: each conversion's argument fetched, its field filled.
 *
 * Source: [WDM] "DbgPrint"; [CRT] "Format specification syntax: printf and wprintf functions".
 */
#include <stdbool.h>

#include "print.h"
#include "print_conversion.h"

enum {
    DIGITS_LIMIT = 24,   /* 64 bits in octal */
    POINTER_DIGITS = 16, /* %p */
};

struct output {
    char *out;
    size_t room;
    size_t length; /* of the whole text, what did not fit included */
};

static void put(struct output *o, char c)
{
    if (o->length < o->room)
        o->out[o->length] = c;
    o->length++;
}

static void put_many(struct output *o, char c, int count)
{
    for (int i = 0; i < count; i++)
        put(o, c);
}

/* Text. */

static char narrowed(uint16_t c)
{
    return c < 0x80 ? (char)c : '?';
}

struct text {
    const char *narrow; /* one of the two */
    const uint16_t *wide;
    size_t limit; /* characters; or up to a zero */
};

static char character_at(const struct text *text, size_t i)
{
    return text->wide != NULL ? narrowed(text->wide[i]) : text->narrow[i];
}

static size_t length_of(const struct text *text)
{
    size_t length = 0;
    while (length < text->limit && character_at(text, length) != '\0')
        length++;
    return length;
}

static void put_text(struct output *o, const struct conversion *c, struct text text)
{
    if (text.narrow == NULL && text.wide == NULL)
        text = (struct text){.narrow = "(null)", .limit = SIZE_MAX};
    if (c->precision != PRECISION_NONE && (size_t)c->precision < text.limit)
        text.limit = (size_t)c->precision;
    size_t length = length_of(&text);
    int blanks = c->width - (int)(length < PRINT_FIELD_LIMIT ? length : PRINT_FIELD_LIMIT);
    if (!c->left)
        put_many(o, ' ', blanks);
    for (size_t i = 0; i < length; i++)
        put(o, character_at(&text, i));
    if (c->left)
        put_many(o, ' ', blanks);
}

static void put_string(struct output *o, const struct conversion *c, uint64_t argument)
{
    bool is_wide = c->kind == 'S' ? !c->narrow : c->wide;
    struct text text = {.limit = SIZE_MAX};
    if (is_wide)
        text.wide = (const uint16_t *)(uintptr_t)argument;
    else
        text.narrow = (const char *)(uintptr_t)argument;
    put_text(o, c, text);
}

/* A UNICODE_STRING or an ANSI_STRING, by address; it need not end in a zero. */
static void put_counted(struct output *o, const struct conversion *c, uint64_t argument)
{
    const struct nt_string *wide = (const void *)(uintptr_t)argument;
    const struct nt_ansi_string *narrow = (const void *)(uintptr_t)argument;
    struct text text = {.limit = 0};
    if (argument != 0 && c->wide)
        text = (struct text){.wide = wide->text, .limit = wide->length / sizeof(uint16_t)};
    else if (argument != 0)
        text = (struct text){.narrow = narrow->text, .limit = narrow->length};
    put_text(o, c, text);
}

/* It may be a zero: a character is put, whatever it is. */
static void put_character(struct output *o, const struct conversion *c, uint64_t argument)
{
    bool is_wide = c->kind == 'C' ? !c->narrow : c->wide;
    if (!c->left)
        put_many(o, ' ', c->width - 1);
    put(o, is_wide ? narrowed((uint16_t)argument) : (char)argument);
    if (c->left)
        put_many(o, ' ', c->width - 1);
}

/* Numbers. */

static uint64_t unsigned_of(const struct conversion *c, uint64_t argument)
{
    switch (c->length) {
    case LENGTH_CHAR:
        return (uint8_t)argument;
    case LENGTH_SHORT:
        return (uint16_t)argument;
    case LENGTH_32:
        return (uint32_t)argument;
    case LENGTH_64:
        break;
    }
    return argument;
}

static int64_t signed_of(const struct conversion *c, uint64_t argument)
{
    switch (c->length) {
    case LENGTH_CHAR:
        return (int8_t)argument;
    case LENGTH_SHORT:
        return (int16_t)argument;
    case LENGTH_32:
        return (int32_t)argument;
    case LENGTH_64:
        break;
    }
    return (int64_t)argument;
}

struct number {
    const char *prefix;
    uint64_t magnitude;
    unsigned base;
};

static void put_number(struct output *o, const struct conversion *c,
                       const struct number *number)
{
    const char *digits = c->kind == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    char reversed[DIGITS_LIMIT];
    int count = 0, prefix = 0;
    for (uint64_t rest = number->magnitude; rest != 0; rest /= number->base)
        reversed[count++] = digits[rest % number->base];
    while (number->prefix[prefix] != '\0')
        prefix++;

    int least = c->precision == PRECISION_NONE ? 1 : c->precision;
    if (c->zero && !c->left && c->precision == PRECISION_NONE && c->width > prefix)
        least = c->width - prefix;
    int zeros = least > count ? least - count : 0;
    int blanks = c->width - prefix - zeros - count;

    if (!c->left)
        put_many(o, ' ', blanks);
    for (int i = 0; i < prefix; i++)
        put(o, number->prefix[i]);
    put_many(o, '0', zeros);
    while (count > 0)
        put(o, reversed[--count]);
    if (c->left)
        put_many(o, ' ', blanks);
}

static void put_signed(struct output *o, const struct conversion *c, int64_t value)
{
    const char *positive = c->plus ? "+" : (c->blank ? " " : "");
    put_number(o, c,
               &(struct number){.prefix = value < 0 ? "-" : positive,
                                /* unsigned, so that the least value has a magnitude too */
                                .magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value,
                                .base = 10});
}

static void put_unsigned(struct output *o, const struct conversion *c, uint64_t value)
{
    unsigned base = c->kind == 'o' ? 8 : (c->kind == 'u' ? 10 : 16);
    bool is_marked = c->alternate && base == 16 && value != 0;
    const char *mark = c->kind == 'x' ? "0x" : "0X";
    put_number(o, c,
               &(struct number){
                   .prefix = is_marked ? mark : "", .magnitude = value, .base = base});
}

static void put_pointer(struct output *o, const struct conversion *c, uint64_t value)
{
    struct conversion all = *c;
    if (all.precision == PRECISION_NONE)
        all.precision = POINTER_DIGITS;
    put_number(o, &all, &(struct number){.prefix = "", .magnitude = value, .base = 16});
}

/* False: the conversion is not made here; what it is given is taken when it is a known one. */
static bool convert(struct output *o, const struct conversion *c,
                    const uint64_t **arguments)
{
    switch (c->kind) {
    case '%':
        put(o, '%');
        return true;
    case 'c':
    case 'C':
        put_character(o, c, *(*arguments)++);
        return true;
    case 's':
    case 'S':
        put_string(o, c, *(*arguments)++);
        return true;
    case 'Z':
        put_counted(o, c, *(*arguments)++);
        return true;
    case 'd':
    case 'i':
        put_signed(o, c, signed_of(c, *(*arguments)++));
        return true;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        put_unsigned(o, c, unsigned_of(c, *(*arguments)++));
        return true;
    case 'p':
        put_pointer(o, c, *(*arguments)++);
        return true;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
    case 'n': /* would write */
        (*arguments)++;
        return false;
    default:
        return false;
    }
}

size_t print_characters(char *out, size_t room, const char *format,
                        const uint64_t *arguments)
{
    struct output o = {.out = out, .room = room};
    while (*format != '\0') {
        if (*format != '%') {
            put(&o, *format++);
            continue;
        }
        struct conversion c;
        const char *next = conversion_parse(format + 1, &c, &arguments);
        if (!convert(&o, &c, &arguments)) {
            for (const char *as_it_stands = format; as_it_stands < next; as_it_stands++)
                put(&o, *as_it_stands);
        }
        format = next;
    }
    return o.length;
}
