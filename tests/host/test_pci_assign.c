/* test_pci_assign.c: which addresses are free, and which of them a function gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/pci_assign.h"

#define MIB      UINT64_C(0x100000)
#define GIB      UINT64_C(0x40000000)
#define MEMORY   UINT64_C(0xFE000000)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct pci_span used[12];
static struct pci_room room;
static struct pci_want wants[IVM_BAR_COUNT];

static int set_up(void **unused)
{
    (void)unused;
    room = (struct pci_room){
        .windows = {[PCI_MEMORY] = {MEMORY, MEMORY + 8 * MIB, false},
                    [PCI_PREFETCHABLE] = {8 * GIB, 9 * GIB, false},
                    [PCI_PORTS] = {0xC000, 0xD000, true}},
        .used = used,
    };
    for (size_t i = 0; i < COUNT(wants); i++)
        wants[i] = (struct pci_want){0};
    return 0;
}

static void use(uint64_t first, uint64_t end)
{
    used[room.used_count++] = (struct pci_span){first, end, false};
}

static void want(size_t index, enum pci_kind kind, uint64_t size)
{
    wants[index] = (struct pci_want){.size = size, .kind = kind};
}

/* Giving. */

static void the_highest_free_place_is_given(void **unused)
{
    (void)unused;
    want(0, PCI_MEMORY, MIB);
    assert_int_equal(pci_assign(&room, wants, 1), 1);
    assert_int_equal(wants[0].base, MEMORY + 7 * MIB);

    use(MEMORY + 7 * MIB + 0x1000, MEMORY + 8 * MIB);
    use(MEMORY + 6 * MIB, MEMORY + 6 * MIB + 1);
    assert_int_equal(pci_assign(&room, wants, 1), 1);
    assert_int_equal(wants[0].base, MEMORY + 5 * MIB);
}

static void a_place_between_two_is_found_to_the_byte(void **unused)
{
    (void)unused;
    use(MEMORY, MEMORY + 3 * MIB);
    use(MEMORY + 4 * MIB, MEMORY + 8 * MIB);
    want(0, PCI_MEMORY, MIB);
    assert_int_equal(pci_assign(&room, wants, 1), 1);
    assert_int_equal(wants[0].base, MEMORY + 3 * MIB);

    used[0].end++;
    wants[0].base = 1;
    assert_int_equal(pci_assign(&room, wants, 1), 0);
    assert_int_equal(wants[0].base, 1);
}

static void a_base_is_a_multiple_of_its_size(void **unused)
{
    (void)unused;
    room.windows[PCI_MEMORY] = (struct pci_span){MEMORY + MIB, MEMORY + 6 * MIB, false};
    want(0, PCI_MEMORY, 2 * MIB);
    assert_int_equal(pci_assign(&room, wants, 1), 1);
    assert_int_equal(wants[0].base, MEMORY + 4 * MIB);

    want(0, PCI_MEMORY, 4 * MIB);
    assert_int_equal(pci_assign(&room, wants, 1), 0);
}

static void what_one_function_gets_does_not_overlap(void **unused)
{
    (void)unused;
    want(0, PCI_MEMORY, 0x1000);
    want(1, PCI_MEMORY, 4 * MIB);
    want(2, PCI_MEMORY, 2 * MIB);
    want(3, PCI_PORTS, 0x20);
    want(4, PCI_PORTS, 0x20);
    assert_int_equal(pci_assign(&room, wants, 5), 5);

    assert_int_equal(wants[1].base, MEMORY + 4 * MIB);
    assert_int_equal(wants[2].base, MEMORY + 2 * MIB);
    assert_int_equal(wants[0].base, MEMORY + 2 * MIB - 0x1000);
    assert_int_equal(wants[3].base, 0xCFE0);
    assert_int_equal(wants[4].base, 0xCFC0);
}

