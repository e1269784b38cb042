/* test_stress.c: everything at once on several CPUs: devices fire, lines move, connections come and
 * go.
 *
 * One CPU fires the edu devices and waits for each claim; one moves their lines about; the others
 * connect and disconnect filters on those lines and bare vectors that they interrupt themselves on.
 * The choices are seeded, each worker has its own stream: a run can be repeated, though not its
 * timing. Claims equal firings, exactly; a routine that is called after its disconnect returned finds
 * its context dead, and counts it.
 */
#include <stdatomic.h>
#include <stddef.h>

#include <ivm/affinity.h>
#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "fire.h"
#include "probe.h"
#include "suite.h"

enum {
    EDUS = 4,
    FIRINGS = 50000,  /* of each edu */
    CONNECTS = 25000, /* of each churner */
    SELF_SENT = 20,   /* interrupts of each bare connect */
    CHECK_EVERY = 1000,
    CHURNERS = 2,
    LEAST_MOVES = 1000,
    ONE_SECOND = 1000000000,
    MINUTES = 3,
};

/* What the workers share; each counter is written by one of them. */
static struct {
    struct ivm_device *edus[EDUS];
    _Atomic bool firing_done;
    _Atomic uint32_t called_dead;
    _Atomic uint32_t wrong;
    _Atomic uint64_t moves, connects, self_sent;
} stress;

static void note_wrong(bool holds)
{
    if (!holds)
        stress.wrong++;
}

/* Xorshift on 64 bits: small, and the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A connection that knows whether it may be called. */
struct visitor {
    struct ivm_connection connection;
    _Atomic bool alive;
    bool claims;
};

static enum ivm_verdict visit(void *context)
{
    struct visitor *visitor = context;
    if (!visitor->alive)
        stress.called_dead++;
    return visitor->claims ? IVM_HANDLED : IVM_NOT_MINE;
}

static bool come(struct visitor *visitor, struct ivm_request request)
{
    request.routine = visit;
    request.context = visitor;
    visitor->alive = true;
    bool connected = ivm_connect(&request, &visitor->connection, NULL) == IVM_OK;
    note_wrong(connected);
    stress.connects += connected;
    return connected;
}

static void go(struct visitor *visitor)
{
    note_wrong(ivm_disconnect(&visitor->connection) == IVM_OK);
    visitor->alive = false;
}

/* A filter that looks on at a line while it fires. */
static void look_on(struct visitor *visitor, const struct ivm_device *device)
{
    visitor->claims = false;
    struct ivm_request request = {.owner = "filter",
                                  .source = {IVM_LINE, device->line.gsi},
                                  .trigger = device->line.trigger,
                                  .polarity = device->line.polarity,
                                  .sharing = IVM_SHARED};
    if (come(visitor, request))
        go(visitor);
}

/* A vector of this CPU's own, interrupted and counted. */
static void interrupt_itself(struct visitor *visitor)
{
    visitor->claims = true;
    uint32_t cpu = ivm_cpu_now();
    struct ivm_cpu_set here = {.mask = 1ull << cpu % 64, .group = (uint16_t)(cpu / 64)};
    struct ivm_request request = {
        .owner = "own", .cpus = &here, .source = {.kind = IVM_BARE}};
    if (!come(visitor, request))
        return;
    uint8_t vector = 0;
    note_wrong(ivm_stats_place(visitor->connection.request.source, &cpu, &vector));
    for (unsigned sent = 1; sent <= SELF_SENT; sent++) {
        probe_send(vector);
        note_wrong(await_claims(&visitor->connection, sent));
    }
    stress.self_sent += SELF_SENT;
    go(visitor);
}

/* The tables, as far as they can be judged while others change them. */
static void check_tables(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    note_wrong(totals.vectors_used >= 1 && totals.vectors_used <= EDUS + CHURNERS + EDUS);
    note_wrong(totals.connects >= totals.disconnects);
    for (unsigned i = 0; i < EDUS; i++) {
        uint32_t cpu;
        uint8_t vector;
        struct ivm_source_id line = {IVM_LINE, stress.edus[i]->line.gsi};
        note_wrong(ivm_stats_place(line, &cpu, &vector) && cpu < ivm_cpu_count());
    }
}

