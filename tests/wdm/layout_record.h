/* layout_record.h: one line of layout.h as it lies in the object files that the test compares. */
#ifndef TESTS_LAYOUT_RECORD_H
#define TESTS_LAYOUT_RECORD_H

#include <stdint.h>

struct layout_record {
    char name[176];
    uint64_t place; /* an offset, or a value */
    uint64_t size;  /* 0: a value */
};

#define RECORD(text, at, bytes) {.name = text, .place = (at), .size = (bytes)},

#define LAYOUT_SECTION __attribute__((used, section("layout")))

#endif
