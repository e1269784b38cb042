/* panic.h: how a run ends: with a code that the one who started it sees, or in a halt. */
#ifndef SYSTEM_PANIC_H
#define SYSTEM_PANIC_H

#include <stdint.h>

/* What is written to QEMU's isa-debug-exit; its exit status is twice this plus one. */
enum ivm_exit {
    IVM_EXIT_DONE = 0,
    IVM_EXIT_FAILED = 1, /* a test or an expectation */
    IVM_EXIT_PANIC = 2,  /* or an exception */
    IVM_EXIT_USAGE = 3,
};

/* What panic() said, zero-terminated; for a debugger. Empty while all is well. */
extern char ivm_epitaph[512];

/* Leave the machine with this code. It may return: then the CPU only spins. */
typedef void panic_leave(uint8_t code);

/* Say what ends a run. context  at the start */
void panic_set_leave(panic_leave *leave);

/* What becomes of the other CPUs: all are stopped before the first word, and shown after the last.
 * `stop` does not return on a CPU when another panics already. */
struct panic_others {
    void (*stop)(void);
    void (*show)(void);
};

/* Say so. context  at the start; copied */
void panic_set_others(const struct panic_others *others);

/* End the run with `code`, or stop here for ever, interrupts off. context  any */
_Noreturn void panic_exit(uint8_t code);

/* Going on would corrupt: log why, fill the epitaph, and end the run with IVM_EXIT_PANIC.
 * A panic while panicking ends it at once; on another CPU it only stops that one.
 * context  any
 */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
