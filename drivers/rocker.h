/* rocker.h: what the test switch counted. */
#ifndef DRIVERS_ROCKER_H
#define DRIVERS_ROCKER_H

#include <stdint.h>

#include <ivm/driver.h>

enum { ROCKER_MESSAGES = 4 }; /* that are used: those of a switch with one port or more */

/* How often the routine of one message ran since the probe; 0 for one that is not used. Any context. */
uint32_t rocker_count(const struct ivm_device *device, uint32_t index);

#endif
