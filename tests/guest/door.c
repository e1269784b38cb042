/* door.c: into a driver image: its door is found by its first words, in memory that the image may write. */
#include "door.h"

#include <stddef.h>

#include <ivm/system.h>

#include "kernel/wdm/pe.h"
#include "suite.h"

enum { DEVICE_LIMIT = 8, SIGN_SIZE = 16 };

#define ONE_SECOND UINT64_C(1000000000)

/* As it lies in the image. */
struct door {
    char sign[SIGN_SIZE];
    nt_code answer;
};

static const char sign[SIGN_SIZE] = "a driver's door";

static bool is_door(const struct door *door)
{
    for (size_t i = 0; i < SIGN_SIZE; i++) {
        if (door->sign[i] != sign[i])
            return false;
    }
    return true;
}

static nt_code find_in(uintptr_t first, uintptr_t end)
{
    for (; first + sizeof(struct door) <= end; first += sizeof(uint64_t)) {
        const struct door *door = (const struct door *)first;
        if (is_door(door))
            return door->answer;
    }
    return 0;
}

/* Only what its file says is writable is looked at: not every page of an image is there. */
static nt_code find(const struct image *image)
{
    static struct pe_image file;
    static struct pe_report report;
    static struct pe_range ranges[PE_RANGE_LIMIT];
    if (pe_parse(image->file, image->file_size, &file, &report) != IVM_OK)
        return 0;
    size_t count = pe_ranges(&file, ranges);
    nt_code found = 0;
    for (size_t i = 0; i < count && found == 0; i++) {
        if ((ranges[i].permissions & PE_WRITE) != 0)
            found = find_in(image->base + ranges[i].first, image->base + ranges[i].end);
    }
    return found;
}

struct image *door_have(const char *name)
{
    struct image *image = image_find(name);
    if (image != NULL && (image->state == IMAGE_LOADED || image->state == IMAGE_STARTED))
        return image;
    suite_skip(name);
    return NULL;
}

uint64_t door_ask(struct image *image, uint64_t question, uint64_t which)
{
    const uint64_t arguments[4] = {question, which};
    nt_code code = find(image);
    if (!suite_check(code != 0, "the image has a door", __FILE__, __LINE__))
        return 0;
    return image_call(image, "its door", code, arguments);
}

uint32_t door_devices(struct image *image)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < DEVICE_LIMIT; i++)
        count += door_ask(image, DOOR_STARTED, i) != 0;
    return count;
}

struct awaited {
    struct image *image;
    uint64_t question, which, value;
};

static bool has_come(void *context)
{
    const struct awaited *awaited = context;
    return door_ask(awaited->image, awaited->question, awaited->which) >= awaited->value;
}

bool door_wait(struct image *image, uint64_t question, uint64_t which, uint64_t value)
{
    struct awaited awaited = {
        .image = image, .question = question, .which = which, .value = value};
    return ivm_wait_until(has_come, &awaited, ONE_SECOND);
}

bool door_fire(struct image *image, uint64_t which, unsigned times)
{
    uint64_t taken = door_ask(image, DOOR_INTERRUPTS, which);
    for (unsigned i = 1; i <= times; i++) {
        if (door_ask(image, DOOR_FIRE, which) == 0 ||
            !door_wait(image, DOOR_INTERRUPTS, which, taken + i))
            return false;
    }
    return door_ask(image, DOOR_INTERRUPTS, which) == taken + times;
}
