/* words.h: what the monitor calls things: triggers, sources, reasons to be masked. */
#ifndef MONITOR_WORDS_H
#define MONITOR_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>
#include <ivm/interrupt.h>

/* The words of a trigger, polarity or sharing. */
const char *words_trigger(unsigned trigger);
const char *words_polarity(unsigned polarity);
const char *words_sharing(unsigned sharing);

/* The reasons for which an input is masked, "unclaimed+owner"; "-" for none. */
enum { WORDS_MASK = 32 };
const char *words_mask(uint8_t reasons, char out[WORDS_MASK]);

/* A source: "line 21", "bare 0x77", "rocker0 msi-x 2"; "message 7" when no device here has it.
 * context  below IVM_DISPATCH
 */
enum { WORDS_SOURCE = 48 };
const char *words_source(struct ivm_source_id source, char out[WORDS_SOURCE]);

/* What a device's own routine is connected to: its line, or a message of its own. */
struct ivm_source_id words_device_source(const struct ivm_device *device);

/* The device that has this message, and which of its messages it is; NULL: none. */
struct ivm_device *words_message_device(uint32_t number, uint32_t *index);

#endif