static void all_fit_or_none_gets_anything(void **unused)
{
    (void)unused;
    want(0, PCI_MEMORY, MIB);
    want(1, PCI_PORTS, 0x2000);
    want(2, PCI_MEMORY, MIB);
    assert_int_equal(pci_assign(&room, wants, 3), 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(wants[i].base, 0);
    assert_int_equal(pci_assign(&room, wants, 0), 0);
}

static void ports_and_memory_are_not_in_each_other_s_way(void **unused)
{
    (void)unused;
    used[room.used_count++] = (struct pci_span){MEMORY, MEMORY + 8 * MIB, true};
    use(0xC000, 0xD000);
    want(0, PCI_MEMORY, 8 * MIB);
    want(1, PCI_PORTS, 0x1000);
    assert_int_equal(pci_assign(&room, wants, 2), 2);
    assert_int_equal(wants[0].base, MEMORY);
    assert_int_equal(wants[1].base, 0xC000);
}

static void what_is_prefetchable_goes_where_it_may_be_prefetched(void **unused)
{
    (void)unused;
    want(0, PCI_PREFETCHABLE, MIB);
    wants[0].is_wide = true;
    assert_int_equal(pci_assign(&room, wants, 1), 1);
    assert_int_equal(wants[0].base, 9 * GIB - MIB);

    use(8 * GIB, 9 * GIB);
    assert_int_equal(pci_assign(&room, wants, 1), 1);
    assert_int_equal(wants[0].base, MEMORY + 7 * MIB);
}

static void what_is_32_bits_wide_stays_below_4_gib(void **unused)
{
    (void)unused;
    want(0, PCI_PREFETCHABLE, MIB);
    assert_int_equal(pci_assign(&room, wants, 1), 1);
    assert_int_equal(wants[0].base, MEMORY + 7 * MIB);

    room.windows[PCI_PREFETCHABLE] = (struct pci_span){3 * GIB, 5 * GIB, false};
    assert_int_equal(pci_assign(&room, wants, 1), 1);
    assert_int_equal(wants[0].base, 4 * GIB - MIB);
}

static void what_is_not_prefetchable_never_goes_where_it_might_be(void **unused)
{
    (void)unused;
    room.windows[PCI_MEMORY] = (struct pci_span){0};
    want(0, PCI_MEMORY, 0x1000);
    wants[0].is_wide = true;
    assert_int_equal(pci_assign(&room, wants, 1), 0);
}

static void nothing_is_given_at_0(void **unused)
{
    (void)unused;
    room.windows[PCI_PORTS] = (struct pci_span){0, 0x1000, true};
    want(0, PCI_PORTS, 0x1000);
    assert_int_equal(pci_assign(&room, wants, 1), 0);
    want(0, PCI_PORTS, 0x800);
    assert_int_equal(pci_assign(&room, wants, 1), 1);
    assert_int_equal(wants[0].base, 0x800);
}

static bool is_clear(uint64_t base, uint64_t size)
{
    for (size_t i = 0; i < room.used_count; i++)
        if (used[i].first < base + size && base < used[i].end)
            return false;
    return true;
}

/* Every arrangement of what is used in a window of 12 places, against a search of all places. */
static void a_place_is_found_exactly_when_there_is_one(void **unused)
{
    (void)unused;
    enum { PLACES = 12 };
    room.windows[PCI_MEMORY] = (struct pci_span){MEMORY, MEMORY + PLACES, false};
    for (unsigned pattern = 0; pattern < 1U << PLACES; pattern++) {
        room.used_count = 0;
        for (unsigned i = 0; i < PLACES; i++)
            if ((pattern >> i & 1) != 0)
                use(MEMORY + i, MEMORY + i + 1);
        for (uint64_t size = 1; size <= 8; size *= 2) {
            uint64_t best = 0;
            for (uint64_t base = MEMORY; base + size <= MEMORY + PLACES; base += size)
                if (is_clear(base, size))
                    best = base;
            want(0, PCI_MEMORY, size);
            size_t fits = pci_assign(&room, wants, 1);
            assert_int_equal(fits, best != 0);
            assert_int_equal(wants[0].base, best);
        }
    }
}

/* Windows of a bridge. */

static void a_bridge_s_windows_are_what_its_registers_say(void **unused)
{
    (void)unused;
    struct pci_span windows[PCI_KIND_COUNT];
    static const uint32_t narrow[PCI_BRIDGE_REGISTERS] = {0xA2A0D0C0, 0xFE90FE80,
                                                          0xFD70FD00};
    pci_bridge_windows(narrow, windows);
    assert_int_equal(windows[PCI_PORTS].first, 0xC000);
    assert_int_equal(windows[PCI_PORTS].end, 0xE000);
    assert_true(windows[PCI_PORTS].is_port);
    assert_int_equal(windows[PCI_MEMORY].first, 0xFE800000);
    assert_int_equal(windows[PCI_MEMORY].end, 0xFEA00000);
    assert_int_equal(windows[PCI_PREFETCHABLE].first, 0xFD000000);
    assert_int_equal(windows[PCI_PREFETCHABLE].end, 0xFD800000);

    static const uint32_t wide[PCI_BRIDGE_REGISTERS] = {0x00000101, 0xFE80FE80, 0x00110001,
                                                        0x12,       0x13,       0x00020001};
    pci_bridge_windows(wide, windows);
    assert_int_equal(windows[PCI_PORTS].first, 0x10000);
    assert_int_equal(windows[PCI_PORTS].end, 0x21000);
    assert_int_equal(windows[PCI_MEMORY].end - windows[PCI_MEMORY].first, MIB);
    assert_int_equal(windows[PCI_PREFETCHABLE].first, UINT64_C(0x1200000000));
    assert_int_equal(windows[PCI_PREFETCHABLE].end, UINT64_C(0x1300200000));
}

static void a_closed_window_is_empty(void **unused)
{
    (void)unused;
    struct pci_span windows[PCI_KIND_COUNT];
    static const uint32_t closed[PCI_BRIDGE_REGISTERS] = {0x000000F0, 0x0000FFF0,
                                                          0xFE80FE90};
    pci_bridge_windows(closed, windows);
    for (unsigned kind = 0; kind < PCI_KIND_COUNT; kind++) {
        assert_int_equal(windows[kind].first, 0);
        assert_int_equal(windows[kind].end, 0);
        assert_int_equal(windows[kind].is_port, kind == PCI_PORTS);
    }
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(the_highest_free_place_is_given),
        T(a_place_between_two_is_found_to_the_byte),
        T(a_base_is_a_multiple_of_its_size),
        T(what_one_function_gets_does_not_overlap),
        T(all_fit_or_none_gets_anything),
        T(ports_and_memory_are_not_in_each_other_s_way),
        T(what_is_prefetchable_goes_where_it_may_be_prefetched),
        T(what_is_32_bits_wide_stays_below_4_gib),
        T(what_is_not_prefetchable_never_goes_where_it_might_be),
        T(nothing_is_given_at_0),
        T(a_place_is_found_exactly_when_there_is_one),
        T(a_bridge_s_windows_are_what_its_registers_say),
        T(a_closed_window_is_empty),
    };
#undef T
    return cmocka_run_group_tests_name("pci_assign", tests, NULL, NULL);
}
