/* test_pci_ecam.c: the ACPI table "MCFG" and lists of extended capabilities, as bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/bus.h>

#include "drivers/pci_ecam.h"
#include "fake/hardware.h"
#include "fake/system.h"

enum { HEADER = 44, ENTRY = 16 };

static uint8_t mcfg[HEADER + 2 * ENTRY];
static size_t mcfg_length;
static uint32_t space[PCI_ECAM_SIZE / 4];
static unsigned reads;

bool ivm_acpi_table(const char signature[4], const void **table, size_t *length)
{
    *table = mcfg;
    *length = mcfg_length;
    return mcfg_length != 0 && memcmp(signature, "MCFG", 4) == 0;
}

static void entry(size_t index, uint64_t base, uint16_t segment, uint16_t buses)
{
    uint8_t *at = mcfg + HEADER + index * ENTRY;
    memcpy(at, &base, 8);
    memcpy(at + 8, &segment, 2);
    memcpy(at + 10, &buses, 2); /* first, then last */
    mcfg_length = HEADER + (index + 1) * ENTRY;
}

static uint32_t read_space(void *context, uint16_t offset)
{
    (void)context;
    reads++;
    assert_in_range(offset, 0x100, PCI_ECAM_SIZE - 4);
    assert_int_equal(offset % 4, 0);
    return space[offset / 4];
}

static void put(uint16_t offset, uint16_t id, uint16_t next)
{
    space[offset / 4] = (uint32_t)next << 20 | 1U << 16 | id;
}

static int set_up(void **unused)
{
    (void)unused;
    fake_hardware_reset();
    fake_system_reset();
    memset(mcfg, 0xEE, sizeof mcfg);
    memset(space, 0, sizeof space);
    mcfg_length = 0;
    reads = 0;
    return 0;
}

static void an_entry_is_read_wherever_it_lies(void **unused)
{
    (void)unused;
    struct pci_ecam part;
    entry(0, 0xB0000000, 0, 0x7F00);
    entry(1, UINT64_C(0x4000000000), 0, 0xFF80);

    assert_true(pci_ecam_entry(mcfg, mcfg_length, 0, &part));
    assert_int_equal(part.base, 0xB0000000);
    assert_int_equal(part.first_bus, 0);
    assert_int_equal(part.last_bus, 0x7F);
    assert_true(pci_ecam_entry(mcfg, mcfg_length, 1, &part));
    assert_int_equal(part.base, UINT64_C(0x4000000000));
    assert_int_equal(part.first_bus, 0x80);
    assert_false(pci_ecam_entry(mcfg, mcfg_length, 2, &part));
}

static void a_table_cut_anywhere_is_never_read_beyond_its_end(void **unused)
{
    (void)unused;
    struct pci_ecam part;
    entry(1, 0xB0000000, 0, 0xFF00);
    for (size_t length = 0; length < sizeof mcfg; length++)
        assert_false(pci_ecam_entry(mcfg, length, 1, &part));
    assert_true(pci_ecam_entry(mcfg, sizeof mcfg, 1, &part));
    assert_false(pci_ecam_entry(mcfg, sizeof mcfg, SIZE_MAX, &part));
}

static void buses_that_make_no_sense_end_the_table(void **unused)
{
    (void)unused;
    struct pci_ecam part;
    entry(0, 0xB0000000, 0, 0x0102);
    assert_false(pci_ecam_entry(mcfg, mcfg_length, 0, &part));
}

static void a_function_s_space_counts_from_bus_0(void **unused)
{
    (void)unused;
    entry(0, 0x10000000, 1, 0xFF00); /* of another segment group */
    entry(1, 0xB0000000, 0, 0x4020);

    assert_int_equal(pci_ecam_map((struct pci_address){0x21, 3, 5}), 0xB211D000);
    assert_int_equal(pci_ecam_map((struct pci_address){0x1F, 0, 0}), 0);
    assert_int_equal(pci_ecam_map((struct pci_address){0x41, 0, 0}), 0);
    fake_system.refuse_to_map = true;
    assert_int_equal(pci_ecam_map((struct pci_address){0x21, 3, 5}), 0);
    mcfg_length = 0;
    assert_int_equal(pci_ecam_map((struct pci_address){0x21, 3, 5}), 0);
}

static void a_capability_is_found_by_its_id(void **unused)
{
    (void)unused;
    put(0x100, 0x000B, 0x148);
    put(0x148, 0x0001, 0xFFC);
    put(0xFFC, 0x0003, 0);

    assert_int_equal(pci_extended_capability(read_space, NULL, 0x000B), 0x100);
    assert_int_equal(pci_extended_capability(read_space, NULL, 0x0001), 0x148);
    assert_int_equal(pci_extended_capability(read_space, NULL, 0x0003), 0xFFC);
    assert_int_equal(pci_extended_capability(read_space, NULL, 0x0002), 0);
}

static void a_list_that_is_not_there_holds_nothing(void **unused)
{
    (void)unused;
    assert_int_equal(pci_extended_capability(read_space, NULL, 0), 0);
    space[0x100 / 4] = UINT32_MAX;
    assert_int_equal(pci_extended_capability(read_space, NULL, 0xFFFF), 0);
    assert_int_equal(reads, 2);
}

static void a_list_that_loops_or_leaves_the_space_ends(void **unused)
{
    (void)unused;
    put(0x100, 2, 0x200);
    put(0x200, 2, 0x100);
    assert_int_equal(pci_extended_capability(read_space, NULL, 1), 0);
    assert_true(reads <= (PCI_ECAM_SIZE - 0x100) / 8);

    put(0x200, 2, 0x0FC); /* into the header */
    reads = 0;
    assert_int_equal(pci_extended_capability(read_space, NULL, 1), 0);
    assert_int_equal(reads, 2);
    put(0x200, 2, 0x303); /* the lowest two bits are reserved */
    put(0x300, 1, 0);
    assert_int_equal(pci_extended_capability(read_space, NULL, 1), 0x300);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        T(an_entry_is_read_wherever_it_lies),
        T(a_table_cut_anywhere_is_never_read_beyond_its_end),
        T(buses_that_make_no_sense_end_the_table),
        T(a_function_s_space_counts_from_bus_0),
        T(a_capability_is_found_by_its_id),
        T(a_list_that_is_not_there_holds_nothing),
        T(a_list_that_loops_or_leaves_the_space_ends),
    };
#undef T
    return cmocka_run_group_tests_name("pci_ecam", tests, NULL, NULL);
}
