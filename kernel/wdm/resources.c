/* resources.c: the lists of resources that a driver is given with START, and what stands behind them. */
#include "resources.h"

#include <ivm/system.h>

#include "ids.h"

/* clang-format off */
enum {
    RESOURCES_TAG = 0x736D4352, /* "RCms" */
    LIST_VERSION  = 1,
    COMMAND       = 0x04, /* of configuration space; [PCI] "Command Register" */
    COMMAND_IO           = 1 << 0,
    COMMAND_MEMORY       = 1 << 1,
    COMMAND_MASTER       = 1 << 2,
    COMMAND_INTX_DISABLE = 1 << 10,
};
/* clang-format on */

/* ---- the lists -------------------------------------------------------------------------- */

static uint32_t bar_count(const struct ivm_device *device)
{
    uint32_t count = 0;
    for (uint32_t i = 0; device->bus == IVM_BUS_PCI && i < IVM_BAR_COUNT; i++)
        count += device->pci.bars[i].base != 0;
    return count;
}

static bool has_isa_ports(const struct ivm_device *device)
{
    return device->bus == IVM_BUS_ISA && device->match != NULL;
}

/* A descriptor of LONG length cannot say more. */
static struct nt_resource describe_range(const struct ivm_bar *bar)
{
    struct nt_resource item = {
        .type = bar->is_port ? NT_RESOURCE_PORT : NT_RESOURCE_MEMORY,
        .share = NT_SHARE_DEVICE_EXCLUSIVE,
        .flags = bar->is_port ? NT_PORT_IO : 0,
    };
    item.range.start = (int64_t)bar->base;
    item.range.length = bar->size <= UINT32_MAX ? (uint32_t)bar->size : UINT32_MAX;
    return item;
}

/* Ports and memory are the same for the bus and for the processor. Returns how many there are. */
static uint32_t describe_ranges(const struct ivm_device *device, struct nt_resource *items)
{
    uint32_t count = 0;
    for (uint32_t i = 0; device->bus == IVM_BUS_PCI && i < IVM_BAR_COUNT; i++) {
        if (device->pci.bars[i].base != 0)
            items[count++] = describe_range(&device->pci.bars[i]);
    }
    if (has_isa_ports(device)) {
        const struct ivm_bar ports = {
            .base = device->match->port, .size = ids_isa_ports(device), .is_port = true};
        items[count++] = describe_range(&ports);
    }
    return count;
}

static struct nt_resources *start_list(const struct pnp_node *node, uint32_t count)
{
    struct nt_resources *list =
        pool_allocate(node->image, node->resources_size, RESOURCES_TAG);
    if (list == NULL)
        return NULL;
    __builtin_memset(list, 0, node->resources_size);
    bool is_pci = node->device->bus == IVM_BUS_PCI;
    list->list_count = 1;
    list->interface_type = is_pci ? NT_INTERFACE_PCI : NT_INTERFACE_ISA;
    list->bus = is_pci ? node->device->pci.bus : 0;
    list->version = list->revision = LIST_VERSION;
    list->count = count;
    return list;
}

static void free_lists(struct pnp_node *node)
{
    if (node->raw != NULL)
        pool_free(node->raw);
    if (node->translated != NULL)
        pool_free(node->translated);
    node->raw = node->translated = NULL;
    node->resources_size = 0;
}

/* A device without resources has no lists. */
static bool make_lists(struct pnp_node *node)
{
    uint32_t interrupts = interrupt_grant_count(node);
    uint32_t ranges = bar_count(node->device) + (has_isa_ports(node->device) ? 1 : 0);
    uint32_t count = ranges + interrupts;
    if (count == 0)
        return true;
    node->resources_size = (uint32_t)(offsetof(struct nt_resources, items) +
                                      count * sizeof(struct nt_resource));
    node->raw = start_list(node, count);
    node->translated = start_list(node, count);
    if (node->raw == NULL || node->translated == NULL) {
        free_lists(node);
        return false;
    }
    (void)describe_ranges(node->device, node->raw->items);
    (void)describe_ranges(node->device, node->translated->items);
    for (uint32_t i = 0; i < interrupts; i++)
        interrupt_grant_describe(node, i, &node->raw->items[ranges + i],
                                 &node->translated->items[ranges + i]);
    return true;
}

/* ---- the command register --------------------------------------------------------------- */

static void save_command(struct pnp_node *node)
{
    if (!node->has_command)
        node->has_command = ivm_pci_config_read(node->device, COMMAND, &node->command,
                                                sizeof node->command) == IVM_OK;
}

static void write_command(const struct ivm_device *device, uint16_t command)
{
    enum ivm_status status =
        ivm_pci_config_write(device, COMMAND, &command, sizeof command);
    if (status != IVM_OK && status != IVM_DEVICE_GONE)
        ivm_log("%s: its command register cannot be written: %s", device->name,
                ivm_status_forms(status)->text);
}

static void restore_command(struct pnp_node *node)
{
    if (node->has_command)
        write_command(node->device, node->command);
    node->has_command = false;
}

void resources_enable(struct pnp_node *node)
{
    const struct ivm_device *device = node->device;
    uint16_t command;
    save_command(node);
    if (ivm_pci_config_read(device, COMMAND, &command, sizeof command) != IVM_OK)
        return;
    command |= COMMAND_MASTER;
    for (uint32_t i = 0; i < IVM_BAR_COUNT; i++) {
        if (device->pci.bars[i].base != 0)
            command |= device->pci.bars[i].is_port ? COMMAND_IO : COMMAND_MEMORY;
    }
    if (node->interrupt.messages == 0)
        command &= (uint16_t)~COMMAND_INTX_DISABLE;
    write_command(device, command);
}

/* ---- all of it -------------------------------------------------------------------------- */

nt_status resources_acquire(struct pnp_node *node)
{
    save_command(node); /* before messages change it */
    node->has_resources = true;
    if (interrupt_grant(node) && make_lists(node))
        return NT_SUCCESS;
    resources_release(node);
    return NT_INSUFFICIENT_RESOURCES;
}

/* Messages first: MSI-X's table is memory that the function must still decode. */
void resources_release(struct pnp_node *node)
{
    free_lists(node);
    if (!interrupt_grant_undo(node))
        return;
    restore_command(node);
    node->has_resources = false;
}
