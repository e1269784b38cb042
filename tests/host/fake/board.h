/* board.h: devices on the lines of world.io, in the table of devices that drivers and
 * monitor use.
 *
 * Each asserts its line when fired and until its routine, asked, finds it pending. It can
 * be made to misbehave, so that what counts its interrupts can be seen to notice.
 */
#ifndef FAKE_BOARD_H
#define FAKE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/driver.h>

enum { BOARD_DEVICES = 16, BOARD_ISA_LINES = 16, BOARD_MESSAGES = 8 };

enum board_model {
    BOARD_EDU = 0, /* level-triggered, active low, on PCI */
    BOARD_CARD,    /* another model, likewise */
    BOARD_PORT,    /* edge-triggered, active high, on ISA */
    BOARD_MUTE,    /* level-triggered, on PCI; its driver cannot fire it */
    BOARD_SWITCH,  /* no line; four messages with masks */
    BOARD_NIC,     /* level-triggered, or five messages with masks */
    BOARD_SINGLE,  /* level-triggered, or one message without a mask */
    BOARD_MODELS,
};

struct board_state {
    uint32_t gsi;
    unsigned wire;    /* its driver number on that line */
    unsigned pending; /* times it is fired and not taken yet */
    unsigned fired;
    unsigned owed;     /* is_slow: interrupts still to come */
    bool is_deaf;      /* firing it does nothing */
    bool repeats;      /* it interrupts twice for each firing */
    bool is_slow;      /* it interrupts at the next PAUSE of whoever waits for it */
    bool takes_others; /* its routine claims whatever it is offered */
    uint32_t offered;  /* messages it has */
    uint32_t free;     /* of these, that vectors are left for */
    unsigned sent[BOARD_MESSAGES]; /* and not taken yet */
    bool refuses_messages;         /* its driver cannot use them after all */
    enum ivm_means means;          /* as its driver was told last */
};

/* Forget all devices; log and clock are reset, too. ISA line n is line n, edge, active
 * high. */
void board_start(void);

/* Log and clock alone; time passes quickly here. */
void board_forget(void);

/* From now on no ISA line is known. */
void board_without_isa(void);

/* Add a device. */
struct ivm_device *board_add(enum board_model model, const char *name, uint32_t gsi);

/* Add a PCI function that nobody drives. */
struct ivm_device *board_add_undriven(const char *name, uint32_t gsi);

struct board_state *board_state(const struct ivm_device *device);

/* Have a device send one of its open messages. */
void board_send(struct ivm_device *device, uint32_t index);

/* board_message.c: what device_message.h is on this board. */
void board_messages_start(void);

/* The message that firmware left enabled, as ivm_foreign_messages() tells it; NULL: none. */
void board_set_foreign(const struct ivm_foreign_message *found);

/* board_bus.c: what changes the table of devices, and measures, on this board. */
void board_bus_start(void);

/* What the next measurements find, or the status they end in. */
void board_set_measurement(enum ivm_status status, const struct ivm_measurement *found);

/* What the next rescan finds: a new device of this name on a line; that this one is gone.
 * NULL: nothing. */
void board_set_change(const char *found, uint32_t gsi, struct ivm_device *gone);

#endif
