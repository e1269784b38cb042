/* model.h: what the halves of the model share: CPUs, controllers, records. */
#ifndef FAKE_MODEL_H
#define FAKE_MODEL_H

#include "machine.h"

/* Keep an event; once the room is used up, only the counts go on. */
void model_record(const struct model_event *event);

/* Keep a violation. */
void model_violate(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Put a vector into a CPU's IRR, as an edge or as a level; delivers nothing yet. */
void model_request(uint32_t cpu, uint8_t vector, bool level);

/* Deliver all that can be delivered now, on every CPU. */
void model_settle(void);

/* The end of a level-triggered vector reached the controllers. */
void model_broadcast_end(uint8_t vector);

/* Forget what was kept. */
void model_records_start(void);

/* Forget the units and the hook. */
void model_pins_start(void);

#endif
