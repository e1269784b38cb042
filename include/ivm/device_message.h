/* device_message.h: a PCI function's messages: asked for, granted, connected, given back.
 *
 * MSI-X gives each message an address and data of its own, and so its own CPU and vector, taken
 * when it is connected. MSI gives them all one address and one data word, whose low bits the
 * device fills with the message's index: several of them need an aligned block of vectors on one
 * CPU, taken when they are opened. A block is a power of two: of three messages, the fourth vector is
 * kept as well.
 *
 *      open -> driver's use(IVM_BY_MESSAGES) -> connect each -> ... -> disconnect each -> close
 *
 * From open to close the function's INTx is off, and its bus mastering and memory decoding are on, for a
 * message is a write to memory; they are as they were again after it.
 */
#ifndef IVM_DEVICE_MESSAGE_H
#define IVM_DEVICE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>
#include <ivm/message.h>

enum ivm_message_kind {
    IVM_MESSAGES_ANY = 0, /* in a wish: MSI-X where the function has it, else MSI */
    IVM_MSI = 1,
    IVM_MSIX = 2,
};

struct ivm_message_wish {
    uint32_t
        count; /* of messages; at least 1. The device's own number of them is never passed */
    enum ivm_message_kind kind;
    const struct ivm_cpu_set *cpus; /* NULL: any. Where the vectors shall be */
    uint8_t level;                  /* a device level; 0: any */
};

/* Why fewer were granted than wished for. */
enum ivm_grant_limit {
    IVM_GRANT_WHOLE = 0,  /* they were not fewer */
    IVM_GRANT_DEVICE = 1, /* the function has no more */
    IVM_GRANT_BLOCK = 2,  /* MSI: no larger aligned block of vectors is free on one CPU */
    IVM_GRANT_EXHAUSTED = 3, /* no more vectors are free on the CPUs wished for */
    IVM_GRANT_MEMORY = 4,    /* no memory for more */
    IVM_GRANT_CLASS = 5,     /* MSI: IVM_BLOCK_LIMIT, so many share a class */
};

struct ivm_grant {
    enum ivm_message_kind kind;
    uint32_t offered; /* messages the function has of that kind */
    uint32_t granted; /* messages [0, granted) can be connected */
    enum ivm_grant_limit limit;
    bool
        has_masks; /* each message has a mask and a pending bit of its own; without, one is masked
                       by turning MSI off, which is possible for a single message only: of several,
                       the device's own interrupt enables are all there is */
};

/* Open a device's messages: none of them sends yet.
 *
 * For MSI-X the vectors of the grant are counted, not held: whoever connects first gets them, and
 * a connect that finds none is refused and says where vectors are free.
 *
 * grant    out; filled also when the status is not IVM_OK
 * context  as ivm_connect()
 * errors   nothing changed:
 *          IVM_UNSUPPORTED        the function has no messages of that kind, or lies about them
 *                                 (the log says in which register)
 *          IVM_ALREADY_CONNECTED  they are open
 *          IVM_STILL_CONNECTED    the device's routine is connected to its line
 *          IVM_EXHAUSTED          not even one can be granted
 *          IVM_BAD_ARGUMENT       not a PCI device, or the wish is malformed
 *          IVM_DEVICE_GONE        it was taken out
 *          IVM_WRONG_LEVEL        called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_device_messages_open(struct ivm_device *device,
                                                        const struct ivm_message_wish *wish,
                                                        struct ivm_grant *grant);

/* Close them: MSI or MSI-X is off, its registers are as they were, INTx as it was.
 *
 * context  as ivm_connect()
 * errors   nothing changed:
 *          IVM_STILL_CONNECTED  some message is connected
 *          IVM_NOT_FOUND        they are not open
 *          IVM_WRONG_LEVEL      called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_device_messages_close(struct ivm_device *device);

/* Of which kind those are that are open; IVM_MESSAGES_ANY: none are. Any level. */
enum ivm_message_kind ivm_device_messages_kind(const struct ivm_device *device);

/* What names message `index` in a request's source; 0: not granted. */
uint32_t ivm_device_message_number(const struct ivm_device *device, uint32_t index);

/* Connect the driver's message_routine to one message, alone; the common case, by ivm_connect().
 * Its context is the message's struct ivm_device_message. Take it off again by
 * ivm_device_message_disconnect().
 *
 * cpus    NULL: those of the wish
 * errors  as ivm_connect(); IVM_NO_SUCH_DEVICE  the device has no driver, no message_routine, no such
 *         message is granted, or its driver uses no such message (message_count)
 */
IVM_MUST_CHECK enum ivm_status ivm_device_message_connect(struct ivm_device *device,
                                                          uint32_t index,
                                                          const struct ivm_cpu_set *cpus,
                                                          struct ivm_refusal *refusal);
IVM_MUST_CHECK enum ivm_status ivm_device_message_disconnect(struct ivm_device *device,
                                                             uint32_t index);

/* The connection that ivm_device_message_connect() uses for this message, for ivm_message_mask()
 * and statistics; NULL: not granted. */
struct ivm_connection *ivm_device_message_connection(struct ivm_device *device,
                                                     uint32_t index);

/* Whether the function's pending bit of a message is set; false also where it has none.
 * Any level. */
bool ivm_device_message_pending(const struct ivm_device *device, uint32_t index);

/* Stop all messages of a function at once, or let them through again: MSI-X's function mask; for
 * MSI each message's own mask. IVM_UNSUPPORTED: the function can do neither, and nothing changed.
 * Any level.
 */
IVM_MUST_CHECK enum ivm_status ivm_device_messages_hold(struct ivm_device *device);
IVM_MUST_CHECK enum ivm_status ivm_device_messages_release(struct ivm_device *device);

/* A message that some function is enabled to send, and that this kernel did not program. */
struct ivm_foreign_message {
    char device[IVM_NAME_SIZE]; /* the function, by its device's name */
    enum ivm_message_kind kind;
    uint32_t index;
    struct ivm_message_words words;
    bool hits; /* it would interrupt a (CPU, vector) here: */
    uint32_t cpu;
    uint8_t vector;
};

/* Look at the messages of every function that are enabled but not open here: firmware's, or
 * another program's. Returns how many; at most `room` are copied. Context: as ivm_connect().
 */
size_t ivm_foreign_messages(struct ivm_foreign_message *out, size_t room);

#endif
