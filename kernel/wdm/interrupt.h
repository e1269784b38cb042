/* interrupt.h: interrupt objects: what IoConnectInterrupt and its kin hand to a driver.
 *
 * One object is one native connection. A connect to a bare vector on several CPUs makes one object for
 * each, linked as siblings under one lock; the first is the handle. So do the lines of a device.
 */
#ifndef WDM_INTERRUPT_H
#define WDM_INTERRUPT_H

#include <ivm/interrupt.h>

#include "image.h"
#include "nt_interrupt.h"

enum { WDM_CPU_GROUP = 64 };

enum { WDM_INTERRUPT_TYPE = 22 };

struct wdm_interrupt {
    uint16_t type; /* WDM_INTERRUPT_TYPE: what is no object shows at once, at any level */
    struct ivm_connection connection; /* with the request, for the time it is inactive */
    struct ivm_request request;
    struct image *image;
    nt_code routine;
    void *context;
    uint32_t message_id; /* a message service routine's third argument */
    bool is_active;
    struct wdm_interrupt *sibling; /* of the same handle; NULL: the last */
    struct wdm_interrupt *next;    /* of all handles; interrupt.c */
    struct nt_message_info
        *table; /* the handle is this table; NULL: the first object itself */
};

/* What all objects of one connect have in common. */
struct interrupt_plan {
    struct image *image;
    nt_code routine;
    void *context;
    uint64_t *spin_lock; /* NULL: each handle has a lock of its own */
    nt_irql synchronize_irql;
    nt_boolean share;
    enum ivm_trigger trigger;
};

/* Where one object of a plan goes. */
struct interrupt_target {
    struct ivm_source_id source;
    struct ivm_cpu_set cpus;
    uint8_t vector; /* 0: the manager chooses */
    uint32_t message_id;
};

/* Make one more object of a plan and connect it; it becomes the last sibling of `*handle`, or the first.
 * context  below IVM_DISPATCH
 * returns  NT_SUCCESS, or the status for a driver, with the image's last refusal written and logged and
 *          `*handle` as it was
 */
nt_status interrupt_join(const struct interrupt_plan *plan,
                         const struct interrupt_target *target,
                         struct wdm_interrupt **handle);

/* Make a handle known, so that it can be told from a stray pointer; take it out again: false, it is none.
 * The configuration of handles has a lock of its own, taken below IVM_DISPATCH. */
void interrupt_publish(struct wdm_interrupt *handle);
bool interrupt_retract(struct wdm_interrupt *handle);

/* The handle that a pointer from a driver is: an object, or a message table. NULL: none. Below
 * IVM_DISPATCH. */
struct wdm_interrupt *interrupt_find(const void *pointer);

/* Disconnect all objects of a handle that is not published, and give their memory back. */
void interrupt_drop(struct wdm_interrupt *handle);

/* Connect or disconnect the objects of a handle that a driver reports active or inactive. */
void interrupt_activate(struct wdm_interrupt *handle);
void interrupt_deactivate(struct wdm_interrupt *handle);

/* The native status as a driver gets it. */
nt_status interrupt_status(enum ivm_status status);

/* The CPUs of a mask in a group that run. */
struct ivm_cpu_set interrupt_cpus(nt_affinity processors, uint16_t group);

#endif
