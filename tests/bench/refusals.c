/* refusals.c: what a refusal costs with its whole record, rule by rule, no line logged. */
#include <ivm/cpu.h>
#include <ivm/level.h>
#include <ivm/refusal.h>

#include "bench.h"
#include "means.h"
#include "timed.h"

enum { LEVEL_SIZE = 16, OTHER_LEVEL = 9, NO_LINE = 9999, RESERVED_VECTOR = 0xE1 };

/* Who holds something, and who is refused. */
struct scene {
    struct ivm_request held, asked;
    struct ivm_connection holder, storage;
    struct ivm_connection *given; /* what the refused one offers as storage */
    struct ivm_lock lock;
    struct ivm_cpu_set cpus;
    uint8_t raised; /* the level it is asked at; 0: none */
};

static struct scene scene;
static struct ivm_connection fill[LEVEL_SIZE];
static struct bench_series costs;

static void owner_exclusive(void)
{
    scene.held.sharing = IVM_EXCLUSIVE;
}

static void requester_exclusive(void)
{
    scene.asked.sharing = IVM_EXCLUSIVE;
}

static void trigger_differs(void)
{
    scene.asked.trigger = scene.held.trigger == IVM_EDGE ? IVM_LEVEL : IVM_EDGE;
}

static void polarity_differs(void)
{
    scene.asked.polarity = IVM_ACTIVE_LOW - scene.held.polarity;
}

static void class_differs(void)
{
    scene.held.level = OTHER_LEVEL;
    scene.asked.level = OTHER_LEVEL + 1;
}

/* The holder is on this CPU, the other wants the next one. */
static void cpus_disjoint(void)
{
    scene.cpus.mask = 2;
    scene.asked.cpus = &scene.cpus;
}

static void source_differs(void)
{
    scene.held.source = (struct ivm_source_id){.kind = IVM_BARE, .number = BENCH_VECTOR};
    scene.held.trigger = IVM_EDGE;
    scene.asked.vector = BENCH_VECTOR;
}

static void storage_connected(void)
{
    scene.given = &scene.holder;
}

static void line_routed_elsewhere(void)
{
    scene.held.vector = BENCH_VECTOR;
    scene.asked.vector = BENCH_VECTOR + 1;
}

static void vector_reserved(void)
{
    scene.asked.source =
        (struct ivm_source_id){.kind = IVM_BARE, .number = RESERVED_VECTOR};
}

/* Nobody holds the line; nothing is free at its level. */
static void vectors_exhausted(void)
{
    scene.held.source = (struct ivm_source_id){.kind = IVM_BARE, .number = BENCH_VECTOR};
    scene.held.trigger = IVM_EDGE;
    scene.asked.level = OTHER_LEVEL;
    struct ivm_request filler = scene.held;
    for (uint32_t i = 0; i < LEVEL_SIZE; i++) {
        filler.source.number = OTHER_LEVEL * LEVEL_SIZE + i;
        BENCH_CLAIM(ivm_connect(&filler, &fill[i], NULL) == IVM_OK);
    }
}

static void no_such_source(void)
{
    scene.asked.source.number = NO_LINE;
}

static void no_such_cpu(void)
{
    scene.cpus.group = UINT16_MAX;
    scene.cpus.mask = 1;
    scene.asked.cpus = &scene.cpus;
}

static void bad_owner_name(void)
{
    scene.asked.owner[0] = '\0';
}

static void no_routine(void)
{
    scene.asked.routine = NULL;
}

static void bad_level(void)
{
    scene.asked.level = IVM_DISPATCH;
}

static void lock_level_differs(void)
{
    scene.held.level = OTHER_LEVEL;
    scene.held.lock = scene.asked.lock = &scene.lock;
    scene.asked.synchronize_level = OTHER_LEVEL + 1;
}

static void bad_value(void)
{
    scene.asked.sharing = (enum ivm_sharing)(IVM_SHARED + 1);
}

