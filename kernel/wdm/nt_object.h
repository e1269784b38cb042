/* nt_object.h: the objects that a driver and the kernel share: drivers, devices, requests, events,
 * timers, deferred calls. Layouts as [WDM] has them for x64; members nobody here uses are reserved.
 */
#ifndef WDM_NT_OBJECT_H
#define WDM_NT_OBJECT_H

#include "nt_base.h"
#include "nt_interrupt.h"

struct nt_driver;
struct nt_irp;

struct nt_header { /* DISPATCHER_HEADER */
    uint8_t type;  /* enum nt_object_type */
    uint8_t reserved[3];
    _Atomic int32_t signal; /* not 0: signalled */
    struct nt_list waiters;
};

/* The types a driver's inline code may see, as KeInitializeEvent and others set them. */
enum nt_object_type {
    NT_NOTIFICATION_EVENT = 0,
    NT_SYNCHRONIZATION_EVENT = 1,
    NT_MUTANT = 2,
    NT_SEMAPHORE = 5,
    NT_NOTIFICATION_TIMER = 8,
    NT_SYNCHRONIZATION_TIMER = 9,
};

struct nt_event {
    struct nt_header header;
};

struct nt_dpc { /* KDPC */
    uint8_t type;
    uint8_t importance; /* 0 low, 1 medium, 2 high */
    uint16_t number;    /* 0: the CPU that queues; else the CPU plus NT_DPC_TARGETED */
    struct nt_list entry;
    nt_code routine;
    void *context;
    void *argument1;
    void *argument2;
    void *_Atomic queue; /* NULL: not queued */
};

enum { NT_DPC_TYPE = 19, NT_DPC_TARGETED = 0x8000 };

struct nt_timer { /* KTIMER */
    struct nt_header header;
    uint64_t due; /* in 100 ns since the start */
    struct nt_list entry;
    struct nt_dpc *dpc;
    uint32_t processor;
    uint32_t period; /* ms; 0: once */
};

struct nt_device { /* DEVICE_OBJECT */
    int16_t type;  /* 3 */
    uint16_t size; /* with its extension */
    int32_t references;
    struct nt_driver *driver;
    struct nt_device *next;     /* of the same driver */
    struct nt_device *attached; /* above this one */
    struct nt_irp *current_irp;
    void *timer;
    uint32_t flags; /* DO_... */
    uint32_t characteristics;
    void *vpb;
    void *extension;
    uint32_t device_type;
    int8_t stack_size;
    uint8_t reserved1[3];
    uint8_t queue[72];
    uint32_t alignment;
    uint32_t reserved2;
    uint8_t device_queue[40];
    struct nt_dpc dpc;
    uint32_t active_threads;
    uint32_t reserved3;
    void *security;
    struct nt_event lock;
    uint16_t sector_size;
    uint16_t reserved4;
    uint32_t reserved5;
    void *object_extension; /* ours: what is below it, who made it */
    void *reserved6;
};

enum { NT_DEVICE_TYPE = 3, NT_DRIVER_TYPE = 4, NT_IRP_TYPE = 6 };
enum { NT_DO_DEVICE_INITIALIZING = 0x80 };

struct nt_driver_extension {
    struct nt_driver *driver;
    nt_code add_device;
    uint32_t count;
    uint32_t reserved;
    struct nt_string service_key;
};

enum {
    NT_MAJOR_CREATE = 0,
    NT_MAJOR_POWER = 0x16,
    NT_MAJOR_PNP = 0x1B,
    NT_MAJOR_COUNT = 28,
};
enum nt_pnp_minor {
    NT_PNP_START = 0,
    NT_PNP_QUERY_REMOVE = 1,
    NT_PNP_REMOVE = 2,
    NT_PNP_CANCEL_REMOVE = 3,
    NT_PNP_STOP = 4,
    NT_PNP_QUERY_STOP = 5,
    NT_PNP_CANCEL_STOP = 6,
    NT_PNP_QUERY_RELATIONS = 7,
    NT_PNP_QUERY_INTERFACE = 8,
    NT_PNP_QUERY_CAPABILITIES = 9,
    NT_PNP_SURPRISE_REMOVAL = 0x17,
};

struct nt_driver { /* DRIVER_OBJECT */
    int16_t type;  /* 4 */
    int16_t size;
    struct nt_device *devices;
    uint32_t flags;
    void *start;
    uint32_t image_size;
    void *section;
    struct nt_driver_extension *extension;
    struct nt_string name;
    struct nt_string *hardware_database;
    void *fast_io;
    nt_code init;
    nt_code start_io;
    nt_code unload;
    nt_code major
        [NT_MAJOR_COUNT]; /* 0 at first: requests fail with NT_INVALID_DEVICE_REQUEST */
};

struct nt_stack_location { /* IO_STACK_LOCATION */
    uint8_t major;
    uint8_t minor;
    uint8_t flags;
    uint8_t control; /* 0x20 on cancel, 0x40 on success, 0x80 on error; 0x01 pending */
    union {
        uint8_t parameters[32];
        struct { /* IRP_MN_START_DEVICE */
            struct nt_resources *allocated;
            struct nt_resources *translated;
        } start;
    } __attribute__((aligned(8)));
    struct nt_device *device;
    void *file;
    nt_code completion;
    void *context;
};

struct nt_irp {   /* IRP */
    int16_t type; /* 6 */
    uint16_t size;
    uint32_t reserved1;
    void *mdl;
    uint32_t flags;
    uint32_t reserved2;
    void *system_buffer; /* AssociatedIrp */
    struct nt_list thread_list;
    struct nt_io_status io_status;
    int8_t requestor_mode;
    nt_boolean pending_returned;
    int8_t stack_count;
    int8_t current_location;
    nt_boolean cancel;
    nt_irql cancel_irql;
    int8_t apc_environment;
    uint8_t allocation_flags;
    struct nt_io_status *user_status;
    struct nt_event *user_event;
    uint64_t overlay[2];
    nt_code cancel_routine;
    void *user_buffer;
    uint64_t driver_context[4];
    void *thread;
    void *auxiliary;
    struct nt_list list;
    struct nt_stack_location *current; /* Tail.Overlay.CurrentStackLocation */
    void *original_file;
    uint64_t reserved3;
};

_Static_assert(sizeof(struct nt_event) == 24, "KEVENT");
_Static_assert(sizeof(struct nt_dpc) == 64, "KDPC");
_Static_assert(sizeof(struct nt_timer) == 64, "KTIMER");
_Static_assert(sizeof(struct nt_device) == 328, "DEVICE_OBJECT");
_Static_assert(offsetof(struct nt_device, dpc) == 200, "DEVICE_OBJECT.Dpc");
_Static_assert(sizeof(struct nt_driver) == 336, "DRIVER_OBJECT");
_Static_assert(sizeof(struct nt_stack_location) == 72, "IO_STACK_LOCATION");
_Static_assert(sizeof(struct nt_irp) == 208, "IRP");
_Static_assert(offsetof(struct nt_irp, current) == 184, "IRP.Tail");

#endif
