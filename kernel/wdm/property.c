/* property.c: IoGetDeviceProperty: what is known of a physical device object.
 *
 * Source: [WDM] "IoGetDeviceProperty".
 */
#include <ivm/system.h>

#include "bus_calls.h"
#include "calling.h"
#include "device.h"
#include "ids.h"
#include "kernel/format.h"
#include "pnp.h"

/* clang-format off */
enum property { /* DEVICE_REGISTRY_PROPERTY: those that are answered */
    DESCRIPTION         = 0x00,
    HARDWARE_ID         = 0x01,
    COMPATIBLE_IDS      = 0x02,
    LOCATION            = 0x0A,
    OBJECT_NAME         = 0x0B,
    LEGACY_BUS_TYPE     = 0x0D,
    BUS_NUMBER          = 0x0E,
    ENUMERATOR          = 0x0F,
    ADDRESS             = 0x10,
    ALLOCATED_RESOURCES = 0x15,
    PROPERTY_END        = 0x17,
};
enum { NO_ADDRESS = -1 };
/* clang-format on */

/* Where the answer goes; what does not fit is only counted. */
struct answer {
    uint8_t *buffer;
    uint32_t room;
    uint32_t length;
};

static void put(struct answer *answer, const void *bytes, uint32_t count)
{
    if (answer->length <= answer->room && count <= answer->room - answer->length)
        __builtin_memcpy(answer->buffer + answer->length, bytes, count);
    answer->length += count;
}

/* ASCII as UTF-16, with its terminator. */
static void put_text(struct answer *answer, const char *text)
{
    for (;; text++) {
        uint16_t letter = (uint8_t)*text;
        put(answer, &letter, sizeof letter);
        if (letter == 0)
            return;
    }
}

/* A list of texts ends with an empty one. */
static void put_ids(struct answer *answer, const struct ivm_device *device,
                    enum property which)
{
    struct device_ids ids;
    ids_of(device, &ids);
    uint32_t first = which == HARDWARE_ID ? 0 : ids.hardware;
    uint32_t end = which == HARDWARE_ID ? ids.hardware : ids.count;
    for (uint32_t i = first; i < end; i++)
        put_text(answer, ids.text[i]);
    put_text(answer, "");
}

static void put_number(struct answer *answer, uint32_t number)
{
    put(answer, &number, sizeof number);
}

static void put_location(struct answer *answer, const struct ivm_device *device)
{
    char text[64];
    const struct ivm_pci *pci = &device->pci;
    if (device->bus == IVM_BUS_PCI)
        format_text(text, sizeof text, "PCI bus %u, device %u, function %u", pci->bus,
                    pci->slot, pci->function);
    else
        format_text(text, sizeof text, "ISA port 0x%x",
                    device->match != NULL ? device->match->port : 0u);
    put_text(answer, text);
}

static void put_object_name(struct answer *answer, const struct pnp_node *node)
{
    const struct device_record *record = device_object_find(node->pdo);
    const uint16_t end = 0;
    put(answer, record->name.text, record->name.length);
    put(answer, &end, sizeof end);
}

static uint32_t address_of(const struct ivm_device *device)
{
    const struct ivm_pci *pci = &device->pci;
    return device->bus == IVM_BUS_PCI ? (uint32_t)pci->slot << 16 | pci->function
                                      : (uint32_t)NO_ADDRESS;
}

/* False: this device has no such property. */
static bool put_property(struct answer *answer, const struct pnp_node *node,
                         uint32_t property)
{
    const struct ivm_device *device = node->device;
    bool is_pci = device->bus == IVM_BUS_PCI;
    switch (property) {
    case DESCRIPTION:
        put_text(answer, device->name);
        return true;
    case HARDWARE_ID:
    case COMPATIBLE_IDS:
        put_ids(answer, device, (enum property)property);
        return true;
    case LOCATION:
        put_location(answer, device);
        return true;
    case OBJECT_NAME:
        put_object_name(answer, node);
        return true;
    case LEGACY_BUS_TYPE:
        put_number(answer, is_pci ? NT_INTERFACE_PCI : NT_INTERFACE_ISA);
        return true;
    case BUS_NUMBER:
        put_number(answer, is_pci ? device->pci.bus : 0);
        return true;
    case ENUMERATOR:
        put_text(answer, is_pci ? "PCI" : "ISA");
        return true;
    case ADDRESS:
        put_number(answer, address_of(device));
        return true;
    case ALLOCATED_RESOURCES:
        if (node->raw != NULL)
            put(answer, node->raw, node->resources_size);
        return node->raw != NULL;
    default:
        return false;
    }
}

NT_API nt_status IoGetDeviceProperty(struct nt_device *pdo, uint32_t property,
                                     uint32_t length, void *buffer, uint32_t *needed)
{
    caller_at_most(image_of(__builtin_return_address(0)), IVM_DISPATCH,
                   "IoGetDeviceProperty");
    const struct pnp_node *node = pnp_node_of(pdo);
    if (node == NULL)
        return NT_INVALID_DEVICE_REQUEST;
    if (property >= PROPERTY_END)
        return NT_INVALID_PARAMETER_2;
    struct answer answer = {.buffer = buffer, .room = buffer != NULL ? length : 0};
    if (!put_property(&answer, node, property))
        return NT_OBJECT_NAME_NOT_FOUND;
    if (needed != NULL)
        *needed = answer.length;
    return answer.length <= answer.room ? NT_SUCCESS : NT_BUFFER_TOO_SMALL;
}
