/* test_exhaustion.c: more messages than vectors: who is refused learns where there is room, and who is
 * connected notices nothing.
 *
 * The messages are those of NVMe controllers, 65 each. Nothing makes them send: what counts is that
 * each connected one holds a vector.
 */
#include <stddef.h>

#include <ivm/audit.h>
#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/device_message.h>
#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "fire.h"
#include "probe.h"
#include "suite.h"

enum {
    CLASS_NVME = 0x010802,

    MESSAGES = 65, /* of each NVMe controller */
    MOST_DEVICES = 10,
    MOST = MOST_DEVICES * MESSAGES,
    PER_CPU = IVM_VECTOR_DEVICE_END - IVM_VECTOR_DEVICE_FIRST,
    PER_LEVEL = 16,
    MOST_CPUS = 4,

    FIRINGS = 20,
    REFUSALS = 10,
    A_LEVEL = 6,
};

/* The functions, their messages open, and how many of these are connected, in their order. */
static struct {
    struct ivm_device *devices[MOST_DEVICES];
    uint32_t count;
    struct ivm_connection connections[MOST];
    uint32_t connected;
} crowd;

static enum ivm_verdict take(void *context)
{
    (void)context;
    return IVM_HANDLED;
}

static bool open_one(struct ivm_device *device)
{
    struct ivm_message_wish wish = {.count = MESSAGES, .kind = IVM_MSIX};
    struct ivm_grant grant;
    enum ivm_status status = ivm_device_messages_open(device, &wish, &grant);
    crowd.devices[crowd.count] = device;
    crowd.count += status == IVM_OK;
    return suite_check(status == IVM_OK && grant.granted == MESSAGES, "65 are granted",
                       __FILE__, __LINE__);
}

/* More messages than all CPUs have vectors; false: the test is over. */
static bool open_crowd(void)
{
    crowd.count = crowd.connected = 0;
    for (size_t i = 0; i < ivm_device_count() && crowd.count < MOST_DEVICES; i++) {
        struct ivm_device *device = ivm_device_at(i);
        bool is_nvme = device->bus == IVM_BUS_PCI && device->pci.class_code == CLASS_NVME;
        if (is_nvme && !open_one(device))
            break;
    }
    if (crowd.count * MESSAGES > ivm_cpu_count() * PER_CPU && ivm_cpu_count() <= MOST_CPUS)
        return true;
    for (uint32_t i = 0; i < crowd.count; i++)
        CHECK_EQUAL(ivm_device_messages_close(crowd.devices[i]), IVM_OK);
    suite_skip("fewer messages than vectors");
    return false;
}

/* Connect the next message of the crowd, or be refused. */
static enum ivm_status connect_next(const struct ivm_cpu_set *cpus, uint8_t level,
                                    struct ivm_refusal *refusal)
{
    struct ivm_device *device = crowd.devices[crowd.connected / MESSAGES];
    struct ivm_request request = {
        .owner = "crowd",
        .routine = take,
        .cpus = cpus,
        .source = {IVM_MESSAGE,
                   ivm_device_message_number(device, crowd.connected % MESSAGES)},
        .level = level,
    };
    enum ivm_status status =
        ivm_connect(&request, &crowd.connections[crowd.connected], refusal);
    crowd.connected += status == IVM_OK;
    return status;
}

/* Connect until refused; what was said then. */
static enum ivm_status fill(const struct ivm_cpu_set *cpus, uint8_t level,
                            struct ivm_refusal *refusal)
{
    *refusal = (struct ivm_refusal){0};
    enum ivm_status status = IVM_OK;
    while (status == IVM_OK && crowd.connected < crowd.count * MESSAGES)
        status = connect_next(cpus, level, refusal);
    return status;
}

static void close_crowd(void)
{
    while (crowd.connected != 0)
        CHECK_EQUAL(ivm_disconnect(&crowd.connections[--crowd.connected]), IVM_OK);
    for (uint32_t i = 0; i < crowd.count; i++)
        CHECK_EQUAL(ivm_device_messages_close(crowd.devices[i]), IVM_OK);
}

/* Each device vector of each CPU, as the table shows it. */
static struct ivm_vector_stats table_before[MOST_CPUS][IVM_VECTOR_COUNT];

static void note_table(void)
{
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++)
        for (unsigned v = IVM_VECTOR_DEVICE_FIRST; v < IVM_VECTOR_DEVICE_END; v++)
            (void)ivm_stats_vector(cpu, (uint8_t)v, &table_before[cpu][v]);
}

