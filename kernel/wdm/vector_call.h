/* vector_call.h: a connect to a vector that the driver names, by whichever call. */
#ifndef WDM_VECTOR_CALL_H
#define WDM_VECTOR_CALL_H

#include <stdbool.h>

#include "interrupt.h"

struct vector_call {
    struct interrupt_plan plan;
    uint32_t vector;
    nt_irql irql;
    uint32_t mode; /* enum nt_mode */
    nt_affinity processors;
    uint16_t group;
    bool must_be_assigned;  /* a vector held for nothing is not found */
    nt_status no_processor; /* the answer to a set without a running processor */
};

/* Connect as the call says; the handle is stored, published, on success only. */
nt_status connect_vector(const struct vector_call *call, struct wdm_interrupt **out);

#endif
