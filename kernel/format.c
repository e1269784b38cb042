/* format.c: text into a buffer: one conversion parsed, its argument fetched, its field
 * filled. */
#include "format.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FIELD_LIMIT = 4096, /* of a width or precision: keeps their arithmetic in range */
    DIGITS_LIMIT = 24,  /* 64 bits in octal or more */
    PRECISION_NONE = -1,
};

struct output {
    char *out;
    size_t size;
    size_t length; /* of the whole text, what did not fit included */
};

enum length { LENGTH_INT = 0, LENGTH_CHAR, LENGTH_SHORT, LENGTH_LONG, LENGTH_SIZE };

/* One conversion: "%-08lx". */
struct conversion {
    bool left;
    bool zero;
    int width;
    int precision;
    enum length length;
    char kind;
};

/* A va_list as a parameter may be an array; in a struct it can be handed on by address. */
struct arguments {
    va_list list;
};

static void put(struct output *o, char c)
{
    if (o->length + 1 < o->size)
        o->out[o->length] = c;
    o->length++;
}

static void put_many(struct output *o, char c, int count)
{
    for (int i = 0; i < count; i++)
        put(o, c);
}

/* A number of the format, or of the arguments for `*`. */
static const char *parse_number(const char *at, int *number, struct arguments *arguments)
{
    if (*at == '*') {
        int value = va_arg(arguments->list, int);
        *number = value > FIELD_LIMIT ? FIELD_LIMIT
                                      : (value < -FIELD_LIMIT ? -FIELD_LIMIT : value);
        return at + 1;
    }
    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (*number < FIELD_LIMIT)
            *number = *number * 10 + (*at - '0');
    return at;
}

static const char *parse_length(const char *at, enum length *length)
{
    *length = LENGTH_INT;
    if (*at == 'z') {
        *length = LENGTH_SIZE;
        return at + 1;
    }
    if (*at == 'h') {
        *length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
        return at + (at[1] == 'h' ? 2 : 1);
    }
    if (*at == 'l') {
        *length = LENGTH_LONG; /* long and long long are both 64 bits here */
        return at + (at[1] == 'l' ? 2 : 1);
    }
    return at;
}

/* Read the conversion behind a '%'; returns the first character after it. */
static const char *parse(const char *at, struct conversion *c, struct arguments *arguments)
{
    *c = (struct conversion){.precision = PRECISION_NONE};
    for (; *at == '-' || *at == '0'; at++) {
        c->left |= *at == '-';
        c->zero |= *at == '0';
    }
    at = parse_number(at, &c->width, arguments);
    if (c->width < 0) {
        c->left = true;
        c->width = -c->width;
    }
    if (*at == '.') {
        at = parse_number(at + 1, &c->precision, arguments);
        if (c->precision < 0)
            c->precision = PRECISION_NONE;
    }
    at = parse_length(at, &c->length);
    c->kind = *at;
    return *at == '\0' ? at : at + 1;
}

static uint64_t fetch_unsigned(enum length length, struct arguments *arguments)
{
    switch (length) {
    case LENGTH_LONG:
        return va_arg(arguments->list, unsigned long);
    case LENGTH_SIZE:
        return va_arg(arguments->list, size_t);
    case LENGTH_CHAR:
        return (unsigned char)va_arg(arguments->list, unsigned);
    case LENGTH_SHORT:
        return (unsigned short)va_arg(arguments->list, unsigned);
    case LENGTH_INT:
        break;
    }
    return va_arg(arguments->list, unsigned);
}

static int64_t fetch_signed(enum length length, struct arguments *arguments)
{
    uint64_t value = fetch_unsigned(length, arguments);
    switch (length) {
    case LENGTH_INT:
        return (int32_t)value;
    case LENGTH_CHAR:
        return (int8_t)value;
    case LENGTH_SHORT:
        return (int16_t)value;
    case LENGTH_LONG:
    case LENGTH_SIZE:
        break;
    }
    return (int64_t)value;
}

static void put_text(struct output *o, const struct conversion *c, const char *text)
{
    int length = 0;
    int limit = c->precision == PRECISION_NONE ? INT32_MAX : c->precision;
    if (text == NULL)
        text = "(null)";
    while (length < limit && text[length] != '\0')
        length++;
    if (!c->left)
        put_many(o, ' ', c->width - length);
    for (int i = 0; i < length; i++)
        put(o, text[i]);
    if (c->left)
        put_many(o, ' ', c->width - length);
}

static void put_character(struct output *o, const struct conversion *c, char character)
{
    if (!c->left)
        put_many(o, ' ', c->width - 1);
    put(o, character);
    if (c->left)
        put_many(o, ' ', c->width - 1);
}

struct number {
    const char *prefix; /* "", "-" or "0x" */
    uint64_t magnitude;
    unsigned base;
    const char *digits;
};

static void put_number(struct output *o, const struct conversion *c,
                       const struct number *number)
{
    char reversed[DIGITS_LIMIT];
    int count = 0;
    for (uint64_t rest = number->magnitude; rest != 0; rest /= number->base)
        reversed[count++] = number->digits[rest % number->base];

    int prefix = 0;
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
    bool negative = value < 0;
    put_number(o, c,
               &(struct number){.prefix = negative ? "-" : "",
                                /* unsigned, so that the least value has a magnitude too */
                                .magnitude = negative ? -(uint64_t)value : (uint64_t)value,
                                .base = 10,
                                .digits = "0123456789"});
}

static void put_hexadecimal(struct output *o, const struct conversion *c, uint64_t value,
                            const char *prefix)
{
    put_number(o, c,
               &(struct number){.prefix = prefix,
                                .magnitude = value,
                                .base = 16,
                                .digits = c->kind == 'X' ? "0123456789ABCDEF"
                                                         : "0123456789abcdef"});
}

/* False: the conversion is none of ours, and nothing was fetched for it. */
static bool convert(struct output *o, const struct conversion *c,
                    struct arguments *arguments)
{
    switch (c->kind) {
    case '%':
        put(o, '%');
        return true;
    case 'c':
        put_character(o, c, (char)va_arg(arguments->list, int));
        return true;
    case 's':
        put_text(o, c, va_arg(arguments->list, const char *));
        return true;
    case 'd':
    case 'i':
        put_signed(o, c, fetch_signed(c->length, arguments));
        return true;
    case 'u':
        put_number(o, c,
                   &(struct number){.prefix = "",
                                    .magnitude = fetch_unsigned(c->length, arguments),
                                    .base = 10,
                                    .digits = "0123456789"});
        return true;
    case 'x':
    case 'X':
        put_hexadecimal(o, c, fetch_unsigned(c->length, arguments), "");
        return true;
    case 'p':
        put_hexadecimal(o, c, (uintptr_t)va_arg(arguments->list, void *), "0x");
        return true;
    default:
        return false;
    }
}

size_t format_text_list(char *out, size_t size, const char *format, va_list list)
{
    struct output o = {.out = out, .size = size};
    struct arguments arguments;
    va_copy(arguments.list, list);
    while (*format != '\0') {
        if (*format != '%') {
            put(&o, *format++);
            continue;
        }
        struct conversion c;
        const char *next = parse(format + 1, &c, &arguments);
        if (!convert(&o, &c, &arguments))
            for (const char *as_it_stands = format; as_it_stands < next; as_it_stands++)
                put(&o, *as_it_stands);
        format = next;
    }
    va_end(arguments.list);
    if (size > 0)
        out[o.length < size ? o.length : size - 1] = '\0';
    return o.length;
}

size_t format_text(char *out, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    size_t length = format_text_list(out, size, format, list);
    va_end(list);
    return length;
}
