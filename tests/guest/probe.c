/* probe.c: the routine that writes down what it saw. */
#include "probe.h"

#include <stdatomic.h>
#include <stddef.h>

#include <ivm/cpu.h>
#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include <hw/cpu.h>

#include "arch/x86_64/lapic.h"
#include "drivers/testdev.h"
#include "kernel/monitor/text.h"
#include "suite.h"

enum { ONE_SECOND = 1000000000 };

static char trace[64];
static _Atomic unsigned trace_length;

static void trace_add(char mark)
{
    unsigned at = atomic_fetch_add(&trace_length, 1);
    if (mark != '\0' && at + 1 < sizeof trace)
        trace[at] = mark;
}

static enum ivm_verdict verdict_of(struct probe *probe, uint32_t run)
{
    if (probe->acknowledges != NULL)
        return probe->acknowledges->driver->routine(probe->acknowledges);
    return run > probe->refuse_first ? IVM_HANDLED : IVM_NOT_MINE;
}

static enum ivm_verdict run_probe(void *context)
{
    struct probe *probe = context;
    uint32_t run = atomic_fetch_add(&probe->runs, 1) + 1;
    if (probe->mark != '\0')
        trace_add(probe->mark);
    probe->level = ivm_level_now();
    probe->interrupts_on = cpu_interrupts_enabled();
    if (probe->raise_vector != 0)
        probe_send(probe->raise_vector);
    if (probe->lowers && run >= probe->lower_after)
        testdev_lower(probe->lower_gsi);
    enum ivm_verdict verdict = verdict_of(probe, run);
    if (probe->mark != '\0')
        trace_add((char)(probe->mark - 'a' + 'A'));
    return verdict;
}

struct ivm_cpu_set probe_cpu(uint32_t cpu)
{
    return (struct ivm_cpu_set){.mask = UINT64_C(1) << cpu % 64,
                                .group = (uint16_t)(cpu / 64)};
}

static struct probe probe_of(struct ivm_request request)
{
    request.routine = run_probe;
    return (struct probe){.request = request};
}

struct probe probe_bare(uint8_t vector, uint8_t level)
{
    return probe_of((struct ivm_request){
        .owner = "probe", .source = {.kind = IVM_BARE, .number = vector}, .level = level});
}

struct probe probe_line(const struct ivm_line_info *line, enum ivm_sharing sharing)
{
    return probe_of((struct ivm_request){.owner = "probe",
                                         .source = {.kind = IVM_LINE, .number = line->gsi},
                                         .trigger = line->trigger,
                                         .polarity = line->polarity,
                                         .sharing = sharing});
}

struct probe probe_device(struct ivm_device *device, enum ivm_sharing sharing)
{
    struct probe probe = probe_line(&device->line, sharing);
    probe.acknowledges = device;
    for (size_t i = 0; i < IVM_NAME_SIZE; i++)
        probe.request.owner[i] = device->name[i];
    return probe;
}

bool probe_connect(struct probe *probe)
{
    /* Where nobody says otherwise, it is placed on the CPU that runs the test and sends to
     * itself. */
    struct ivm_cpu_set here = probe_cpu(ivm_cpu_now());
    struct ivm_request request = probe->request;
    request.context = probe;
    if (request.cpus == NULL)
        request.cpus = &here;
    enum ivm_status status = ivm_connect(&request, &probe->connection, &probe->refusal);
    if (status == IVM_OK)
        return true;
    char line[600];
    ivm_refusal_format(&probe->refusal, line, sizeof line);
    ivm_log("# %s", line);
    return suite_check(false, "the connect succeeds", __FILE__, __LINE__);
}

bool probe_disconnect(struct probe *probe)
{
    bool done = ivm_disconnect(&probe->connection) == IVM_OK;
    return suite_check(done, "the disconnect succeeds", __FILE__, __LINE__);
}

uint8_t probe_vector(const struct probe *probe)
{
    uint32_t cpu;
    uint8_t vector = 0;
    bool placed = ivm_stats_place(probe->connection.request.source, &cpu, &vector);
    suite_check(placed, "the probe's source is placed", __FILE__, __LINE__);
    return vector;
}

void probe_send(uint8_t vector)
{
    suite_check(lapic_send_self(vector) == IVM_OK, "the self-interrupt is sent", __FILE__,
                __LINE__);
}

struct awaited {
    struct probe *probe;
    uint32_t runs;
};

static bool has_run(void *context)
{
    const struct awaited *awaited = context;
    return atomic_load(&awaited->probe->runs) >= awaited->runs;
}

bool probe_wait(struct probe *probe, uint32_t runs)
{
    struct awaited awaited = {.probe = probe, .runs = runs};
    return ivm_wait_until(has_run, &awaited, ONE_SECOND);
}

bool probe_fence(void)
{
    struct probe fence = probe_bare(0, IVM_DEVICE_FIRST);
    if (!probe_connect(&fence))
        return false;
    probe_send(probe_vector(&fence));
    bool came = probe_wait(&fence, 1);
    return probe_disconnect(&fence) && came;
}

void trace_clear(void)
{
    for (size_t i = 0; i < sizeof trace; i++)
        trace[i] = '\0';
    atomic_store(&trace_length, 0);
}

const char *trace_text(void)
{
    return trace;
}

bool trace_is(const char *expected)
{
    if (text_is(trace, expected))
        return true;
    ivm_log("# the trace is %s, not %s", trace, expected);
    return false;
}
