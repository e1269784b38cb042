/* system.h: what ivm_log(), ivm_clock_ns(), ivm_wait_until() and ivm_map_device() are in
 * the host tests.
 *
 * Call fake_system_reset() in every set-up: it also makes the linker take these, and not
 * the kernel's own, from the archives.
 */
#ifndef FAKE_SYSTEM_H
#define FAKE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_system {
    uint64_t now_ns;     /* of the next ivm_clock_ns() */
    uint64_t step_ns;    /* added by each ivm_clock_ns(); 1000 after a reset */
    bool refuse_to_map;  /* ivm_map_device() returns 0 */
    size_t maps;         /* calls of ivm_map_device() that succeeded */
    uint32_t apic_id[8]; /* what machine_apic_id() answers; after a reset its index */
};

extern struct fake_system fake_system;

void fake_system_reset(void);

/* All lines logged since the reset, each with a newline. Cut, with a failure of the test,
 * at 64 KiB. */
const char *fake_log_text(void);

/* How often this text is in the log. */
size_t fake_log_text_count(const char *wanted);

#endif
