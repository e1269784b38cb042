/* takers.c: one line, several devices that assert it at once: each delivery is taken by the next.
 */
#include <hw/cpu.h>
#include <hw/mmio.h>
#include <ivm/bus.h>

#include "bench.h"
#include "means.h"

static struct bench_series series;
static struct ivm_connection connections[BENCH_CHAIN];
static struct bench_shot shots[BENCH_CHAIN];
static uintptr_t raise[BENCH_CHAIN];
static uint32_t open_count;

/* Connect the edus on this line, `count` at most; how many there are. */
static size_t connect_edus(const struct bench_means *means, size_t count)
{
    struct ivm_request request = means_request(means);
    request.routine = bench_taker;
    request.cpus = &means_here;
    size_t found = 0;
    for (size_t i = 0; i < ivm_device_count() && found < count; i++) {
        const struct ivm_device *device = ivm_device_at(i);
        bool is_edu = device->driver == means->device->driver;
        if (!is_edu || !device->has_line || device->line.gsi != means->source.number)
            continue;
        uintptr_t edu = means_edu(device);
        raise[found] = edu + (means->address & 0xFFF);
        shots[found] = (struct bench_shot){
            .acknowledge = edu + (means->acknowledge & 0xFFF), .open = &open_count};
        request.context = &shots[found];
        connections[found] = (struct ivm_connection){.request.owner = ""};
        BENCH_CLAIM(ivm_connect(&request, &connections[found], NULL) == IVM_OK);
        found++;
    }
    return found;
}

/* All assert while interrupts are off; then each delivery finds one less. */
static void measure(const struct bench_means *means, size_t count)
{
    for (size_t round = 0; round < bench_rounds(); round++) {
        cpu_cli();
        open_count = (uint32_t)count;
        for (size_t i = 0; i < count; i++)
            mmio_write32(raise[i], means->value);
        uint32_t ticks = bench_open(&open_count);
        uint32_t taken = (uint32_t)count * BENCH_ROUTINE;
        bench_add(&series, round, bench_span(0, ticks, BENCH_OPEN_EMPTY + taken));
    }
    bench_tell(&series, BENCH_EXACT, "intx.k%zu.turn.path", count);
}

void bench_takers(void)
{
    struct bench_means means;
    if (!means_open(BENCH_BY_LINE, &means))
        return;
    for (size_t count = 1; count <= BENCH_CHAIN; count *= 2) {
        size_t found = connect_edus(&means, count);
        if (found == count)
            measure(&means, count);
        else
            bench_lacks("as many edu devices on one line");
        for (size_t i = 0; i < found; i++)
            BENCH_CLAIM(ivm_disconnect(&connections[i]) == IVM_OK);
    }
    means_close(&means);
}
