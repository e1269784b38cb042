/* port.h: the host's I/O ports: every access goes to the models of fake/hardware.c. */
#ifndef HW_PORT_H
#define HW_PORT_H

#include <stdint.h>

uint8_t port_read8(uint16_t port);
uint16_t port_read16(uint16_t port);
uint32_t port_read32(uint16_t port);
void port_write8(uint16_t port, uint8_t value);
void port_write16(uint16_t port, uint16_t value);
void port_write32(uint16_t port, uint32_t value);

#endif
