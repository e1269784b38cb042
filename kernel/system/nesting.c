/* nesting.c: four self-interrupts, and the order in which they must be served. */
#include "nesting.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/interrupt.h>
#include <ivm/stats.h>
#include <ivm/system.h>
#include <machine/hot.h>

#include "kernel/machine.h"

enum { LOWER = 0, SAME, HIGHER, OUTER, PARTS };
enum { BOUND_NS = 10000000, UNSERVED = 0 };

static const struct {
    const char *name;
    uint8_t level;
} parts[PARTS] = {[LOWER] = {"lower", 4},
                  [SAME] = {"same", 5},
                  [HIGHER] = {"higher", 9},
                  [OUTER] = {"outer", 5}};

struct part {
    struct nesting *whole;
    struct ivm_connection connection;
    uint8_t vector;
    _Atomic uint32_t turn; /* its place in the order of their ends, from 1 */
};

struct nesting {
    struct part parts[PARTS];
    _Atomic uint32_t turns;
};

static bool has_turn(void *context)
{
    return ((struct part *)context)->turn != UNSERVED;
}

static void end_of(struct part *part)
{
    part->turn = ++part->whole->turns;
}

static enum ivm_verdict simple(void *context)
{
    end_of(context);
    return IVM_HANDLED;
}

/* Sends the three others, and waits for the one that should come. */
static enum ivm_verdict outer(void *context)
{
    struct part *part = context;
    struct nesting *whole = part->whole;
    for (unsigned i = LOWER; i <= HIGHER; i++)
        machine_interrupt_cpu(machine_cpu(), whole->parts[i].vector);
    (void)ivm_wait_until(has_turn, &whole->parts[HIGHER], BOUND_NS);
    end_of(part);
    return IVM_HANDLED;
}

static bool connect(struct nesting *whole, unsigned index)
{
    struct part *part = &whole->parts[index];
    uint32_t cpu = machine_cpu();
    struct ivm_cpu_set here = {.mask = 1ull << cpu % 64, .group = (uint16_t)(cpu / 64)};
    struct ivm_request request = {.owner = "nesting check",
                                  .routine = index == OUTER ? outer : simple,
                                  .context = part,
                                  .cpus = &here,
                                  .source = {.kind = IVM_BARE},
                                  .level = parts[index].level};
    part->whole = whole;
    if (ivm_connect(&request, &part->connection, NULL) != IVM_OK)
        return false;
    return ivm_stats_place(part->connection.request.source, &cpu, &part->vector);
}

/* The order that the priorities ask for: the higher one inside, the outer, the same, the lower. */
static bool order_is_right(const struct nesting *whole)
{
    return whole->parts[HIGHER].turn == 1 && whole->parts[OUTER].turn == 2 &&
           whole->parts[SAME].turn == 3 && whole->parts[LOWER].turn == 4;
}

static bool run(struct nesting *whole)
{
    machine_interrupt_cpu(machine_cpu(), whole->parts[OUTER].vector);
    for (unsigned i = 0; i < PARTS; i++)
        (void)ivm_wait_until(has_turn, &whole->parts[i], BOUND_NS);
    return order_is_right(whole);
}

static void report(const struct nesting *whole, bool nests)
{
    if (nests) {
        ivm_log("levels: interrupts nest by their priority");
        return;
    }
    ivm_log("levels: THIS MACHINE DOES NOT NEST INTERRUPTS BY PRIORITY: from a routine at "
            "level 5");
    for (unsigned i = 0; i < PARTS; i++)
        ivm_log("levels:   the %s one, at level %u, ended as number %u", parts[i].name,
                parts[i].level, (unsigned)whole->parts[i].turn);
}

bool nesting_check(void)
{
    struct nesting whole = {.turns = 0};
    bool connected = true;
    for (unsigned i = 0; i < PARTS; i++)
        connected = connect(&whole, i) && connected;
    bool nests = connected && run(&whole);
    for (unsigned i = 0; i < PARTS; i++) {
        if (ivm_disconnect(&whole.parts[i].connection) != IVM_OK)
            ivm_log("levels: the check could not be connected");
    }
    report(&whole, nests);
    return nests;
}
