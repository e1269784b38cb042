/* nt_wait.h: more objects that can be waited for, as a driver has them in its own memory: beside the
 * events and timers of nt_object.h, mutexes and semaphores. Layouts as [WDM] has them for x64.
 */
#ifndef WDM_NT_WAIT_H
#define WDM_NT_WAIT_H

#include "nt_object.h"

struct nt_mutex {            /* KMUTEX */
    struct nt_header header; /* signal: 1 when free, 0 and below while it is owned */
    struct nt_list entry;
    void *owner; /* who() of dispatcher.c; NULL: nobody */
    nt_boolean abandoned;
    uint8_t apc_disable;
};

struct nt_semaphore {        /* KSEMAPHORE */
    struct nt_header header; /* signal: its count */
    int32_t limit;
};

enum nt_wait_type { NT_WAIT_ALL = 0, NT_WAIT_ANY = 1 };
enum { NT_WAIT_LIMIT = 64, NT_THREAD_WAIT_LIMIT = 3 }; /* MAXIMUM_, THREAD_WAIT_OBJECTS */

_Static_assert(sizeof(struct nt_mutex) == 56, "KMUTEX");
_Static_assert(offsetof(struct nt_mutex, owner) == 40, "KMUTEX.OwnerThread");
_Static_assert(sizeof(struct nt_semaphore) == 32, "KSEMAPHORE");

#endif
