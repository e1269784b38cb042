/* test_virtio_layout.c: a virtio device's capabilities: right, and wrong in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/virtio_layout.h"
#include "fake/virtio_chip.h"

enum { COMMON_AT = 0x40, ISR_AT = 0x50, NOTIFY_AT = 0x60 };

static struct ivm_bar bars[IVM_BAR_COUNT];
static struct pci_space space = {.bars = bars};
static uint8_t *const bytes = space.bytes;
static struct virtio_layout layout;

static const struct virtio_capability common = {.at = COMMON_AT,
                                                .next = ISR_AT,
                                                .length = 16,
                                                .type = VIRTIO_COMMON,
                                                .bar = 4,
                                                .offset = 0x100,
                                                .size = 56};
static const struct virtio_capability isr = {.at = ISR_AT,
                                             .next = NOTIFY_AT,
                                             .length = 16,
                                             .type = VIRTIO_ISR,
                                             .bar = 1,
                                             .offset = 0x1000,
                                             .size = 1};
static const struct virtio_capability notify = {.at = NOTIFY_AT,
                                                .length = 20,
                                                .type = VIRTIO_NOTIFY,
                                                .bar = 4,
                                                .offset = 0x3000,
                                                .size = 0x1000,
                                                .multiplier = 4};

static int set_up(void **unused)
{
    (void)unused;
    memset(space.bytes, 0, sizeof space.bytes);
    bytes[0x06] = 1 << 4;
    bytes[0x34] = COMMON_AT;
    virtio_chip_capability(bytes, &common);
    virtio_chip_capability(bytes, &isr);
    virtio_chip_capability(bytes, &notify);
    memset(bars, 0, sizeof bars);
    bars[1] = (struct ivm_bar){.base = 0xFE001000, .size = 0x2000};
    bars[3] = (struct ivm_bar){.base = 0xC000, .size = 0x4000, .is_port = true};
    bars[4] = (struct ivm_bar){.base = 0x800000000, .size = 0x4000};
    return 0;
}

static const char *wrong(void)
{
    return virtio_layout_read(&space, &layout).what;
}

static void each_structure_lies_where_its_capability_says(void **unused)
{
    (void)unused;
    assert_null(wrong());

    assert_int_equal(layout.windows[VIRTIO_COMMON].bar, 4);
    assert_int_equal(layout.windows[VIRTIO_COMMON].offset, 0x100);
    assert_int_equal(layout.windows[VIRTIO_ISR].bar, 1);
    assert_int_equal(layout.windows[VIRTIO_ISR].length, 1);
    assert_int_equal(layout.windows[VIRTIO_NOTIFY].offset, 0x3000);
    assert_int_equal(layout.windows[VIRTIO_DEVICE].length, 0);
    assert_int_equal(layout.notify_multiplier, 4);
}

static void a_device_without_a_list_has_no_modern_interface(void **unused)
{
    (void)unused;
    bytes[0x06] = 0;

    assert_non_null(strstr(wrong(), "no common configuration"));
}

static void each_structure_but_the_device_s_own_is_needed(void **unused)
{
    (void)unused;
    static const struct {
        uint8_t at;
        const char *says;
    } each[] = {{COMMON_AT, "no common configuration"},
                {ISR_AT, "no interrupt status"},
                {NOTIFY_AT, "no notification"}};
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
        set_up(unused);
        bytes[each[i].at] = 0x05;
        assert_non_null(strstr(wrong(), each[i].says));
    }
}

static void a_structure_outside_of_its_base_address_is_refused_by_name(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t offset, size;
    } bad[] = {{0x3000, 0x1001}, {0x4000, 2},          {0xFFFFFFFE, 2},
               {2, 0xFFFFFFFF},  {0xFFFFFFF0, 0x1000}, {0x3FFF, 2}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct virtio_capability far = notify;
        far.offset = bad[i].offset;
        far.size = bad[i].size;
        virtio_chip_capability(bytes, &far);

        struct virtio_fault fault = virtio_layout_read(&space, &layout);

        assert_non_null(strstr(fault.what, "larger than what is left"));
        assert_int_equal(fault.at, NOTIFY_AT);
    }
    struct virtio_capability last = notify; /* the last two bytes of it are inside */
    last.offset = 0x3FFE;
    last.size = 2;
    virtio_chip_capability(bytes, &last);
    assert_null(wrong());
}

static void a_base_address_that_is_absent_reserved_or_of_ports_is_refused(void **unused)
{
    (void)unused;
    for (unsigned bar = 0; bar < 256; bar++) {
        bytes[COMMON_AT + 4] = (uint8_t)bar;
        const char *what = wrong();
        if (bar >= 6)
            assert_non_null(strstr(what, "does not exist"));
        else if (bar == 1 || bar == 4)
            assert_null(what);
        else
            assert_non_null(strstr(what, "is not memory"));
    }
}

