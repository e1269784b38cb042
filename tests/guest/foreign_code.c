/* foreign_code.c: code as a driver image has it, put where images lie. */
#include "foreign_code.h"

#include "kernel/system/pages.h"
#include "suite.h"

extern const uint8_t foreign_code_first[], foreign_code_end[];

static uintptr_t loaded;

bool foreign_code_load(void)
{
    if (loaded != 0)
        return true;
    if (!suite_check(foreign_start(), "the machine can run images", __FILE__, __LINE__))
        return false;
    size_t size = (size_t)(foreign_code_end - foreign_code_first);
    uintptr_t page = foreign_pages(1);
    if (page == 0 || size > PAGE_SIZE)
        return suite_check(false, "there is a page, and it fits", __FILE__, __LINE__);
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)page)[i] = foreign_code_first[i];
    if (!suite_check(foreign_protect(page, 1, FOREIGN_EXECUTE), "it can be run", __FILE__,
                     __LINE__))
        return false;
    loaded = page;
    return true;
}

nt_code foreign_code_at(const uint8_t *piece)
{
    return loaded + (uintptr_t)(piece - foreign_code_first);
}

uint64_t foreign_code_call(const uint8_t *piece, uint64_t first, uint64_t second)
{
    return foreign_call(foreign_code_at(piece), (const uint64_t[]){first, second, 0, 0});
}
