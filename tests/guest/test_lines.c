/* test_lines.c: edges and levels on real I/O APIC inputs, driven by QEMU's pc-testdev.
 *
 * An edge line and a level line that no device of these machines uses: ISA 7 and ISA 5, the
 * latter made level-triggered by an override that QEMU's firmware always gives.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include <hw/cpu.h>

#include "drivers/testdev.h"
#include "probe.h"
#include "suite.h"

enum { EDGE_IRQ = 7, LEVEL_IRQ = 5 };

/* The line of an ISA irq, if the test device can drive it and it has this trigger. */
static bool have(uint8_t irq, enum ivm_trigger trigger, struct ivm_line_info *line)
{
    if (!testdev_present()) {
        suite_skip("no pc-testdev");
        return false;
    }
    bool usable = ivm_isa_line(irq, line) && line->trigger == trigger;
    return suite_check(usable, "the line has the trigger the test needs", __FILE__,
                       __LINE__);
}

static struct ivm_vector_stats stats_of(const struct probe *probe)
{
    struct ivm_vector_stats stats = {0};
    CHECK(ivm_stats_vector(0, probe_vector(probe), &stats));
    return stats;
}

GUEST_TEST(lines, an_edge_is_delivered_once_until_the_next_one)
{
    struct ivm_line_info line;
    if (!have(EDGE_IRQ, IVM_EDGE, &line))
        return;
    struct probe probe = probe_line(&line, IVM_EXCLUSIVE);
    REQUIRE(probe_connect(&probe));

    testdev_raise(line.gsi);
    CHECK(probe_wait(&probe, 1));
    CHECK(probe_fence());
    CHECK_EQUAL(probe.runs, 1);

    testdev_lower(line.gsi);
    CHECK(probe_fence());
    CHECK_EQUAL(probe.runs, 1);
    testdev_raise(line.gsi);
    CHECK(probe_wait(&probe, 2));
    testdev_lower(line.gsi);
    CHECK(probe_fence());
    CHECK_EQUAL(probe.runs, 2);
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(lines, a_level_is_delivered_again_and_again_while_it_is_asserted)
{
    struct ivm_line_info line;
    if (!have(LEVEL_IRQ, IVM_LEVEL, &line))
        return;
    struct probe probe = probe_line(&line, IVM_EXCLUSIVE);
    probe.lowers = true, probe.lower_gsi = (uint8_t)line.gsi, probe.lower_after = 5;
    REQUIRE(probe_connect(&probe));

    testdev_raise(line.gsi);

    CHECK(probe_wait(&probe, 5));
    CHECK(probe_fence());
    CHECK_EQUAL(probe.runs, 5);
    CHECK_EQUAL(stats_of(&probe).strays, 0);
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(lines, a_level_asserted_before_the_connect_runs_the_routine_once)
{
    struct ivm_line_info line;
    if (!have(LEVEL_IRQ, IVM_LEVEL, &line))
        return;
    struct probe probe = probe_line(&line, IVM_EXCLUSIVE);
    probe.lowers = true, probe.lower_gsi = (uint8_t)line.gsi;
    testdev_raise(line.gsi);

    REQUIRE(probe_connect(&probe));

    CHECK(probe_wait(&probe, 1));
    CHECK(probe_fence());
    CHECK_EQUAL(probe.runs, 1);
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(lines, an_edge_while_masked_is_lost_as_the_hardware_says)
{
    struct ivm_line_info line;
    if (!have(EDGE_IRQ, IVM_EDGE, &line))
        return;
    struct probe probe = probe_line(&line, IVM_EXCLUSIVE);
    testdev_raise(line.gsi);
    testdev_lower(line.gsi);

    REQUIRE(probe_connect(&probe));

    CHECK(probe_fence());
    CHECK_EQUAL(probe.runs, 0);
    testdev_raise(line.gsi);
    CHECK(probe_wait(&probe, 1));
    testdev_lower(line.gsi);
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(lines, a_level_is_kept_for_the_next_owner_across_a_disconnect)
{
    struct ivm_line_info line;
    if (!have(LEVEL_IRQ, IVM_LEVEL, &line))
        return;
    struct probe first = probe_line(&line, IVM_EXCLUSIVE);
    REQUIRE(probe_connect(&first) && probe_disconnect(&first));
    testdev_raise(line.gsi);
    CHECK(probe_fence());
    CHECK_EQUAL(first.runs, 0);

    struct probe second = probe_line(&line, IVM_EXCLUSIVE);
    second.lowers = true, second.lower_gsi = (uint8_t)line.gsi;
    REQUIRE(probe_connect(&second));
    CHECK(probe_wait(&second, 1));
    CHECK(probe_fence());
    CHECK_EQUAL(first.runs, 0);
    CHECK_EQUAL(second.runs, 1);
    CHECK(probe_disconnect(&second));
}

struct bouncer {
    struct ivm_connection connection;
    uint32_t gsi;
    _Atomic uint32_t runs;
};

/* On its first run makes two more edges: the local APIC can hold only one of them. */
static enum ivm_verdict bounce(void *context)
{
    struct bouncer *bouncer = context;
    if (bouncer->runs++ == 0) {
        for (unsigned edge = 0; edge < 2; edge++) {
            testdev_lower(bouncer->gsi);
            testdev_raise(bouncer->gsi);
        }
    }
    return IVM_HANDLED;
}

GUEST_TEST(lines, edges_that_come_while_the_routine_runs_are_kept_as_one_more_run)
{
    struct ivm_line_info line;
    if (!have(EDGE_IRQ, IVM_EDGE, &line))
        return;
    struct bouncer bouncer = {.gsi = line.gsi};
    struct ivm_request request = {.owner = "bouncer",
                                  .routine = bounce,
                                  .context = &bouncer,
                                  .source = {IVM_LINE, line.gsi}};
    REQUIRE(ivm_connect(&request, &bouncer.connection, NULL) == IVM_OK);

    testdev_raise(line.gsi);

    CHECK(probe_fence());
    CHECK_EQUAL(bouncer.runs, 2);
    testdev_lower(line.gsi);
    CHECK_EQUAL(ivm_disconnect(&bouncer.connection), IVM_OK);
}

GUEST_TEST(lines, the_first_of_a_level_chain_that_takes_it_is_the_last_that_is_asked)
{
    struct ivm_line_info line;
    if (!have(LEVEL_IRQ, IVM_LEVEL, &line))
        return;
    struct probe refuses = probe_line(&line, IVM_SHARED);
    struct probe takes = probe_line(&line, IVM_SHARED);
    struct probe after = probe_line(&line, IVM_SHARED);
    refuses.refuse_first = UINT32_MAX, refuses.mark = 'r', takes.mark = 't',
    after.mark = 'a';
    takes.lowers = true, takes.lower_gsi = (uint8_t)line.gsi;
    REQUIRE(probe_connect(&refuses) && probe_connect(&takes) && probe_connect(&after));
    trace_clear();

    testdev_raise(line.gsi);

    CHECK(probe_wait(&takes, 1));
    CHECK(probe_fence());
    CHECK(trace_is("rRtT"));
    CHECK(probe_disconnect(&takes) && probe_disconnect(&refuses) &&
          probe_disconnect(&after));
}

GUEST_TEST(lines, an_edge_chain_is_asked_until_a_whole_pass_takes_nothing)
{
    struct ivm_line_info line;
    if (!have(EDGE_IRQ, IVM_EDGE, &line))
        return;
    struct probe first = probe_line(&line, IVM_SHARED),
                 second = probe_line(&line, IVM_SHARED);
    first.mark = 'f', second.mark = 's';
    first.refuse_first = UINT32_MAX;
    second.refuse_first = 1;
    REQUIRE(probe_connect(&first) && probe_connect(&second));
    trace_clear();

    /* The second refuses its first run: a pass that takes nothing, a stray. */
    testdev_raise(line.gsi);
    CHECK(probe_fence());
    CHECK(trace_is("fFsS"));
    CHECK_EQUAL(stats_of(&second).strays, 1);
    testdev_lower(line.gsi);

    /* From then on it always takes: passes go on to their bound. */
    testdev_raise(line.gsi);
    CHECK(probe_wait(&second, 1 + IVM_PASS_LIMIT));
    CHECK(probe_fence());
    CHECK_EQUAL(second.runs, 1 + IVM_PASS_LIMIT);
    CHECK_EQUAL(first.runs, 1 + IVM_PASS_LIMIT);
    testdev_lower(line.gsi);
    CHECK(probe_disconnect(&first) && probe_disconnect(&second));
}

GUEST_TEST(lines, an_asserted_line_that_nobody_takes_is_masked_and_the_others_live_on)
{
    struct ivm_line_info level, edge;
    if (!have(LEVEL_IRQ, IVM_LEVEL, &level) || !have(EDGE_IRQ, IVM_EDGE, &edge))
        return;
    struct probe refuses = probe_line(&level, IVM_SHARED);
    struct probe other = probe_line(&edge, IVM_EXCLUSIVE);
    refuses.refuse_first = UINT32_MAX;
    REQUIRE(probe_connect(&refuses) && probe_connect(&other));

    testdev_raise(level.gsi);
    CHECK(probe_fence());
    CHECK_EQUAL(refuses.runs, IVM_UNCLAIMED_LIMIT);
    CHECK_EQUAL(stats_of(&refuses).mask_reasons, IVM_MASKED_UNCLAIMED);

    testdev_raise(edge.gsi);
    CHECK(probe_wait(&other, 1));
    testdev_lower(edge.gsi);

    testdev_lower(level.gsi);
    CHECK_EQUAL(ivm_line_rearm(level.gsi), IVM_OK);
    CHECK(probe_fence());
    CHECK_EQUAL(refuses.runs, IVM_UNCLAIMED_LIMIT);
    CHECK(probe_disconnect(&refuses) && probe_disconnect(&other));
}

GUEST_TEST(lines, lines_that_come_together_are_served_in_the_order_of_their_priority)
{
    struct ivm_line_info level, edge;
    if (!have(LEVEL_IRQ, IVM_LEVEL, &level) || !have(EDGE_IRQ, IVM_EDGE, &edge))
        return;
    struct ivm_cpu_set here = {.mask = 1};
    struct probe low = probe_line(&level, IVM_EXCLUSIVE),
                 high = probe_line(&edge, IVM_EXCLUSIVE);
    low.mark = 'l', low.request.level = 4, low.request.cpus = &here;
    low.lowers = true, low.lower_gsi = (uint8_t)level.gsi;
    high.mark = 'h', high.request.level = 9, high.request.cpus = &here;
    REQUIRE(probe_connect(&low) && probe_connect(&high));
    trace_clear();

    cpu_cli();
    testdev_raise(level.gsi);
    testdev_raise(edge.gsi);
    cpu_sti();

    CHECK(probe_wait(&low, 1));
    CHECK(trace_is("hHlL"));
    testdev_lower(edge.gsi);
    CHECK(probe_disconnect(&low) && probe_disconnect(&high));
}

GUEST_TEST(lines, a_line_routed_to_one_vector_is_refused_on_another)
{
    struct ivm_line_info line;
    if (!have(EDGE_IRQ, IVM_EDGE, &line))
        return;
    struct probe owner = probe_line(&line, IVM_SHARED),
                 second = probe_line(&line, IVM_SHARED);
    owner.request.vector = 0x61;
    second.request.vector = 0x62;
    REQUIRE(probe_connect(&owner));

    enum ivm_status status =
        ivm_connect(&second.request, &second.connection, &second.refusal);

    CHECK_EQUAL(status, IVM_LINE_IN_USE);
    CHECK_EQUAL(ivm_status_forms(status)->ntstatus, 0xC0000184);
    CHECK_EQUAL(second.refusal.rule, IVM_RULE_LINE_ROUTED_ELSEWHERE);
    testdev_raise(line.gsi);
    CHECK(probe_wait(&owner, 1));
    testdev_lower(line.gsi);
    CHECK(probe_disconnect(&owner));
}
