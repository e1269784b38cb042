/* image_run.c: an image begins and ends: its driver object, DriverEntry, DriverUnload, and taking back what
 * it left.
 */
#include <ivm/deferred.h>

#include "image_parts.h"
#include "kernel/format.h"
#include "objects.h"
#include "print.h"

enum { REGISTRY_SIZE = 80, NAME_PREFIX = 8 };

_Static_assert(NAME_PREFIX + IVM_NAME_SIZE <=
                   sizeof((struct image *)0)->driver_name / sizeof(uint16_t),
               "a driver's name");

/* Of our own making: DriverEntry may read them until it returns. */
static uint16_t registry_path[REGISTRY_SIZE];
static uint16_t hardware_path[REGISTRY_SIZE];
static struct nt_string hardware;

/* ASCII as UTF-16, cut to `room` letters; no terminator is counted, but there is one. */
static struct nt_string widen(const char *text, uint16_t *out, uint16_t room)
{
    uint16_t length = 0;
    for (; text[length] != '\0' && length < room - 1; length++)
        out[length] = (uint8_t)text[length];
    out[length] = 0;
    return (struct nt_string){.length = (uint16_t)(length * sizeof *out),
                              .room = (uint16_t)((length + 1) * sizeof *out),
                              .text = out};
}

/* The name of the service: that of the file without ".sys". */
static void service_name(const struct image *image, char out[IVM_NAME_SIZE])
{
    size_t length = format_text(out, IVM_NAME_SIZE, "%s", image->name);
    if (length > 4 && out[length - 4] == '.')
        out[length - 4] = '\0';
}

/* Make the driver object anew, and the path that DriverEntry is given. */
static struct nt_string make_driver(struct image *image, nt_code entry)
{
    char service[IVM_NAME_SIZE], path[REGISTRY_SIZE];
    struct nt_driver *driver = &image->driver;
    service_name(image, service);
    format_text(path, sizeof path, "\\Driver\\%s", service);
    *driver = (struct nt_driver){
        .type = NT_DRIVER_TYPE,
        .size = sizeof *driver,
        .start = (void *)image->base,
        .image_size = (uint32_t)image->size,
        .extension = &image->extension,
        .hardware_database = &hardware,
        .init = entry,
    };
    uint16_t room = sizeof image->driver_name / sizeof image->driver_name[0];
    driver->name = widen(path, image->driver_name, room);
    image->extension = (struct nt_driver_extension){.driver = driver};
    struct nt_string *key = &image->extension.service_key;
    key->text = image->driver_name + NAME_PREFIX;
    key->length = (uint16_t)(driver->name.length - NAME_PREFIX * sizeof *key->text);
    key->room = (uint16_t)(driver->name.room - NAME_PREFIX * sizeof *key->text);
    hardware = widen("\\Registry\\Machine\\Hardware\\Description\\System", hardware_path,
                     REGISTRY_SIZE);
    format_text(path, sizeof path,
                "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s", service);
    return widen(path, registry_path, REGISTRY_SIZE);
}

/* What calls into the image by itself. A deferred call that runs may queue another, or set a timer: nothing
 * must be found on either side of a wait for those that run. */
static void stop_calls(struct image *image)
{
    uint32_t found;
    do {
        found = interrupts_drop(image) + timers_drop(image) + dpcs_drop(image);
        ivm_deferred_flush();
        found += timers_drop(image) + dpcs_drop(image);
    } while (found != 0);
}

static void take_back(struct image *image)
{
    stop_calls(image);
    pnp_release(image);
    (void)mappings_drop(image);
    print_flush(image);
    pool_report(image);
    pool_free_all(image);
}

/* The name of an NTSTATUS that this room knows; "" of another. */
static const char *status_name(nt_status status)
{
    static const struct {
        uint32_t value;
        const char *name;
    } names[] = {
#define X(name, value) {(uint32_t)(value), " STATUS_" #name},
        NT_STATUS_LIST(X)
#undef X
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].value == (uint32_t)status)
            return names[i].name;
    }
    return "";
}

enum ivm_status image_enter(struct image *image, nt_code entry)
{
    struct nt_string registry = make_driver(image, entry);
    const uint64_t arguments[4] = {(uintptr_t)&image->driver, (uintptr_t)&registry};
    pnp_claim(image);
    nt_status status = (nt_status)image_call(image, "DriverEntry", entry, arguments);
    if (nt_success(status))
        return IVM_OK;
    take_back(image);
    return image_refuse(image, IVM_UNSUPPORTED, "DriverEntry failed: 0x%08X%s",
                        (uint32_t)status, status_name(status));
}

void image_leave(struct image *image)
{
    const uint64_t arguments[4] = {(uintptr_t)&image->driver};
    image_call(image, "DriverUnload", image->driver.unload, arguments);
    take_back(image);
}
