/* message.h: message sources: a device's MSI or MSI-X messages, known to the manager by a
 * number.
 *
 * A driver registers one message per (device, message index); each then has one holder, as
 * a line has. The storage is the driver's. For PCI all of it is done already:
 * device_message.h.
 */
#ifndef IVM_MESSAGE_H
#define IVM_MESSAGE_H

#include <stdint.h>

#include <ivm/controller.h>
#include <ivm/status.h>

struct ivm_message;

/* Make a message known. Its vector is taken when the first routine is connected to it.
 *
 * storage  ivm_message_size() bytes aligned to 64, zeroed; the caller's until unregistered
 * input    what programs the message; copied
 * number   out: what names it in a request
 * context  below IVM_DISPATCH; takes the configuration lock
 * errors   IVM_BAD_ARGUMENT       a pointer is NULL or storage is misaligned
 *          IVM_ALREADY_CONNECTED  the input has a holder already, or the storage is a message that
 *                                 is registered
 */
IVM_MUST_CHECK enum ivm_status ivm_message_register(struct ivm_message *storage,
                                                    const struct ivm_input *input,
                                                    uint32_t *number);

enum { IVM_BLOCK_LIMIT = 16 }; /* messages of a block: they lie in one class */

/* Where the vectors of a block shall be. */
struct ivm_block_wish {
    uint32_t count;                 /* 1, 2, 4, 8 or 16 */
    uint8_t level;                  /* a device level; 0: any of them */
    const struct ivm_cpu_set *cpus; /* NULL: any CPU; read during the call only */
};

/* Make a block of messages known that a device can only send to neighbouring vectors of one CPU:
 * multi-message MSI, which puts the message's index into the low bits of one data word. An aligned
 * block of vectors is taken at once and kept until the block is unregistered, connected or not;
 * each message is connected by itself, to its own vector. Members of a block of several do not
 * move to another CPU.
 *
 * storage       wish->count times ivm_message_size() bytes, else as above
 * first         the input of message 0; message i is input first->input + i
 * first_number  out: the number of message 0; message i has first_number + i
 * context       as ivm_message_register()
 * errors        nothing was taken:
 *               IVM_BAD_ARGUMENT, IVM_ALREADY_CONNECTED  as ivm_message_register()
 *               IVM_EXHAUSTED  no such block is free at that level on those CPUs
 */
IVM_MUST_CHECK enum ivm_status ivm_message_register_block(struct ivm_message *storage,
                                                          const struct ivm_input *first,
                                                          const struct ivm_block_wish *wish,
                                                          uint32_t *first_number);

/* Forget a message, or the whole block whose message 0 has this number.
 *
 * errors  IVM_NOT_FOUND        no such number, or it is inside a block
 *         IVM_STILL_CONNECTED  somebody is connected to it, or to one of the block; nothing changed
 */
IVM_MUST_CHECK enum ivm_status ivm_message_unregister(uint32_t number);

/* Bytes of storage a message needs; a multiple of 64. */
uint32_t ivm_message_size(void);

/* Stop the message of a connection, or let it through again: its owners' own reason to mask,
 * beside the manager's (IVM_MASKED_BY_OWNER in stats.h). What a device sends meanwhile is kept
 * by its pending bit where it has one, and lost where it has not.
 *
 * context  any level, its own routine included; not during its disconnect
 * errors   IVM_NOT_CONNECTED  not connected
 *          IVM_UNSUPPORTED    it is not connected to a message: a line has other owners to think of;
 *                             or the device has no mask for this message (device_message.h)
 */
IVM_MUST_CHECK enum ivm_status ivm_message_mask(struct ivm_connection *connection);
IVM_MUST_CHECK enum ivm_status ivm_message_unmask(struct ivm_connection *connection);

/* What a device writes, and where, to interrupt. */
struct ivm_message_words {
    uint64_t address;
    uint32_t data;
};

/* The words of an edge on one vector of one CPU, and back. Pure but for the table of CPUs.
 *
 * context  any level
 * errors   IVM_UNSUPPORTED  compose: the CPU's APIC id needs interrupt remapping;
 *                           read: these words are no fixed interrupt of one CPU
 *          IVM_NOT_FOUND    no such CPU
 * source   [SDM3A] "Message Signalled Interrupts"
 */
IVM_MUST_CHECK enum ivm_status ivm_message_compose(const struct ivm_route *route,
                                                   struct ivm_message_words *out);
IVM_MUST_CHECK enum ivm_status ivm_message_read(const struct ivm_message_words *words,
                                                struct ivm_route *out);

#endif
