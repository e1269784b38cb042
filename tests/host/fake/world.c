/* world.c: the machine, the manager and the devices that most tests begin with. */
#include "world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/level.h>
#include <ivm/message.h>
#include <machine/hot.h>

#include "kernel/machine.h"

struct world world;

static _Alignas(64) unsigned char message_storage[WORLD_DEVICES][512];

static void start(uint32_t cpus)
{
    memset(&world, 0, sizeof world);
    memset(message_storage, 0, sizeof message_storage);
    model_start(cpus);
    model_unit_start(&world.io, false);
    model_unit_start(&world.messages, true);
    manager_start(&(struct manager_storage){.lines = world.lines,
                                            .line_count = WORLD_GSI_COUNT,
                                            .cpus = world.tables,
                                            .cpu_limit = MODEL_CPUS});
    world.tables[MODEL_CPUS] = &world.cpus[0];
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        assert_int_equal(manager_add_cpu(cpu, &world.cpus[cpu]), IVM_OK);
        model_attach(cpu, world.cpus[cpu].slots);
    }
    for (uint32_t gsi = 0; gsi < WORLD_LINES; gsi++)
        assert_int_equal(manager_set_line(gsi, &model_controller, &world.io, gsi), IVM_OK);
    for (unsigned i = 0; i < WORLD_DEVICES; i++)
        world.devices[i].index = i;
}

int world_one_cpu(void **state)
{
    (void)state;
    start(1);
    return 0;
}

int world_two_cpus(void **state)
{
    (void)state;
    start(2);
    return 0;
}

int world_four_cpus(void **state)
{
    (void)state;
    start(4);
    return 0;
}

int world_end(void **state)
{
    (void)state;
    int violations = 0;
    for (const char *text = model_violation(); text != NULL; text = model_violation()) {
        print_error("# violation: %s\n", text);
        violations++;
    }
    return violations;
}

enum ivm_verdict device_routine(void *context)
{
    struct device *device = context;
    device->calls++;
    device->level_seen = ivm_level_now();
    device->priority_seen = machine_priority();
    device->cpu_seen = machine_cpu();
    device->interrupts_seen = machine_interrupts_enabled();
    if (world.call_count < WORLD_CALLS)
        world.calls[world.call_count++] = device->index;
    if (device->inside != NULL)
        device->inside(device);
    if (device->stuck || (device->pending == 0 && !device->greedy))
        return IVM_NOT_MINE;
    if (device->pending > 0)
        device->pending--;
    if (device->pending == 0 && !device->keeps_wire && device->unit != NULL)
        model_deassert(device->unit, device->input, device->index);
    device->claims++;
    return IVM_HANDLED;
}

void device_fire(unsigned index)
{
    struct device *device = &world.devices[index];
    device->pending++;
    if (device->unit != NULL)
        model_assert(device->unit, device->input, index);
    else
        model_raise(device->connection.source->cpu, device->connection.source->vector);
    if (device->unit == &world.messages)
        model_deassert(device->unit, device->input, index);
}

static struct ivm_request request_of(unsigned index, struct ivm_source_id source)
{
    struct ivm_request request = {
        .routine = device_routine, .context = &world.devices[index], .source = source};
    snprintf(request.owner, sizeof request.owner, "dev%u", index);
    return request;
}

struct ivm_request world_line(unsigned index, uint32_t gsi)
{
    struct ivm_request request =
        request_of(index, (struct ivm_source_id){.kind = IVM_LINE, .number = gsi});
    request.trigger = IVM_LEVEL;
    request.polarity = IVM_ACTIVE_LOW;
    request.sharing = IVM_SHARED;
    return request;
}

struct ivm_request world_edge(unsigned index, uint32_t gsi)
{
    return request_of(index, (struct ivm_source_id){.kind = IVM_LINE, .number = gsi});
}

struct ivm_request world_bare(unsigned index, uint8_t vector)
{
    return request_of(index, (struct ivm_source_id){.kind = IVM_BARE, .number = vector});
}

struct ivm_request world_message(unsigned index, uint32_t input)
{
    uint32_t number = 0;
    assert_true(ivm_message_size() <= sizeof message_storage[0]);
    assert_int_equal(
        ivm_message_register((struct ivm_message *)message_storage[index],
                             &(struct ivm_input){&model_controller, &world.messages, input},
                             &number),
        IVM_OK);
    return request_of(index, (struct ivm_source_id){.kind = IVM_MESSAGE, .number = number});
}

