/* test_nvme_start.c: how the NVMe driver starts a controller, stops it, or refuses to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nvme_bench.h"

/* The probe. */

static void a_probe_goes_through_the_stages_in_their_order(void **unused)
{
    (void)unused;
    chip.cc = 0x00460001; /* firmware left it enabled */
    chip.csts = 1;

    assert_int_equal(nvme.probe(&device), IVM_OK);

    size_t stages[] = {
        written(0x14, 0x00460000), /* off */
        written(0x24, 0x000F000F),
        written(0x28, (uint32_t)(uintptr_t)state.rings[0].submissions),
        written(0x30, (uint32_t)(uintptr_t)state.rings[0].completions),
        written(0x0C, 1), /* the line is masked while the driver polls */
        written(0x14, 0x00460001),
        written(0x1000, 1), /* Identify is submitted */
        written(0x1004, 1), /* and its completion taken */
        written(0x10, 1),
    };
    for (size_t i = 1; i < sizeof stages / sizeof stages[0]; i++)
        assert_true(stages[i - 1] < stages[i]);
    assert_false(nvme_chip_asserts(&chip));
    assert_int_equal(fake_pci_get16(function, PCI_COMMAND),
                     PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void a_probe_names_model_and_serial_number(void **unused)
{
    (void)unused;
    assert_int_equal(nvme.probe(&device), IVM_OK);

    assert_int_equal(
        fake_log_text_count("nvme0: \"A model of a controller\", serial number "
                            "\"ivm-0042\", at pci 00:09.0"),
        1);
    assert_string_equal(serial(), "ivm-0042");
}

static void names_that_fill_their_field_or_cannot_be_printed_are_bounded(void **unused)
{
    (void)unused;
    chip.serial = "12345678901234567890";
    chip.model = "\n\x7F\xFFplain";
    assert_int_equal(nvme.probe(&device), IVM_OK);

    assert_string_equal(serial(), "12345678901234567890");
    assert_int_equal(fake_log_text_count("\"???plain\""), 1);
}

static void the_memory_is_whole_pages_and_each_ring_begins_one(void **unused)
{
    (void)unused;
    assert_int_equal(nvme.state_size % NVME_PAGE, 0);
    assert_int_equal(offsetof(struct nvme_rings, completions) % NVME_PAGE, 0);

    device.state = (uint8_t *)&state + 2048;
    assert_int_equal(nvme.probe(&device), IVM_UNSUPPORTED);
    assert_int_equal(fake_log_text_count("not a page's"), 1);
}

static void a_controller_that_cannot_be_driven_is_named_and_not_touched(void **unused)
{
    static const struct {
        uint64_t cap;
        struct ivm_bar bar;
        const char *says;
    } bad[] = {
        {UINT64_MAX, {NVME_CHIP_BASE, 0x4000, false}, "read as all ones"},
        {0x0F000000, {NVME_CHIP_BASE, 0x4000, false}, "CAP.MQES is 0"},
        {0x000100000F0007FF, {NVME_CHIP_BASE, 0x4000, false}, "larger than 4096"},
        {0x0000000F0F0007FF, {NVME_CHIP_BASE, 0x4000, false}, "no room for its doorbells"},
        {0x000000000F0007FF, {NVME_CHIP_BASE, 0x1007, false}, "no room for its doorbells"},
        {0x000000000F0007FF,
         {NVME_CHIP_BASE, 0x800, false},
         "base address 0 is not memory"},
        {0x000000000F0007FF, {0, 0x4000, false}, "base address 0 is not memory"},
        {0x000000000F0007FF, {0xC000, 0x4000, true}, "base address 0 is not memory"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        set_up(unused);
        chip.cap = bad[i].cap;
        device.pci.bars[0] = bad[i].bar;

        assert_int_equal(nvme.probe(&device), IVM_UNSUPPORTED);

        assert_int_equal(fake_log_text_count(bad[i].says), 1);
        assert_int_equal(fake_log_count_of(FAKE_MMIO_WRITE, REGISTER(0x14)), 0);
    }
}

/* Each wait ends by its bound: CAP.TO is 2 units, a second. */
static void a_controller_that_does_not_start_is_named_within_its_time(void **unused)
{
    static const char *const says[] = {
        "does not become ready when it is enabled: CSTS is 0x00000000",
        "fails when it is enabled: CSTS is 0x00000002",
        "stays ready when it is disabled",
        "it does not complete admin command 0x06",
        "it fails at admin command 0x06",
        "admin command 0x06 ended with status 0x002",
    };
    for (unsigned i = 0; i < sizeof says / sizeof says[0]; i++) {
        set_up(unused);
        chip.never_ready = i == 0;
        chip.fails_when_enabled = i == 1;
        chip.stays_ready = i == 2, chip.csts = i == 2, chip.cc = i == 2 ? 0x00460001 : 0;
        chip.keeps_quiet_at = i == 3 ? 0x06 : 0;
        chip.fails_at = i == 4 ? 0x06 : 0;
        chip.ends_badly = i == 5 ? 0x06 : 0;

        assert_int_equal(nvme.probe(&device), IVM_UNSUPPORTED);

        assert_int_equal(fake_log_text_count(says[i]), 1);
        assert_true(fake_system.now_ns < 2100000000);
        assert_true(i != 0 || fake_system.now_ns >= 1000000000);
        assert_true((i != 1 && i != 4) || fake_system.now_ns < 100000000);
        assert_int_equal(fake_pci_get16(function, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
        assert_int_equal(chip.cc & 1, 0);
    }
}

static void a_controller_that_gives_no_time_is_given_half_a_second(void **unused)
{
    (void)unused;
    chip.cap &= ~UINT64_C(0xFF000000);
    chip.never_ready = true;

    assert_int_equal(nvme.probe(&device), IVM_UNSUPPORTED);

    assert_true(fake_system.now_ns >= 500000000 && fake_system.now_ns < 600000000);
}

/* Completes, while the driver waits, a command that it did not give. */
static void complete_another(void)
{
    nvme_chip_complete(&chip, 0, 0x7777);
    fake_cpu.on_wait = NULL;
}

static void an_answer_to_another_command_is_named_by_the_probe(void **unused)
{
    (void)unused;
    chip.keeps_quiet_at = 0x06;
    fake_cpu.on_wait = complete_another;

    assert_int_equal(nvme.probe(&device), IVM_UNSUPPORTED);

    assert_int_equal(
        fake_log_text_count("completed command 0x7777, which it was not given"), 1);
}

/* Quiet and stop. */

static void work_now(void)
{
    nvme_chip_work(&chip);
}

static void quiet_waits_for_the_completion_with_the_line_masked(void **unused)
{
    (void)unused;
    chip.waits = true;
    nvme.fire(&device);
    fake_cpu.on_wait = work_now;
    fake_log_clear();

    nvme.quiet(&device);

    fake_log_expect(0, FAKE_MMIO_WRITE, REGISTER(0x0C), 1);
    assert_int_equal(chip.masked, 0);
    assert_false(nvme_chip_asserts(&chip));
    assert_int_equal(nvme.routine(&device), IVM_NOT_MINE);
}

static void a_command_that_is_never_completed_starts_the_controller_anew(void **unused)
{
    (void)unused;
    chip.keeps_quiet_at = 0x06;
    nvme.fire(&device);
    chip.keeps_quiet_at = 0;

    nvme.quiet(&device);

    assert_int_equal(fake_log_text_count("started anew"), 1);
    nvme.fire(&device);
    assert_int_equal(nvme.routine(&device), IVM_HANDLED);
}

static void a_stop_shuts_down_before_it_disables_and_probes_again(void **unused)
{
    (void)unused;
    fake_log_clear();
    nvme.stop(&device);

    assert_true(written(0x14, 0x00464001) < written(0x14, 0x00460000));
    assert_int_equal(chip.csts, 0);
    assert_int_equal(fake_pci_get16(function, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
    nvme.fire(&device); /* into a controller that is off: nothing */
    memset(&state, 0, sizeof state);
    assert_int_equal(nvme.probe(&device), IVM_OK);
}

static void a_stop_that_is_not_obeyed_ends_and_is_named(void **unused)
{
    (void)unused;
    chip.never_shuts = true;
    chip.stays_ready = true;
    uint64_t before = fake_system.now_ns;

    nvme.stop(&device);

    assert_int_equal(fake_log_text_count("does not shut down"), 1);
    assert_int_equal(fake_log_text_count("stays ready"), 1);
    assert_true(fake_system.now_ns - before < 2100000000);
    assert_int_equal(fake_pci_get16(function, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
#define P(test) cmocka_unit_test_setup(test, set_up_probed)
    const struct CMUnitTest tests[] = {
        T(a_probe_goes_through_the_stages_in_their_order),
        T(a_probe_names_model_and_serial_number),
        T(names_that_fill_their_field_or_cannot_be_printed_are_bounded),
        T(the_memory_is_whole_pages_and_each_ring_begins_one),
        T(a_controller_that_cannot_be_driven_is_named_and_not_touched),
        T(a_controller_that_does_not_start_is_named_within_its_time),
        T(a_controller_that_gives_no_time_is_given_half_a_second),
        T(an_answer_to_another_command_is_named_by_the_probe),
        P(quiet_waits_for_the_completion_with_the_line_masked),
        P(a_command_that_is_never_completed_starts_the_controller_anew),
        P(a_stop_shuts_down_before_it_disables_and_probes_again),
        P(a_stop_that_is_not_obeyed_ends_and_is_named),
    };
#undef T
#undef P
    return cmocka_run_group_tests_name("nvme_start", tests, NULL, NULL);
}
