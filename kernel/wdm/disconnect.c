/* disconnect.c: interrupts taken off, and off for a while.
 *
 * Neither call has a result: what Windows leaves undefined stops the kernel here, and names the driver.
 * Source: [WDM] "IoDisconnectInterruptEx", "IoReportInterruptActive".
 */
#include <ivm/level.h>
#include <ivm/system.h>

#include "interrupt_calls.h"
#include "objects.h"

enum {
    VERIFIER_DETECTED_VIOLATION = 0xC4,
    BAD_OBJECT = 1,
    BAD_LEVEL = 2,
};

static _Noreturn void stop(const struct image *image, uint64_t reason, const void *object,
                           const char *what)
{
    const uint64_t parameters[4] = {reason, (uintptr_t)object, ivm_level_now(), 0};
    ivm_log("%s: %s", image != NULL ? image->name : "somebody", what);
    bug_check(image, VERIFIER_DETECTED_VIOLATION, parameters);
}

static void disconnect(const struct image *image, void *object)
{
    if (ivm_level_now() >= IVM_DISPATCH)
        stop(image, BAD_LEVEL, object,
             "disconnects an interrupt at DISPATCH level or above");
    struct wdm_interrupt *handle = interrupt_find(object);
    if (handle == NULL || !interrupt_retract(handle))
        stop(image, BAD_OBJECT, object,
             "disconnects what is no connected interrupt object");
    interrupt_drop(handle);
}

NT_API void IoDisconnectInterrupt(struct wdm_interrupt *interrupt)
{
    disconnect(image_of(__builtin_return_address(0)), interrupt);
}

NT_API void IoDisconnectInterruptEx(struct nt_disconnect *parameters)
{
    const struct image *image = image_of(__builtin_return_address(0));
    if (parameters == NULL)
        stop(image, BAD_OBJECT, NULL, "disconnects without saying what");
    disconnect(image, parameters->any);
}

/* Off the chain means off the hot path: there is no flag that every interrupt would ask for. It takes a
 * wait, so at DISPATCH level it cannot be done. */
static struct wdm_interrupt *reported(const struct image *image,
                                      const struct nt_disconnect *parameters)
{
    const char *name = image != NULL ? image->name : "somebody";
    if (ivm_level_now() >= IVM_DISPATCH) {
        ivm_log("%s: reports an interrupt active or inactive at DISPATCH level, where "
                "nothing can be waited for: ignored",
                name);
        return NULL;
    }
    struct wdm_interrupt *handle =
        parameters != NULL ? interrupt_find(parameters->any) : NULL;
    if (handle == NULL)
        ivm_log("%s: reports something active or inactive that is no connected interrupt "
                "object: ignored",
                name);
    return handle;
}

NT_API void IoReportInterruptActive(struct nt_disconnect *parameters)
{
    struct wdm_interrupt *handle =
        reported(image_of(__builtin_return_address(0)), parameters);
    if (handle != NULL)
        interrupt_activate(handle);
}

NT_API void IoReportInterruptInactive(struct nt_disconnect *parameters)
{
    struct wdm_interrupt *handle =
        reported(image_of(__builtin_return_address(0)), parameters);
    if (handle != NULL)
        interrupt_deactivate(handle);
}
