/* target.h: what a command is about, found by its words; what is wrong with them is said. */
#ifndef MONITOR_TARGET_H
#define MONITOR_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/driver.h>

#include "stage.h"

/* The device of this name, or NULL; of "pci 00:1f.2" the last word is enough. */
struct ivm_device *target_device(const char *name);

/* The same, with a line or a message of its own; with a driver; or NULL. */
struct ivm_device *target_with_line(const char *name);
struct ivm_device *target_with_driver(const char *name);

/* One of a device's open messages, by the words `message I`; false when they are not these. */
bool target_message(const struct ivm_device *device, char *const *words, uint32_t *index);

/* How often to fire. */
bool target_times(const char *word, unsigned *times);

/* The optional word `shared`, after a name; false when it is another. */
bool target_sharing(char *const *arguments, unsigned count, enum ivm_sharing *out);

/* The device's line, or the message of its own. */
struct stage target_stage(const struct ivm_device *device);

/* Say where `who` is connected, on its line or message. */
void target_say_place(const struct ivm_device *device, const char *who);

/* Say why something was not done; a refusal without a rule has only its status. */
void target_say_refused(const struct attempt *attempt);

/* Say that something ended so, when it is not IVM_OK; whether it is. */
bool target_is_ok(const struct ivm_device *device, enum ivm_status status);

#endif
