/* exception_text.h: the 32 exceptions and their error codes in words. */
#ifndef ARCH_EXCEPTION_TEXT_H
#define ARCH_EXCEPTION_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* [SDM3A] "Exception and Interrupt Vectors" */
enum {
    EXCEPTION_NMI = 2,
    EXCEPTION_DOUBLE_FAULT = 8,
    EXCEPTION_INVALID_TSS = 10,
    EXCEPTION_PROTECTION = 13,
    EXCEPTION_PAGE_FAULT = 14,
    EXCEPTION_MACHINE_CHECK = 18,
    EXCEPTION_END = 32,
};

/* "#PF page fault"; of a vector that is no exception, a text that says so. Any context. */
const char *exception_name(uint64_t vector);

/* Decode the error code of an exception into `out`; empty when it has nothing to say. */
void exception_error_text(char *out, size_t size, uint64_t vector, uint64_t error);

#endif
