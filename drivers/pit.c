/* pit.c: the 8254's counter 0: one interrupt, a short count after it is fired.
 *
 * In mode 0 the output is low while the counter counts and goes high at its end, for good:
 * one edge for each count loaded. Nothing in the 8254 says whether an interrupt is its own,
 * so a flag does: set before the count is loaded, taken by the routine.
 * Source: [PIT8254] "Mode 0: Interrupt on Terminal Count", "Read-Back Command".
 */
#include <stdatomic.h>

#include <ivm/driver.h>
#include <ivm/system.h>

#include <hw/cpu.h>
#include <hw/port.h>

/* clang-format off */
enum {
    PIT_COUNTER_0   = 0x40,
    PIT_CONTROL     = 0x43,

    CONTROL_MODE_0  = 0x30, /* [7:6] counter 0, [5:4] low byte then high, [3:1] mode 0 */
    READ_STATUS_0   = 0xE2, /* [7:6] read back, [4] 0: status, [1] counter 0 */
    STATUS_OUTPUT   = 1 << 7,
    STATUS_MODE     = 0x3F, /* [5:0] as the control word wrote them */

    SHORT_COUNT     = 12,   /* 10 us at 1.193182 MHz */
};
#define END_OF_COUNT_NS UINT64_C(5000000)
/* clang-format on */

struct pit {
    _Atomic bool armed; /* set by fire(), taken by the routine */
};

static uint8_t read_status(void)
{
    bool were_on = cpu_interrupts_save();
    port_write8(PIT_CONTROL, READ_STATUS_0);
    uint8_t status = port_read8(PIT_COUNTER_0);
    cpu_interrupts_restore(were_on);
    return status;
}

static bool count_has_ended(void *context)
{
    (void)context;
    return (read_status() & STATUS_OUTPUT) != 0;
}

/* The three writes are one command: a fire() in a routine that came between would leave
 * the two bytes of its count mixed with ours. */
static void load_count(void)
{
    bool were_on = cpu_interrupts_save();
    port_write8(PIT_CONTROL, CONTROL_MODE_0);
    port_write8(PIT_COUNTER_0, SHORT_COUNT & 0xFF);
    port_write8(PIT_COUNTER_0, SHORT_COUNT >> 8);
    cpu_interrupts_restore(were_on);
}

/* A loaded count cannot be taken back on every 8254 (some models still raise the output
 * after a new control word), but it is over soon, and after its end nothing follows. */
static void quiet(struct ivm_device *device)
{
    struct pit *pit = device->state;
    if (!ivm_wait_until(count_has_ended, NULL, END_OF_COUNT_NS))
        ivm_log("%s: the count does not end", device->name);
    atomic_store_explicit(&pit->armed, false, memory_order_relaxed);
}

/* Firmware leaves the counter ticking: one short count ends that. Its edge is lost, the
 * line being masked, and the status shows whether there is an 8254 at all. */
static enum ivm_status probe(struct ivm_device *device)
{
    load_count();
    if ((read_status() & STATUS_MODE) != CONTROL_MODE_0)
        return IVM_NO_SUCH_DEVICE;
    if (!ivm_wait_until(count_has_ended, NULL, END_OF_COUNT_NS)) {
        ivm_log("%s: counter 0 does not count", device->name);
        return IVM_UNSUPPORTED;
    }
    ivm_log("%s: 8254 at port 0x%x, counter 0 in mode 0", device->name,
            (unsigned)PIT_COUNTER_0);
    return IVM_OK;
}

static enum ivm_verdict routine(void *context)
{
    struct pit *pit = ((struct ivm_device *)context)->state;
    /* Acquire: pairs with the release in fire(). */
    if (!atomic_exchange_explicit(&pit->armed, false, memory_order_acquire))
        return IVM_NOT_MINE;
    return IVM_HANDLED;
}

static void fire(struct ivm_device *device)
{
    struct pit *pit = device->state;
    /* Before the count: the interrupt may come while it is being loaded elsewhere. */
    atomic_store_explicit(&pit->armed, true, memory_order_release);
    load_count();
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_ISA, .port = PIT_COUNTER_0, .irq = 0, .name = "pit"},
};

IVM_DRIVER(pit)
= {
    .name = "pit",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .state_size = sizeof(struct pit),
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
};
