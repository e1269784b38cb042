/* nic_chip.h: what an 82574 does with causes: its line, its five vectors, its resets, for the host
 * tests.
 *
 * The model checks its callers: 32 bits only, no reset while causes are let through, no write during
 * a reset. A violation fails the test.
 */
#ifndef FAKE_NIC_CHIP_H
#define FAKE_NIC_CHIP_H

#include <stdbool.h>
#include <stdint.h>

enum { FAKE_NIC_MESSAGES = 5, FAKE_NIC_SIZE = 0x6000 };

struct fake_nic {
    uint32_t icr, ims, eiac, iam, ivar, ctrl_ext;
    uint32_t pba;   /* pending bits of the table */
    bool moderates; /* an interval runs */
    bool msix, msi; /* what its configuration space says */
    bool asserted;  /* the line */
    unsigned sent[FAKE_NIC_MESSAGES];
    unsigned sent_msi;
    unsigned resets;
    unsigned reset_reads; /* of CTRL until a reset is over */
    unsigned resetting;   /* of these, still to come */
    bool takes_writes_in_reset;
};

extern struct fake_nic fake_nic;

/* A controller as firmware may leave it, its registers at `base`. After fake_hardware_reset(). */
void fake_nic_start(uint64_t base);

/* Some causes come. */
void fake_nic_cause(uint32_t causes);

#endif