static void a_structure_that_is_too_small_or_askew_is_refused(void **unused)
{
    (void)unused;
    struct virtio_capability odd = common;
    odd.size = 55;
    virtio_chip_capability(bytes, &odd);
    assert_non_null(strstr(wrong(), "too small"));
    odd.size = 56;
    odd.offset = 0x102;
    virtio_chip_capability(bytes, &odd);
    assert_non_null(strstr(wrong(), "not aligned"));
}

static void a_capability_of_an_impossible_length_is_refused(void **unused)
{
    (void)unused;
    bytes[NOTIFY_AT + 2] = 19; /* without its multiplier */
    assert_non_null(strstr(wrong(), "length"));
    bytes[NOTIFY_AT + 2] = 0xA1; /* past the end of configuration space */
    assert_non_null(strstr(wrong(), "length"));
    bytes[NOTIFY_AT + 2] = 0xA0;
    assert_null(wrong());
}

static void a_capability_at_the_very_end_is_not_read_past_it(void **unused)
{
    (void)unused;
    bytes[NOTIFY_AT + 1] = 0xFC;
    bytes[NOTIFY_AT + 3] = 9; /* of an unknown type */
    bytes[0xFC] = 0x09;
    bytes[0xFE] = 20;
    bytes[0xFF] = VIRTIO_NOTIFY;

    assert_non_null(strstr(wrong(), "length"));
}

static void the_first_of_two_that_can_be_used_counts(void **unused)
{
    (void)unused;
    struct virtio_capability second = notify;
    bytes[NOTIFY_AT + 1] = 0x80;
    second.at = 0x80;
    second.offset = 0x2000;
    virtio_chip_capability(bytes, &second);
    assert_null(wrong());
    assert_int_equal(layout.windows[VIRTIO_NOTIFY].offset, 0x3000);

    bytes[NOTIFY_AT + 4] = 3; /* ports: the other way to say the same */
    assert_null(wrong());
    assert_int_equal(layout.windows[VIRTIO_NOTIFY].offset, 0x2000);
}

/* Also where all that is needed was met before the list goes wrong: who lies in one place is not
 * believed in another. */
static void a_list_that_loops_or_leads_into_the_header_is_refused_by_name(void **unused)
{
    (void)unused;
    bytes[NOTIFY_AT + 1] = COMMON_AT;
    assert_non_null(strstr(wrong(), "the capability list loops"));
    assert_int_equal(virtio_layout_read(&space, &layout).at, NOTIFY_AT + 1);
    bytes[ISR_AT + 1] = ISR_AT;
    assert_non_null(strstr(wrong(), "the capability list loops"));
    bytes[0x34] = 0x10;
    assert_non_null(strstr(wrong(), "leads into the header"));
}

/* Any bytes at all: what is said to be right is inside its base address. */
static void whatever_the_bytes_are_no_window_leaves_its_base_address(void **unused)
{
    (void)unused;
    uint32_t random = 1;
    unsigned right = 0;
    for (unsigned round = 0; round < 200000; round++) {
        set_up(unused);
        for (unsigned n = 0; n < 6; n++) {
            random = random * 1664525 + 1013904223;
            unsigned at = 0x34 + (random >> 24) % 0x50;
            bytes[at] = (uint8_t)(random >> 16);
        }
        if (wrong() != NULL)
            continue;
        right++;
        for (unsigned type = VIRTIO_COMMON; type < VIRTIO_STRUCTURE_END; type++) {
            const struct virtio_window *window = &layout.windows[type];
            if (window->length != 0)
                assert_true(window->bar < IVM_BAR_COUNT && !bars[window->bar].is_port &&
                            (uint64_t)window->offset + window->length <=
                                bars[window->bar].size);
        }
    }
    assert_true(right > 1000);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(each_structure_lies_where_its_capability_says),
        T(a_device_without_a_list_has_no_modern_interface),
        T(each_structure_but_the_device_s_own_is_needed),
        T(a_structure_outside_of_its_base_address_is_refused_by_name),
        T(a_base_address_that_is_absent_reserved_or_of_ports_is_refused),
        T(a_structure_that_is_too_small_or_askew_is_refused),
        T(a_capability_of_an_impossible_length_is_refused),
        T(a_capability_at_the_very_end_is_not_read_past_it),
        T(the_first_of_two_that_can_be_used_counts),
        T(a_list_that_loops_or_leads_into_the_header_is_refused_by_name),
        T(whatever_the_bytes_are_no_window_leaves_its_base_address),
    };
#undef T
    return cmocka_run_group_tests_name("virtio_layout", tests, NULL, NULL);
}
