/* table.h: the tables an operator reads, written to the log from the manager's own records.
 */
#ifndef MONITOR_TABLE_H
#define MONITOR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>
#include <ivm/stats.h>

enum {
    TABLE_LINE = 240, /* a row with its zero */
    TABLE_WIDTH = 95, /* of the table of vectors: with the log's prefix, 100 columns */
};

/* The rows of one vector, to the log: who is connected to it, or what fired there unasked.
 *
 * returns  false, and nothing logged, when there is no such CPU, or nobody is connected
 *          to it and nothing strayed there; a system vector is shown once it fired
 * context  below IVM_DISPATCH
 */
bool table_vector(uint32_t cpu, uint8_t vector);

/* One row of the table of devices. context  below IVM_DISPATCH */
void table_device_row(const struct ivm_device *device, char out[TABLE_LINE]);

/* The tables, to the log. context  below IVM_DISPATCH */
void table_vectors(void);
void table_devices(void);
void table_lines(void);
void table_refusals(void);
void table_totals(void);

#endif
