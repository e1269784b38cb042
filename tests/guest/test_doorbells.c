/* test_doorbells.c: the doorbells of an ivshmem device, rung by the guest itself and by the host.
 *
 * tests/run/peer_ivshmem.py is the host's side. It rings when a line in the log says so, and counts
 * each ring in the shared memory before it makes it; the routine reads that count, writes it back,
 * and rings the host when it is the one that ends a batch. So nobody waits by time.
 *
 * The rule of edges: rings that come close together may be delivered as one (QEMU reads the eventfd
 * once for all of them, and the local APIC keeps one bit for each vector), so a vector is delivered
 * at most once for each ring, and at least once after the last ring of each batch. A batch has
 * arrived when a routine has read its last number, which is written an instant before its ring is
 * made: in that instant an earlier ring's delivery can read it. Where each ring waits for the one
 * before, there is no such instant and nothing to merge with: there the counts are exact.
 */
#include <stddef.h>

#include <hw/mmio.h>
#include <ivm/affinity.h>
#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/device_message.h>
#include <ivm/stats.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "drivers/ivshmem.h"
#include "fire.h"
#include "probe.h"
#include "suite.h"

enum {
    VECTORS = 8,
    HOST = 5, /* its position among the peers */

    /* The shared memory: for each vector a row of words. */
    ROW = 64,
    RUNG = 0,             /* host: rings so far */
    END = 4,              /* host: rings when the batch ends */
    SEEN = 8,             /* guest: rings that had been counted when the routine ran last */
    DONE = VECTORS * ROW, /* host: orders done; QEMU has read every ring of theirs */

    SELF_FIRED = 100, /* times, of each vector */
    ALONE = 250,
    BATCHES = 625,
    BATCH = 20,          /* of 8 vectors: 100,000 rings */
    MOVED = VECTORS / 2, /* vectors of the smaller storm, */
    MOVED_BATCHES = 250, /* of so many batches */
    LEAST_MOVES = 100,
};

/* To tell a loss from a slow host. */
static const uint64_t limit_ns = UINT64_C(10000000000);

/* One vector and its doorbell; the routine's own members are written by nobody else. */
struct bell {
    struct ivm_connection connection;
    const struct ivm_device *device;
    uintptr_t row;       /* in the shared memory */
    uint32_t base;       /* rings before it was connected */
    uint32_t expected;   /* rings asked for since */
    uint32_t deliveries; /* routine */
    uint32_t ahead;      /* routine: deliveries that exceeded the rings */
    uint32_t seen;       /* routine: rings since, as counted when it ran last */
};

static struct bell bells[VECTORS];
static uint32_t orders; /* given so far, as the host counts */

static enum ivm_verdict answer(void *context)
{
    struct bell *bell = context;
    uint32_t rung = mmio_read32(bell->row + RUNG);
    bell->deliveries++;
    if (bell->deliveries > rung - bell->base)
        bell->ahead++;
    mmio_write32(bell->row + SEEN, rung);
    bell->seen = rung - bell->base;
    if (rung == mmio_read32(bell->row + END))
        ivshmem_ring(bell->device, HOST, 0);
    return IVM_HANDLED;
}

/* All vectors for devices, on all CPUs, added up. */
struct tally {
    uint64_t delivered, strays, late;
};

static struct tally tally_now(void)
{
    struct tally sum = {0};
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        for (unsigned v = IVM_VECTOR_DEVICE_FIRST; v < IVM_VECTOR_DEVICE_END; v++) {
            struct ivm_vector_stats stats;
            if (!ivm_stats_vector(cpu, (uint8_t)v, &stats))
                continue;
            sum.delivered += stats.delivered;
            sum.strays += stats.strays;
            sum.late += stats.late;
        }
    }
    return sum;
}

/* Where the shared memory is; it is a page at least. */
static uintptr_t memory_of(const struct ivm_device *device)
{
    size_t size;
    uintptr_t memory = ivshmem_memory(device, &size);
    (void)suite_check(size >= DONE + ROW, "the shared memory holds it all", __FILE__,
                      __LINE__);
    return memory;
}

