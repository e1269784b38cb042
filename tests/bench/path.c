/* path.c: the path of an interrupt: by which means, through how long a chain, who takes it. */
#include "path.h"

#include <hw/mmio.h>
#include <ivm/interrupt.h>

#include "arch/x86_64/icr.h"
#include "kernel/format.h"

enum {
    CLAIM_EVERY = 100
}; /* firings; unclaimed ones in a row would have the line masked */

static struct bench_series entries, exits, paths;
static struct bench_chain chain;

static const size_t lengths[] = {1, 2, 4, 8};

void path_fire(const struct bench_means *means, struct bench_shot *fired)
{
    /* An xAPIC may still be sending the one before. */
    if (means->by == BENCH_BY_VECTOR && means->raise == bench_fire)
        while ((mmio_read32(means->address) & ICR_DELIVERY_PENDING) != 0) {
        }
    fired->left = 1;
    means->raise(fired, means->address, means->value);
}

/* Take the last firing's times down. */
static void note(const struct bench_means *means, const struct bench_shot *fired,
                 size_t round)
{
    bool stores = means->raise == bench_fire;
    uint32_t before = stores ? BENCH_BEFORE_ENTRY : BENCH_BEFORE_ENTRY_MSR;
    uint32_t after = stores ? BENCH_AFTER_EXIT : BENCH_AFTER_EXIT_MSR;
    uint32_t entry =
        bench_span(fired->raised, fired->entered, before + BENCH_ROUTINE_BEFORE);
    uint32_t exit = bench_span(fired->returning, fired->back, BENCH_ROUTINE_AFTER + after);
    uint32_t whole = bench_span(fired->raised, fired->back, before + after);
    if (bench_counts_instructions())
        BENCH_CLAIM(whole == entry + BENCH_ROUTINE + exit);
    bench_add(&entries, round, entry);
    bench_add(&exits, round, exit);
    bench_add(&paths, round, bench_counts_instructions() ? entry + exit : whole);
}

void path_measure(const struct bench_means *means, struct bench_shot *fired,
                  const char *name)
{
    uint32_t verdict = fired->verdict;
    for (size_t round = 0; round < bench_rounds(); round++) {
        if (verdict == IVM_NOT_MINE && round % CLAIM_EVERY == 0) {
            fired->verdict = IVM_HANDLED;
            path_fire(means, fired);
            fired->verdict = verdict;
            path_fire(means, fired); /* the first in a row is told apart from the others */
        }
        path_fire(means, fired);
        note(means, fired, round);
    }
    bench_tell(&entries, BENCH_EXACT, "%s.entry", name);
    bench_tell(&exits, BENCH_EXACT, "%s.exit", name);
    bench_tell(&paths, BENCH_EXACT, "%s.path", name);
}

/* The harness fires nothing: what it counts then is what is taken off. */
static void check_harness(void)
{
    for (size_t round = 0; round < bench_rounds(); round++) {
        struct bench_shot shot = {.left = 1};
        bench_fire(&shot, (uintptr_t)&shot.left, 0);
        uint32_t empty = bench_span(shot.raised, shot.back, 0);
        if (bench_counts_instructions())
            BENCH_CLAIM(empty == BENCH_ROUND);
        bench_add(&paths, round, empty);
    }
    bench_tell(&paths, BENCH_EXACT, "harness.fire");
}

/* One chain: the last one takes it, the first one does, nobody says so. */
static void measure_length(const struct bench_means *means, size_t count)
{
    char name[BENCH_NAME];
    if (!chain_connect(&chain, means, count, count - 1))
        return;
    format_text(name, sizeof name, "%s.k%zu", means->name, count);
    path_measure(means, &chain.shot, name);
    chain.shot.verdict = IVM_NOT_MINE;
    format_text(name, sizeof name, "%s.k%zu.unhandled", means->name, count);
    path_measure(means, &chain.shot, name);
    chain_disconnect(&chain);

    if (count == 1 || !chain_connect(&chain, means, count, 0))
        return;
    format_text(name, sizeof name, "%s.k%zu.first", means->name, count);
    path_measure(means, &chain.shot, name);
    chain_disconnect(&chain);
}

void bench_paths(void)
{
    check_harness();
    for (unsigned by = 0; by < BENCH_MEANS; by++) {
        struct bench_means means;
        if (!means_open((enum bench_by)by, &means))
            continue;
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
            measure_length(&means, lengths[i]);
        means_close(&means);
    }
}
