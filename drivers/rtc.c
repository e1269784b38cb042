/* rtc.c: the MC146818's periodic interrupt, let through once for each fire.
 *
 * The interrupt enables are in register B; register C says what happened, and reading it
 * acknowledges: until then the line stays asserted and an edge-triggered input sees no
 * other edge. The index port's bit 7 masks NMI in most chipsets: it is kept 0, NMI let
 * through, and each index is followed by its data access. Nothing here reads the time, so
 * the update in progress does not matter; of register A only the rate is set.
 * Source: [MC146818] "Register B", "Register C", "Periodic Interrupt Selection".
 */
#include <ivm/driver.h>
#include <ivm/system.h>

#include <hw/cpu.h>
#include <hw/port.h>

/* clang-format off */
enum {
    RTC_INDEX       = 0x70, /* [7] NMI masked, [6:0] register */
    RTC_DATA        = 0x71,

    RTC_A           = 0x0A, /* [7] update in progress, [6:4] divider, [3:0] rate */
    RTC_B           = 0x0B,
    RTC_C           = 0x0C,
    RTC_D           = 0x0D,

    A_UPDATING      = 1 << 7,
    A_RATE          = 0x0F,
    A_RATE_8_HZ     = 13,
    B_UPDATE_ENDED  = 1 << 4,
    B_ALARM         = 1 << 5,
    B_PERIODIC      = 1 << 6,
    B_ENABLES       = B_UPDATE_ENDED | B_ALARM | B_PERIODIC,
    C_PERIODIC      = 1 << 6,
};
/* clang-format on */

/* The index and its data are one access: the routine, which does the same, must not come
 * between. */
static uint8_t read_register(uint8_t index)
{
    bool were_on = cpu_interrupts_save();
    port_write8(RTC_INDEX, index);
    uint8_t value = port_read8(RTC_DATA);
    cpu_interrupts_restore(were_on);
    return value;
}

static void write_register(uint8_t index, uint8_t value)
{
    bool were_on = cpu_interrupts_save();
    port_write8(RTC_INDEX, index);
    port_write8(RTC_DATA, value);
    cpu_interrupts_restore(were_on);
}

static void quiet(struct ivm_device *device)
{
    (void)device;
    bool were_on = cpu_interrupts_save(); /* one change of B, not torn by the routine's */
    write_register(RTC_B, (uint8_t)(read_register(RTC_B) & ~B_ENABLES));
    (void)read_register(RTC_C);
    cpu_interrupts_restore(were_on);
}

static enum ivm_status probe(struct ivm_device *device)
{
    if (read_register(RTC_A) == 0xFF && read_register(RTC_B) == 0xFF &&
        read_register(RTC_D) == 0xFF)
        return IVM_NO_SUCH_DEVICE;
    quiet(device);
    if ((read_register(RTC_B) & B_ENABLES) != 0) {
        ivm_log("%s: register B does not keep what is written", device->name);
        return IVM_UNSUPPORTED;
    }
    /* Slow, because an emulator makes an edge of every period's end, acknowledged or not:
     * a second one, between the delivery and the routine, would be a second interrupt of
     * one fire. With a CPU held up for tens of milliseconds 1024 Hz shows it. */
    uint8_t a = read_register(RTC_A);
    write_register(RTC_A, (uint8_t)((a & ~(A_UPDATING | A_RATE)) | A_RATE_8_HZ));
    ivm_log("%s: MC146818 at port 0x%x, fired within 1/8 s", device->name,
            (unsigned)RTC_INDEX);
    return IVM_OK;
}

/* The enable is taken back before C is read: in the other order a period that ends between
 * the two would raise a second edge for one fire. */
static enum ivm_verdict routine(void *context)
{
    (void)context;
    uint8_t b = read_register(RTC_B);
    if ((b & B_PERIODIC) == 0)
        return IVM_NOT_MINE;
    write_register(RTC_B, (uint8_t)(b & ~B_PERIODIC));
    if ((read_register(RTC_C) & C_PERIODIC) == 0) {
        write_register(RTC_B, b); /* not over yet: somebody else's interrupt */
        return IVM_NOT_MINE;
    }
    return IVM_HANDLED;
}

static void fire(struct ivm_device *device)
{
    (void)device;
    bool were_on = cpu_interrupts_save(); /* one change of B, not torn by the routine's */
    uint8_t b = read_register(RTC_B);
    if ((b & B_PERIODIC) == 0) {
        /* A period that ended unheard would count as this one. */
        (void)read_register(RTC_C);
        write_register(RTC_B, b | B_PERIODIC);
    }
    cpu_interrupts_restore(were_on);
}

static const struct ivm_match matches[] = {
    {.bus = IVM_BUS_ISA, .port = RTC_INDEX, .irq = 8, .name = "rtc"},
};

IVM_DRIVER(rtc)
= {
    .name = "rtc",
    .matches = matches,
    .match_count = sizeof matches / sizeof matches[0],
    .probe = probe,
    .routine = routine,
    .fire = fire,
    .quiet = quiet,
};
