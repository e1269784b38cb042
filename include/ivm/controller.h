/* controller.h: what the manager asks of an interrupt controller.
 *
 * Several exist at once: each I/O APIC, and each PCI function that sends messages. A
 * controller is a const struct of functions; `unit` tells its instances apart and `input`
 * their inputs. None of these functions may fail, wait without a bound or call the manager
 * back.
 *
 * context  mask and unmask: any level, on the dispatch path too; the others: below IVM_DISPATCH under
 *          the configuration lock. A controller protects its own registers, with interrupts off.
 */
#ifndef IVM_CONTROLLER_H
#define IVM_CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/interrupt.h>

/* Where an input delivers, and how. */
struct ivm_route {
    uint32_t cpu; /* index, as in ivm_cpu_set */
    uint8_t vector;
    enum ivm_trigger trigger;
    enum ivm_polarity polarity;
};

/* What an input's registers say, read back from the hardware. */
struct ivm_input_state {
    bool is_masked;  /* it sends nothing, for whatever reason */
    bool is_pending; /* it has something to send, as far as it can tell */
    bool
        is_foreign; /* what is written there is no fixed interrupt of one CPU: `route` is zero */
    struct ivm_route route;
};

struct ivm_controller {
    const char *name;

    /* Aim a masked input; it stays masked. */
    void (*route)(void *unit, uint32_t input, const struct ivm_route *route);

    /* Deliver to another CPU from now on, everything else unchanged, masked or not; the write is
     * read back. NULL: this controller cannot. */
    void (*redirect)(void *unit, uint32_t input, uint32_t cpu);

    /* Let the input deliver. A level line asserted already delivers at once. */
    void (*unmask)(void *unit, uint32_t input);

    /* Stop the input; after the return it sends nothing new (the write was read back). */
    void (*mask)(void *unit, uint32_t input);

    /* Forget the route: the input is as it was before the first route(). */
    void (*unroute)(void *unit, uint32_t input);

    /* Whether mask() can stop this input by itself; where it cannot, the device's own enables are all
     * there is. NULL: it can. Any level. */
    bool (*can_mask)(void *unit, uint32_t input);

    /* Read the input's registers. NULL: this controller cannot be read. */
    void (*inspect)(void *unit, uint32_t input, struct ivm_input_state *out);
};

/* One input of one controller. */
struct ivm_input {
    const struct ivm_controller *controller;
    void *unit;
    uint32_t input;
};

#endif
