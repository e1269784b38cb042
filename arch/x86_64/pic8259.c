/* pic8259.c: the pair of 8259 interrupt controllers: moved out of the way, and silenced. */
#include "pic8259.h"

#include <hw/port.h>
#include <ivm/vector.h>

/* [PIC8259] "Initialization Command Words", "Operation Command Words" */
/* clang-format off */
enum {
    MASTER            = 0x20,       /* command; one above: data */
    SLAVE             = 0xA0,
    CASCADE           = 2,          /* the master's input that the slave drives */
    INPUTS            = 8,
    ICW1_INIT         = 1 << 4,
    ICW1_ICW4_FOLLOWS = 1 << 0,
    ICW4_8086         = 1 << 0,
    OCW2_SPECIFIC_EOI = 3 << 5,     /* [2:0]: which input */
    OCW3_READ_ISR     = 0x0B,
    ALL_MASKED        = 0xFF,
    PROBE             = (uint8_t)~(1 << CASCADE),
};
/* clang-format on */

static void start_one(uint16_t chip, uint8_t vector, uint8_t cascade)
{
    port_write8(chip, ICW1_INIT | ICW1_ICW4_FOLLOWS);
    port_write8((uint16_t)(chip + 1), vector);
    port_write8((uint16_t)(chip + 1), cascade);
    port_write8((uint16_t)(chip + 1), ICW4_8086);
    port_write8((uint16_t)(chip + 1), ALL_MASKED);
}

/* An empty bus does not keep what was written to the mask. */
static bool is_there(void)
{
    port_write8(SLAVE + 1, ALL_MASKED);
    port_write8(MASTER + 1, PROBE);
    if (port_read8(MASTER + 1) != PROBE)
        return false;
    port_write8(MASTER + 1, ALL_MASKED);
    return true;
}

bool pic8259_start(void)
{
    if (!is_there())
        return false;
    start_one(MASTER, IVM_VECTOR_PIC_BASE, 1 << CASCADE);
    start_one(SLAVE, IVM_VECTOR_PIC_BASE + INPUTS, CASCADE);
    return true;
}

static bool has_in_service(uint16_t chip, unsigned input)
{
    port_write8(chip, OCW3_READ_ISR);
    return (port_read8(chip) >> input & 1) != 0;
}

static void end(uint16_t chip, uint8_t input)
{
    port_write8(chip, (uint8_t)(OCW2_SPECIFIC_EOI | input));
}

bool pic8259_end_spurious(uint8_t vector)
{
    bool slave = vector == IVM_VECTOR_PIC_SPURIOUS_SLAVE;
    bool real = has_in_service(slave ? SLAVE : MASTER, INPUTS - 1);
    if (real)
        end(slave ? SLAVE : MASTER, INPUTS - 1);
    if (slave)
        end(MASTER, CASCADE);
    return real;
}

uint16_t pic8259_mask(void)
{
    return (uint16_t)(port_read8(MASTER + 1) | port_read8(SLAVE + 1) << 8);
}
