/* image.c: the images that are known: told apart by name and by address, called, loaded, unloaded. */
#include "image.h"

#include <stdatomic.h>

#include <ivm/level.h>
#include <ivm/system.h>

#include "host.h"
#include "image_parts.h"
#include "kernel/format.h"
#include "kernel/machine.h"
#include "objects.h"

/* Written by image_add(), at the start; their contents by whoever holds `is_busy`. */
static struct image images[WDM_IMAGE_LIMIT];
static size_t image_count;

/* The base of each image that is in memory, else 0: what image_of() reads at any level. Released by
 * image_claim() when the image's size is written. */
static _Atomic uintptr_t claimed[WDM_IMAGE_LIMIT];

/* An image is being loaded, started, stopped or unloaded. */
static atomic_bool is_busy;

static bool is_same(const char *text, const char *other)
{
    while (*text != '\0' && *text == *other)
        text++, other++;
    return *text == *other;
}

/* Take the next of the texts between commas off `*rest`; its length, which may be 0. */
static size_t next_text(const char **rest, const char **text)
{
    size_t length = 0;
    *text = *rest;
    while ((*rest)[length] != '\0' && (*rest)[length] != ',')
        length++;
    *rest += length + ((*rest)[length] == ',' ? 1 : 0);
    return length;
}

static void read_patterns(struct image *image, const char *rest)
{
    size_t count = 0;
    while (*rest != '\0') {
        const char *text;
        size_t length = next_text(&rest, &text);
        if (length == 0)
            continue;
        /* Cut, it would fit devices that were not meant. */
        if (length >= WDM_PATTERN_SIZE || count == WDM_PATTERN_LIMIT) {
            ivm_log("%s: the hardware id %.*s is left out: %s", image->name, (int)length,
                    text, count == WDM_PATTERN_LIMIT ? "there are too many" : "too long");
            continue;
        }
        __builtin_memcpy(image->patterns[count], text, length);
        image->patterns[count++][length] = '\0';
    }
}

enum ivm_status image_add(const char *name, const void *file, size_t size,
                          const char *patterns)
{
    char cut[IVM_NAME_SIZE];
    format_text(cut, sizeof cut, "%s", name);
    enum ivm_status status = IVM_OK;
    if (cut[0] == '\0')
        status = IVM_BAD_ARGUMENT;
    else if (image_find(cut) != NULL)
        status = IVM_ALREADY_CONNECTED;
    else if (image_count == WDM_IMAGE_LIMIT)
        status = IVM_EXHAUSTED;
    if (status != IVM_OK) {
        ivm_log("image \"%s\" is left out: %s", name,
                status == IVM_EXHAUSTED      ? "there are too many"
                : status == IVM_BAD_ARGUMENT ? "it has no name"
                                             : "another has this name");
        return status;
    }
    struct image *image = &images[image_count++];
    *image = (struct image){.state = IMAGE_UNLOADED, .file = file, .file_size = size};
    __builtin_memcpy(image->name, cut, sizeof cut);
    read_patterns(image, patterns != NULL ? patterns : "");
    return IVM_OK;
}

struct image *image_at(size_t index)
{
    return index < image_count ? &images[index] : NULL;
}

struct image *image_find(const char *name)
{
    for (size_t i = 0; i < image_count; i++) {
        if (is_same(images[i].name, name))
            return &images[i];
    }
    return NULL;
}

void image_claim(const struct image *image)
{
    atomic_store_explicit(&claimed[image - images], image->base, memory_order_release);
}

void image_disclaim(const struct image *image)
{
    atomic_store_explicit(&claimed[image - images], 0, memory_order_relaxed);
}

struct image *image_of(const void *address)
{
    address = foreign_origin(address);
    for (size_t i = 0; i < WDM_IMAGE_LIMIT; i++) {
        /* Acquire pairs with the release in image_claim(): the size belongs to the base. */
        uintptr_t base = atomic_load_explicit(&claimed[i], memory_order_acquire);
        if (base != 0 && (uintptr_t)address - base < images[i].size)
            return &images[i];
    }
    return NULL;
}

static const char *name_of(const struct image *image)
{
    return image != NULL ? image->name : "code of no image";
}

void image_note_level(struct image *image, const char *what, nt_irql level)
{
    uint32_t times = image != NULL ? ++image->wrong_levels : 1;
    /* A routine can do it a million times a second: named at each power of two. */
    if ((times & (times - 1)) == 0)
        ivm_log("%s: %s was called at level %u and came back at %u: put right (%u times)",
                name_of(image), what, level, machine_priority(), times);
}