static bool same_row(const struct ivm_vector_stats *a, const struct ivm_vector_stats *b)
{
    return a->delivered == b->delivered && a->strays == b->strays && a->late == b->late &&
           a->overruns == b->overruns && a->generation == b->generation &&
           a->connected == b->connected && a->source.kind == b->source.kind &&
           a->source.number == b->source.number && a->level == b->level &&
           a->mask_reasons == b->mask_reasons && a->owner_count == b->owner_count;
}

/* How many rows are not as they were noted. */
static uint32_t changed_rows(void)
{
    uint32_t changed = 0;
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        for (unsigned v = IVM_VECTOR_DEVICE_FIRST; v < IVM_VECTOR_DEVICE_END; v++) {
            struct ivm_vector_stats now = {0};
            (void)ivm_stats_vector(cpu, (uint8_t)v, &now);
            changed += !same_row(&now, &table_before[cpu][v]);
        }
    }
    return changed;
}

/* Vectors of a level that nobody is connected to, counted from the table. */
static uint32_t count_free(uint32_t cpu, uint8_t level)
{
    uint32_t count = 0;
    for (unsigned v = level * PER_LEVEL; v < (level + 1u) * PER_LEVEL; v++) {
        struct ivm_vector_stats row;
        count += ivm_stats_vector(cpu, (uint8_t)v, &row) && !row.connected;
    }
    return count;
}

static bool is_named(const struct ivm_refusal *refusal, uint32_t cpu, uint8_t level)
{
    for (unsigned i = 0; i < IVM_REFUSAL_FREE && refusal->free[i].count != 0; i++)
        if (refusal->free[i].cpu == cpu && refusal->free[i].level == level)
            return true;
    return false;
}

/* What has no place in the list is added up, and so are the CPUs that it is on. */
static void check_more(const struct ivm_refusal *refusal)
{
    uint32_t more = 0, cpus = 0;
    for (uint32_t cpu = 0; cpu < ivm_cpu_count(); cpu++) {
        uint32_t before = more;
        for (uint8_t level = IVM_DEVICE_FIRST; level < IVM_DEVICE_END; level++)
            if (!is_named(refusal, cpu, level))
                more += count_free(cpu, level);
        cpus += more != before;
    }
    CHECK_EQUAL(refusal->free_more, more);
    CHECK_EQUAL(refusal->free_more_cpus, cpus);
}

/* A refusal says exhausted, and where the table shows room: returns how many vectors it knows of. */
static uint32_t check_refusal(enum ivm_status status, const struct ivm_refusal *refusal)
{
    char line[1000];
    ivm_refusal_format(refusal, line, sizeof line);
    ivm_log("# %s", line);
    CHECK_EQUAL(status, IVM_EXHAUSTED);
    CHECK_EQUAL(refusal->rule, IVM_RULE_VECTORS_EXHAUSTED);
    CHECK_EQUAL(refusal->owner_count, 0);
    uint32_t named = 0;
    for (unsigned i = 0; i < IVM_REFUSAL_FREE && refusal->free[i].count != 0; i++) {
        const struct ivm_free_vectors *free = &refusal->free[i];
        CHECK_EQUAL(free->count, count_free(free->cpu, free->level));
        named += free->count;
    }
    check_more(refusal);
    CHECK_EQUAL(named + refusal->free_more, ivm_stats_free(NULL, 0));
    return named + refusal->free_more;
}

