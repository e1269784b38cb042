/* exports.c: what images can import, found by name. */
#include "exports.h"

#include "image.h"
#include "kernel/spinlock.h"

/* Only their addresses are wanted here; the parts' headers have their prototypes. */
typedef NT_API void export_function(void);
#define RUNTIME(name) wdm_##name

#define X(name, kind, note) extern export_function name;
WDM_INTERRUPT_EXPORTS(X)
WDM_LEVEL_EXPORTS(X)
WDM_WAIT_EXPORTS(X)
WDM_SUPPORT_EXPORTS(X)
WDM_DEVICE_EXPORTS(X)
#undef X
#define X(name, kind, note) extern export_function RUNTIME(name);
WDM_RUNTIME_EXPORTS(X)
#undef X

struct entry {
    const char *name;
    export_function *function;
};

/* clang-format off */
static const struct entry exports[] = {
#define X(name, kind, note) {#name, name},
    WDM_INTERRUPT_EXPORTS(X)
    WDM_LEVEL_EXPORTS(X)
    WDM_WAIT_EXPORTS(X)
    WDM_SUPPORT_EXPORTS(X)
    WDM_DEVICE_EXPORTS(X)
#undef X
#define X(name, kind, note) {#name, RUNTIME(name)},
    WDM_RUNTIME_EXPORTS(X)
#undef X
};
/* clang-format on */

enum { EXPORT_COUNT = sizeof exports / sizeof exports[0] };

/* The table in the order of its names, made when it is first asked for; under the lock. */
static uint16_t sorted[EXPORT_COUNT];
static bool is_sorted;
static struct spinlock sorted_lock;

/* Less than, equal to, or greater than 0, as `text` is before, is, or is behind `other`. */
static int compare(const char *text, const char *other)
{
    while (*text != '\0' && *text == *other)
        text++, other++;
    return (int)(uint8_t)*text - (int)(uint8_t)*other;
}

static void sort(void)
{
    for (uint16_t i = 0; i < EXPORT_COUNT; i++) {
        size_t at = i;
        for (; at > 0 && compare(exports[i].name, exports[sorted[at - 1]].name) < 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = i;
    }
}

/* The first in order whose name is not before this one. */
static size_t first_from(const char *name)
{
    size_t first = 0, end = EXPORT_COUNT;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (compare(exports[sorted[middle]].name, name) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

nt_code export_find(const char *name)
{
    spinlock_take(&sorted_lock);
    if (!is_sorted)
        sort();
    is_sorted = true;
    spinlock_release(&sorted_lock);
    size_t at = first_from(name);
    if (at == EXPORT_COUNT || compare(exports[sorted[at]].name, name) != 0)
        return 0;
    return (nt_code)(uintptr_t)exports[sorted[at]].function;
}
