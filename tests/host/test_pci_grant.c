/* test_pci_grant.c: how many of a function's messages are granted, and why not more. */
#include "fake/world.h"

#include <string.h>

#include <ivm/device_message.h>
#include <ivm/vector.h>

#include "drivers/pci_message.h"
#include "fake/hardware.h"
#include "fake/system.h"
#include "grant_bench.h"

static void expect_grant(uint32_t granted, enum ivm_grant_limit limit)
{
    assert_int_equal(grant.granted, granted);
    assert_int_equal(grant.limit, limit);
    for (uint32_t i = 0; i < granted; i++)
        assert_int_not_equal(ivm_device_message_number(&sender.device, i), 0);
    assert_int_equal(ivm_device_message_number(&sender.device, granted), 0);
}

static void as_many_are_granted_as_are_wished_for(void **state)
{
    (void)state;
    sender_add_msix(65);

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 65}), IVM_OK);

    expect_grant(65, IVM_GRANT_WHOLE);
    assert_int_equal(grant.kind, IVM_MSIX);
    assert_int_equal(grant.offered, 65);
    assert_true(grant.has_masks);
}

static void the_device_s_own_number_limits_a_wish(void **state)
{
    (void)state;
    sender_add_msix(4);

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 100}), IVM_OK);

    expect_grant(4, IVM_GRANT_DEVICE);
    assert_int_equal(grant.offered, 4);
}

static void the_free_vectors_of_the_level_and_cpus_limit_a_wish(void **state)
{
    (void)state;
    sender_add_msix(65);
    struct ivm_cpu_set here = {.mask = 1};

    assert_int_equal(
        open_as(&(struct ivm_message_wish){.count = 65, .level = 5, .cpus = &here}),
        IVM_OK);

    expect_grant(16, IVM_GRANT_EXHAUSTED);
}

static void with_no_vector_free_nothing_is_granted_and_nothing_is_touched(void **state)
{
    (void)state;
    sender_add_msix(4);
    sender_add_msi(0);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(vector_reserve(&world.cpus[0].pool, (uint8_t)(0x50 + i)), IVM_OK);
    uint16_t before = command();

    for (int kind = IVM_MSI; kind <= IVM_MSIX; kind++) {
        struct ivm_message_wish wish = {
            .count = 4, .level = 5, .kind = (enum ivm_message_kind)kind};
        assert_int_equal(open_as(&wish), IVM_EXHAUSTED);

        expect_grant(0, IVM_GRANT_EXHAUSTED);
        assert_int_equal(grant.kind, kind);
        assert_int_equal(command(), before);
        assert_int_equal(ivm_device_messages_close(&sender.device), IVM_NOT_FOUND);
    }
}

static void memory_limits_a_wish(void **state)
{
    (void)state;
    sender_add_msix(64);
    sender.memory_limit = sizeof(struct pci_messages) +
                          16 * (sizeof(struct pci_message) + ivm_message_size()) + 128;

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 64}), IVM_OK);

    expect_grant(16, IVM_GRANT_MEMORY);
    assert_int_equal(fake_log_text_count("sender0: memory for 16 of 64 messages"), 1);
}

static void without_any_memory_nothing_is_granted(void **state)
{
    (void)state;
    sender_add_msix(4);
    sender.memory_limit = 0;
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 4}), IVM_EXHAUSTED);
    expect_grant(0, IVM_GRANT_MEMORY);

    sender.memory_limit = sizeof(struct pci_messages) + 64;
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 4}), IVM_EXHAUSTED);
    expect_grant(0, IVM_GRANT_MEMORY);
}

static uint32_t log2_of(uint32_t power)
{
    return (uint32_t)__builtin_ctz(power);
}

