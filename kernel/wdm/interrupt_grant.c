/* interrupt_grant.c: a device's messages or line, with vectors held before its driver connects. */
#include <ivm/cpu.h>
#include <ivm/hold.h>
#include <ivm/level.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "ids.h"
#include "interrupt.h"
#include "resources.h"

/* The most that a function can be given. [WDM] "Using Interrupt Resource Descriptors" */
enum { MESSAGES_LIMIT = 2048 };

/* Of the CPUs that a translated resource can name, the one with the most room. */
static struct ivm_cpu_set roomiest_cpu(void)
{
    struct ivm_cpu_set best = {.mask = 1};
    uint32_t most = 0;
    for (uint32_t cpu = 0; cpu < ivm_cpu_count() && cpu < WDM_CPU_GROUP; cpu++) {
        const struct ivm_cpu_set set = {.mask = UINT64_C(1) << cpu};
        uint32_t room = ivm_stats_free(&set, 0);
        if (room > most) {
            best = set;
            most = room;
        }
    }
    return best;
}

/* One of MSI has held its vector since it was opened. */
static bool hold_message(const struct ivm_device *device, uint32_t index,
                         struct ivm_held *out)
{
    const struct ivm_cpu_set cpu = roomiest_cpu();
    const struct ivm_hold_wish wish = {.cpus = &cpu, .trigger = IVM_EDGE};
    return ivm_message_hold(ivm_device_message_number(device, index), &wish, out) == IVM_OK;
}

/* MSI has 1, 2, 4, ... messages. */
static uint32_t asked_for(const struct ivm_grant *grant, uint32_t limit)
{
    uint32_t asked = limit < grant->offered ? limit : grant->offered;
    while (grant->kind == IVM_MSI && (asked & (asked - 1)) != 0)
        asked &= asked - 1;
    return asked;
}

static void close_messages(struct pnp_node *node)
{
    enum ivm_status status = ivm_device_messages_close(node->device);
    if (status != IVM_OK)
        ivm_log("%s: its messages cannot be closed: %s", node->device->name,
                ivm_status_forms(status)->text);
}

/* Open as many as are asked for, or none. */
static enum ivm_status open_messages(struct pnp_node *node, uint32_t limit)
{
    struct ivm_grant grant;
    struct ivm_held held;
    const struct ivm_message_wish wish = {.count = limit};
    enum ivm_status status = ivm_device_messages_open(node->device, &wish, &grant);
    if (status != IVM_OK)
        return status;
    bool is_enough = grant.granted >= asked_for(&grant, limit);
    for (uint32_t i = 0; i < grant.granted && is_enough; i++)
        is_enough = hold_message(node->device, i, &held);
    if (!is_enough) {
        close_messages(node);
        return IVM_EXHAUSTED;
    }
    node->message_kind = grant.kind;
    node->interrupt.messages = grant.granted;
    return IVM_OK;
}

/* As many as wished for, or one. [WDM] "Introduction to Message-Signaled Interrupts" */
static bool grant_messages(struct pnp_node *node)
{
    uint32_t limit = node->messages_wished;
    if (limit > MESSAGES_LIMIT)
        limit = MESSAGES_LIMIT;
    enum ivm_status status = open_messages(node, limit);
    if (status == IVM_EXHAUSTED && limit > 1)
        status = open_messages(node, 1);
    if (status != IVM_OK)
        ivm_log("%s: no messages for %s: %s: its line is used", node->device->name,
                node->image->name, ivm_status_forms(status)->text);
    return status == IVM_OK;
}

static bool hold_line(struct pnp_node *node)
{
    const struct ivm_line_info *line = &node->device->line;
    const struct ivm_hold_wish wish = {.trigger = line->trigger};
    struct ivm_held held;
    enum ivm_status status = ivm_line_hold(line->gsi, &wish, &held);
    if (status != IVM_OK) {
        ivm_log("%s: no vector for its line, gsi %u: %s", node->device->name, line->gsi,
                ivm_status_forms(status)->text);
        return false;
    }
    node->interrupt = (struct pnp_interrupt){.has_line = true,
                                             .gsi = line->gsi,
                                             .vector = held.vector,
                                             .trigger = line->trigger,
                                             .polarity = line->polarity,
                                             .processors = held.cpus.mask};
    return true;
}

