/* run.c: which groups of figures there are, and which are asked for. */
#include <hw/cpu.h>

#include "bench.h"
#include "shot.h"

const struct bench_group bench_groups[] = {
    {.name = "paths", .run = bench_paths},
    {.name = "takers", .run = bench_takers},
    {.name = "locks", .run = bench_locks},
    {.name = "deferred", .run = bench_deferred_calls},
    {.name = "connects", .run = bench_connects},
    {.name = "refusals", .run = bench_refusals},
    {.name = "vectors", .run = bench_vectors},
    {.name = "capacity", .run = bench_capacity},
    {.name = "sizes", .run = bench_sizes},
    {.name = "scale", .run = bench_scale},
    {.name = "trace", .run = bench_traces, .is_apart = true},
};

/* Whether a list between commas holds this word. */
static bool lists(const char *list, const char *word)
{
    while (*list != '\0') {
        size_t i = 0;
        while (word[i] != '\0' && list[i] == word[i])
            i++;
        if (word[i] == '\0' && (list[i] == ',' || list[i] == '\0'))
            return true;
        while (*list != '\0' && *list++ != ',') {
        }
    }
    return false;
}

bool bench_run(const char *names)
{
    uint64_t now = cpu_rdtsc();
    bool every = names == NULL || lists(names, "all");
    if (!bench_unit_start())
        return false;
    bench_begun(now);
    size_t ran = 0;
    for (size_t i = 0; i < sizeof bench_groups / sizeof bench_groups[0]; i++) {
        const struct bench_group *group = &bench_groups[i];
        bool is_named = names != NULL && lists(names, group->name);
        if (is_named || (every && !group->is_apart)) {
            group->run();
            ran++;
        }
    }
    return ran != 0 && bench_all_held();
}
