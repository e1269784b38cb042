/* symbols.h: the function an address of the kernel belongs to, by a table of the build.
 *
 * The kernel is linked twice: first with an empty table, then with the one that nm and
 * tools/symbols.awk make of the first result. The table lies behind everything that could
 * move the code.
 */
#ifndef ARCH_SYMBOLS_H
#define ARCH_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses ascend; names[i] is an offset into the pool of zero-terminated names. */
struct symbol_table {
    size_t count;
    const uint32_t *addresses;
    const uint32_t *names;
    const char *pool;
    uintptr_t end; /* of the last symbol */
};

struct symbol {
    const char *name;
    uintptr_t offset; /* of the address in it */
};

/* The symbol `address` lies in. False: none; `out` is untouched. Any context. */
bool symbol_search(const struct symbol_table *table, uintptr_t address, struct symbol *out);

/* The same in the kernel's own table. Any context. */
bool symbol_of(uintptr_t address, struct symbol *out);

/* "0x0000000000101234 function+0x14", cut to `size` bytes. Any context. */
void symbol_text(char *out, size_t size, uintptr_t address);

/* Who names code that is not this kernel's: the name of what `address` lies in, and how far in; NULL: it
 * does not know. Called while the kernel stops: it takes no lock. Set at the start. */
typedef const char *symbol_namer(uintptr_t address, uintptr_t *offset);
void symbols_set_namer(symbol_namer *namer);

#endif
