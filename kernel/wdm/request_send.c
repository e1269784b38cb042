/* request_send.c: requests of our own: sent to the top of a device's stack, and waited for.
 *
 * Source: [WDM] "Passing IRPs down the Driver Stack", "STATUS_PENDING", "Rules for Handling PnP IRPs".
 */
#include <stdatomic.h>

#include <ivm/system.h>

#include "calling.h"
#include "device.h"
#include "host.h"
#include "request.h"

struct wait {
    _Atomic bool is_done;
    uint64_t until_ns;
};

static void note_done(struct nt_irp *irp, void *context)
{
    (void)irp;
    struct wait *wait = context;
    /* Pairs with the acquire in is_over(): what the drivers wrote to the request is there. */
    atomic_store_explicit(&wait->is_done, true, memory_order_release);
    foreign_wake();
}

/* Nobody waits for it any more. */
static void note_late(struct nt_irp *irp, void *context)
{
    const struct image *image = context;
    ivm_log("%s: completed at last a request that nobody waits for any more", image->name);
    (void)request_free(irp);
}

static bool is_done(const struct wait *wait)
{
    return atomic_load_explicit(&wait->is_done, memory_order_acquire);
}

static bool is_over(void *context)
{
    const struct wait *wait = context;
    return is_done(wait) || ivm_clock_ns() >= wait->until_ns;
}

/* False: it stays with the driver, and will be freed when it comes back. */
static bool wait_for(struct wait *wait, struct nt_irp *irp, struct image *image)
{
    wait->until_ns = ivm_clock_ns() + REQUEST_WAIT_SECONDS * UINT64_C(1000000000);
    while (!is_over(wait))
        foreign_sleep(is_over, wait);
    if (is_done(wait) || !request_on_done(irp, note_late, image)) {
        /* Another CPU is just ending it. */
        while (!is_done(wait))
            machine_relax();
        return true;
    }
    ivm_log("%s: has not completed a request for %u s: given up", image->name,
            REQUEST_WAIT_SECONDS);
    return false;
}

/* What the routine returned, and what it did with the request, must agree. The status that it was completed
 * with counts. */
static void check_answer(const struct image *image, const struct nt_irp *irp,
                         nt_status returned)
{
    nt_status status = irp->io_status.status;
    bool is_pending = returned == NT_PENDING;
    if (is_pending && irp->pending_returned == NT_FALSE)
        ivm_log("%s: returned STATUS_PENDING for a request that it did not mark pending",
                image->name);
    else if (!is_pending && irp->pending_returned != NT_FALSE)
        ivm_log("%s: marked a request pending and returned 0x%08x", image->name,
                (uint32_t)returned);
    else if (!is_pending && returned != status)
        ivm_log("%s: returned 0x%08x for a request that was completed with 0x%08x",
                image->name, (uint32_t)returned, (uint32_t)status);
}

nt_status request_send(struct image *image, struct nt_device *device,
                       const struct request_plan *plan)
{
    struct nt_device *top = device_object_top(device);
    struct nt_irp *irp = request_make(image, top->stack_size);
    if (irp == NULL)
        return NT_INSUFFICIENT_RESOURCES;
    struct wait wait = {0};
    struct nt_stack_location *first = irp->current - 1;
    first->major = plan->major;
    first->minor = plan->minor;
    __builtin_memcpy(first->parameters, plan->parameters, sizeof first->parameters);
    irp->io_status.status = NT_NOT_SUPPORTED;
    (void)request_on_done(irp, note_done, &wait);
    nt_status returned = request_call(NULL, top, irp);
    if (returned != NT_PENDING && !is_done(&wait))
        ivm_log("%s: returned 0x%08x for a request that it has not completed", image->name,
                (uint32_t)returned);
    if (!wait_for(&wait, irp, image))
        return NT_IO_TIMEOUT;
    nt_status status = irp->io_status.status;
    check_answer(image, irp, returned);
    (void)request_free(irp);
    return status;
}
