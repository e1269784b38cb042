/* test_wdm_conform.c: driver images that check their surroundings when they are asked, since they need all
 * their devices for it. What they find they print themselves, claim by claim; here is only the sum.
 */
#include <stddef.h>

#include "door.h"
#include "suite.h"

static void run(const char *name)
{
    struct image *image = door_have(name);
    if (image == NULL)
        return;
    uint32_t interrupts = image->interrupts;
    CHECK_EQUAL(door_ask(image, DOOR_RUN, 0), 0);
    CHECK_EQUAL(image->interrupts, interrupts);
    CHECK_EQUAL(image->pool_blocks != 0, image->devices != 0);
    CHECK_EQUAL(image->wrong_levels, 0);
}

GUEST_TEST(wdm_conform, a_driver_on_a_pci_line_finds_all_as_it_should_be)
{
    run("conform_line.sys");
}

GUEST_TEST(wdm_conform, a_driver_that_says_all_itself_finds_all_as_it_should_be)
{
    run("conform_full.sys");
}

GUEST_TEST(wdm_conform, a_driver_with_messages_finds_all_as_it_should_be)
{
    run("conform_message.sys");
}