GUEST_TEST(exhaustion, a_full_table_refuses_and_disturbs_nothing_that_is_connected)
{
    struct ivm_device *by_line = ivm_device_find("edu0");
    struct ivm_device *by_message = ivm_device_find("edu1");
    if (by_line == NULL || by_message == NULL) {
        suite_skip("fewer than two edu devices");
        return;
    }
    uint32_t free = ivm_stats_free(NULL, 0);
    if (!open_crowd())
        return;
    REQUIRE(ivm_device_connect(by_line, IVM_SHARED, NULL) == IVM_OK);
    REQUIRE(messages_begin(by_message, 1));

    struct ivm_refusal refusal;
    enum ivm_status status = fill(NULL, 0, &refusal);
    CHECK_EQUAL(crowd.connected, free - 2);
    CHECK_EQUAL(check_refusal(status, &refusal), 0);
    note_table();
    for (unsigned i = 0; i < REFUSALS; i++)
        CHECK_EQUAL(connect_next(NULL, 0, &refusal), IVM_EXHAUSTED);
    CHECK_EQUAL(changed_rows(), 0);
    CHECK_EQUAL(ivm_audit(NULL, 0), 0);

    for (unsigned i = 0; i < FIRINGS; i++)
        CHECK(fire_line(by_line) && fire_message(by_message, 0));
    CHECK_EQUAL(ivm_stats_claimed(&by_line->connection), FIRINGS);
    CHECK_EQUAL(ivm_stats_claimed(ivm_device_message_connection(by_message, 0)), FIRINGS);
    CHECK_EQUAL(changed_rows(), 2);

    close_crowd();
    CHECK(messages_end(by_message, 1));
    CHECK_EQUAL(ivm_device_disconnect(by_line), IVM_OK);
    CHECK_EQUAL(ivm_stats_free(NULL, 0), free);
}

GUEST_TEST(exhaustion, a_full_table_grants_no_messages_and_says_exhausted)
{
    if (!open_crowd())
        return;
    uint32_t last = crowd.count - 1;
    CHECK_EQUAL(ivm_device_messages_close(crowd.devices[last]), IVM_OK);
    crowd.count--;
    struct ivm_cpu_set first = probe_cpu(0);
    uint32_t filled = 0;
    while (crowd.connected < PER_CPU && connect_next(&first, 0, NULL) == IVM_OK)
        filled++;
    CHECK_EQUAL(filled, PER_CPU);

    struct ivm_grant grant;
    struct ivm_message_wish wish = {.count = MESSAGES, .kind = IVM_MSIX, .cpus = &first};
    CHECK_EQUAL(ivm_device_messages_open(crowd.devices[last], &wish, &grant),
                IVM_EXHAUSTED);
    CHECK_EQUAL(grant.granted, 0);
    CHECK_EQUAL(grant.limit, IVM_GRANT_EXHAUSTED);
    CHECK_EQUAL(grant.offered, MESSAGES);

    /* As many as are free again. */
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQUAL(ivm_disconnect(&crowd.connections[--crowd.connected]), IVM_OK);
    CHECK_EQUAL(ivm_device_messages_open(crowd.devices[last], &wish, &grant), IVM_OK);
    CHECK_EQUAL(grant.granted, 3);
    CHECK_EQUAL(grant.limit, IVM_GRANT_EXHAUSTED);
    crowd.count++;
    close_crowd();
}

GUEST_TEST(exhaustion, a_full_level_is_refused_with_the_levels_that_have_room)
{
    if (!open_crowd())
        return;
    struct ivm_cpu_set first = probe_cpu(0);
    struct ivm_refusal refusal;

    enum ivm_status status = fill(&first, A_LEVEL, &refusal);

    CHECK_EQUAL(crowd.connected, PER_LEVEL);
    CHECK_EQUAL(check_refusal(status, &refusal), ivm_cpu_count() * PER_CPU - PER_LEVEL);
    CHECK(!is_named(&refusal, 0, A_LEVEL));
    CHECK_EQUAL(refusal.free[0].cpu, 0);
    CHECK_EQUAL(refusal.free_more != 0, ivm_cpu_count() > 3);
    CHECK_EQUAL(connect_next(&first, refusal.free[0].level, NULL), IVM_OK);
    close_crowd();
}

GUEST_TEST(exhaustion, a_full_cpu_is_refused_with_the_cpu_that_has_room)
{
    if (ivm_cpu_count() < 2) {
        suite_skip("only one CPU");
        return;
    }
    if (!open_crowd())
        return;
    struct ivm_cpu_set last = probe_cpu(ivm_cpu_count() - 1);
    struct ivm_refusal refusal;

    enum ivm_status status = fill(&last, 0, &refusal);

    CHECK_EQUAL(crowd.connected, PER_CPU);
    CHECK_EQUAL(check_refusal(status, &refusal), (ivm_cpu_count() - 1) * PER_CPU);
    CHECK_EQUAL(refusal.free[0].cpu, 0);
    CHECK(is_named(&refusal, 0, IVM_DEVICE_FIRST));
    struct ivm_cpu_set named = probe_cpu(refusal.free[0].cpu);
    CHECK_EQUAL(connect_next(&named, refusal.free[0].level, NULL), IVM_OK);
    close_crowd();
}