bool interrupt_grant(struct pnp_node *node)
{
    if (node->interrupt.messages != 0)
        return true; /* still open: its driver did not disconnect them when it was stopped */
    node->interrupt = (struct pnp_interrupt){0};
    if (node->messages_wished != 0 && grant_messages(node))
        return true;
    return !node->device->has_line || hold_line(node);
}

static bool is_line_of_another(const struct pnp_node *node)
{
    for (const struct pnp_node *at = pnp_node_next(NULL, NULL); at != NULL;
         at = pnp_node_next(NULL, at)) {
        if (at != node && at->interrupt.has_line &&
            at->interrupt.gsi == node->interrupt.gsi)
            return true;
    }
    return false;
}

bool interrupt_grant_undo(struct pnp_node *node)
{
    if (node->interrupt.messages != 0) {
        enum ivm_status status = ivm_device_messages_close(node->device);
        if (status == IVM_STILL_CONNECTED) {
            ivm_log("%s: its messages are still connected by %s: they stay open",
                    node->device->name, node->image->name);
            return false;
        }
    }
    /* Owners that are still there keep it until they disconnect. */
    bool is_last = node->interrupt.has_line && !is_line_of_another(node);
    if (is_last && ivm_line_release(node->interrupt.gsi) != IVM_OK)
        ivm_log("%s: its line, gsi %u, held no vector", node->device->name,
                node->interrupt.gsi);
    node->interrupt = (struct pnp_interrupt){0};
    return true;
}

/* All messages of MSI have one address and are one resource; each of MSI-X is one of its own. */
uint32_t interrupt_grant_count(const struct pnp_node *node)
{
    if (node->interrupt.messages != 0)
        return node->message_kind == IVM_MSI ? 1 : node->interrupt.messages;
    return node->interrupt.has_line ? 1 : 0;
}

static void describe_message(const struct pnp_node *node, uint32_t index,
                             struct nt_resource *raw, struct nt_resource *translated)
{
    struct ivm_held held = {0};
    (void)hold_message(node->device, index, &held); /* it holds one: this says which */
    const struct nt_resource common = {.type = NT_RESOURCE_INTERRUPT,
                                       .share = NT_SHARE_DEVICE_EXCLUSIVE,
                                       .flags =
                                           NT_INTERRUPT_LATCHED | NT_INTERRUPT_MESSAGE};
    bool is_msi = node->message_kind == IVM_MSI;
    *raw = *translated = common;
    raw->message.count = (uint16_t)(is_msi ? node->interrupt.messages : 1);
    raw->message.vector = held.vector;
    raw->message.affinity = held.cpus.mask;
    translated->interrupt.level = ivm_vector_level(held.vector);
    translated->interrupt.vector = held.vector;
    translated->interrupt.affinity = held.cpus.mask;
}

/* The bus's own number of the line: an ISA irq, or a gsi. */
static uint32_t raw_line(const struct ivm_device *device)
{
    bool is_isa = device->bus == IVM_BUS_ISA && device->match != NULL;
    return is_isa ? device->match->irq : device->line.gsi;
}

static void describe_line(const struct pnp_node *node, struct nt_resource *raw,
                          struct nt_resource *translated)
{
    const struct pnp_interrupt *line = &node->interrupt;
    bool is_level = line->trigger == IVM_LEVEL;
    const struct nt_resource common = {
        .type = NT_RESOURCE_INTERRUPT,
        .share = is_level ? NT_SHARE_SHARED : NT_SHARE_DEVICE_EXCLUSIVE,
        .flags = is_level ? NT_INTERRUPT_LEVEL_SENSITIVE : NT_INTERRUPT_LATCHED,
    };
    *raw = *translated = common;
    raw->interrupt.level = raw->interrupt.vector = raw_line(node->device);
    raw->interrupt.affinity = UINT64_MAX;
    translated->interrupt.level = ivm_vector_level(line->vector);
    translated->interrupt.vector = line->vector;
    translated->interrupt.affinity = line->processors;
}

void interrupt_grant_describe(const struct pnp_node *node, uint32_t index,
                              struct nt_resource *raw, struct nt_resource *translated)
{
    if (node->interrupt.messages != 0)
        describe_message(node, index, raw, translated);
    else
        describe_line(node, raw, translated);
}