static uint32_t orders_done(void)
{
    return mmio_read32(memory_of(bells[0].device) + DONE);
}

/* The device with its messages open; NULL: the test is over. */
static struct ivm_device *open_device(void)
{
    struct ivm_device *device = ivm_device_find("ivshmem0");
    if (device == NULL || device->driver == NULL) {
        suite_skip("no ivshmem device");
        return NULL;
    }
    /* After a loss the host waits for ever: it hears no further order. */
    if (!suite_check(bells[0].device == NULL || orders_done() == orders,
                     "the host is done with the order before", __FILE__, __LINE__))
        return NULL;
    struct ivm_message_wish wish = {.count = VECTORS, .kind = IVM_MSIX};
    struct ivm_grant grant;
    enum ivm_status status = ivm_device_messages_open(device, &wish, &grant);
    if (!suite_check(status == IVM_OK && grant.granted == VECTORS,
                     "its messages are granted", __FILE__, __LINE__))
        return NULL;
    return device;
}

static bool connect_bell(struct ivm_device *device, uint32_t index)
{
    struct bell *bell = &bells[index];
    *bell = (struct bell){.device = device, .row = memory_of(device) + index * ROW};
    bell->base = mmio_read32(bell->row + RUNG);
    struct ivm_cpu_set cpu = probe_cpu(index % ivm_cpu_count());
    struct ivm_request request = {
        .owner = "bell",
        .routine = answer,
        .context = bell,
        .cpus = &cpu,
        .source = {IVM_MESSAGE, ivm_device_message_number(device, index)},
    };
    return ivm_connect(&request, &bell->connection, NULL) == IVM_OK;
}

/* Each vector on a CPU of its own, as long as there are CPUs. */
static struct ivm_device *open_bells(void)
{
    struct ivm_device *device = open_device();
    for (uint32_t i = 0; device != NULL && i < VECTORS; i++)
        CHECK(connect_bell(device, i));
    return device;
}

static void close_bells(struct ivm_device *device)
{
    for (uint32_t i = 0; i < VECTORS; i++)
        CHECK_EQUAL(ivm_disconnect(&bells[i].connection), IVM_OK);
    CHECK_EQUAL(ivm_device_messages_close(device), IVM_OK);
}

/* Have the host ring every doorbell, and say so in the memory when it is done. */
static void order(uint32_t batches, uint32_t size)
{
    for (unsigned i = 0; i < VECTORS; i++)
        bells[i].expected += batches * size;
    orders = orders_done() + 1;
    ivm_log("doorbell: ring vectors 0..%u, %u batches of %u", (unsigned)VECTORS, batches,
            size);
}

static bool is_done(void *context)
{
    (void)context;
    return orders_done() == orders;
}

static bool wait_until_done(void)
{
    return ivm_wait_until(is_done, NULL, limit_ns);
}

/* What holds for every vector after `order`s that have arrived, the bells being closed. */
static void check_rule_of_edges(const struct tally *before, uint64_t at_least)
{
    struct tally after = tally_now();
    uint64_t deliveries = 0, rings = 0;
    for (unsigned i = 0; i < VECTORS; i++) {
        CHECK_EQUAL(bells[i].seen, bells[i].expected);
        CHECK_EQUAL(bells[i].ahead, 0);
        CHECK(bells[i].deliveries <= bells[i].expected);
        CHECK_EQUAL(ivm_stats_claimed(&bells[i].connection), bells[i].deliveries);
        deliveries += bells[i].deliveries;
        rings += bells[i].expected;
    }
    CHECK(deliveries >= at_least);
    CHECK_EQUAL(after.strays, before->strays);
    CHECK_EQUAL(after.delivered - before->delivered,
                deliveries + (after.late - before->late));
    ivm_log("# %u rings, %u deliveries", (unsigned)rings, (unsigned)deliveries);
}