/* The wire that a device which asks so drives. */
static void wire(struct device *device, struct ivm_source_id source)
{
    device->unit = NULL;
    if (source.kind == IVM_LINE && source.number < WORLD_LINES) {
        device->unit = &world.io;
        device->input = source.number;
    }
    if (source.kind == IVM_MESSAGE) {
        struct ivm_message *message = (struct ivm_message *)message_storage[device->index];
        device->unit = &world.messages;
        device->input = message->source.input;
    }
}

enum ivm_status world_connect(unsigned index, const struct ivm_request *request)
{
    struct device *device = &world.devices[index];
    wire(device, request->source);
    memset(&world.refusal, 0xA5, sizeof world.refusal);
    return ivm_connect(request, &device->connection, &world.refusal);
}

enum ivm_status world_disconnect(unsigned index)
{
    return ivm_disconnect(&world.devices[index].connection);
}

uint8_t world_must_connect(unsigned index, const struct ivm_request *request)
{
    enum ivm_status status = world_connect(index, request);
    if (status != IVM_OK)
        fail_msg("%s was refused: %s, %s", request->owner, ivm_status_forms(status)->name,
                 ivm_rule_word(world.refusal.rule));
    assert_non_null(world.devices[index].connection.source);
    return world.devices[index].connection.source->vector;
}

void world_must_disconnect(unsigned index)
{
    assert_int_equal(world_disconnect(index), IVM_OK);
}

void world_must_refuse(unsigned index, const struct ivm_request *request,
                       enum ivm_rule rule)
{
    struct world_picture *before = world_take_picture();
    size_t writes = model_write_count();
    enum ivm_status status = world_connect(index, request);
    assert_int_not_equal(status, IVM_OK);
    assert_string_equal(ivm_rule_word(world.refusal.rule), ivm_rule_word(rule));
    assert_int_equal(status, ivm_rule_status(rule));
    assert_int_equal(model_write_count(), writes);
    world_same_picture(before);
}

const char *world_calls(void)
{
    static char text[WORLD_CALLS * 4];
    size_t length = 0;
    text[0] = 0;
    for (size_t i = 0; i < world.call_count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   i == 0 ? "%u" : " %u", world.calls[i]);
    return text;
}

void world_calls_clear(void)
{
    world.call_count = 0;
}

struct world_picture {
    struct source lines[WORLD_GSI_COUNT];
    struct cpu_slots cpus[MODEL_CPUS];
    struct model_unit io, messages;
    struct ivm_connection connections[WORLD_DEVICES];
    unsigned char message_storage[sizeof message_storage];
};

struct world_picture *world_take_picture(void)
{
    static struct world_picture pictures[4];
    static unsigned taken;
    struct world_picture *picture = &pictures[taken++ % 4];
    memcpy(picture->lines, world.lines, sizeof world.lines);
    memcpy(picture->cpus, world.cpus, sizeof world.cpus);
    memcpy(&picture->io, &world.io, sizeof world.io);
    memcpy(&picture->messages, &world.messages, sizeof world.messages);
    memcpy(picture->message_storage, message_storage, sizeof message_storage);
    for (unsigned i = 0; i < WORLD_DEVICES; i++)
        memcpy(&picture->connections[i], &world.devices[i].connection,
               sizeof picture->connections[i]);
    return picture;
}

void world_same_picture(const struct world_picture *picture)
{
    assert_memory_equal(picture->lines, world.lines, sizeof world.lines);
    assert_memory_equal(picture->cpus, world.cpus, sizeof world.cpus);
    assert_memory_equal(&picture->io, &world.io, sizeof world.io);
    assert_memory_equal(&picture->messages, &world.messages, sizeof world.messages);
    assert_memory_equal(picture->message_storage, message_storage, sizeof message_storage);
    for (unsigned i = 0; i < WORLD_DEVICES; i++)
        assert_memory_equal(&picture->connections[i], &world.devices[i].connection,
                            sizeof picture->connections[i]);
}

struct ivm_vector_stats world_vector(uint32_t cpu, uint8_t vector)
{
    struct ivm_vector_stats stats;
    assert_true(ivm_stats_vector(cpu, vector, &stats));
    return stats;
}

struct ivm_totals world_totals(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    return totals;
}

uint8_t world_place(struct ivm_source_id source, uint32_t *cpu)
{
    uint32_t on = 0;
    uint8_t vector = 0;
    assert_true(ivm_stats_place(source, &on, &vector));
    if (cpu != NULL)
        *cpu = on;
    return vector;
}
