/* nt_interrupt.h: what a driver hands to the calls that connect interrupts, and the resources that it
 * was given before. Layouts as [WDM] has them for x64.
 */
#ifndef WDM_NT_INTERRUPT_H
#define WDM_NT_INTERRUPT_H

#include "nt_base.h"

struct nt_device;
struct wdm_interrupt; /* KINTERRUPT: opaque to drivers */

enum nt_mode { NT_LEVEL_SENSITIVE = 0, NT_LATCHED = 1 };
enum nt_polarity { NT_POLARITY_UNKNOWN = 0, NT_ACTIVE_HIGH = 1, NT_ACTIVE_LOW = 2 };

/* IO_CONNECT_INTERRUPT_PARAMETERS.Version */
enum nt_connect_version {
    NT_CONNECT_FULLY_SPECIFIED = 1,
    NT_CONNECT_LINE_BASED = 2,
    NT_CONNECT_MESSAGE_BASED = 3,
    NT_CONNECT_FULLY_SPECIFIED_GROUP = 4,
    NT_CONNECT_MESSAGE_BASED_PASSIVE = 5,
};

struct nt_message_info_entry {
    uint64_t address; /* as the device writes it */
    nt_affinity processors;
    struct wdm_interrupt *interrupt;
    uint32_t data;
    uint32_t vector;
    nt_irql irql;
    uint32_t mode;     /* enum nt_mode */
    uint32_t polarity; /* enum nt_polarity */
};

struct nt_message_info { /* IO_INTERRUPT_MESSAGE_INFO */
    nt_irql unified_irql;
    uint32_t count;
    struct nt_message_info_entry entries[1]; /* `count` of them */
};

struct nt_fully_specified {
    struct nt_device *pdo;
    struct wdm_interrupt **interrupt; /* out */
    nt_code routine;
    void *context;
    uint64_t *spin_lock; /* may be NULL */
    nt_irql synchronize_irql;
    nt_boolean floating_save;
    nt_boolean share;
    uint32_t vector;
    nt_irql irql;
    uint32_t mode; /* enum nt_mode */
    nt_affinity processors;
    uint16_t group;
};

struct nt_line_based {
    struct nt_device *pdo;
    struct wdm_interrupt **interrupt; /* out */
    nt_code routine;
    void *context;
    uint64_t *spin_lock;
    nt_irql synchronize_irql;
    nt_boolean floating_save;
};

struct nt_message_based {
    struct nt_device *pdo;
    union { /* where the answer goes */
        void **any;
        struct nt_message_info **table;
        struct wdm_interrupt **interrupt; /* after the fallback */
    };
    nt_code routine; /* has a third argument: the message's number */
    void *context;
    uint64_t *spin_lock;
    nt_irql synchronize_irql;
    nt_boolean floating_save;
    nt_code fallback; /* may be 0 */
};

struct nt_connect {   /* IO_CONNECT_INTERRUPT_PARAMETERS */
    uint32_t version; /* enum nt_connect_version; in and out */
    union {
        struct nt_fully_specified fully;
        struct nt_line_based line;
        struct nt_message_based message;
    };
};

struct nt_disconnect { /* IO_DISCONNECT_INTERRUPT_PARAMETERS, and the active state's */
    uint32_t version;
    union {
        void *any;
        struct wdm_interrupt *interrupt;
        struct nt_message_info *table;
    };
};

/* CM_PARTIAL_RESOURCE_DESCRIPTOR.Type, ShareDisposition, Flags */
enum nt_resource_type {
    NT_RESOURCE_PORT = 1,
    NT_RESOURCE_INTERRUPT = 2,
    NT_RESOURCE_MEMORY = 3,
};
enum nt_share {
    NT_SHARE_UNDETERMINED = 0,
    NT_SHARE_DEVICE_EXCLUSIVE = 1,
    NT_SHARE_SHARED = 3
};
enum nt_interrupt_flags {
    NT_INTERRUPT_LEVEL_SENSITIVE = 0,
    NT_INTERRUPT_LATCHED = 1,
    NT_INTERRUPT_MESSAGE = 2,
};
enum nt_port_flags { NT_PORT_IO = 1 };

#pragma pack(push, 4)
struct nt_resource { /* CM_PARTIAL_RESOURCE_DESCRIPTOR */
    uint8_t type;
    uint8_t share;
    uint16_t flags;
    union {
        struct { /* ports and memory */
            int64_t start;
            uint32_t length;
        } range;
        struct { /* a line, raw or translated; a message, translated */
            uint32_t level;
            uint32_t vector;
            nt_affinity affinity;
        } interrupt;
        struct { /* messages, raw */
            uint16_t group;
            uint16_t count;
            uint32_t vector;
            nt_affinity affinity;
        } message;
    };
};

struct nt_resources { /* CM_RESOURCE_LIST with one CM_FULL_RESOURCE_DESCRIPTOR */
    uint32_t list_count;
    uint32_t interface_type; /* enum nt_interface */
    uint32_t bus;
    uint16_t version;
    uint16_t revision;
    uint32_t count;
    struct nt_resource items[1]; /* `count` of them */
};
#pragma pack(pop)

enum nt_interface { NT_INTERFACE_INTERNAL = 0, NT_INTERFACE_ISA = 1, NT_INTERFACE_PCI = 5 };

_Static_assert(sizeof(struct nt_connect) == 80, "IO_CONNECT_INTERRUPT_PARAMETERS");
_Static_assert(offsetof(struct nt_connect, fully.mode) == 60,
               "FullySpecified.InterruptMode");
_Static_assert(offsetof(struct nt_connect, message.fallback) == 56,
               "FallBackServiceRoutine");
_Static_assert(sizeof(struct nt_message_info_entry) == 48,
               "IO_INTERRUPT_MESSAGE_INFO_ENTRY");
_Static_assert(sizeof(struct nt_message_info) == 56, "IO_INTERRUPT_MESSAGE_INFO");
_Static_assert(sizeof(struct nt_resource) == 20, "CM_PARTIAL_RESOURCE_DESCRIPTOR");
_Static_assert(sizeof(struct nt_resources) == 40, "CM_RESOURCE_LIST");

#endif
