/* test_message_words.c: what a device writes to interrupt one vector of one CPU, and back. */
#include "fake/world.h"

#include <ivm/message.h>

#include "arch/x86_64/apic_id.h"
#include "fake/system.h"

static int start(void **state)
{
    fake_system_reset();
    world_two_cpus(state);
    fake_system.apic_id[0] = 4;
    fake_system.apic_id[1] = 0xFE;
    return 0;
}

static const struct ivm_route to_cpu_1 = {.cpu = 1, .vector = 0x5A};

static void the_words_name_the_apic_id_and_the_vector(void **state)
{
    (void)state;
    struct ivm_message_words words;
    assert_int_equal(ivm_message_compose(&to_cpu_1, &words), IVM_OK);
    assert_int_equal(words.address, 0xFEEFE000);
    assert_int_equal(words.data, 0x405A);
}

static void words_come_back_as_the_route(void **state)
{
    (void)state;
    for (uint32_t cpu = 0; cpu < 2; cpu++) {
        for (unsigned vector = 0x30; vector < 0xD0; vector++) {
            struct ivm_route route = {.cpu = cpu, .vector = (uint8_t)vector}, back;
            struct ivm_message_words words;
            assert_int_equal(ivm_message_compose(&route, &words), IVM_OK);
            assert_int_equal(ivm_message_read(&words, &back), IVM_OK);
            assert_int_equal(back.cpu, cpu);
            assert_int_equal(back.vector, vector);
            assert_int_equal(back.trigger, IVM_EDGE);
        }
    }
}

static void a_message_is_an_edge_whatever_the_route_says(void **state)
{
    (void)state;
    struct ivm_route route = to_cpu_1;
    route.trigger = IVM_LEVEL;
    struct ivm_message_words words;
    assert_int_equal(ivm_message_compose(&route, &words), IVM_OK);
    assert_int_equal(words.data >> 15, 0);
}

static void a_cpu_that_no_message_reaches_is_named(void **state)
{
    (void)state;
    struct ivm_message_words words;
    fake_system.apic_id[1] = 0xFF;
    assert_int_equal(ivm_message_compose(&to_cpu_1, &words), IVM_UNSUPPORTED);
    fake_system.apic_id[1] = 0x100;
    assert_int_equal(ivm_message_compose(&to_cpu_1, &words), IVM_UNSUPPORTED);
    const struct ivm_route nowhere = {.cpu = 2, .vector = 0x5A};
    assert_int_equal(ivm_message_compose(&nowhere, &words), IVM_NOT_FOUND);
}

static enum ivm_status read_words(uint64_t address, uint32_t data)
{
    struct ivm_route route;
    return ivm_message_read(&(struct ivm_message_words){address, data}, &route);
}

static void words_that_are_no_fixed_interrupt_of_one_cpu_are_not_read(void **state)
{
    (void)state;
    assert_int_equal(read_words(0xFEE04000, 0x4030), IVM_OK);
    assert_int_equal(read_words(0xFEE04000, 0x0030), IVM_OK);
    assert_int_equal(read_words(0xFEE04000, 0xC030), IVM_OK); /* a level */
    assert_int_equal(read_words(0xFEE04008, 0x4030), IVM_OK); /* the hint, physical */
    assert_int_equal(read_words(0xFED04000, 0x4030), IVM_UNSUPPORTED);
    assert_int_equal(read_words(0x1FEE04000, 0x4030), IVM_UNSUPPORTED);
    assert_int_equal(read_words(0, 0), IVM_UNSUPPORTED);
    assert_int_equal(read_words(0xFEE04004, 0x4030), IVM_UNSUPPORTED); /* logical */
    assert_int_equal(read_words(0xFEE04000, 0x4230), IVM_UNSUPPORTED); /* SMI */
    assert_int_equal(read_words(0xFEE04000, 0x4430), IVM_UNSUPPORTED); /* NMI */
    assert_int_equal(read_words(0xFEE04008, 0x4130), IVM_UNSUPPORTED); /* any of several */
    assert_int_equal(read_words(0xFEE04000, 0x14030), IVM_UNSUPPORTED);
    assert_int_equal(read_words(0xFEE05000, 0x4030), IVM_NOT_FOUND); /* no such CPU */
}

static void a_cpu_is_found_by_its_apic_id(void **state)
{
    (void)state;
    uint32_t cpu = 9;
    assert_true(machine_find_cpu(0xFE, &cpu));
    assert_int_equal(cpu, 1);
    assert_true(machine_find_cpu(4, &cpu));
    assert_int_equal(cpu, 0);
    assert_false(machine_find_cpu(1, &cpu));
    assert_int_equal(cpu, 0);
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)
    const struct CMUnitTest tests[] = {
        STARTED(the_words_name_the_apic_id_and_the_vector),
        STARTED(words_come_back_as_the_route),
        STARTED(a_message_is_an_edge_whatever_the_route_says),
        STARTED(a_cpu_that_no_message_reaches_is_named),
        STARTED(words_that_are_no_fixed_interrupt_of_one_cpu_are_not_read),
        STARTED(a_cpu_is_found_by_its_apic_id),
    };
    return cmocka_run_group_tests_name("message_words", tests, NULL, NULL);
}
