/* message.h: message sources: a device's MSI or MSI-X messages, known to the manager by a
 * number.
 *
 * A driver registers one message per (device, message index); each then has one holder, as
 * a line has. The storage is the driver's.
 */
#ifndef IVM_MESSAGE_H
#define IVM_MESSAGE_H

#include <stdint.h>

#include <ivm/controller.h>
#include <ivm/status.h>

struct ivm_message;

/* Make a message known.
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

/* Forget a message.
 *
 * errors  IVM_NOT_FOUND        no such number
 *         IVM_STILL_CONNECTED  somebody is connected to it; nothing changed
 */
IVM_MUST_CHECK enum ivm_status ivm_message_unregister(uint32_t number);

/* Bytes of storage a message needs. */
uint32_t ivm_message_size(void);

#endif
