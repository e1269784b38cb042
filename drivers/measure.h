/* measure.h: lines found out about at the start: see ivm_device_measure() of <ivm/bus.h>. */
#ifndef DRIVERS_MEASURE_H
#define DRIVERS_MEASURE_H

/* Measure every device that can be fired and whose line is only what firmware wrote for the 8259 pair,
 * and use what was heard. One line of the log for each, and what each measurement says.
 *
 * context  at the start, after devices_find(), nobody connected; as ivm_connect()
 */
void devices_measure(void);

#endif
