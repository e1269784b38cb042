/* bus.h: the devices of this machine, as found at the start, and how ISA lines are wired.
 */
#ifndef IVM_BUS_H
#define IVM_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>

/* The devices found, in bus order, driven or not. Pointers stay valid. Any context. */
size_t ivm_device_count(void);
struct ivm_device *ivm_device_at(size_t index);

/* By its name ("edu0"), or NULL. */
struct ivm_device *ivm_device_find(const char *name);

/* Where ISA line `irq` arrives: the MADT's override, or the ISA default.
 * irq      [0, 16)
 * returns  false when irq is outside the range or no I/O APIC has that input
 */
bool ivm_isa_line(uint8_t irq, struct ivm_line_info *out);

/* Take a device from its driver: nothing may be connected to it. It stays in the table, undriven.
 * These three exclude each other; that nobody connects the device meanwhile is the caller's affair.
 *
 * context  as ivm_connect()
 * errors   IVM_STILL_CONNECTED  its line or a message is connected, or its messages are open
 *          IVM_NO_SUCH_DEVICE   nobody drives it
 *          IVM_DEVICE_GONE      it was taken out
 *          IVM_WRONG_LEVEL      called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_device_unload(struct ivm_device *device);

/* Offer an undriven device to the drivers again, as at the start.
 *
 * context  as ivm_connect()
 * errors   IVM_ALREADY_CONNECTED  it has a driver
 *          IVM_STILL_CONNECTED    somebody is connected in its name, or its messages are open
 *          IVM_NO_SUCH_DEVICE     no driver matches
 *          IVM_DEVICE_GONE        it was taken out
 *          IVM_WRONG_LEVEL        called from the wrong context
 *          others                 what the driver's probe said; the reason is logged
 */
IVM_MUST_CHECK enum ivm_status ivm_device_load(struct ivm_device *device);

struct ivm_rescan {
    uint32_t found; /* functions that were not there before */
    uint32_t gone;  /* functions that are not there any more */
};

/* Walk the PCI buses again. A new function gets addresses where firmware gave it none, is offered
 * to the drivers and kept; one that is gone is marked so, and its driver is not asked to touch it. The
 * connections that ivm_device_connect() and ivm_device_message_connect() made are taken off, its messages
 * closed, and the vectors free again. What somebody connected in its name with storage of his own is his
 * to take off: until then its messages stay open, and its place in the table is not that of the next one
 * of its kind; each rescan looks again whether he has. Every change is logged.
 *
 * context  as ivm_connect(); from another one nothing is done, and that is logged
 */
void ivm_devices_rescan(struct ivm_rescan *out);

/* How a line was found out about by firing a device (measured routing). */
struct ivm_measurement {
    bool heard;             /* some line answered */
    uint32_t gsi;           /* which; with `heard` */
    bool was_known;         /* routing had an answer before: */
    uint32_t known_gsi;     /*   this line, */
    const char *known_from; /*  on whose word */
    bool agrees;            /* heard, known, and the same */
    uint32_t listening;     /* lines that were listened on */
    uint32_t restless;      /* lines that fired unasked and were left out: */
    uint32_t first_restless;
};

/* Fire a device with every free line listening, and see which one answers. Lines that are
 * asserted already, or fire unasked, are masked, named in the log and left out; lines that are
 * connected are left alone. Where not just the line that routing said was called, the device is fired again
 * with single lines listening, that one first, and the first that answers alone counts; every other line
 * that was called is named in the log. A disagreement with what routing said is logged with both.
 *
 * out      filled on IVM_OK
 * context  as ivm_connect(); waits for the device, at most 250 ms (an RTC ends its period within
 *          125 ms); with more free lines than listeners the wait is for each batch of lines; each
 *          further firing takes about four times as long as the first answer, and 20 ms
 * errors   IVM_NO_SUCH_DEVICE   it has no driver, or cannot be fired
 *          IVM_STILL_CONNECTED  it, or somebody on the line it should raise, is connected
 *          IVM_EXHAUSTED        no vectors to listen with
 *          IVM_WRONG_LEVEL      called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_device_measure(struct ivm_device *device,
                                                  struct ivm_measurement *out);

/* From now on the device's line is the one that was heard.
 *
 * context  as ivm_connect()
 * errors   nothing changed:
 *          IVM_NOT_FOUND        none was heard
 *          IVM_STILL_CONNECTED  somebody is connected in its name, or its messages are open
 *          IVM_DEVICE_GONE      it was taken out
 *          IVM_WRONG_LEVEL      called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status
ivm_device_use_measured(struct ivm_device *device, const struct ivm_measurement *measured);

/* The devices, driven or not, that say by PCI's status register that they assert this line now:
 * who keeps a line that nobody acknowledges. Returns how many; at most `room` are stored.
 * At or below IVM_DISPATCH. source: [PCI] "Device Status", Interrupt Status */
size_t ivm_line_suspects(uint32_t gsi, struct ivm_device **out, size_t room);

/* Read or write bytes [offset, offset + size) of a PCI function's configuration space, in the widest
 * accesses that are aligned. Who writes must have the device: its native driver is unloaded.
 *
 * offset   the end is at most 256
 * context  any level, any CPU
 * errors   nothing was read or written:
 *          IVM_BAD_ARGUMENT  not a PCI device, or beyond its configuration space
 *          IVM_DEVICE_GONE   it was taken out
 * source   [PCI] "Software Generation of Configuration Transactions"
 */
IVM_MUST_CHECK enum ivm_status ivm_pci_config_read(const struct ivm_device *device,
                                                   uint32_t offset, void *out, size_t size);
IVM_MUST_CHECK enum ivm_status ivm_pci_config_write(const struct ivm_device *device,
                                                    uint32_t offset, const void *in,
                                                    size_t size);

/* Where the MP table says a pin of a slot of a root bus arrives; false: it does not say, or there
 * is no table. pin: 1..4 for INTA..INTD */
bool ivm_mp_line(uint8_t bus, uint8_t slot, uint8_t pin, struct ivm_line_info *out);

/* The physical address and length of the first ACPI table with this signature; false: none.
 * The table was checked and is mapped read-only.
 */
bool ivm_acpi_table(const char signature[4], const void **table, size_t *length);

#endif
