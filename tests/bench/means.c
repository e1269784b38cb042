/* means.c: how an interrupt is raised: by this CPU itself, by a message, by a line. */
#include "means.h"

#include <stddef.h>

#include <hw/mmio.h>
#include <ivm/bus.h>
#include <ivm/device_message.h>
#include <ivm/system.h>
#include <machine/hot.h>

#include "arch/x86_64/icr.h"
#include "arch/x86_64/lapic.h"
#include "bench.h"

/* [EDU] "MMIO area spec" */
enum { EDU_WINDOW = 0x1000, EDU_RAISE = 0x60, EDU_ACKNOWLEDGE = 0x64, EDU_BIT = 1 };

const struct ivm_cpu_set means_here = {.mask = 1}, means_there = {.mask = 2};

/* What a self-interrupt's routine acknowledges. */
static uint32_t nothing;

uintptr_t means_edu(const struct ivm_device *device)
{
    return ivm_map_device(device->pci.bars[0].base, EDU_WINDOW);
}

void means_interrupt_self(uint8_t vector)
{
    BENCH_CLAIM(lapic_send_self(vector) == IVM_OK);
}

static bool open_vector(struct bench_means *means)
{
    struct icr icr = {.vector = BENCH_VECTOR, .shorthand = ICR_TO_SELF};
    bool is_x2apic = machine_eoi_register == 0;
    means->source = (struct ivm_source_id){.kind = IVM_BARE, .number = BENCH_VECTOR};
    means->acknowledge = (uintptr_t)&nothing;
    means->raise = is_x2apic ? bench_fire_msr : bench_fire;
    means->address = is_x2apic ? MSR_X2APIC_FIRST + LAPIC_SELF_IPI / 16
                               : machine_eoi_register - LAPIC_EOI + LAPIC_ICR_LOW;
    means->value = is_x2apic ? BENCH_VECTOR : icr_low(&icr);
    return true;
}

static bool open_edu(struct bench_means *means)
{
    means->device = ivm_device_find("edu0");
    if (means->device == NULL || means->device->driver == NULL) {
        bench_lacks("an edu device");
        return false;
    }
    uintptr_t registers = means_edu(means->device);
    means->raise = bench_fire;
    means->address = registers + EDU_RAISE;
    means->value = EDU_BIT;
    means->acknowledge = registers + EDU_ACKNOWLEDGE;
    return registers != 0;
}

static bool open_message(struct bench_means *means)
{
    struct ivm_message_wish wish = {.count = 1, .cpus = &means_here};
    struct ivm_grant grant;
    if (!open_edu(means) ||
        !BENCH_CLAIM(ivm_device_messages_open(means->device, &wish, &grant) == IVM_OK))
        return false;
    means->source = (struct ivm_source_id){
        .kind = IVM_MESSAGE, .number = ivm_device_message_number(means->device, 0)};
    return BENCH_CLAIM(means->device->driver->use(means->device, IVM_BY_MESSAGES) ==
                       IVM_OK);
}

static bool open_line(struct bench_means *means)
{
    if (!open_edu(means) || !BENCH_CLAIM(means->device->has_line))
        return false;
    const struct ivm_line_info *line = &means->device->line;
    means->source = (struct ivm_source_id){.kind = IVM_LINE, .number = line->gsi};
    means->trigger = line->trigger;
    means->polarity = line->polarity;
    return BENCH_CLAIM(line->trigger == IVM_LEVEL);
}

bool means_open(enum bench_by by, struct bench_means *out)
{
    static const struct {
        const char *name;
        bool (*open)(struct bench_means *means);
    } each[BENCH_MEANS] = {
        [BENCH_BY_VECTOR] = {"vec", open_vector},
        [BENCH_BY_MESSAGE] = {"msi", open_message},
        [BENCH_BY_LINE] = {"intx", open_line},
    };
    *out = (struct bench_means){.by = by, .name = each[by].name};
    return each[by].open(out);
}

void means_close(struct bench_means *means)
{
    if (means->by != BENCH_BY_MESSAGE)
        return;
    BENCH_CLAIM(ivm_device_messages_close(means->device) == IVM_OK);
    BENCH_CLAIM(means->device->driver->use(means->device, IVM_BY_LINE) == IVM_OK);
}

struct ivm_request means_request(const struct bench_means *means)
{
    return (struct ivm_request){.owner = "bench",
                                .source = means->source,
                                .trigger = means->trigger,
                                .polarity = means->polarity,
                                .sharing = IVM_SHARED};
}

bool chain_connect(struct bench_chain *chain, const struct bench_means *means, size_t count,
                   size_t taker)
{
    struct ivm_request request = means_request(means);
    request.context = &chain->shot;
    request.cpus = &means_here;
    *chain = (struct bench_chain){.count = 0};
    chain->shot =
        (struct bench_shot){.verdict = IVM_HANDLED, .acknowledge = means->acknowledge};
    for (; chain->count < count; chain->count++) {
        request.routine = chain->count == taker ? bench_routine : bench_refuse;
        struct ivm_connection *connection = &chain->connections[chain->count];
        if (!BENCH_CLAIM(ivm_connect(&request, connection, NULL) == IVM_OK)) {
            chain_disconnect(chain);
            return false;
        }
    }
    return true;
}

void chain_disconnect(struct bench_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        BENCH_CLAIM(ivm_disconnect(&chain->connections[i]) == IVM_OK);
    chain->count = 0;
}
