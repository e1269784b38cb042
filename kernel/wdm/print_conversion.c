/* print_conversion.c: one conversion of a driver's format, parsed.
 *
 * Source: [CRT] "Format specification syntax: printf and wprintf functions".
 */
#include "print_conversion.h"

static const char *parse_flags(const char *at, struct conversion *c)
{
    for (;; at++) {
        switch (*at) {
        case '-':
            c->left = true;
            break;
        case '0':
            c->zero = true;
            break;
        case '+':
            c->plus = true;
            break;
        case ' ':
            c->blank = true;
            break;
        case '#':
            c->alternate = true;
            break;
        default:
            return at;
        }
    }
}

/* A number of the format, or of the arguments for `*`. */
static const char *parse_number(const char *at, int *number, const uint64_t **arguments)
{
    *number = 0;
    if (*at == '*') {
        int value = (int32_t) * (*arguments)++;
        *number = value > PRINT_FIELD_LIMIT
                      ? PRINT_FIELD_LIMIT
                      : (value < -PRINT_FIELD_LIMIT ? -PRINT_FIELD_LIMIT : value);
        return at + 1;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        if (*number < PRINT_FIELD_LIMIT)
            *number = *number * 10 + (*at - '0');
    }
    return at;
}

/* I64, I32, and I alone, which is as wide as a pointer. */
static const char *parse_fixed(const char *at, struct conversion *c)
{
    bool is_32 = at[0] == '3' && at[1] == '2';
    bool is_64 = at[0] == '6' && at[1] == '4';
    c->length = is_32 ? LENGTH_32 : LENGTH_64;
    return is_32 || is_64 ? at + 2 : at;
}

static const char *parse_length(const char *at, struct conversion *c)
{
    switch (*at) {
    case 'h':
        c->narrow = true;
        c->length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
        return at + (at[1] == 'h' ? 2 : 1);
    case 'l':
        c->wide = true;
        c->length = at[1] == 'l' ? LENGTH_64 : LENGTH_32;
        return at + (at[1] == 'l' ? 2 : 1);
    case 'w':
        c->wide = true;
        return at + 1;
    case 'I':
        return parse_fixed(at + 1, c);
    case 'z':
    case 't':
    case 'j':
        c->length = LENGTH_64;
        return at + 1;
    default:
        return at;
    }
}

const char *conversion_parse(const char *at, struct conversion *c,
                             const uint64_t **arguments)
{
    *c = (struct conversion){.precision = PRECISION_NONE};
    at = parse_flags(at, c);
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
    at = parse_length(at, c);
    c->kind = *at;
    return *at == '\0' ? at : at + 1;
}
