/* request_path.c: requests on their way: down to the next driver, and up past its completion routines.
 *
 * Source: [WDM] "IoCallDriver", "IoCompleteRequest", "IoSetCompletionRoutine".
 */
#include <ivm/system.h>

#include "calling.h"
#include "device.h"
#include "objects.h"
#include "request.h"
#include "request_calls.h"

/* clang-format off */
enum {
    PENDING_RETURNED  = 0x01, /* IO_STACK_LOCATION.Control: SL_... */
    INVOKE_ON_CANCEL  = 0x20,
    INVOKE_ON_SUCCESS = 0x40,
    INVOKE_ON_ERROR   = 0x80,
    NO_MORE_LOCATIONS = 0x35, /* the stop code NO_MORE_IRP_STACK_LOCATIONS */
};
/* clang-format on */

/* ---- down ------------------------------------------------------------------------------- */

static nt_status fail(struct nt_irp *irp, nt_status status)
{
    irp->io_status.status = status;
    irp->io_status.information = 0;
    request_complete(NULL, irp);
    return status;
}

static const char *routine_name(uint8_t major)
{
    if (major == NT_MAJOR_PNP)
        return "its PnP routine";
    return major == NT_MAJOR_POWER ? "its power routine" : "its dispatch routine";
}

/* It is the driver's turn. */
static nt_status dispatch(struct nt_device *device, struct nt_irp *irp)
{
    uint8_t major = request_location(irp)->major;
    nt_code routine = major < NT_MAJOR_COUNT ? device->driver->major[major] : 0;
    if (routine == 0)
        return fail(irp, NT_INVALID_DEVICE_REQUEST);
    struct image *image = image_of((const void *)(uintptr_t)routine);
    if (image == NULL) {
        ivm_log("a device's routine for requests of kind 0x%02x lies in no image", major);
        return fail(irp, NT_INVALID_DEVICE_REQUEST);
    }
    const uint64_t arguments[4] = {(uintptr_t)device, (uintptr_t)irp};
    return (nt_status)image_call(image, routine_name(major), routine, arguments);
}

nt_status request_call(const struct image *caller, struct nt_device *device,
                       struct nt_irp *irp)
{
    if (!request_exists(irp)) {
        ivm_log("%s: sends what is no request: ignored", caller_name(caller));
        return NT_INVALID_PARAMETER;
    }
    if (irp->current_location < 1) {
        const uint64_t parameters[4] = {(uintptr_t)irp};
        bug_check(caller, NO_MORE_LOCATIONS, parameters);
    }
    irp->current_location--;
    irp->current--;
    if (irp->current_location == 0) {
        ivm_log("%s: sends a request that has no stack location left", caller_name(caller));
        return fail(irp, NT_INVALID_DEVICE_REQUEST);
    }
    struct device_record *record = device_object_find(device);
    if (record == NULL) {
        ivm_log("%s: sends a request to what is no device object", caller_name(caller));
        return fail(irp, NT_NO_SUCH_DEVICE);
    }
    request_location(irp)->device = device;
    return record->serve != NULL ? record->serve(device, irp) : dispatch(device, irp);
}

/* ---- up --------------------------------------------------------------------------------- */

/* Whether the routine that the driver above has left in a location is to be called. */
static bool is_wanted(const struct nt_irp *irp, const struct nt_stack_location *location)
{
    uint8_t wanted =
        nt_success(irp->io_status.status) ? INVOKE_ON_SUCCESS : INVOKE_ON_ERROR;
    if (irp->cancel != NT_FALSE)
        wanted |= INVOKE_ON_CANCEL;
    return location->completion != 0 && (location->control & wanted) != 0;
}

/* The driver below is done with it. What it was told to do stays for whoever looks at a dump. */
static void clear(struct nt_stack_location *location)
{
    location->minor = location->flags = location->control = 0;
    __builtin_memset(location->parameters, 0, sizeof location->parameters);
    location->file = NULL;
    location->completion = 0;
    location->context = NULL;
}

/* Call the routine that belongs to the driver above. */
static nt_status call_completion(struct nt_irp *irp, nt_code routine, void *context)
{
    bool has_device = irp->current_location <= irp->stack_count;
    const struct nt_device *device = has_device ? request_location(irp)->device : NULL;
    struct image *image = image_of((const void *)(uintptr_t)routine);
    const uint64_t arguments[4] = {(uintptr_t)device, (uintptr_t)irp, (uintptr_t)context};
    if (image != NULL)
        return (nt_status)image_call(image, "its completion routine", routine, arguments);
    ivm_log("a request's completion routine lies in no image: left out");
    return NT_SUCCESS;
}

/* One location up. False: the driver above keeps the request, or it exists no more. */
static bool ascend(struct nt_irp *irp)
{
    struct nt_stack_location *location = request_location(irp);
    bool is_pending = (location->control & PENDING_RETURNED) != 0;
    irp->current_location++;
    irp->current++;
    irp->pending_returned = is_pending;
    if (is_wanted(irp, location)) {
        nt_code routine = location->completion;
        void *context = location->context;
        clear(location);
        return call_completion(irp, routine, context) != NT_MORE_PROCESSING_REQUIRED &&
               request_exists(irp);
    }
    clear(location);
    /* Nobody above says so: it stays as pending as it was. */
    if (is_pending && irp->current_location <= irp->stack_count)
        request_location(irp)->control |= PENDING_RETURNED;
    return true;
}

/* What keeps a driver from completing it; NULL: nothing. */
static const char *fault_of(const struct image *caller, const struct nt_irp *irp)
{
    if (!request_exists(irp))
        return "what is no request";
    if (irp->current_location > irp->stack_count)
        return "a request that is completed, or was sent to nobody";
    /* A device that is gone, with its request, says nothing. */
    const struct nt_device *device = request_location(irp)->device;
    const struct device_record *record = device_object_find(device);
    if (caller != NULL && record != NULL && device->driver != &caller->driver)
        return "a request that another driver has";
    return NULL;
}

void request_complete(const struct image *caller, struct nt_irp *irp)
{
    const char *fault = fault_of(caller, irp);
    if (fault != NULL) {
        ivm_log("%s: completes %s: ignored", caller_name(caller), fault);
        return;
    }
    if (irp->io_status.status == NT_PENDING)
        ivm_log("%s: completes a request with STATUS_PENDING", caller_name(caller));
    while (irp->current_location <= irp->stack_count) {
        if (!ascend(irp))
            return;
    }
    request_end(irp);
}

/* ---- the calls -------------------------------------------------------------------------- */

NT_API nt_status IofCallDriver(struct nt_device *device, struct nt_irp *irp)
{
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoCallDriver");
    return request_call(image, device, irp);
}

NT_API nt_status PoCallDriver(struct nt_device *device, struct nt_irp *irp)
{
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "PoCallDriver");
    return request_call(image, device, irp);
}

NT_API void IofCompleteRequest(struct nt_irp *irp, int8_t boost)
{
    (void)boost;
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoCompleteRequest");
    request_complete(image, irp);
}
