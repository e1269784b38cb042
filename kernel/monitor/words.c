/* words.c: what the monitor calls things: triggers, sources, reasons to be masked. */
#include "words.h"

#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/stats.h>

#include "kernel/format.h"
#include "text.h"

const char *words_trigger(unsigned trigger)
{
    return trigger == IVM_LEVEL ? "level" : "edge";
}

const char *words_polarity(unsigned polarity)
{
    return polarity == IVM_ACTIVE_LOW ? "low" : "high";
}

const char *words_sharing(unsigned sharing)
{
    return sharing == IVM_SHARED ? "shared" : "alone";
}

const char *words_mask(uint8_t reasons, char out[WORDS_MASK])
{
    static const struct {
        uint8_t reason;
        const char *word;
    } words[] = {{IVM_MASKED_IDLE, "idle"},
                 {IVM_MASKED_UNCLAIMED, "unclaimed"},
                 {IVM_MASKED_MOVING, "moving"},
                 {IVM_MASKED_BY_OWNER, "owner"}};
    struct text text = {.out = out, .size = WORDS_MASK};
    text_add(&text, "%s", reasons == 0 ? "-" : "");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((reasons & words[i].reason) != 0)
            text_add(&text, "%s%s", text.length == 0 ? "" : "+", words[i].word);
    }
    return out;
}

struct ivm_source_id words_device_source(const struct ivm_device *device)
{
    if (device->has_line)
        return (struct ivm_source_id){.kind = IVM_LINE, .number = device->line.gsi};
    return (struct ivm_source_id){.kind = IVM_MESSAGE, .number = device->own_message};
}

struct ivm_device *words_message_device(uint32_t number, uint32_t *index)
{
    for (size_t i = 0; i < ivm_device_count(); i++) {
        struct ivm_device *device = ivm_device_at(i);
        *index = 0;
        if (number == device->own_message && number != 0)
            return device;
        if (device->messages == NULL)
            continue;
        uint32_t found;
        for (*index = 0; (found = ivm_device_message_number(device, *index)) != 0;
             ++*index) {
            if (found == number)
                return device;
        }
    }
    return NULL;
}

/* The kind of message, by its controller's name; that is known once somebody is connected. */
static const char *message_kind(struct ivm_source_id source)
{
    uint32_t cpu;
    uint8_t vector;
    struct ivm_vector_stats stats;
    if (ivm_stats_place(source, &cpu, &vector) && ivm_stats_vector(cpu, vector, &stats) &&
        stats.connected && stats.controller != NULL)
        return stats.controller;
    return "message";
}

static void name_message(struct ivm_source_id source, char out[WORDS_SOURCE])
{
    uint32_t index;
    const struct ivm_device *device = words_message_device(source.number, &index);
    if (device != NULL)
        format_text(out, WORDS_SOURCE, "%s %s %u", device->name, message_kind(source),
                    index);
    else
        format_text(out, WORDS_SOURCE, "message %u", source.number);
}

const char *words_source(struct ivm_source_id source, char out[WORDS_SOURCE])
{
    switch (source.kind) {
    case IVM_LINE:
        format_text(out, WORDS_SOURCE, "line %u", source.number);
        return out;
    case IVM_MESSAGE:
        name_message(source, out);
        return out;
    case IVM_BARE:
        format_text(out, WORDS_SOURCE, "bare 0x%02x", source.number);
        return out;
    }
    format_text(out, WORDS_SOURCE, "? %u", source.number);
    return out;
}
