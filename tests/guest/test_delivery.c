/* test_delivery.c: what only a machine can say of delivery: order, preemption, levels,
 * ends. */
#include <stddef.h>

#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/vector.h>

#include <hw/cpu.h>

#include "arch/x86_64/lapic.h"
#include "probe.h"
#include "suite.h"

enum { FREE_DEVICE_VECTOR = 0x9E, OTHER_VECTOR = 0x7E };

static struct ivm_vector_stats stats_of(uint8_t vector)
{
    struct ivm_vector_stats stats = {0};
    CHECK(ivm_stats_vector(0, vector, &stats));
    return stats;
}

GUEST_TEST(delivery, a_self_interrupt_runs_its_routine_once_and_is_ended)
{
    struct probe probe = probe_bare(FREE_DEVICE_VECTOR, 0);
    REQUIRE(probe_connect(&probe));
    uint64_t before = stats_of(FREE_DEVICE_VECTOR).delivered;

    probe_send(FREE_DEVICE_VECTOR);

    CHECK(probe_wait(&probe, 1));
    CHECK(!lapic_in_service(FREE_DEVICE_VECTOR));
    CHECK(probe_disconnect(&probe));
    CHECK_EQUAL(probe.runs, 1);
    CHECK_EQUAL(stats_of(FREE_DEVICE_VECTOR).delivered, before + 1);
}

GUEST_TEST(delivery, every_device_vector_is_delivered)
{
    for (unsigned vector = IVM_VECTOR_DEVICE_FIRST; vector < IVM_VECTOR_DEVICE_END;
         vector++) {
        struct probe probe = probe_bare((uint8_t)vector, 0);
        REQUIRE(probe_connect(&probe));
        probe_send((uint8_t)vector);
        CHECK(probe_wait(&probe, 1));
        CHECK(probe_disconnect(&probe));
        CHECK_EQUAL(probe.runs, 1);
    }
}