static void of_msi_as_many_are_granted_as_are_wished_for_in_a_block_rounded_up(void **state)
{
    static const struct {
        unsigned log; /* of the device's number */
        uint32_t wished, granted, block;
        enum ivm_grant_limit limit;
    } cases[] = {
        {0, 1, 1, 1, IVM_GRANT_WHOLE},     {0, 7, 1, 1, IVM_GRANT_DEVICE},
        {2, 4, 4, 4, IVM_GRANT_WHOLE},     {2, 3, 3, 4, IVM_GRANT_WHOLE},
        {2, 9, 4, 4, IVM_GRANT_DEVICE},    {1, 3, 2, 2, IVM_GRANT_DEVICE},
        {4, 9, 9, 16, IVM_GRANT_WHOLE},    {5, 16, 16, 16, IVM_GRANT_WHOLE},
        {4, 99, 16, 16, IVM_GRANT_DEVICE}, {5, 17, 16, 16, IVM_GRANT_CLASS},
        {5, 32, 16, 16, IVM_GRANT_CLASS},  {5, 99, 16, 16, IVM_GRANT_CLASS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_up(state);
        sender_add_msi((uint16_t)(0x180 | cases[i].log << 1));
        uint32_t free = ivm_stats_free(NULL, 0);

        assert_int_equal(open_as(&(struct ivm_message_wish){.count = cases[i].wished}),
                         IVM_OK);

        expect_grant(cases[i].granted, cases[i].limit);
        assert_int_equal(grant.kind, IVM_MSI);
        assert_int_equal(grant.offered, 1 << cases[i].log);
        assert_int_equal(free - ivm_stats_free(NULL, 0), cases[i].block);
        assert_int_equal(fake_pci_get16(sender.config, SENDER_MSI + 2) >> 4 & 7,
                         log2_of(cases[i].block));
        assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);
        assert_int_equal(ivm_stats_free(NULL, 0), free);
    }
}

static void memory_for_a_block_limits_a_wish(void **state)
{
    (void)state;
    sender_add_msi(0x184);
    sender.memory_limit = sizeof(struct pci_messages) +
                          2 * (sizeof(struct pci_message) + ivm_message_size()) + 128;

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 3}), IVM_OK);

    expect_grant(2, IVM_GRANT_MEMORY);
}

/* Level 5 with every second pair of vectors taken: eight are free, and no four beside each other. */
static void a_smaller_block_is_granted_where_the_free_vectors_are_scattered(void **state)
{
    (void)state;
    sender_add_msi(0x18A);
    for (unsigned i = 0; i < 16; i += 4) {
        assert_int_equal(vector_reserve(&world.cpus[0].pool, (uint8_t)(0x50 + i)), IVM_OK);
        assert_int_equal(vector_reserve(&world.cpus[0].pool, (uint8_t)(0x51 + i)), IVM_OK);
    }

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 8, .level = 5}), IVM_OK);

    expect_grant(2, IVM_GRANT_BLOCK);
    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 3, .level = 5}), IVM_OK);
    expect_grant(2, IVM_GRANT_BLOCK);
}

static void the_last_vector_is_granted_as_all_there_is(void **state)
{
    (void)state;
    sender_add_msi(0x18A);
    for (unsigned i = 0; i < 15; i++)
        assert_int_equal(vector_reserve(&world.cpus[0].pool, (uint8_t)(0x50 + i)), IVM_OK);

    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 8, .level = 5}), IVM_OK);

    expect_grant(1, IVM_GRANT_EXHAUSTED);
}

static void a_closed_block_gives_its_vectors_back(void **state)
{
    (void)state;
    sender_add_msi(0x18A);
    uint32_t free = ivm_stats_free(NULL, 0);
    assert_int_equal(open_as(&(struct ivm_message_wish){.count = 16}), IVM_OK);
    assert_int_equal(ivm_stats_free(NULL, 0), free - 16);

    assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);

    assert_int_equal(ivm_stats_free(NULL, 0), free);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
    const struct CMUnitTest tests[] = {
        T(as_many_are_granted_as_are_wished_for),
        T(the_device_s_own_number_limits_a_wish),
        T(the_free_vectors_of_the_level_and_cpus_limit_a_wish),
        T(with_no_vector_free_nothing_is_granted_and_nothing_is_touched),
        T(memory_limits_a_wish),
        T(without_any_memory_nothing_is_granted),
        T(of_msi_as_many_are_granted_as_are_wished_for_in_a_block_rounded_up),
        T(memory_for_a_block_limits_a_wish),
        T(a_smaller_block_is_granted_where_the_free_vectors_are_scattered),
        T(the_last_vector_is_granted_as_all_there_is),
        T(a_closed_block_gives_its_vectors_back),
    };
#undef T
    return cmocka_run_group_tests_name("pci_grant", tests, NULL, NULL);
}
