/* list_calls.h: the calls about lists that routines at any level share, as images import them. Meanings are
 * those of the documentation [WDM].
 */
#ifndef WDM_LIST_CALLS_H
#define WDM_LIST_CALLS_H

#include "nt_base.h"

struct nt_single_list { /* SINGLE_LIST_ENTRY, SLIST_ENTRY */
    struct nt_single_list *next;
};

/* SLIST_HEADER, "HeaderX64": first [15:0] how many entries, [63:16] how often it changed; second [63:4]
 * the first entry's address without its low four bits, which are zero, [3:0] of the header's own. */
struct nt_slist {
    uint64_t alignment;
    uint64_t region;
} __attribute__((aligned(16)));

_Static_assert(sizeof(struct nt_slist) == 16, "SLIST_HEADER");

/* These return what was first or last, or was taken out; NULL: the list was empty. The lock is a
 * KSPIN_LOCK that serves nothing else. */
NT_API struct nt_list *ExInterlockedInsertHeadList(struct nt_list *list,
                                                   struct nt_list *entry, uint64_t *lock);
NT_API struct nt_list *ExInterlockedInsertTailList(struct nt_list *list,
                                                   struct nt_list *entry, uint64_t *lock);
NT_API struct nt_list *ExInterlockedRemoveHeadList(struct nt_list *list, uint64_t *lock);
NT_API struct nt_single_list *ExInterlockedPushEntryList(struct nt_single_list *list,
                                                         struct nt_single_list *entry,
                                                         uint64_t *lock);
NT_API struct nt_single_list *ExInterlockedPopEntryList(struct nt_single_list *list,
                                                        uint64_t *lock);

NT_API void InitializeSListHead(struct nt_slist *list);
NT_API struct nt_single_list *ExpInterlockedPushEntrySList(struct nt_slist *list,
                                                           struct nt_single_list *entry);
NT_API struct nt_single_list *ExpInterlockedPopEntrySList(struct nt_slist *list);

/* All entries at once, the first one leads to the others. */
NT_API struct nt_single_list *ExpInterlockedFlushSList(struct nt_slist *list);
NT_API uint16_t ExQueryDepthSList(const struct nt_slist *list);
NT_API struct nt_single_list *FirstEntrySList(const struct nt_slist *list);

#endif
