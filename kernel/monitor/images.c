/* images.c: the console's commands for driver images: what they are and hold; load, unload, reload. */
#include "images.h"

#include <ivm/stats.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "kernel/format.h"
#include "kernel/wdm/image.h"
#include "report.h"
#include "table.h"
#include "text.h"
#include "words.h"

enum { OWNERS_READ = 16, RECORD = 960 };

static bool is_loaded(const struct image *image)
{
    return image->state == IMAGE_LOADED || image->state == IMAGE_STARTED;
}

static const char *state_word(const struct image *image)
{
    switch (image->state) {
    case IMAGE_LOADED:
        return "loaded";
    case IMAGE_STARTED:
        return "started";
    case IMAGE_BROKEN:
        return "refused";
    case IMAGE_UNLOADED:
    case IMAGE_EMPTY:
        break;
    }
    return "unloaded";
}

/* "edu.sys      started   at 0x201000, 36 KiB, loaded 1 time; for PCI\VEN_1234&DEV_11E8" */
static void show_state(const struct image *image)
{
    char row[TABLE_LINE];
    struct text text = {.out = row, .size = sizeof row};
    text_add(&text, "%-16s %-9s ", image->name, state_word(image));
    if (image->state == IMAGE_BROKEN)
        text_add(&text, "%s", image->why);
    else if (image->size != 0)
        text_add(&text, "at 0x%lx, %zu KiB, loaded %u time%s", image->base,
                 image->size >> 10, image->loads, image->loads == 1 ? "" : "s");
    else
        text_add(&text, "a file of %zu bytes", image->file_size);
    const char *before = "; for ";
    for (size_t i = 0; i < WDM_PATTERN_LIMIT && image->patterns[i][0] != '\0'; i++) {
        text_add(&text, "%s%s", before, image->patterns[i]);
        before = ", ";
    }
    ivm_log("%s", row);
}

static void show_possessions(const struct image *image)
{
    ivm_log("  holds %u interrupts, %u device objects, %u blocks of pool (%lu bytes), "
            "%u mappings",
            image->interrupts, image->devices, image->pool_blocks, image->pool_bytes,
            image->mappings);
    if (image->wrong_levels != 0)
        ivm_log("  came back at another level %u times", image->wrong_levels);
}

/* The image among the owners of one vector. */
static void show_vector(const struct image *image, uint32_t cpu, uint8_t vector)
{
    struct ivm_vector_stats stats;
    struct ivm_owner_stats owners[OWNERS_READ];
    if (!ivm_stats_vector(cpu, vector, &stats) || !stats.connected)
        return;
    char source[WORDS_SOURCE];
    size_t count = ivm_stats_owners(cpu, vector, owners, OWNERS_READ);
    for (size_t i = 0; i < count && i < OWNERS_READ; i++) {
        if (text_is(owners[i].owner.name, image->name))
            ivm_log("  CPU %u vector 0x%02x: %s, owner %zu of %zu, %s, took %lu of %lu",
                    cpu, vector, words_source(stats.source, source), i + 1, count,
                    words_sharing(owners[i].owner.sharing), owners[i].claimed,
                    stats.delivered);
    }
}

static void show_vectors(const struct image *image)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    for (uint32_t cpu = 0; cpu < totals.cpus; cpu++) {
        for (unsigned vector = 0; vector < IVM_VECTOR_COUNT; vector++)
            show_vector(image, cpu, (uint8_t)vector);
    }
}

static void show_refusals(const struct image *image)
{
    char line[RECORD];
    if (image->refusals == 0)
        return;
    ivm_refusal_format(&image->refusal, line, sizeof line);
    ivm_log("  was refused %u time%s; the last: %s", image->refusals,
            image->refusals == 1 ? "" : "s", line);
}

static void show(const struct image *image)
{
    show_state(image);
    if (is_loaded(image)) {
        show_possessions(image);
        show_vectors(image);
    }
    show_refusals(image);
}

bool images_show(char *const *arguments, unsigned count)
{
    (void)arguments, (void)count;
    const struct image *image;
    size_t shown = 0;
    for (; (image = image_at(shown)) != NULL; shown++)
        show(image);
    if (shown == 0)
        ivm_log("there are no driver images: `make run SYS=a.sys` brings one");
    return true;
}

/* By its name, with or without ".sys"; NULL, and said: there is none. */
static struct image *find(const char *name)
{
    char longer[IVM_NAME_SIZE];
    format_text(longer, sizeof longer, "%s.sys", name);
    struct image *image = image_find(name);
    if (image == NULL)
        image = image_find(longer);
    if (image == NULL)
        ivm_log("no driver image `%s`; `images` lists them", name);
    return image;
}

/* Whether it was done; if not, the image or this says why. */
static bool is_done(const struct image *image, enum ivm_status status)
{
    if (status == IVM_ALREADY_CONNECTED)
        ivm_log("%s is loaded already", image->name);
    else if (status == IVM_NOT_CONNECTED)
        ivm_log("%s is not loaded", image->name);
    return status == IVM_OK;
}

/* One that is not loaded has only to be loaded. */
static bool reload(struct image *image)
{
    if (is_loaded(image) && !is_done(image, image_unload(image)))
        return false;
    return is_done(image, image_load(image));
}

static bool operate(struct image *image, const char *verb)
{
    if (text_is(verb, "load"))
        return is_done(image, image_load(image));
    if (text_is(verb, "unload"))
        return is_done(image, image_unload(image));
    if (text_is(verb, "reload"))
        return reload(image);
    if (text_is(verb, "stop"))
        return is_done(image, image_stop(image));
    if (text_is(verb, "start"))
        return is_done(image, image_start(image));
    ivm_log("`%s` is not `load`, `unload`, `reload`, `stop` or `start`", verb);
    return false;
}

bool images_operate(char *const *arguments, unsigned count)
{
    (void)count;
    struct image *image = find(arguments[1]);
    if (image == NULL || !operate(image, arguments[0]))
        return false;
    show(image);
    return true;
}
