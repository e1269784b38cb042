/* level.c: the level of this CPU.
 *
 * An explicit raise lives in CR8 itself, never in a copy; the hardware adds the class in
 * service.
 */
#include <ivm/level.h>

#include "assert.h"
#include "machine.h"

uint8_t ivm_level_now(void)
{
    return machine_level();
}

uint8_t ivm_level_raise(uint8_t level)
{
    assert(level < IVM_LEVEL_COUNT);
    assert(level >= machine_level());
    uint8_t found = machine_priority();
    machine_set_priority(level);
    return found;
}

void ivm_level_lower(uint8_t found)
{
    assert(found <= machine_priority());
    machine_set_priority(found);
}
