/* test_exhaustion_blocks.c: blocks of vectors for multi-message MSI, where every level is in pieces.
 *
 * The block is that of a USB host controller with 16 messages by MSI. Nothing makes it send.
 */
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/level.h>
#include <ivm/stats.h>

#include "probe.h"
#include "suite.h"

enum {
    CLASS_XHCI = 0x0C0330,
    LEVELS = IVM_DEVICE_END - IVM_DEVICE_FIRST,
    PER_LEVEL = 16,
};

static struct ivm_device *find_xhci(void)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (device->bus == IVM_BUS_PCI && device->pci.class_code == CLASS_XHCI)
            return device;
    }
    return NULL;
}

/* Take one vector of each level of CPU 0, `offset` into it. */
static bool take_one_each(struct probe takers[LEVELS], uint8_t offset)
{
    bool all = true;
    for (unsigned i = 0; i < LEVELS; i++) {
        takers[i] = probe_bare((uint8_t)((IVM_DEVICE_FIRST + i) * PER_LEVEL + offset), 0);
        all = probe_connect(&takers[i]) && all;
    }
    return all;
}

static void give_back(struct probe takers[LEVELS])
{
    for (unsigned i = 0; i < LEVELS; i++)
        CHECK(probe_disconnect(&takers[i]));
}

/* Ask for 16 messages by MSI on CPU 0, and close them again; how many there were, and why no more. */
static struct ivm_grant grant_of(struct ivm_device *device)
{
    struct ivm_cpu_set first = {.mask = 1};
    struct ivm_message_wish wish = {
        .count = IVM_BLOCK_LIMIT, .kind = IVM_MSI, .cpus = &first};
    struct ivm_grant grant;
    uint32_t free = ivm_stats_free(NULL, 0);
    CHECK_EQUAL(ivm_device_messages_open(device, &wish, &grant), IVM_OK);
    CHECK_EQUAL(ivm_stats_free(NULL, 0), free - grant.granted);
    CHECK_EQUAL(ivm_device_messages_close(device), IVM_OK);
    return grant;
}

static struct probe highest[LEVELS], middle[LEVELS];

GUEST_TEST(exhaustion, levels_in_pieces_grant_a_smaller_block_and_say_why)
{
    struct ivm_device *device = find_xhci();
    if (device == NULL) {
        suite_skip("no device with 16 messages by MSI");
        return;
    }
    struct ivm_grant whole = grant_of(device);
    CHECK_EQUAL(whole.granted, 16);
    CHECK_EQUAL(whole.limit, IVM_GRANT_WHOLE);

    REQUIRE(take_one_each(highest, 15));
    struct ivm_grant half = grant_of(device);
    CHECK_EQUAL(half.offered, 16);
    CHECK_EQUAL(half.granted, 8);
    CHECK_EQUAL(half.limit, IVM_GRANT_BLOCK);

    REQUIRE(take_one_each(middle, 4));
    struct ivm_grant quarter = grant_of(device);
    CHECK_EQUAL(quarter.granted, 4);
    CHECK_EQUAL(quarter.limit, IVM_GRANT_BLOCK);

    give_back(middle);
    give_back(highest);
    CHECK_EQUAL(grant_of(device).granted, 16);
}
