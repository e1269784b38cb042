/* connect_ex.c: IoConnectInterruptEx: by vector, by the device's line, by its messages.
 *
 * Source: [WDM] "IoConnectInterruptEx", "Using the CONNECT_LINE_BASED Version of
 * IoConnectInterruptEx", "Using the CONNECT_MESSAGE_BASED Version of IoConnectInterruptEx".
 */
#include <ivm/device_message.h>
#include <ivm/level.h>
#include <ivm/stats.h>

#include "interrupt_calls.h"
#include "objects.h"
#include "vector_call.h"

enum { TABLE_TAG = 0x67734D49 }; /* "IMsg" */

static nt_status connect_fully(struct nt_connect *parameters, struct image *image)
{
    struct nt_fully_specified *asked = &parameters->fully;
    if (asked->interrupt == NULL)
        return NT_INVALID_PARAMETER;
    *asked->interrupt = NULL;
    if (pnp_device(asked->pdo) == NULL)
        return NT_INVALID_PARAMETER;
    bool has_group = parameters->version == NT_CONNECT_FULLY_SPECIFIED_GROUP;
    const struct vector_call call = {
        .plan = {.image = image,
                 .routine = asked->routine,
                 .context = asked->context,
                 .spin_lock = asked->spin_lock,
                 .synchronize_irql = asked->synchronize_irql,
                 .share = asked->share,
                 .trigger = asked->mode == NT_LATCHED ? IVM_EDGE : IVM_LEVEL},
        .vector = asked->vector,
        .irql = asked->irql,
        .mode = asked->mode,
        .processors = asked->processors,
        .group = has_group ? asked->group : 0,
        .must_be_assigned = true,
        .no_processor = NT_INVALID_PARAMETER_10,
    };
    return connect_vector(&call, asked->interrupt);
}

/* A level below the line's own means the line's own. */
static nt_irql level_for(nt_irql asked, nt_irql own)
{
    return asked > own ? asked : own;
}

static nt_status connect_one_line(const struct nt_line_based *asked, struct image *image,
                                  const struct pnp_interrupt *line)
{
    const struct interrupt_plan plan = {
        .image = image,
        .routine = asked->routine,
        .context = asked->context,
        .spin_lock = asked->spin_lock,
        .synchronize_irql =
            level_for(asked->synchronize_irql, ivm_vector_level(line->vector)),
        .share = NT_TRUE, /* a line-based connect always shares */
        .trigger = line->trigger,
    };
    const struct interrupt_target target = {
        .source = {.kind = IVM_LINE, .number = line->gsi},
        .cpus = interrupt_cpus(line->processors, 0),
        .vector = line->vector,
    };
    struct wdm_interrupt *handle = NULL;
    nt_status status = interrupt_join(&plan, &target, &handle);
    if (nt_success(status)) {
        interrupt_publish(handle);
        *asked->interrupt = handle;
    }
    return status;
}

static nt_status connect_line(const struct nt_line_based *asked, struct image *image)
{
    struct pnp_interrupt device;
    if (asked->interrupt == NULL)
        return NT_INVALID_PARAMETER;
    *asked->interrupt = NULL;
    if (asked->routine == 0 || pnp_device(asked->pdo) == NULL)
        return NT_INVALID_PARAMETER;
    bool is_known = pnp_interrupt(asked->pdo, &device);
    if (is_known && device.messages != 0)
        return NT_INVALID_DEVICE_REQUEST; /* it was given messages, and they are on */
    if (!is_known || !device.has_line)
        return NT_NOT_FOUND;
    if (asked->synchronize_irql >= IVM_DEVICE_END)
        return NT_INVALID_PARAMETER;
    return connect_one_line(asked, image, &device);
}

/* What a driver may want to know of a message that is connected. */
static void describe(struct nt_message_info_entry *entry, struct wdm_interrupt *interrupt)
{
    uint32_t cpu = 0;
    uint8_t vector = 0;
    struct ivm_message_words words = {0};
    (void)ivm_stats_place(interrupt->request.source, &cpu, &vector);
    const struct ivm_route route = {.cpu = cpu, .vector = vector};
    if (ivm_message_compose(&route, &words) != IVM_OK)
        words = (struct ivm_message_words){0};
    *entry = (struct nt_message_info_entry){
        .address = words.address,
        .processors = UINT64_C(1) << cpu % WDM_CPU_GROUP,
        .interrupt = interrupt,
        .data = words.data,
        .vector = vector,
        .irql = interrupt->connection.run_level,
        .mode = NT_LATCHED,
        .polarity = NT_ACTIVE_HIGH,
    };
}

