/* print_conversion.h: one conversion of a driver's format: "%-08I64x". */
#ifndef WDM_PRINT_CONVERSION_H
#define WDM_PRINT_CONVERSION_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PRINT_FIELD_LIMIT = 4096, /* of a width or precision: keeps their arithmetic in range */
    PRECISION_NONE = -1,
};

enum print_length { LENGTH_32 = 0, LENGTH_CHAR, LENGTH_SHORT, LENGTH_64 };

struct conversion {
    bool left, zero, plus, blank, alternate;
    bool wide;   /* w, l */
    bool narrow; /* h */
    int width;
    int precision;
    enum print_length length;
    char kind; /* 0: the format ended before it */
};

/* Read the conversion behind a '%'; returns the first character after it. `*` takes an argument. */
const char *conversion_parse(const char *at, struct conversion *c,
                             const uint64_t **arguments);

#endif
