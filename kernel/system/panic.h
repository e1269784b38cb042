/* panic.h: how a run ends: with a code that the one who started it sees, or in a halt. */
#ifndef SYSTEM_PANIC_H
#define SYSTEM_PANIC_H

#include <stdint.h>

/* What is written to QEMU's isa-debug-exit; its exit status is twice this plus one: 33, 35,
 * 37. None is a status that QEMU has of its own, such as 1 when it cannot start. */
enum ivm_exit {
    IVM_EXIT_DONE = 0x10,
    IVM_EXIT_FAILED = 0x11, /* a test, an expectation, a command, or something asked for */
    IVM_EXIT_PANIC = 0x12,  /* or an exception */
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
void panic_set_others(const struct panic_others *given);

/* End the run with `code`, or stop here for ever, interrupts off. context  any */
_Noreturn void panic_exit(uint8_t code);

/* Going on would corrupt: log why, fill the epitaph, and end the run with IVM_EXIT_PANIC.
 * A panic while panicking ends it at once; on another CPU it only stops that one.
 * context  any
 */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
