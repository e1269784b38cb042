/* pnp_stack.c: what a device's stack is sent, in the documented order, and what is made of its answers.
 *
 * Source: [WDM] "AddDevice", "IRP_MN_START_DEVICE", "Stopping a Device to Rebalance Resources", "Removing a
 * Device".
 */
#include <ivm/system.h>

#include "device.h"
#include "pnp.h"
#include "request.h"
#include "resources.h"

struct step {
    uint8_t minor;
    const char *name;
};

static const struct step start_step = {NT_PNP_START, "START_DEVICE"};
static const struct step query_stop_step = {NT_PNP_QUERY_STOP, "QUERY_STOP_DEVICE"};
static const struct step cancel_stop_step = {NT_PNP_CANCEL_STOP, "CANCEL_STOP_DEVICE"};
static const struct step stop_step = {NT_PNP_STOP, "STOP_DEVICE"};
static const struct step query_remove_step = {NT_PNP_QUERY_REMOVE, "QUERY_REMOVE_DEVICE"};
static const struct step surprise_step = {NT_PNP_SURPRISE_REMOVAL, "SURPRISE_REMOVAL"};
static const struct step remove_step = {NT_PNP_REMOVE, "REMOVE_DEVICE"};

/* Send a request; that it failed is logged. Nothing is sent to a stack that keeps one. */
static nt_status ask(struct pnp_node *node, const struct step *step)
{
    struct request_plan plan = {.major = NT_MAJOR_PNP, .minor = step->minor};
    if (node->state == PNP_STUCK)
        return NT_IO_TIMEOUT;
    if (step->minor == NT_PNP_START) {
        const void *const lists[] = {node->raw, node->translated};
        __builtin_memcpy(plan.parameters, lists, sizeof lists);
    }
    nt_status status = request_send(node->image, node->pdo, &plan);
    if (!nt_success(status))
        ivm_log("%s: %s: IRP_MN_%s: 0x%08x", node->image->name, node->device->name,
                step->name, (uint32_t)status);
    if (status == NT_IO_TIMEOUT)
        node->state = PNP_STUCK;
    return status;
}

static void delete_pdo(struct pnp_node *node)
{
    struct nt_device *pdo = node->pdo;
    if (pdo->attached != NULL)
        ivm_log("%s: left a device attached to %s", node->image->name, node->device->name);
    pnp_node_set_pdo(node, NULL);
    device_object_unmake(pdo);
}

/* The last request that the stack gets. */
static void take_down(struct pnp_node *node)
{
    (void)ask(node, &remove_step);
    if (node->state == PNP_STUCK)
        return;
    delete_pdo(node);
    resources_release(node);
    node->state = PNP_CLAIMED;
    pnp_note_state(node->image);
}

/* What drivers forget most often: it shows now, not when a request goes astray. */
static void check_added(const struct pnp_node *node)
{
    const struct nt_device *top = device_object_top(node->pdo);
    if (top == node->pdo)
        ivm_log("%s: AddDevice attached nothing to %s", node->image->name,
                node->device->name);
    else if ((top->flags & NT_DO_DEVICE_INITIALIZING) != 0)
        ivm_log("%s: AddDevice left DO_DEVICE_INITIALIZING set for %s", node->image->name,
                node->device->name);
}

static bool add(struct pnp_node *node)
{
    struct image *image = node->image;
    nt_status status = pnp_bus_make(node);
    if (nt_success(status)) {
        const uint64_t arguments[4] = {(uintptr_t)&image->driver, (uintptr_t)node->pdo};
        status = (nt_status)image_call(image, "AddDevice", image->extension.add_device,
                                       arguments);
        if (nt_success(status)) {
            check_added(node);
            return true;
        }
        delete_pdo(node);
    }
    ivm_log("%s: %s: AddDevice: 0x%08x", image->name, node->device->name, (uint32_t)status);
    return false;
}

bool pnp_stack_start(struct pnp_node *node)
{
    bool was_stopped = node->state == PNP_STOPPED;
    if (!was_stopped && !add(node))
        return false;
    nt_status status = resources_acquire(node);
    if (nt_success(status))
        status = ask(node, &start_step);
    if (!nt_success(status)) {
        take_down(node);
        return false;
    }
    node->state = PNP_STARTED;
    pnp_note_state(node->image);
    ivm_log("%s: %s: started", node->image->name, node->device->name);
    return true;
}

void pnp_stack_stop(struct pnp_node *node)
{
    if (!nt_success(ask(node, &query_stop_step))) {
        (void)ask(node, &cancel_stop_step);
        return;
    }
    (void)ask(node, &stop_step);
    if (node->state == PNP_STUCK)
        return;
    resources_release(node);
    node->state = PNP_STOPPED;
    pnp_note_state(node->image);
    ivm_log("%s: %s: stopped", node->image->name, node->device->name);
}

/* A driver may refuse to let its device go. The image goes nevertheless: it is told that the device has
 * gone already, which no driver can refuse. */
void pnp_stack_remove(struct pnp_node *node)
{
    if (node->device->is_gone || !nt_success(ask(node, &query_remove_step)))
        (void)ask(node, &surprise_step);
    take_down(node);
    if (node->state != PNP_STUCK)
        ivm_log("%s: %s: removed", node->image->name, node->device->name);
}