/* Each waits for the one before: two that come together are one. */
static bool fire_one_by_one(struct ivm_device *device, uint32_t index)
{
    for (unsigned i = 0; i < SELF_FIRED; i++)
        if (!fire_message(device, index))
            return false;
    return true;
}

GUEST_TEST(doorbells, a_doorbell_that_a_device_rings_itself_is_delivered_once_each_time)
{
    struct ivm_device *device = open_bells();
    if (device == NULL)
        return;
    /* Once the host's rings arrive the device has all its doorbells; no register tells. */
    order(1, 1);
    CHECK(wait_until_done());
    for (uint32_t i = 0; i < VECTORS; i++)
        CHECK_EQUAL(ivm_disconnect(&bells[i].connection), IVM_OK);
    for (uint32_t i = 0; i < VECTORS; i++) {
        struct ivm_cpu_set cpu = probe_cpu(i % ivm_cpu_count());
        CHECK_EQUAL(ivm_device_message_connect(device, i, &cpu, NULL), IVM_OK);
    }

    for (uint32_t i = 0; i < VECTORS; i++)
        CHECK(fire_one_by_one(device, i));

    for (uint32_t i = 0; i < VECTORS; i++) {
        const struct ivm_connection *own = ivm_device_message_connection(device, i);
        CHECK_EQUAL(ivm_stats_claimed(own), SELF_FIRED);
        CHECK_EQUAL(ivm_device_message_disconnect(device, i), IVM_OK);
    }
    CHECK_EQUAL(ivm_device_messages_close(device), IVM_OK);
}

GUEST_TEST(doorbells, doorbells_that_the_host_rings_one_by_one_are_delivered_exactly)
{
    struct tally before = tally_now();
    struct ivm_device *device = open_bells();
    if (device == NULL)
        return;

    order(ALONE, 1);
    CHECK(wait_until_done());

    close_bells(device);
    check_rule_of_edges(&before, VECTORS * ALONE);
}

GUEST_TEST(doorbells, a_storm_of_100000_doorbells_from_the_host_loses_no_last_one)
{
    struct tally before = tally_now();
    struct ivm_device *device = open_bells();
    if (device == NULL)
        return;

    order(BATCHES, BATCH);
    CHECK(wait_until_done());

    close_bells(device);
    check_rule_of_edges(&before, VECTORS * BATCHES);
}

struct moves {
    uint32_t done;
    uint32_t failed;
};

/* Move some vectors on by one CPU. A vector keeps its number, which may be taken over there. */
static void move_some(uint32_t round, struct moves *moves)
{
    for (uint32_t i = 0; i < MOVED; i++) {
        struct ivm_cpu_set target = probe_cpu((i + round) % ivm_cpu_count());
        enum ivm_status status =
            ivm_set_affinity(bells[i].connection.request.source, &target);
        moves->done += status == IVM_OK;
        moves->failed += status != IVM_OK && status != IVM_EXHAUSTED;
    }
}

GUEST_TEST(doorbells, a_storm_loses_no_last_one_while_half_of_its_vectors_move)
{
    if (ivm_cpu_count() == 1) {
        suite_skip("only one CPU");
        return;
    }
    struct tally before = tally_now();
    struct ivm_device *device = open_bells();
    if (device == NULL)
        return;

    order(MOVED_BATCHES, BATCH);
    struct moves moves = {0};
    uint64_t end = ivm_clock_ns() + limit_ns;
    for (uint32_t round = 1; !is_done(NULL) && ivm_clock_ns() < end; round++)
        move_some(round, &moves);

    CHECK(is_done(NULL));
    close_bells(device);
    check_rule_of_edges(&before, VECTORS * MOVED_BATCHES);
    CHECK_EQUAL(moves.failed, 0);
    CHECK(moves.done >= LEAST_MOVES);
    ivm_log("# %u moves", moves.done);
}
