/* test_wdm_refused.c: damaged driver images on the machine itself: each is refused by name, its memory and
 * its place in the tables are as before, and what is whole again is loaded. The kinds of damage are the
 * host tests'.
 */
#include <stddef.h>

#include <ivm/stats.h>

#include "door.h"
#include "suite.h"

enum { ROOM = 128 << 10, PE_OFFSET = 0x3C, MACHINE = 4, CHECKSUM = 24 + 64 };

/* A copy of an image's file, with damage. The image table keeps the address. */
static uint8_t copy[ROOM];
static struct image *damaged;

static bool copy_file(const struct image *image)
{
    if (image == NULL ||
        !suite_check(image->file_size <= ROOM, "it fits", __FILE__, __LINE__))
        return false;
    __builtin_memcpy(copy, image->file, image->file_size);
    if (damaged == NULL && image_add("damaged.sys", copy, image->file_size, NULL) == IVM_OK)
        damaged = image_find("damaged.sys");
    return suite_check(damaged != NULL, "it is known", __FILE__, __LINE__);
}

static uint8_t *header(size_t offset)
{
    return copy + (copy[PE_OFFSET] | copy[PE_OFFSET + 1] << 8) + offset;
}

/* The changed file has no checksum: what is changed is to be found by itself. */
static void forget_checksum(void)
{
    __builtin_memset(header(CHECKSUM), 0, 4);
}

static bool contains(const char *text, const char *words)
{
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (words[i] != '\0' && text[i] == words[i])
            i++;
        if (words[i] == '\0')
            return true;
    }
    return false;
}

static void check_refused(const char *reason)
{
    struct ivm_totals before, after;
    ivm_stats_totals(&before);
    CHECK(image_load(damaged) == IVM_BAD_ARGUMENT);
    ivm_stats_totals(&after);
    CHECK_EQUAL(damaged->state, IMAGE_BROKEN);
    CHECK(contains(damaged->why, reason));
    CHECK_EQUAL(damaged->loads, 0);
    CHECK_EQUAL(damaged->interrupts + damaged->pool_blocks + damaged->devices, 0);
    CHECK_EQUAL(after.vectors_used, before.vectors_used);
    CHECK(image_of((const void *)damaged->base) == NULL);
}

/* One test: the order counts, and the last step is that the whole one is loaded. */
GUEST_TEST(wdm_refused, a_damaged_image_is_refused_and_a_whole_one_loaded_in_its_place)
{
    struct image *edu = door_have("edu.sys");
    if (!copy_file(edu))
        return;
    *header(MACHINE) ^= 1;
    forget_checksum();
    check_refused("not for x86-64");

    REQUIRE(copy_file(edu));
    damaged->file_size = edu->file_size / 2;
    check_refused("the file");
    damaged->file_size = edu->file_size;

    REQUIRE(copy_file(edu));
    copy[edu->file_size / 2] ^= 1;
    check_refused("checksum");

    REQUIRE(copy_file(edu));
    forget_checksum();
    for (size_t i = 0; i + 8 < edu->file_size; i++) {
        if (contains((const char *)&copy[i], "DbgPrint") && copy[i] == 'D')
            copy[i] = 'X';
    }
    check_refused("imports");

    REQUIRE(copy_file(edu));
    CHECK(image_load(damaged) == IVM_OK);
    CHECK_EQUAL(damaged->state, IMAGE_LOADED);
    CHECK(image_unload(damaged) == IVM_OK);
    CHECK(door_fire(edu, 0, 1));
}
