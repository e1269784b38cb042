/* calling.c: who calls, and from which level. */
#include "calling.h"

#include <ivm/system.h>

#include "objects.h"

enum { IRQL_NOT_LESS_OR_EQUAL = 0x0A };

void caller_at_most(const struct image *image, uint8_t level, const char *call)
{
    uint8_t now = ivm_level_now();
    if (now <= level)
        return;
    const uint64_t parameters[4] = {0, now, level, 0};
    ivm_log("%s: calls %s at level %u; it may at %u at most", caller_name(image), call, now,
            level);
    bug_check(image, IRQL_NOT_LESS_OR_EQUAL, parameters);
}
