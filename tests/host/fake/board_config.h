/* board_config.h: the configuration space of the board's PCI functions: 256 bytes each, as they are written.
 */
#ifndef FAKE_BOARD_CONFIG_H
#define FAKE_BOARD_CONFIG_H

#include <stdint.h>

#include <ivm/bus.h>

/* The bytes of a function of the board. */
uint8_t *board_config(const struct ivm_device *device);

/* All of them zero. After board_start(). */
void board_config_start(void);

#endif
