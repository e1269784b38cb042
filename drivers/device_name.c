/* device_name.c: what a device is called: "com1", "edu0", "pci 00:1f.2". */
#include "device.h"

#include <ivm/bus.h>

static void append(struct ivm_device *device, char c)
{
    size_t length = 0;
    while (device->name[length] != '\0')
        length++;
    if (length + 1 < sizeof device->name)
        device->name[length] = c;
}

static void append_text(struct ivm_device *device, const char *text, size_t limit)
{
    for (size_t i = 0; i < limit && text[i] != '\0'; i++)
        append(device, text[i]);
}

static void append_hex(struct ivm_device *device, unsigned value)
{
    append(device, "0123456789abcdef"[value >> 4 & 15]);
    append(device, "0123456789abcdef"[value & 15]);
}

static void append_number(struct ivm_device *device, unsigned value)
{
    if (value >= 10)
        append_number(device, value / 10);
    append(device, (char)('0' + value % 10));
}

static void clear(struct ivm_device *device)
{
    for (size_t i = 0; i < sizeof device->name; i++)
        device->name[i] = '\0';
}

void device_name_of(struct ivm_device *device)
{
    clear(device);
    append_text(device, device->match->name, sizeof device->match->name);
}

/* The numbers of a name are taken without gaps, so the first free one ends the search. */
void device_name_numbered(struct ivm_device *device)
{
    for (unsigned number = 0; number <= DEVICE_LIMIT; number++) {
        device_name_of(device);
        for (char *c = device->name; *c != '\0'; c++)
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c - 'A' + 'a');
        append_number(device, number);
        if (ivm_device_find(device->name) == NULL)
            return;
    }
}

void device_name_of_function(struct ivm_device *device)
{
    clear(device);
    append_text(device, "pci ", sizeof device->name);
    append_hex(device, device->pci.bus);
    append(device, ':');
    append_hex(device, device->pci.slot);
    append(device, '.');
    append_number(device, device->pci.function);
}
