/* sender.c: a device that sends messages: opened, connected, fired, closed. */
#include "sender.h"

#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/cpu.h>
#include <ivm/stats.h>
#include <ivm/system.h>

#include "fire.h"
#include "probe.h"
#include "suite.h"

struct ivm_device *sender_find(const char *name)
{
    struct ivm_device *device = ivm_device_find(name);
    if (device != NULL && device->driver != NULL)
        return device;
    suite_skip(name);
    return NULL;
}

static void tell(struct ivm_device *device, enum ivm_means means)
{
    if (device->driver->use != NULL)
        CHECK_EQUAL(device->driver->use(device, means), IVM_OK);
}

bool sender_open(struct ivm_device *device, uint32_t count, struct ivm_grant *grant)
{
    /* The test runs on this CPU, and its fence tells of this one alone. */
    struct ivm_cpu_set here = probe_cpu(ivm_cpu_now());
    struct ivm_message_wish wish = {.count = count, .cpus = &here};
    enum ivm_status status = ivm_device_messages_open(device, &wish, grant);
    CHECK_EQUAL(status, IVM_OK);
    if (status == IVM_OK)
        tell(device, IVM_BY_MESSAGES);
    return status == IVM_OK;
}

bool sender_connect(struct ivm_device *device, uint32_t count)
{
    struct ivm_grant grant;
    if (!sender_open(device, count, &grant))
        return false;
    CHECK_EQUAL(grant.granted, count);
    for (uint32_t i = 0; i < grant.granted; i++)
        CHECK_EQUAL(ivm_device_message_connect(device, i, NULL, NULL), IVM_OK);
    return true;
}

void sender_close(struct ivm_device *device)
{
    for (uint32_t i = 0; ivm_device_message_number(device, i) != 0; i++) {
        enum ivm_status status = ivm_device_message_disconnect(device, i);
        CHECK(status == IVM_OK || status == IVM_NOT_CONNECTED);
    }
    CHECK_EQUAL(ivm_device_messages_close(device), IVM_OK);
    tell(device, IVM_BY_LINE);
}

uint64_t sender_claimed(struct ivm_device *device, uint32_t index)
{
    return ivm_stats_claimed(ivm_device_message_connection(device, index));
}

bool sender_fire(struct ivm_device *device, uint32_t index)
{
    return suite_check(fire_message(device, index), "the message comes", __FILE__,
                       __LINE__);
}

bool sender_find_table(const struct ivm_device *device, struct sender_table *out)
{
    struct pci_space space;
    pci_space_read(&device->pci, &space);
    if (pci_capability_msix(&space, &out->msix).fault != PCI_FAULT_NONE)
        return false;
    out->entries = ivm_map_device(out->msix.table, pci_msix_table_size(&out->msix));
    return out->entries != 0;
}
