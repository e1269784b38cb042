/* hpet_message.h: the message of an HPET timer, as a source of the manager. */
#ifndef DRIVERS_HPET_MESSAGE_H
#define DRIVERS_HPET_MESSAGE_H

#include <stdint.h>

#include "hpet_timer.h"

/* Register the message of a timer that is set up for it. One at a time.
 *
 * number   out: what names it in a request
 * context  below IVM_DISPATCH; takes the configuration lock
 * errors   IVM_EXHAUSTED  another timer's is registered, or there is not enough storage
 */
IVM_MUST_CHECK enum ivm_status hpet_message_register(struct hpet_timer *timer,
                                                     uint32_t *number);

/* Forget it; nobody is connected to it. */
void hpet_message_unregister(uint32_t number);

#endif