GUEST_TEST(delivery, a_routine_runs_at_its_class_with_interrupts_on)
{
    struct probe probe = probe_bare(0x54, 0);
    REQUIRE(probe_connect(&probe));

    probe_send(0x54);

    CHECK(probe_wait(&probe, 1));
    CHECK_EQUAL(probe.level, 5);
    CHECK(probe.interrupts_on);
    CHECK_EQUAL(ivm_level_now(), IVM_PASSIVE);
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(delivery, a_higher_synchronize_level_raises_for_that_routine_alone)
{
    struct probe probe = probe_bare(0x54, 0);
    probe.request.synchronize_level = 9;
    REQUIRE(probe_connect(&probe));

    probe_send(0x54);

    CHECK(probe_wait(&probe, 1));
    CHECK_EQUAL(probe.level, 9);
    CHECK_EQUAL(ivm_level_now(), IVM_PASSIVE);
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(delivery, simultaneous_interrupts_are_served_in_priority_order)
{
    struct probe low = probe_bare(0x35, 0), middle = probe_bare(0x72, 0),
                 high = probe_bare(0xC1, 0);
    low.mark = 'l', middle.mark = 'm', high.mark = 'h';
    REQUIRE(probe_connect(&low) && probe_connect(&middle) && probe_connect(&high));
    trace_clear();

    cpu_cli();
    probe_send(0x72);
    probe_send(0x35);
    probe_send(0xC1);
    cpu_sti();

    CHECK(probe_wait(&low, 1));
    CHECK(trace_is("hHmMlL"));
    CHECK(probe_disconnect(&low) && probe_disconnect(&middle) && probe_disconnect(&high));
}

GUEST_TEST(delivery, a_higher_class_preempts_a_routine)
{
    struct probe low = probe_bare(0x58, 0), high = probe_bare(0x98, 0);
    low.mark = 'l', high.mark = 'h';
    low.raise_vector = 0x98;
    REQUIRE(probe_connect(&low) && probe_connect(&high));
    trace_clear();

    probe_send(0x58);

    CHECK(probe_wait(&high, 1));
    CHECK(trace_is("lhHL"));
    CHECK(probe_disconnect(&low) && probe_disconnect(&high));
}

GUEST_TEST(delivery, an_equal_or_lower_class_waits_for_the_routine_to_end)
{
    struct probe first = probe_bare(0x58, 0), equal = probe_bare(0x5E, 0),
                 lower = probe_bare(0x48, 0);
    first.mark = 'f', equal.mark = 'e', lower.mark = 'l';
    first.raise_vector = 0x5E;
    equal.raise_vector = 0x48;
    REQUIRE(probe_connect(&first) && probe_connect(&equal) && probe_connect(&lower));
    trace_clear();

    probe_send(0x58);

    CHECK(probe_wait(&lower, 1));
    CHECK(trace_is("fFeElL"));
    CHECK(probe_disconnect(&first) && probe_disconnect(&equal) && probe_disconnect(&lower));
}

GUEST_TEST(delivery, a_raised_level_holds_its_class_back_and_lets_higher_ones_through)
{
    struct probe held = probe_bare(0x58, 0), passes = probe_bare(0x68, 0);
    held.mark = 'h', passes.mark = 'p';
    REQUIRE(probe_connect(&held) && probe_connect(&passes));
    trace_clear();

    uint8_t found = ivm_level_raise(5);
    probe_send(0x58);
    probe_send(0x68);
    CHECK(probe_wait(&passes, 1));
    CHECK_EQUAL(held.runs, 0);
    CHECK_EQUAL(ivm_level_now(), 5);
    ivm_level_lower(found);

    CHECK(probe_wait(&held, 1));
    CHECK(trace_is("pPhH"));
    CHECK(probe_disconnect(&held) && probe_disconnect(&passes));
}

static uint8_t note_runs(void *context)
{
    struct probe *probe = context;
    probe_send(0x58);
    return (uint8_t)(probe->runs + 2);
}

GUEST_TEST(delivery, synchronize_keeps_the_routine_out_and_passes_the_result_on)
{
    struct probe probe = probe_bare(0x58, 0);
    REQUIRE(probe_connect(&probe));
    uint8_t result = 0;

    CHECK(ivm_synchronize(&probe.connection, note_runs, &probe, &result) == IVM_OK);

    CHECK_EQUAL(result, 2);
    CHECK(probe_wait(&probe, 1));
    CHECK(probe_disconnect(&probe));
}

GUEST_TEST(delivery, a_stray_in_service_is_counted_and_ended)
{
    struct ivm_vector_stats before = stats_of(OTHER_VECTOR);

    probe_send(OTHER_VECTOR);
    REQUIRE(probe_fence());

    CHECK_EQUAL(stats_of(OTHER_VECTOR).strays, before.strays + 1);
    CHECK(!lapic_in_service(OTHER_VECTOR));
}

static enum ivm_verdict raise_software_stray(void *context)
{
    cpu_software_interrupt(OTHER_VECTOR);
    *(bool *)context = lapic_in_service(FREE_DEVICE_VECTOR);
    return IVM_HANDLED;
}

GUEST_TEST(delivery, a_stray_that_is_not_in_service_ends_nobody_elses_interrupt)
{
    bool still_in_service = false;
    struct ivm_connection connection = {0};
    struct ivm_request request = {.owner = "raiser",
                                  .routine = raise_software_stray,
                                  .context = &still_in_service,
                                  .source = {IVM_BARE, FREE_DEVICE_VECTOR}};
    REQUIRE(ivm_connect(&request, &connection, NULL) == IVM_OK);
    uint64_t before = stats_of(OTHER_VECTOR).strays;

    probe_send(FREE_DEVICE_VECTOR);

    CHECK(probe_fence());
    CHECK(still_in_service);
    CHECK_EQUAL(stats_of(OTHER_VECTOR).strays, before + 1);
    CHECK(ivm_disconnect(&connection) == IVM_OK);
}

GUEST_TEST(delivery, spurious_interrupts_are_counted_and_not_ended)
{
    struct ivm_totals before, after;
    ivm_stats_totals(&before);

    cpu_software_interrupt(IVM_VECTOR_SPURIOUS);
    cpu_software_interrupt(IVM_VECTOR_PIC_SPURIOUS_MASTER);
    cpu_software_interrupt(IVM_VECTOR_PIC_SPURIOUS_SLAVE);

    ivm_stats_totals(&after);
    CHECK_EQUAL(after.spurious, before.spurious + 1);
    CHECK_EQUAL(after.pic_spurious, before.pic_spurious + 2);
}

struct self_disconnect {
    struct ivm_connection connection;
    enum ivm_status status;
};

static enum ivm_verdict disconnect_itself(void *context)
{
    struct self_disconnect *self = context;
    self->status = ivm_disconnect(&self->connection);
    return IVM_HANDLED;
}

GUEST_TEST(delivery, a_disconnect_is_refused_in_a_routine_and_with_interrupts_off)
{
    struct self_disconnect self = {.status = IVM_OK};
    struct ivm_request request = {.owner = "self",
                                  .routine = disconnect_itself,
                                  .context = &self,
                                  .source = {IVM_BARE, FREE_DEVICE_VECTOR}};
    REQUIRE(ivm_connect(&request, &self.connection, NULL) == IVM_OK);

    probe_send(FREE_DEVICE_VECTOR);
    CHECK(probe_fence());
    CHECK_EQUAL(self.status, IVM_WRONG_LEVEL);

    cpu_cli();
    enum ivm_status while_off = ivm_disconnect(&self.connection);
    cpu_sti();
    CHECK_EQUAL(while_off, IVM_WRONG_LEVEL);

    uint8_t found = ivm_level_raise(IVM_DISPATCH);
    CHECK_EQUAL(ivm_disconnect(&self.connection), IVM_WRONG_LEVEL);
    ivm_level_lower(found);
    CHECK_EQUAL(ivm_disconnect(&self.connection), IVM_OK);
    CHECK_EQUAL(ivm_disconnect(&self.connection), IVM_NOT_CONNECTED);
}
