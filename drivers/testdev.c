/* testdev.c: QEMU's pc-testdev: a byte written to port 0x2000 + n drives ISA line n.
 *
 * It is a tool and not an interrupting device: no line of its own, no routine. The ports
 * read as zeros; what tells it apart is its four-byte register that appears twice, at ports
 * 0xE0 and 0xE8. Those are tried only where fw_cfg says that this is QEMU.
 * Source: [TESTDEV] "pc-testdev".
 */
#include "testdev.h"

#include <ivm/driver.h>
#include <ivm/system.h>

#include <hw/port.h>

#include "fwcfg.h"

/* clang-format off */
enum {
    TESTDEV_LINES   = 0x2000, /* a byte for each line: 0 idle, else active */
    TESTDEV_WORD    = 0xE0,
    TESTDEV_MIRROR  = 0xE8,
    NO_IRQ          = 0xFF,
};
#define PATTERN UINT32_C(0x5AA51EC3)
/* clang-format on */

/* Written by probe() only, at the start. */
static bool present;

static bool mirrors(uint32_t pattern)
{
    port_write32(TESTDEV_WORD, pattern);
    return port_read32(TESTDEV_MIRROR) == pattern;
}

static enum ivm_status probe(struct ivm_device *device)
{
    present = false;
    if (!fwcfg_present() || port_read8(TESTDEV_LINES) != 0)
        return IVM_NO_SUCH_DEVICE;
    uint32_t before = port_read32(TESTDEV_WORD);
    bool both = mirrors(PATTERN) && mirrors(~PATTERN);
    port_write32(TESTDEV_WORD, before);
    if (!both)
        return IVM_NO_SUCH_DEVICE;
    present = true;
    ivm_log("%s: pc-testdev at port 0x%x drives lines 1 to %u", device->name,
            (unsigned)TESTDEV_LINES, TESTDEV_LINE_END - 1U);
    return IVM_OK;
}

bool testdev_present(void)
{
    return present;
}

static void drive(uint32_t gsi, uint8_t state)
{
    if (present && gsi != 0 && gsi < TESTDEV_LINE_END)
        port_write8((uint16_t)(TESTDEV_LINES + gsi), state);
}

void testdev_raise(uint32_t gsi)
{
    drive(gsi, 1);
}

void testdev_lower(uint32_t gsi)
{
    drive(gsi, 0);
}

static enum ivm_verdict routine(void *context)
{
    (void)context;
    return IVM_NOT_MINE;
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_ISA, .port = TESTDEV_LINES, .irq = NO_IRQ, .name = "testdev"},
};

IVM_DRIVER(testdev)
= {
    .name = "testdev",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .probe = probe,
    .routine = routine,
};
