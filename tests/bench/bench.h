/* bench.h: what is measured, in which unit, and how a figure is told.
 *
 * Each figure is one line, of which the first six words are the same on every machine:
 *
 *      GB <name> n=.. min=.. med=.. p90=.. max=..
 *
 * The unit is found out, not given: where two readings of the time-stamp counter with one
 * instruction between them are always the same small distance apart, the machine counts
 * instructions (QEMU's -icount; 2^shift ticks each) and figures are instructions, exactly; else they
 * are cycles of this machine, as they came, and a histogram follows each path.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_WARM_UP = 20, BENCH_SAMPLES = 1001, BENCH_NAME = 48 };

/* Whether the samples of a figure must all be alike where instructions are counted. */
enum bench_kind { BENCH_EXACT = 0, BENCH_VARIES = 1 };

/* A growing set of samples. */
struct bench_series {
    size_t count; /* taken; those over BENCH_SAMPLES are not kept */
    uint32_t values[BENCH_SAMPLES];
};

/* One group of figures, chosen by its name. */
struct bench_group {
    const char *name;
    void (*run)(void);
    bool is_apart; /* run only when it is named */
};
extern const struct bench_group bench_groups[];

/* Find out the unit. False: it cannot be told, and nothing can be measured. */
bool bench_unit_start(void);
bool bench_counts_instructions(void);

/* The difference of two readings in the unit, without the `overhead` instructions that the harness
 * itself executes between them; cycles are given as they are. */
uint32_t bench_span(uint32_t from, uint32_t to, uint32_t overhead);

/* A time in the unit. */
uint64_t bench_time(uint64_t ticks);

/* How many samples to take: fewer where that is asked for. The loop index is below BENCH_WARM_UP +
 * this, and the first BENCH_WARM_UP of them are not added. */
size_t bench_rounds(void);
void bench_add(struct bench_series *series, size_t round, uint32_t value);
void bench_clear(struct bench_series *series);

/* Tell a figure. The name is made as by printf. */
void bench_tell(struct bench_series *series, enum bench_kind kind, const char *name, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for one value. */
void bench_tell_one(uint64_t value, const char *name, ...)
    __attribute__((format(printf, 2, 3)));

/* Say that this machine lacks what a figure needs; it is then missing. */
void bench_lacks(const char *what);

/* A claim of the bench's own about what it does; when it does not hold the run fails. */
#define BENCH_CLAIM(expression) bench_claim((expression), #expression, __FILE__, __LINE__)
bool bench_claim(bool holds, const char *expression, const char *file, int line);

/* Run the groups named, between commas; NULL or "all": every one. True when all that was claimed
 * held. */
bool bench_run(const char *names);

/* Whether all claims so far held. */
bool bench_all_held(void);

/* Tell what it took from the kernel's first instructions to here, where its console would begin. */
void bench_begun(uint64_t now);

/* The groups. */
void bench_paths(void);
void bench_takers(void);
void bench_locks(void);
void bench_deferred_calls(void);
void bench_connects(void);
void bench_refusals(void);
void bench_vectors(void);
void bench_capacity(void);
void bench_sizes(void);
void bench_scale(void);
void bench_traces(void);

#endif
