/* report.h: what the stress claims, what it counted, and the end when a claim fails. */
#ifndef STRESS_REPORT_H
#define STRESS_REPORT_H

#include <stdatomic.h>
#include <stdint.h>

/* clang-format off */
#define STRESS_CLAIMS(X)                                                                           \
    X(COUNTS,     "the claims of every device equal its firings")                                  \
    X(LOST,       "after the last firing of a batch comes a delivery")                             \
    X(GONE,       "no routine is seen after its disconnect has returned")                          \
    X(ONE_CPU,    "a routine never runs on two CPUs at once")                                      \
    X(LOCKS,      "what a lock protects is touched by one at a time")                              \
    X(CALLS,      "a deferred call runs as often as it was queued, at its level")                  \
    X(FLUSH,      "after a flush every call queued before it has run")                             \
    X(LEAKS,      "no vector is leaked, and none is given twice")                                  \
    X(TABLES,     "the tables are consistent after every thousand steps")                          \
    X(STRAYS,     "nothing is delivered to a vector that nobody holds")                            \
    X(STATUS,     "a call is refused only for a reason that holds")                                \
    X(MACHINE,    "levels, ends and controllers are used as they must be")                         \
    X(PROGRESS,   "every call comes to its end")                                                   \
    X(AMOUNT,     "the run did as much as it was told to")
/* clang-format on */

enum claim {
#define X(name, text) CLAIM_##name,
    STRESS_CLAIMS(X)
#undef X
        CLAIM_COUNT
};

#define STRESS_COUNTERS(X)                                                                 \
    X(steps)                                                                               \
    X(fired)                                                                               \
    X(deliveries)                                                                          \
    X(shared)                                                                              \
    X(connects)                                                                            \
    X(refusals)                                                                            \
    X(disconnects)                                                                         \
    X(moves)                                                                               \
    X(moves_refused)                                                                       \
    X(drains)                                                                              \
    X(synchronized)                                                                        \
    X(not_synchronized)                                                                    \
    X(calls_queued)                                                                        \
    X(calls_removed)                                                                       \
    X(flushes)

/* Counted by all, relaxed: they order nothing. */
struct counters {
#define X(name) _Atomic uint64_t name;
    STRESS_COUNTERS(X)
#undef X
};

extern struct counters counters;

#define count_one(name) atomic_fetch_add_explicit(&counters.name, 1, memory_order_relaxed)
#define count_of(name)  atomic_load_explicit(&counters.name, memory_order_relaxed)

void report_begin(uint64_t seed);

/* A claim does not hold: say so and end the program. */
_Noreturn void report_failure(enum claim claim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define insist(claim, expression)                                                          \
    ((expression) ? (void)0                                                                \
                  : report_failure(claim, "%s:%d: %s", __FILE__, __LINE__, #expression))

/* All claims held. */
void report_end(void);

#endif
