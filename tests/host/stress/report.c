/* report.c: the claims, printed as results of a test; the counters, as remarks. */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cpus.h"

struct counters counters;

static const char *const claims[] = {
#define X(name, text) text,
    STRESS_CLAIMS(X)
#undef X
};

static atomic_flag is_ending = ATOMIC_FLAG_INIT;

void report_begin(uint64_t seed)
{
    printf("# SEED=%" PRIu64 "\n", seed);
    fflush(stdout);
}

static void print_counters(void)
{
#define X(name) printf("# %-17s %" PRIu64 "\n", #name, count_of(name));
    STRESS_COUNTERS(X)
#undef X
}

void report_failure(enum claim claim, const char *format, ...)
{
    /* The first one counts; the others of the same moment wait for the end of the program. */
    while (atomic_flag_test_and_set(&is_ending))
        pause();
    va_list arguments;
    va_start(arguments, format);
    print_counters();
    printf("1..1\nnot ok 1 - %s\n# cpu %u, step %" PRIu64 ": ", claims[claim],
           cpus_current(), cpus_step());
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
    _exit(1);
}

void report_end(void)
{
    print_counters();
    printf("1..%d\n", CLAIM_COUNT);
    for (int i = 0; i < CLAIM_COUNT; i++)
        printf("ok %d - %s\n", i + 1, claims[i]);
    fflush(stdout);
}
