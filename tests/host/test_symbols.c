/* test_symbols.c: which function an address belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86_64/symbols.h"

/* What tools/symbols.awk and the linker script supply to the kernel. */
extern const uint32_t symbol_count, symbol_addresses[], symbol_names[];
extern const char symbol_pool[];
extern const uint8_t image_text_end[];
const uint32_t symbol_count = 0;
const uint32_t symbol_addresses[1] = {0};
const uint32_t symbol_names[1] = {0};
const char symbol_pool[] = "";
const uint8_t image_text_end[1] = {0};

static const uint32_t addresses[] = {0x100, 0x101, 0x110, 0x180, 0x200};
static const uint32_t names[] = {0, 2, 4, 6, 8};

static struct symbol_table table_of(size_t count)
{
    return (struct symbol_table){.count = count,
                                 .addresses = addresses,
                                 .names = names,
                                 .pool = "a\0b\0c\0d\0e",
                                 .end = 0x280};
}

static void every_address_is_found_in_its_symbol(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 5; count++) {
        struct symbol_table table = table_of(count);
        for (uintptr_t address = 0; address < 0x300; address++) {
            struct symbol symbol = {0};
            bool found = symbol_search(&table, address, &symbol);
            assert_int_equal(found, address >= 0x100 && address < 0x280);
            if (!found)
                continue;
            size_t wanted = count - 1;
            while (wanted != 0 && addresses[wanted] > address)
                wanted--;
            assert_int_equal(symbol.name[0], 'a' + (int)wanted);
            assert_int_equal(symbol.offset, address - addresses[wanted]);
        }
    }
}

static void an_empty_table_knows_nothing(void **state)
{
    (void)state;
    struct symbol_table table = table_of(0);
    struct symbol symbol;

    assert_false(symbol_search(&table, 0x100, &symbol));
    assert_false(symbol_of(0x100, &symbol));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_address_is_found_in_its_symbol),
        cmocka_unit_test(an_empty_table_knows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
