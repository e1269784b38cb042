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

#include <ivm/driver.h>

enum { BOARD_DEVICES = 16, BOARD_ISA_LINES = 16 };

enum board_model {
    BOARD_EDU = 0, /* level-triggered, active low, on PCI */
    BOARD_CARD,    /* another model, likewise */
    BOARD_PORT,    /* edge-triggered, active high, on ISA */
    BOARD_MUTE,    /* level-triggered, on PCI; its driver cannot fire it */
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
};

/* Forget all devices; log and clock are reset, too. ISA line n is line n, edge, active
 * high. */
void board_start(void);

/* From now on no ISA line is known. */
void board_without_isa(void);

/* Add a device. */
struct ivm_device *board_add(enum board_model model, const char *name, uint32_t gsi);

/* Add a PCI function that nobody drives. */
struct ivm_device *board_add_undriven(const char *name, uint32_t gsi);

struct board_state *board_state(const struct ivm_device *device);

#endif