static void churn(void *context)
{
    uint64_t random = (uintptr_t)context;
    struct visitor visitor = {.alive = false};
    for (unsigned i = 1; i <= CONNECTS; i++) {
        if (next_random(&random) % 4 == 0)
            look_on(&visitor, stress.edus[next_random(&random) % EDUS]);
        else
            interrupt_itself(&visitor);
        if (i % CHECK_EVERY == 0)
            check_tables();
    }
}

static void keep_moving(void *context)
{
    uint64_t random = (uintptr_t)context;
    while (!stress.firing_done || stress.moves < LEAST_MOVES) {
        const struct ivm_device *edu = stress.edus[next_random(&random) % EDUS];
        uint32_t cpu = (uint32_t)(next_random(&random) % ivm_cpu_count());
        struct ivm_cpu_set target = {.mask = 1ull << cpu};
        struct ivm_source_id line = {IVM_LINE, edu->line.gsi};
        enum ivm_status status = ivm_set_affinity(line, &target);
        stress.moves += status == IVM_OK;
        note_wrong(status == IVM_OK || status == IVM_EXHAUSTED);
    }
}

static bool gather_edus(void)
{
    static const char *const names[EDUS] = {"edu0", "edu1", "edu2", "edu3"};
    for (unsigned i = 0; i < EDUS; i++) {
        stress.edus[i] = ivm_device_find(names[i]);
        if (stress.edus[i] == NULL) {
            suite_skip("fewer than four edu devices");
            return false;
        }
    }
    return true;
}

static void fire_them_all(void)
{
    for (uint64_t round = 1; round <= FIRINGS; round++) {
        for (unsigned i = 0; i < EDUS; i++)
            stress.edus[i]->driver->fire(stress.edus[i]);
        for (unsigned i = 0; i < EDUS; i++)
            REQUIRE(await_claims(&stress.edus[i]->connection, round));
    }
}

static bool work_is_done(void *context)
{
    ivm_cpu_serve();
    return ivm_work_done(context);
}

GUEST_TEST(stress, a_million_events_on_four_cpus_lose_nothing_and_call_nobody_dead)
{
    if (ivm_cpu_count() < 2 + CHURNERS) {
        suite_skip("fewer than four CPUs");
        return;
    }
    if (!gather_edus())
        return;
    for (unsigned i = 0; i < EDUS; i++)
        REQUIRE(ivm_device_connect(stress.edus[i], IVM_SHARED, NULL) == IVM_OK);
    struct ivm_work work[1 + CHURNERS] = {
        {.function = keep_moving, .context = (void *)(uintptr_t)0x9E3779B97F4A7C15},
        {.function = churn, .context = (void *)(uintptr_t)0xBF58476D1CE4E5B9},
        {.function = churn, .context = (void *)(uintptr_t)0x94D049BB133111EB},
    };
    for (uint32_t i = 0; i < 1 + CHURNERS; i++)
        CHECK(ivm_cpu_post(i + 1, &work[i]) == IVM_OK);

    fire_them_all();
    stress.firing_done = true;
    for (unsigned i = 0; i < 1 + CHURNERS; i++)
        CHECK(ivm_wait_until(work_is_done, &work[i], MINUTES * 60ull * ONE_SECOND));

    for (unsigned i = 0; i < EDUS; i++) {
        CHECK_EQUAL(ivm_stats_claimed(&stress.edus[i]->connection), FIRINGS);
        CHECK_EQUAL(ivm_device_disconnect(stress.edus[i]), IVM_OK);
    }
    CHECK_EQUAL(stress.called_dead, 0);
    CHECK_EQUAL(stress.wrong, 0);
    CHECK_EQUAL(stress.connects, CHURNERS * CONNECTS);
    CHECK(stress.moves >= LEAST_MOVES);
    uint64_t events =
        EDUS * FIRINGS + 2 * stress.connects + stress.moves + stress.self_sent;
    ivm_log("# %u firings, %u connects, %u moves, %u self-interrupts: %u events",
            EDUS * FIRINGS, (unsigned)stress.connects, (unsigned)stress.moves,
            (unsigned)stress.self_sent, (unsigned)events);
    CHECK(events >= 1000000);
}
