/* test_wdm_stop.c: what a driver image can do that stops the kernel: one suite for each, since none comes
 * back. The rows look at what is said.
 */
#include <stddef.h>

#include "door.h"
#include "drivers/wdm/rogue.h"
#include "suite.h"

enum { MANUALLY_INITIATED_CRASH = 0xE2 };

static void stop_by(enum rogue_question question, uint64_t which)
{
    struct image *rogue = door_have("rogue.sys");
    if (rogue != NULL)
        door_ask(rogue, question, which);
    CHECK(false); /* it came back */
}

GUEST_TEST(wdm_stop_free, a_block_that_is_freed_twice_stops_the_kernel)
{
    stop_by(ROGUE_FREE_TWICE, 0);
}

GUEST_TEST(wdm_stop_disconnect, an_object_that_is_disconnected_twice_stops_the_kernel)
{
    stop_by(ROGUE_DISCONNECT_TWICE, 0);
}

GUEST_TEST(wdm_stop_level, a_disconnect_at_dispatch_level_stops_the_kernel)
{
    stop_by(ROGUE_DISCONNECT_ABOVE, 0);
}

GUEST_TEST(wdm_stop_write, its_own_code_cannot_be_written)
{
    stop_by(ROGUE_WRITE_CODE, 0);
}

GUEST_TEST(wdm_stop_run, its_data_cannot_be_run)
{
    stop_by(ROGUE_RUN_DATA, 0);
}

GUEST_TEST(wdm_stop_code, a_bug_check_says_its_code_and_parameters)
{
    stop_by(ROGUE_STOP, MANUALLY_INITIATED_CRASH);
}
