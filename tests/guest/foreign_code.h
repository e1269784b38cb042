/* foreign_code.h: code as a driver image has it, put where images lie. */
#ifndef GUEST_FOREIGN_CODE_H
#define GUEST_FOREIGN_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/wdm/host.h"

/* foreign_code.S says what each does. */
extern const uint8_t foreign_code_mix[], foreign_code_hold[], foreign_code_clobber[],
    foreign_code_read[], foreign_code_invalid[];

struct held {
    uint8_t in[16][16];
    uint8_t out[16][16];
    uint32_t mxcsr_in;
    uint32_t mxcsr_out;
    _Atomic uint32_t taken;
};

_Static_assert(offsetof(struct held, mxcsr_in) == 512, "foreign_code_hold reads it");
_Static_assert(offsetof(struct held, taken) == 520, "foreign_code_hold reads it");

/* The machine is ready for images, and the code lies in executable pages; false: it is not, and the test
 * that runs has failed. */
bool foreign_code_load(void);

/* Where a piece of it lies now. */
nt_code foreign_code_at(const uint8_t *piece);

/* Call a piece with up to four arguments. */
uint64_t foreign_code_call(const uint8_t *piece, uint64_t first, uint64_t second);

#endif
