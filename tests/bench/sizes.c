/* sizes.c: bytes for each of what there may be many of, and what the way to here has cost. */
#include <stddef.h>

#include <ivm/cpu.h>
#include <ivm/interrupt.h>
#include <ivm/refusal.h>

#include "bench.h"
#include "kernel/slot.h"
#include "kernel/source.h"

/* What the dispatch path writes is this CPU's alone, and no two share a cache line. */
_Static_assert(sizeof(struct slot) == 64 && _Alignof(struct slot) == 64, "one line a slot");
_Static_assert(offsetof(struct cpu_slots, slots) == 0, "so all slots are aligned");
_Static_assert(offsetof(struct cpu_slots, deferred) % 64 == 0, "the queue begins a line");
_Static_assert(sizeof(struct cpu_slots) % 64 == 0, "and two CPUs' tables share none");
_Static_assert(sizeof(struct ivm_refusal) <= 256, "a record");

/* start.S: the time-stamp counter when the loader had jumped to the kernel. */
extern const uint64_t start_tsc;

/* Told in millions: the kernel waits for ticks of timers, and at which moment of theirs it was
 * started depends on how fast the disc was read, which is the host's affair. */
void bench_begun(uint64_t now)
{
    if (ivm_cpu_count() == 1)
        bench_tell_one(bench_time(now - start_tsc) / 1000000, "boot.to-prompt-millions");
}

void bench_sizes(void)
{
    bench_tell_one(sizeof(struct cpu_slots), "bytes.slots_per_cpu");
    bench_tell_one(sizeof(struct source), "bytes.per_line");
    bench_tell_one(sizeof(struct ivm_message), "bytes.per_message");
    bench_tell_one(sizeof(struct ivm_connection), "bytes.per_connection");
    bench_tell_one(sizeof(struct ivm_refusal), "bytes.per_refusal");
}