static struct nt_message_info *make_table(struct image *image, struct wdm_interrupt *handle,
                                          uint32_t count)
{
    size_t size =
        sizeof(struct nt_message_info) + (count - 1) * sizeof(struct nt_message_info_entry);
    struct nt_message_info *table = pool_allocate(image, size, TABLE_TAG);
    if (table == NULL)
        return NULL;
    __builtin_memset(table, 0, size);
    table->count = count;
    uint32_t i = 0;
    for (struct wdm_interrupt *at = handle; at != NULL; at = at->sibling, i++) {
        describe(&table->entries[i], at);
        table->unified_irql = level_for(table->entries[i].irql, table->unified_irql);
    }
    handle->table = table;
    return table;
}

/* Each message has a lock of its own, unless the driver brought one for all, or asked for one level for
 * all: then the siblings share the first one's. */
static nt_status join_message(const struct interrupt_plan *plan,
                              const struct interrupt_target *target,
                              struct wdm_interrupt **handle)
{
    struct wdm_interrupt *own = NULL;
    bool is_common = plan->spin_lock != NULL || plan->synchronize_irql != 0;
    nt_status status = interrupt_join(plan, target, is_common ? handle : &own);
    struct wdm_interrupt **last = handle;
    while (own != NULL && *last != NULL)
        last = &(*last)->sibling;
    if (own != NULL)
        *last = own;
    return status;
}

static nt_status join_messages(const struct interrupt_plan *plan,
                               const struct ivm_device *device, uint32_t count,
                               struct wdm_interrupt **handle)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct interrupt_target target = {
            .source = {.kind = IVM_MESSAGE, .number = ivm_device_message_number(device, i)},
            .cpus = interrupt_cpus(UINT64_MAX, 0),
            .message_id = i,
        };
        nt_status status = join_message(plan, &target, handle);
        if (!nt_success(status)) {
            if (*handle != NULL)
                interrupt_drop(*handle);
            return status;
        }
    }
    return NT_SUCCESS;
}

static nt_status connect_messages(const struct nt_message_based *asked, struct image *image,
                                  uint32_t count)
{
    const struct interrupt_plan plan = {
        .image = image,
        .routine = asked->routine,
        .context = asked->context,
        .spin_lock = asked->spin_lock,
        .synchronize_irql = asked->synchronize_irql,
        .share = NT_FALSE,
        .trigger = IVM_EDGE,
    };
    struct wdm_interrupt *handle = NULL;
    nt_status status = join_messages(&plan, pnp_device(asked->pdo), count, &handle);
    if (!nt_success(status))
        return status;
    if (handle == NULL)
        return NT_NOT_FOUND; /* no message was connected, since there is none */
    if (make_table(image, handle, count) == NULL) {
        interrupt_drop(handle);
        return NT_INSUFFICIENT_RESOURCES;
    }
    interrupt_publish(handle);
    *asked->table = handle->table;
    return NT_SUCCESS;
}

/* Without messages the fallback routine gets the line, and the version says so. */
static nt_status fall_back(struct nt_connect *parameters, struct image *image)
{
    const struct nt_message_based asked = parameters->message;
    const struct nt_line_based line = {
        .pdo = asked.pdo,
        .interrupt = asked.interrupt,
        .routine = asked.fallback,
        .context = asked.context,
        .spin_lock = asked.spin_lock,
        .synchronize_irql = asked.synchronize_irql,
    };
    nt_status status = connect_line(&line, image);
    if (nt_success(status))
        parameters->version = NT_CONNECT_LINE_BASED;
    return status;
}

static nt_status connect_message(struct nt_connect *parameters, struct image *image)
{
    const struct nt_message_based *asked = &parameters->message;
    struct pnp_interrupt device;
    if (asked->any == NULL)
        return NT_INVALID_PARAMETER;
    *asked->any = NULL;
    if (asked->routine == 0 || pnp_device(asked->pdo) == NULL ||
        asked->synchronize_irql >= IVM_DEVICE_END)
        return NT_INVALID_PARAMETER;
    bool has_messages = pnp_interrupt(asked->pdo, &device) && device.messages != 0;
    if (has_messages)
        return connect_messages(asked, image, device.messages);
    return asked->fallback != 0 ? fall_back(parameters, image) : NT_NOT_FOUND;
}

NT_API nt_status IoConnectInterruptEx(struct nt_connect *parameters)
{
    struct image *image = image_of(__builtin_return_address(0));
    if (parameters == NULL || image == NULL)
        return NT_INVALID_PARAMETER;
    switch ((enum nt_connect_version)parameters->version) {
    case NT_CONNECT_FULLY_SPECIFIED:
    case NT_CONNECT_FULLY_SPECIFIED_GROUP:
        return connect_fully(parameters, image);
    case NT_CONNECT_LINE_BASED:
        return connect_line(&parameters->line, image);
    case NT_CONNECT_MESSAGE_BASED:
        return connect_message(parameters, image);
    case NT_CONNECT_MESSAGE_BASED_PASSIVE:
        return NT_NOT_SUPPORTED; /* no interrupt controller here is reached by waiting */
    }
    return NT_INVALID_PARAMETER_1;
}