uint64_t image_call(struct image *image, const char *what, nt_code code,
                    const uint64_t arguments[4])
{
    uint8_t level = machine_priority();
    uint64_t result = foreign_call(code, arguments);
    if (machine_priority() != level) {
        image_note_level(image, what, level);
        machine_set_priority(level);
    }
    if (!machine_interrupts_enabled()) {
        ivm_log("%s: %s came back with interrupts off: put right", name_of(image), what);
        machine_interrupts_restore(true);
    }
    return result;
}

enum ivm_status image_refuse(struct image *image, enum ivm_status status,
                             const char *format, ...)
{
    va_list list;
    va_start(list, format);
    format_text_list(image->why, sizeof image->why, format, list);
    va_end(list);
    ivm_log("%s: refused: %s", image->name, image->why);
    return status;
}

/* Nothing here can wait for its turn: code of an image that is being loaded would wait for itself. */
static bool begin(const struct image *image)
{
    bool can_wait = machine_interrupts_enabled() && ivm_level_now() < IVM_DISPATCH;
    if (can_wait && !atomic_exchange_explicit(&is_busy, true, memory_order_acquire))
        return true;
    ivm_log("%s: nothing can be done with it %s", image->name,
            can_wait ? "while an image is being loaded, started or unloaded"
                     : "at this level");
    return false;
}

static void end(void)
{
    /* Pairs with the acquire in begin(). */
    atomic_store_explicit(&is_busy, false, memory_order_release);
}

static bool is_in_memory(const struct image *image)
{
    return image->state == IMAGE_LOADED || image->state == IMAGE_STARTED;
}

/* Once, before the first image. */
static bool start_machine(void)
{
    static bool is_started;
    if (is_started)
        return true;
    is_started = foreign_start();
    if (is_started)
        time_start();
    return is_started;
}

static enum ivm_status load(struct image *image)
{
    nt_code entry = 0;
    image->state = IMAGE_BROKEN;
    image->why[0] = '\0';
    image->wrong_levels = image->refusals = 0;
    if (!start_machine())
        return image_refuse(image, IVM_UNSUPPORTED, "this machine cannot run images");
    enum ivm_status status = image_lay_out(image, &entry);
    if (status != IVM_OK)
        return status;
    image->loads++;
    image_claim(image);
    status = image_enter(image, entry);
    if (status != IVM_OK) {
        image_disclaim(image);
        image_close(image);
        return status;
    }
    image->state = IMAGE_LOADED;
    ivm_log("%s: loaded at 0x%lx, %zu KiB", image->name, image->base, image->size >> 10);
    pnp_start(image);
    return IVM_OK;
}

enum ivm_status image_load(struct image *image)
{
    if (!begin(image))
        return IVM_WRONG_LEVEL;
    enum ivm_status status = is_in_memory(image) ? IVM_ALREADY_CONNECTED : load(image);
    end();
    return status;
}

static enum ivm_status unload(struct image *image)
{
    if (!is_in_memory(image))
        return IVM_NOT_CONNECTED;
    if (image->driver.unload == 0) {
        ivm_log("%s: has no DriverUnload: it stays", image->name);
        return IVM_UNSUPPORTED;
    }
    pnp_remove(image);
    image_leave(image);
    image_disclaim(image);
    image_close(image);
    image->state = IMAGE_UNLOADED;
    ivm_log("%s: unloaded", image->name);
    return IVM_OK;
}

enum ivm_status image_unload(struct image *image)
{
    if (!begin(image))
        return IVM_WRONG_LEVEL;
    enum ivm_status status = unload(image);
    end();
    return status;
}

/* Have the devices of a loaded image stopped or started. */
static enum ivm_status for_devices(struct image *image,
                                   void (*function)(struct image *image))
{
    if (!begin(image))
        return IVM_WRONG_LEVEL;
    enum ivm_status status = is_in_memory(image) ? IVM_OK : IVM_NOT_CONNECTED;
    if (status == IVM_OK)
        function(image);
    end();
    return status;
}

enum ivm_status image_stop(struct image *image)
{
    return for_devices(image, pnp_stop);
}

enum ivm_status image_start(struct image *image)
{
    return for_devices(image, pnp_start);
}
