/* hpet_table.c: the HPET's ACPI table, and the choice of a timer's line. */
#include "hpet.h"

/* clang-format off */
enum {
    TABLE_SPACE     = 40, /* of the registers' generic address: 0 is memory */
    TABLE_ADDRESS   = 44,
    TABLE_LENGTH    = 56,
    SPACE_MEMORY    = 0,
    ISA_LINES       = 16,
    ROUTE_COUNT     = 32,
};
/* clang-format on */

uint64_t hpet_table_base(const void *table, size_t length)
{
    const uint8_t *bytes = table;
    if (length < TABLE_LENGTH || bytes[TABLE_SPACE] != SPACE_MEMORY)
        return 0;
    uint64_t base = 0;
    for (unsigned i = 0; i < 8; i++)
        base |= (uint64_t)bytes[TABLE_ADDRESS + i] << 8 * i;
    return base % 8 == 0 ? base : 0;
}

static bool choose(uint32_t routes, bool (*used)(uint32_t gsi), uint32_t *gsi)
{
    for (uint32_t i = 0; i < ROUTE_COUNT; i++) {
        uint32_t n = (i + ISA_LINES) % ROUTE_COUNT;
        if ((routes >> n & 1) == 0 || (used != NULL && used(n)))
            continue;
        *gsi = n;
        return true;
    }
    return false;
}

bool hpet_choose_line(uint32_t routes, bool (*used)(uint32_t gsi), uint32_t *gsi)
{
    return choose(routes, used, gsi) || choose(routes, NULL, gsi);
}
