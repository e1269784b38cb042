/* test_nesting.c: how deep interrupts nest, and that the stack holds it.
 *
 * The bound that ARCHITECTURE.md states: a routine may use 4 KiB of stack, and one of each class can
 * be in service at once.
 */
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <ivm/level.h>
#include <ivm/vector.h>

#include "arch/x86_64/stacks.h"
#include "probe.h"
#include "suite.h"

enum {
    FIRST_LEVEL = IVM_DEVICE_FIRST,
    LEVELS = IVM_DEVICE_END - FIRST_LEVEL,
    ROUTINE_STACK = 4096,
    PAINT = 0x5A,
    NEAR = 2048, /* below this frame: what painting itself may use */
};

struct rung {
    struct ivm_connection connection;
    struct rung *higher; /* NULL: the topmost */
    uint8_t vector;
    bool ran;
    bool was_nested; /* the next higher one ran inside this one */
};

static struct rung ladder[LEVELS];

/* Uses as much stack as a routine may, and is interrupted while it does. */
static enum ivm_verdict climb(void *context)
{
    struct rung *rung = context;
    uint8_t used[ROUTINE_STACK];
    for (size_t i = 0; i < sizeof used; i++)
        mmio_write8((uintptr_t)&used[i], (uint8_t)i);
    rung->ran = true;
    if (rung->higher != NULL) {
        probe_send(rung->higher->vector);
        for (unsigned polls = 0; !rung->higher->ran && polls < 1000000; polls++)
            cpu_pause();
        rung->was_nested = rung->higher->ran;
    }
    return mmio_read8((uintptr_t)&used[1]) == 1 ? IVM_HANDLED : IVM_NOT_MINE;
}

static bool build_ladder(void)
{
    static const struct ivm_cpu_set here = {.mask = 1};
    for (unsigned i = 0; i < LEVELS; i++) {
        ladder[i] = (struct rung){.vector = (uint8_t)((FIRST_LEVEL + i) << 4 | 7),
                                  .higher = i + 1 < LEVELS ? &ladder[i + 1] : NULL};
        struct ivm_request request = {.owner = "rung",
                                      .routine = climb,
                                      .context = &ladder[i],
                                      .cpus = &here,
                                      .source = {IVM_BARE, ladder[i].vector}};
        if (ivm_connect(&request, &ladder[i].connection, NULL) != IVM_OK)
            return suite_check(false, "the ladder is connected", __FILE__, __LINE__);
    }
    return true;
}

/* Paint what lies below this frame; interrupts are off, so nobody else is using it. */
static void paint(const struct stack *stack, uintptr_t frame)
{
    for (uintptr_t at = stack->first; at < frame - NEAR; at++)
        mmio_write8(at, PAINT);
}

static size_t bytes_untouched(const struct stack *stack)
{
    uintptr_t at = stack->first;
    while (at < stack->end && mmio_read8(at) == PAINT)
        at++;
    return at - stack->first;
}

GUEST_TEST(nesting, every_device_level_nests_at_once_and_the_stack_holds_it)
{
    const struct stack *stack = stack_holding(cpu_frame_pointer(), sizeof(uint64_t));
    REQUIRE(stack != NULL);
    REQUIRE(build_ladder());

    cpu_cli();
    paint(stack, cpu_frame_pointer());
    cpu_sti();
    probe_send(ladder[0].vector);
    CHECK(probe_fence());

    for (unsigned i = 0; i < LEVELS; i++) {
        CHECK(ladder[i].ran && (ladder[i].higher == NULL || ladder[i].was_nested));
        CHECK_EQUAL(ivm_disconnect(&ladder[i].connection), IVM_OK);
    }
    /* Two more routines of the classes above the devices' would still fit. */
    CHECK(bytes_untouched(stack) > 2 * (ROUTINE_STACK + 512));
    CHECK(bytes_untouched(stack) <
          stack->end - stack->first - (size_t)LEVELS * ROUTINE_STACK);
}
