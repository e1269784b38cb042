/* test_wdm_again.c: driver images stopped, started, unloaded and loaded again, a thousand times: nothing
 * is left behind.
 */
#include <stddef.h>

#include <ivm/stats.h>

#include "door.h"
#include "kernel/wdm/objects.h"
#include "suite.h"

enum { TIMES = 1000, SOME = 100 };

/* All that could be left behind, over all images. */
struct holdings {
    uint32_t vectors_used;
    uint32_t interrupts, pool_blocks, mappings, devices;
    uint64_t pool_bytes, connected; /* connects less disconnects */
    uintptr_t memory;               /* of all images: they keep their places */
};

static struct holdings take(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    struct holdings held = {.vectors_used = totals.vectors_used,
                            .connected = totals.connects - totals.disconnects};
    const struct image *image;
    for (size_t i = 0; (image = image_at(i)) != NULL; i++) {
        held.interrupts += image->interrupts;
        held.pool_blocks += image->pool_blocks;
        held.pool_bytes += image->pool_bytes;
        held.mappings += image->mappings;
        held.devices += image->devices;
        held.memory += image->base + image->size;
    }
    return held;
}

static bool are_same(const struct holdings *a, const struct holdings *b)
{
    CHECK_EQUAL(a->vectors_used, b->vectors_used);
    CHECK_EQUAL(a->interrupts, b->interrupts);
    CHECK_EQUAL(a->pool_blocks, b->pool_blocks);
    CHECK_EQUAL(a->pool_bytes, b->pool_bytes);
    CHECK_EQUAL(a->mappings, b->mappings);
    CHECK_EQUAL(a->devices, b->devices);
    CHECK_EQUAL(a->connected, b->connected);
    CHECK_EQUAL(a->memory, b->memory);
    return a->connected == b->connected && a->pool_blocks == b->pool_blocks;
}

static bool is_empty(const struct image *image)
{
    return image->interrupts == 0 && image->pool_blocks == 0 && image->pool_bytes == 0 &&
           image->mappings == 0 && image->devices == 0;
}

/* Any image with a device; NULL, and skipped, when there is none. */
static struct image *have(void)
{
    struct image *image;
    for (size_t i = 0; (image = image_at(i)) != NULL; i++) {
        if (image->state == IMAGE_STARTED)
            return image;
    }
    suite_skip("no driver image with a device");
    return NULL;
}

GUEST_TEST(wdm_again, an_image_stopped_and_started_a_thousand_times_holds_what_it_held)
{
    struct image *image = have();
    if (image == NULL)
        return;
    struct holdings before = take();
    uint32_t devices = door_devices(image);
    for (unsigned i = 0; i < TIMES; i++) {
        pnp_stop(image);
        if (image->interrupts != 0 || door_devices(image) != 0)
            break;
        pnp_start(image);
    }
    CHECK_EQUAL(door_devices(image), devices);
    struct holdings after = take();
    CHECK(are_same(&after, &before));
    for (uint32_t i = 0; i < devices; i++)
        CHECK(door_fire(image, i, SOME));
}

GUEST_TEST(wdm_again, an_image_unloaded_and_loaded_a_thousand_times_holds_what_it_held)
{
    struct image *image = have();
    if (image == NULL)
        return;
    struct holdings before = take();
    uint32_t devices = door_devices(image), loads = image->loads;
    for (unsigned i = 0; i < TIMES; i++) {
        REQUIRE(image_unload(image) == IVM_OK);
        REQUIRE(is_empty(image));
        REQUIRE(image_load(image) == IVM_OK);
    }
    CHECK_EQUAL(image->loads, loads + TIMES);
    CHECK_EQUAL(door_devices(image), devices);
    struct holdings after = take();
    CHECK(are_same(&after, &before));
    for (uint32_t i = 0; i < devices; i++)
        CHECK(door_fire(image, i, SOME));
}

GUEST_TEST(wdm_again, all_images_are_unloaded_and_nothing_is_theirs_any_more)
{
    struct image *image;
    bool was_loaded[WDM_IMAGE_LIMIT] = {false};
    if (have() == NULL)
        return;
    struct holdings before = take();
    for (size_t i = 0; (image = image_at(i)) != NULL; i++) {
        was_loaded[i] = image_unload(image) == IVM_OK;
        CHECK(is_empty(image));
    }
    struct holdings none = take();
    CHECK_EQUAL(none.interrupts + none.devices, 0);
    CHECK_EQUAL(none.connected, 0);
    for (size_t i = 0; (image = image_at(i)) != NULL; i++)
        CHECK(!was_loaded[i] || image_load(image) == IVM_OK);
    struct holdings after = take();
    CHECK(are_same(&after, &before));
}
