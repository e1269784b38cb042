/* driver.h: a driver's one const record, and the device it is given.
 *
 * A driver is a file with one IVM_DRIVER record; the linker collects the records, boot/
 * walks the buses, and each device is offered to the first driver that matches it. The
 * driver says what its device looks like (`probe`), how to tell its interrupts (`routine`),
 * and how to make it interrupt
 * (`fire`). It connects through the public API like anyone else: ivm_device_connect() is
 * only the common case, written once.
 */
#ifndef IVM_DRIVER_H
#define IVM_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/interrupt.h>
#include <ivm/refusal.h>

enum ivm_bus {
    IVM_BUS_ISA = 0, /* at a fixed port; probed, not enumerated */
    IVM_BUS_PCI = 1,
    IVM_BUS_ACPI = 2, /* described by an ACPI table, named by its signature */
};

enum { IVM_ANY_ID = 0xFFFF, IVM_BAR_COUNT = 6 };

/* What a driver drives: one row per model or fixed device; `bus` says which members count.
 */
struct ivm_match {
    enum ivm_bus bus;
    uint16_t vendor;     /* PCI */
    uint16_t device;     /* PCI */
    uint32_t class_code; /* PCI, as in struct ivm_pci; 0: any */
    uint16_t port;       /* ISA: first port */
    uint8_t irq;         /* ISA: line 0..15 */
    char name[8]; /* of the device: "edu" (numbered on PCI: edu0, edu1), "com1"; ACPI:
                        "HPET" */
};

/* A line as routing knows it. */
struct ivm_line_info {
    uint32_t gsi;
    enum ivm_trigger trigger;
    enum ivm_polarity polarity;
    const char
        *known_from; /* who says so: "MADT override", "ISA default", "ICH9 PIRQ", ... */
};

struct ivm_bar {
    uint64_t base; /* physical address or port; 0: absent */
    uint64_t size;
    bool is_port;
};

struct ivm_pci {
    uint8_t bus, slot, function;
    uint8_t pin; /* 1..4 for INTA..INTD, 0: none */
    uint16_t vendor, device;
    uint32_t class_code; /* [23:16] class, [15:8] subclass, [7:0] interface */
    struct ivm_bar bars[IVM_BAR_COUNT];
};

struct ivm_driver;
struct pci_messages;

/* How a device is to make itself heard. */
enum ivm_means { IVM_BY_LINE = 0, IVM_BY_MESSAGES = 1 };

struct ivm_device {
    char name[IVM_NAME_SIZE];        /* "edu0", "com1", "pci 00:1f.2" */
    const struct ivm_driver *driver; /* NULL: nobody drives it */
    const struct ivm_match *match;   /* the row that matched */
    enum ivm_bus bus;
    struct ivm_pci pci; /* IVM_BUS_PCI */
    bool has_line;
    struct ivm_line_info line; /* when has_line */
    void *state;               /* driver->state_size bytes, zeroed before each probe */
    uint32_t own_message; /* without a line: a message the driver registered; 0: none */
    struct ivm_connection connection; /* to its line, or to its own message */
    struct pci_messages *messages;    /* NULL: never opened; device_message.h */
    bool is_gone;                     /* it was there, and was taken out */
};

/* What a driver's message_routine is given. */
struct ivm_device_message {
    struct ivm_device *device;
    uint32_t index;
};

struct ivm_driver {
    char name[IVM_NAME_SIZE];
    const struct ivm_match *matches;
    size_t match_count;
    size_t state_size;

    /* Is it there? Quiet it and get ready; correct `line` where the device knows better.
     * After IVM_OK the device raises nothing until fired.
     * errors  IVM_NO_SUCH_DEVICE  not there
     *         IVM_UNSUPPORTED     there, but not drivable; the reason is logged
     */
    enum ivm_status (*probe)(struct ivm_device *device);

    /* The interrupt routine; its context is the struct ivm_device. Registers that read as all ones are
     * those of a device that was taken out: not its own. */
    ivm_routine *routine;

    /* Make the device interrupt once, as soon as it can. NULL: it cannot be fired.
     * context  any level
     */
    void (*fire)(struct ivm_device *device);

    /* Take back whatever is pending, so that the device is silent; before a disconnect. */
    void (*quiet)(struct ivm_device *device);

    /* How many messages it can use, each for what; 0: none, and the next two are NULL. */
    uint32_t message_count;

    /* The routine of each message; its context is a struct ivm_device_message, whose index is below
     * message_count: no other message is connected to it, however many are granted. */
    ivm_routine *message_routine;

    /* Make the device send that message once, as soon as it can. NULL: it cannot be fired.
     * context  any level; index below message_count
     */
    void (*fire_message)(struct ivm_device *device, uint32_t index);

    /* Tell the device how to make itself heard from now on. Called with nothing connected; for
     * IVM_BY_MESSAGES with its messages open, for IVM_BY_LINE with none open; after a probe it is
     * by line. NULL: there is nothing to tell, MSI's own enable bits say it all.
     * errors  IVM_UNSUPPORTED  not with what was granted; the reason is logged, nothing changed
     */
    enum ivm_status (*use)(struct ivm_device *device, enum ivm_means means);

    /* Undo the probe: after it the device does nothing of its own (no DMA) and may vanish. Called
     * with nothing connected. NULL: there is nothing to undo. */
    void (*stop)(struct ivm_device *device);
};

#define IVM_DRIVER(symbol)                                                                 \
    __attribute__((used, section("ivm_drivers"),                                           \
                   aligned(8))) static const struct ivm_driver symbol

/* Connect a device's own routine to its own line, or its own message, by ivm_connect().
 * Statuses and refusal are its, IVM_NO_SUCH_DEVICE when the device has no driver, or neither
 * line nor message of its own, and IVM_DEVICE_GONE. Context: as ivm_connect().
 */
IVM_MUST_CHECK enum ivm_status ivm_device_connect(struct ivm_device *device,
                                                  enum ivm_sharing sharing,
                                                  struct ivm_refusal *refusal);

/* Silence a device and take its routine off, by ivm_disconnect(). */
IVM_MUST_CHECK enum ivm_status ivm_device_disconnect(struct ivm_device *device);

#endif
