/* physical.c: physical memory for the host tests: see physical.h. */
#include "physical.h"

#include <stdlib.h>
#include <string.h>

#include "hardware.h"

enum { PIECE_LIMIT = 128 };

static struct {
    uint64_t address;
    size_t size;
    uint8_t *bytes;
} pieces[PIECE_LIMIT];
static size_t piece_count;

void physical_reset(void)
{
    for (size_t i = 0; i < piece_count; i++)
        free(pieces[i].bytes);
    piece_count = 0;
}

/* The piece that begins there, or a new one. */
static size_t claim(uint64_t address)
{
    size_t i = 0;
    while (i < piece_count && pieces[i].address != address)
        i++;
    if (i == piece_count)
        piece_count++;
    else
        free(pieces[i].bytes);
    return i;
}

void physical_put(uint64_t address, const void *bytes, size_t size)
{
    if (piece_count == PIECE_LIMIT) {
        fake_complain("more than %d pieces of memory", PIECE_LIMIT);
        return;
    }
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, size);
    size_t piece = claim(address);
    pieces[piece].address = address;
    pieces[piece].size = size;
    pieces[piece].bytes = copy;
}

void physical_put_table(uint64_t address, struct table *table)
{
    table_finish(table);
    physical_put(address, table->bytes, table->length);
}

static const void *map(void *context, uint64_t physical, size_t size)
{
    (void)context;
    for (size_t i = 0; i < piece_count; i++) {
        uint64_t offset = physical - pieces[i].address;
        if (physical >= pieces[i].address && offset <= pieces[i].size &&
            size <= pieces[i].size - offset)
            return pieces[i].bytes + offset;
    }
    return NULL;
}

const struct acpi_memory physical_memory = {.map = map};
