/* pending.c: weak stand-ins for parts of this room that are not there yet, so that the kernel links.
 * Without them no image is loaded: foreign_start() says no.
 */
#include <ivm/system.h>

#include "host.h"
#include "kernel/machine.h"
#include "objects.h"

#define PENDING __attribute__((weak))

PENDING uint64_t foreign_call(nt_code code, const uint64_t arguments[4])
{
    (void)code, (void)arguments;
    return 0;
}

PENDING bool foreign_start(void)
{
    return false;
}

PENDING uintptr_t foreign_pages(size_t count)
{
    (void)count;
    return 0;
}

PENDING bool foreign_protect(uintptr_t first, size_t count, enum foreign_rights rights)
{
    (void)first, (void)count, (void)rights;
    return false;
}

PENDING void *pool_allocate(struct image *image, size_t bytes, uint32_t tag)
{
    (void)image, (void)bytes, (void)tag;
    return NULL;
}

PENDING void pool_free(void *block)
{
    (void)block;
}

PENDING void pool_report(const struct image *image)
{
    (void)image;
}

PENDING void pool_free_all(struct image *image)
{
    (void)image;
}

PENDING uint32_t mappings_drop(struct image *image)
{
    (void)image;
    return 0;
}

PENDING void time_start(void)
{
}

PENDING uint32_t timers_drop(struct image *image)
{
    (void)image;
    return 0;
}

PENDING void bug_check(const struct image *image, uint32_t code,
                       const uint64_t parameters[4])
{
    (void)parameters;
    ivm_log("%s: bug check 0x%x", image != NULL ? image->name : "somebody", code);
    machine_assert_failed("a bug check", __FILE__, __LINE__);
}

PENDING uint32_t interrupts_drop(struct image *image)
{
    (void)image;
    return 0;
}

PENDING uint32_t dpcs_drop(struct image *image)
{
    (void)image;
    return 0;
}
