/* slist.c: lists without a lock of the driver's: all of them share one here, with interrupts off.
 *
 * The header is as Windows has it, with the count and the first entry where inline code reads them.
 * Source: [WDM] "InitializeSListHead", "ExInterlockedPushEntrySList", "ExInterlockedFlushSList".
 */
#include <ivm/system.h>

#include "caller.h"
#include "kernel/machine.h"
#include "kernel/spinlock.h"
#include "list_calls.h"
#include "objects.h"
#include "stop.h"

enum { ALIGNMENT = 16, FLAGS = ALIGNMENT - 1, DEPTH = 0xFFFF, CHANGE = DEPTH + 1 };

/* [NTSTATUS] "NTSTATUS values" */
static const uint32_t datatype_misalignment = 0x80000002;

static struct spinlock lock;

static bool take(void)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&lock);
    return were_on;
}

static void release(bool were_on)
{
    spinlock_release(&lock);
    machine_interrupts_restore(were_on);
}

static struct nt_single_list *first_of(const struct nt_slist *list)
{
    return (struct nt_single_list *)(uintptr_t)(list->region & ~(uint64_t)FLAGS);
}

/* Write the first entry and how many there are. */
static void change(struct nt_slist *list, struct nt_single_list *first, uint16_t depth)
{
    uint64_t changes = (list->alignment & ~(uint64_t)DEPTH) + CHANGE;
    list->region = (uintptr_t)first | (list->region & FLAGS);
    list->alignment = changes | depth;
}

static void check_alignment(const void *what, const struct image *image)
{
    const uint64_t parameters[4] = {datatype_misalignment, (uintptr_t)what};
    if ((uintptr_t)what % ALIGNMENT == 0)
        return;
    ivm_log("%s: has a list whose header or entry is not at a multiple of %u",
            caller_name(image), ALIGNMENT);
    bug_check(image, BUG_KMODE_EXCEPTION_NOT_HANDLED, parameters);
}

NT_API void InitializeSListHead(struct nt_slist *list)
{
    check_alignment(list, image_of(__builtin_return_address(0)));
    *list = (struct nt_slist){0};
}

NT_API struct nt_single_list *ExpInterlockedPushEntrySList(struct nt_slist *list,
                                                           struct nt_single_list *entry)
{
    check_alignment(entry, image_of(__builtin_return_address(0)));
    bool were_on = take();
    struct nt_single_list *first = first_of(list);
    entry->next = first;
    change(list, entry, (uint16_t)(list->alignment + 1));
    release(were_on);
    return first;
}

NT_API struct nt_single_list *ExpInterlockedPopEntrySList(struct nt_slist *list)
{
    bool were_on = take();
    struct nt_single_list *first = first_of(list);
    if (first != NULL)
        change(list, first->next, (uint16_t)(list->alignment - 1));
    release(were_on);
    return first;
}

NT_API struct nt_single_list *ExpInterlockedFlushSList(struct nt_slist *list)
{
    bool were_on = take();
    struct nt_single_list *first = first_of(list);
    if (first != NULL)
        change(list, NULL, 0);
    release(were_on);
    return first;
}

NT_API uint16_t ExQueryDepthSList(const struct nt_slist *list)
{
    return (uint16_t)list->alignment;
}

NT_API struct nt_single_list *FirstEntrySList(const struct nt_slist *list)
{
    return first_of(list);
}
