/* audit.h: does the hardware still say what the table says?
 *
 * The manager writes an input's registers and then trusts them. Somebody else may have written
 * there: a driver that programs its own message table, firmware, a device that was reset. An
 * audit reads every input back and names each difference.
 */
#ifndef IVM_AUDIT_H
#define IVM_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/interrupt.h>

enum ivm_difference_kind {
    IVM_DIFFERS_VECTOR = 0, /* it sends another vector than its own */
    IVM_DIFFERS_CPU,        /* to another CPU */
    IVM_DIFFERS_TRIGGER,
    IVM_DIFFERS_POLARITY,
    IVM_DIFFERS_MASKED,   /* it is masked, and nothing here masked it */
    IVM_DIFFERS_UNMASKED, /* it is open, and was masked: nobody is connected, or it stormed */
    IVM_DIFFERS_FOREIGN, /* no fixed interrupt of one CPU is written there at all */
};

/* One difference: what should be there (`expected`), and what is (`found`). */
struct ivm_difference {
    struct ivm_source_id source;
    uint8_t kind; /* enum ivm_difference_kind */
    uint32_t expected;
    uint32_t found;
    uint32_t cpu; /* where the source is placed; with `vector` 0: it is not */
    uint8_t vector;
    uint8_t
        holder_kind; /* IVM_DIFFERS_VECTOR and _CPU: what holds the (CPU, vector) that */
    uint32_t holder_number; /*   is sent to now; holder_kind 0xFF: nobody does */
    const char *controller; /* its name */
    char owner
        [IVM_NAME_SIZE]; /* the first of the source's chain; empty: nobody is connected */
};

enum { IVM_NO_HOLDER = 0xFF };

/* Compare every line and message with its hardware; one that is being moved or disconnected is
 * left out. Returns how many differences there are; at most `room` are copied.
 * context  below IVM_DISPATCH; takes the configuration lock
 */
size_t ivm_audit(struct ivm_difference *out, size_t room);

/* A difference as one line of text, zero-terminated, cut to `size`; returns the whole length. */
size_t ivm_difference_format(const struct ivm_difference *difference, char *out,
                             size_t size);

#endif
