/* list.c: lists under a driver's spin lock, which is taken with interrupts off: at any level, and by
 * routines, too.
 *
 * Source: [WDM] "Singly and Doubly Linked Lists".
 */
#include <stdbool.h>

#include <ivm/lock.h>

#include "kernel/machine.h"
#include "list_calls.h"

_Static_assert(sizeof(struct ivm_lock) == sizeof(uint64_t), "a KSPIN_LOCK can be one");

static bool take(uint64_t *lock)
{
    bool were_on = machine_interrupts_save();
    ivm_lock_take((struct ivm_lock *)(void *)lock);
    return were_on;
}

static void release(uint64_t *lock, bool were_on)
{
    ivm_lock_release((struct ivm_lock *)(void *)lock);
    machine_interrupts_restore(were_on);
}

static void link_between(struct nt_list *before, struct nt_list *entry,
                         struct nt_list *next)
{
    *entry = (struct nt_list){.next = next, .previous = before};
    before->next = entry;
    next->previous = entry;
}

NT_API struct nt_list *ExInterlockedInsertHeadList(struct nt_list *list,
                                                   struct nt_list *entry, uint64_t *lock)
{
    bool were_on = take(lock);
    struct nt_list *first = list->next;
    link_between(list, entry, first);
    release(lock, were_on);
    return first != list ? first : NULL;
}

NT_API struct nt_list *ExInterlockedInsertTailList(struct nt_list *list,
                                                   struct nt_list *entry, uint64_t *lock)
{
    bool were_on = take(lock);
    struct nt_list *last = list->previous;
    link_between(last, entry, list);
    release(lock, were_on);
    return last != list ? last : NULL;
}

NT_API struct nt_list *ExInterlockedRemoveHeadList(struct nt_list *list, uint64_t *lock)
{
    bool were_on = take(lock);
    struct nt_list *first = list->next;
    if (first != list) {
        list->next = first->next;
        first->next->previous = list;
    }
    release(lock, were_on);
    return first != list ? first : NULL;
}

NT_API struct nt_single_list *ExInterlockedPushEntryList(struct nt_single_list *list,
                                                         struct nt_single_list *entry,
                                                         uint64_t *lock)
{
    bool were_on = take(lock);
    struct nt_single_list *first = list->next;
    entry->next = first;
    list->next = entry;
    release(lock, were_on);
    return first;
}

NT_API struct nt_single_list *ExInterlockedPopEntryList(struct nt_single_list *list,
                                                        uint64_t *lock)
{
    bool were_on = take(lock);
    struct nt_single_list *first = list->next;
    if (first != NULL)
        list->next = first->next;
    release(lock, were_on);
    return first;
}
