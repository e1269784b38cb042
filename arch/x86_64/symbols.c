/* symbols.c: binary search in the symbol table of the build. */
#include "symbols.h"

#include "kernel/format.h"

/* Made by tools/symbols.awk. */
extern const uint32_t symbol_count;
extern const uint32_t symbol_addresses[];
extern const uint32_t symbol_names[];
extern const char symbol_pool[];

/* linker.ld */
extern const uint8_t image_text_end[];

bool symbol_search(const struct symbol_table *table, uintptr_t address, struct symbol *out)
{
    if (table->count == 0 || address < table->addresses[0] || address >= table->end)
        return false;
    /* The symbol wanted is in [low, high), and begins at or below the address. */
    size_t low = 0, high = table->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (table->addresses[middle] <= address)
            low = middle;
        else
            high = middle;
    }
    *out = (struct symbol){.name = table->pool + table->names[low],
                           .offset = address - table->addresses[low]};
    return true;
}

bool symbol_of(uintptr_t address, struct symbol *out)
{
    return symbol_search(&(struct symbol_table){.count = symbol_count,
                                                .addresses = symbol_addresses,
                                                .names = symbol_names,
                                                .pool = symbol_pool,
                                                .end = (uintptr_t)image_text_end},
                         address, out);
}

/* Written at the start. */
static symbol_namer *foreign_namer;

void symbols_set_namer(symbol_namer *namer)
{
    foreign_namer = namer;
}

void symbol_text(char *out, size_t size, uintptr_t address)
{
    struct symbol symbol;
    uintptr_t offset = 0;
    const char *foreign = foreign_namer != NULL ? foreign_namer(address, &offset) : NULL;
    if (symbol_of(address, &symbol))
        format_text(out, size, "0x%016lx %s+0x%lx", address, symbol.name, symbol.offset);
    else if (foreign != NULL)
        format_text(out, size, "0x%016lx %s+0x%lx", address, foreign, offset);
    else
        format_text(out, size, "0x%016lx (not code of this kernel)", address);
}