static void wrong_context(void)
{
    scene.raised = IVM_DISPATCH;
}

static void (*const arrange[IVM_RULE_COUNT])(void) = {
    [IVM_RULE_OWNER_EXCLUSIVE] = owner_exclusive,
    [IVM_RULE_REQUESTER_EXCLUSIVE] = requester_exclusive,
    [IVM_RULE_TRIGGER_DIFFERS] = trigger_differs,
    [IVM_RULE_POLARITY_DIFFERS] = polarity_differs,
    [IVM_RULE_CLASS_DIFFERS] = class_differs,
    [IVM_RULE_CPUS_DISJOINT] = cpus_disjoint,
    [IVM_RULE_SOURCE_DIFFERS] = source_differs,
    [IVM_RULE_STORAGE_CONNECTED] = storage_connected,
    [IVM_RULE_LINE_ROUTED_ELSEWHERE] = line_routed_elsewhere,
    [IVM_RULE_VECTOR_RESERVED] = vector_reserved,
    [IVM_RULE_VECTORS_EXHAUSTED] = vectors_exhausted,
    [IVM_RULE_NO_SUCH_SOURCE] = no_such_source,
    [IVM_RULE_NO_SUCH_CPU] = no_such_cpu,
    [IVM_RULE_BAD_OWNER_NAME] = bad_owner_name,
    [IVM_RULE_NO_ROUTINE] = no_routine,
    [IVM_RULE_BAD_LEVEL] = bad_level,
    [IVM_RULE_LOCK_LEVEL_DIFFERS] = lock_level_differs,
    [IVM_RULE_BAD_VALUE] = bad_value,
    [IVM_RULE_WRONG_CONTEXT] = wrong_context,
};

/* A refusal is asked for, its rule and its owner are looked at. */
static uint32_t refuse_once(enum ivm_rule rule)
{
    struct ivm_refusal refusal;
    uint32_t cost = 0;
    uint8_t found = scene.raised != 0 ? ivm_level_raise(scene.raised) : 0;
    enum ivm_status status = timed_connect(&scene.asked, scene.given, &refusal, &cost);
    if (scene.raised != 0)
        ivm_level_lower(found);
    BENCH_CLAIM(status == ivm_rule_status(rule) && refusal.rule == rule);
    return cost;
}

static void measure(const struct bench_means *means, enum ivm_rule rule)
{
    scene = (struct scene){.held = means_request(means), .asked = means_request(means)};
    scene.held.routine = scene.asked.routine = bench_refuse;
    scene.held.cpus = &means_here;
    scene.given = &scene.storage;
    arrange[rule]();
    if (BENCH_CLAIM(ivm_connect(&scene.held, &scene.holder, NULL) == IVM_OK)) {
        for (size_t round = 0; round < bench_rounds(); round++)
            bench_add(&costs, round, refuse_once(rule));
        bench_tell(&costs, BENCH_EXACT, "refused.%s", ivm_rule_word(rule));
        BENCH_CLAIM(ivm_disconnect(&scene.holder) == IVM_OK);
    }
    for (size_t i = 0; i < LEVEL_SIZE; i++)
        if (fill[i].source != NULL)
            BENCH_CLAIM(ivm_disconnect(&fill[i]) == IVM_OK);
}

void bench_refusals(void)
{
    struct bench_means means;
    if (!means_open(BENCH_BY_LINE, &means))
        return;
    /* On several CPUs a request that names none finds another one: only what needs them is measured. */
    bool is_alone = ivm_cpu_count() == 1;
    for (unsigned rule = IVM_RULE_NONE + 1; rule < IVM_RULE_COUNT; rule++) {
        if ((rule == IVM_RULE_CPUS_DISJOINT) != is_alone)
            measure(&means, (enum ivm_rule)rule);
    }
    if (is_alone)
        bench_lacks("a second CPU, for refused.cpus-disjoint");
    means_close(&means);
}
