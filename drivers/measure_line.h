/* measure_line.h: how to listen on a line, and what is said of a measurement: parts of measure.c. */
#ifndef DRIVERS_MEASURE_LINE_H
#define DRIVERS_MEASURE_LINE_H

#include <ivm/bus.h>
#include <ivm/driver.h>

/* How a line behaves, as far as is known: as this device's own, as that of another device, as an ISA
 * line; else as PCI's lines do. known_from says which.
 */
struct ivm_line_info measure_line(const struct ivm_device *device, uint32_t gsi);

/* The same of the line that the device was heard on. An ISA line that carries a PCI pin was turned over
 * to PCI: it is level-triggered, and low as PCI's pins are.
 */
struct ivm_line_info measure_heard_line(const struct ivm_device *device, uint32_t gsi);

/* A line that was called `times` times before this device was fired: the log names it, and who says
 * that it asserts it. */
void measure_log_restless(const struct ivm_device *device, uint32_t gsi, uint32_t times);

/* What came out, in one line. */
void measure_log(const struct ivm_device *device, const struct ivm_measurement *measured);

#endif
