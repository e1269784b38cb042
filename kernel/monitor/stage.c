/* stage.c: where a scene plays: a line of this machine and the devices on it. */
#include "stage.h"

#include <ivm/bus.h>
#include <ivm/stats.h>
#include <ivm/system.h>
#include <ivm/vector.h>

#include "messages.h"
#include "table.h"
#include "text.h"
#include "words.h"

static bool is_held(struct ivm_source_id source)
{
    uint32_t cpu;
    uint8_t vector;
    return ivm_stats_place(source, &cpu, &vector);
}

static struct ivm_source_id line_of(const struct ivm_device *device)
{
    return (struct ivm_source_id){.kind = IVM_LINE, .number = device->line.gsi};
}

static bool can_play(const struct ivm_device *device)
{
    return device->has_line && !device->is_gone && device->driver != NULL &&
           device->driver->fire != NULL && device->driver->routine != NULL &&
           !messages_are_open(device) && !is_held(line_of(device));
}

static bool has_model(const struct stage *stage, const struct ivm_driver *driver)
{
    for (unsigned i = 0; i < stage->device_count; i++) {
        if (stage->devices[i]->driver == driver)
            return true;
    }
    return false;
}

static bool has_device(const struct stage *stage, const struct ivm_device *device)
{
    for (unsigned i = 0; i < stage->device_count; i++) {
        if (stage->devices[i] == device)
            return true;
    }
    return false;
}

static bool fits(const struct stage *stage, const struct ivm_device *device)
{
    return can_play(device) && device->line.gsi == stage->source.number &&
           device->line.trigger == stage->trigger &&
           device->line.polarity == stage->polarity && !has_device(stage, device);
}

/* A stage on a device's line, with the others there: first one of each model, then the
 * rest. */
static struct stage stage_around(struct ivm_device *first)
{
    struct stage stage = {.source = line_of(first),
                          .trigger = first->line.trigger,
                          .polarity = first->line.polarity,
                          .devices = {first},
                          .device_count = 1,
                          .model_count = 1};
    for (size_t i = 0; i < ivm_device_count() && stage.device_count < STAGE_DEVICES; i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (!fits(&stage, device) || has_model(&stage, device->driver))
            continue;
        stage.devices[stage.device_count++] = device;
        stage.model_count++;
    }
    for (size_t i = 0; i < ivm_device_count() && stage.device_count < STAGE_DEVICES; i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (fits(&stage, device))
            stage.devices[stage.device_count++] = device;
    }
    return stage;
}

/* No line at all: a free vector, to which connects are made and refused all the same. */
static struct stage bare_stage(void)
{
    struct stage stage = {.source = {.kind = IVM_BARE}, .trigger = IVM_EDGE};
    for (unsigned v = IVM_VECTOR_DEVICE_FIRST; v < IVM_VECTOR_DEVICE_END; v++) {
        struct ivm_vector_stats stats;
        if (ivm_stats_vector(0, (uint8_t)v, &stats) && !stats.connected) {
            stage.source.number = v;
            break;
        }
    }
    return stage;
}

static unsigned by_devices(const struct stage *stage)
{
    return stage->device_count;
}

static unsigned by_models(const struct stage *stage)
{
    return stage->model_count * (STAGE_DEVICES + 1) + stage->device_count;
}

/* Level-triggered lines count as they score; an edge-triggered one is better than none. */
static struct stage best_stage(unsigned (*score)(const struct stage *stage))
{
    struct stage best = bare_stage();
    unsigned best_score = 0;
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (!can_play(device))
            continue;
        struct stage stage = stage_around(device);
        unsigned stage_score = 1 + (stage.trigger == IVM_LEVEL ? score(&stage) : 0);
        if (stage_score <= best_score)
            continue;
        best = stage;
        best_score = stage_score;
    }
    return best;
}

void stage_set_busiest(struct stage *stage)
{
    *stage = best_stage(by_devices);
}

void stage_set_models(struct stage *stage)
{
    *stage = best_stage(by_models);
}

/* The device to play old hardware: a second serial port first, since the log may use the
 * first. */
static struct ivm_device *legacy_device(void)
{
    static const char *const names[] = {"com2", "rtc", "com1", "pit"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct ivm_device *device = ivm_device_find(names[i]);
        if (device != NULL && device->line.trigger == IVM_EDGE && can_play(device))
            return device;
    }
    return NULL;
}

/* An ISA line that nobody is connected to, of those on which nothing ticks or types; false
 * when there is none but `taken`. */
static bool find_isa_line(struct ivm_source_id taken, struct stage *out)
{
    static const uint8_t quiet[] = {7, 3, 4, 6, 15, 14};
    for (size_t i = 0; i < sizeof quiet; i++) {
        struct ivm_line_info line;
        if (!ivm_isa_line(quiet[i], &line) || line.trigger != IVM_EDGE)
            continue;
        *out = (struct stage){.source = {.kind = IVM_LINE, .number = line.gsi},
                              .trigger = line.trigger,
                              .polarity = line.polarity};
        bool is_taken = taken.kind == IVM_LINE && taken.number == line.gsi;
        if (!is_taken && !is_held(out->source))
            return true;
    }
    return false;
}

void stage_set_legacy(struct stage *stage)
{
    struct ivm_device *device = legacy_device();
    if (device != NULL)
        *stage = stage_around(device);
    else if (!find_isa_line((struct ivm_source_id){.kind = IVM_BARE}, stage))
        *stage = bare_stage();
}

bool stage_other_line(const struct stage *stage, struct stage *out)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        if (!can_play(device) || device->line.gsi == stage->source.number)
            continue;
        *out = stage_around(device);
        return true;
    }
    return find_isa_line(stage->source, out);
}

void stage_introduce(const struct stage *stage, unsigned wanted)
{
    char source[WORDS_SOURCE];
    char line[TABLE_LINE];
    struct text text = {.out = line, .size = sizeof line};
    text_add(&text, "On %s, %s-triggered: ", words_source(stage->source, source),
             words_trigger(stage->trigger));
    for (unsigned i = 0; i < stage->device_count; i++)
        text_add(&text, "%s%s", i == 0 ? "" : ", ", stage->devices[i]->name);
    ivm_log("%s%s.", line, stage->device_count == 0 ? "no device" : "");

    if (stage->device_count == 0)
        ivm_log(
            "Lacking: no device there can be made to interrupt. What is shown is who may "
            "connect and who may not; every count is 0.");
    else if (stage->device_count < wanted)
        ivm_log(
            "Lacking: %u devices on one line were wanted. Owners without a device take the "
            "places of the others: they only look.",
            wanted);
    if (stage->device_count > 0 && wanted > 1 && stage->trigger != IVM_LEVEL)
        ivm_log("Lacking: a level-triggered line with a device.");
}

bool stage_counts(const struct stage *stage, struct stage_counts *out)
{
    struct ivm_vector_stats stats;
    if (!ivm_stats_place(stage->source, &out->cpu, &out->vector) ||
        !ivm_stats_vector(out->cpu, out->vector, &stats))
        return false;
    out->delivered = stats.delivered;
    out->strays = stats.strays;
    return true;
}
