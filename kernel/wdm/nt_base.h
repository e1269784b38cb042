/* nt_base.h: the small types that every NT call speaks in, as an x64 driver has them.
 *
 * Own definitions, named in this project's way; a test compares every size, offset and constant with
 * the DDK headers that drivers are built with. LONG is 32 bits wide there, wchar_t 16.
 */
#ifndef WDM_NT_BASE_H
#define WDM_NT_BASE_H

#include <stddef.h>
#include <stdint.h>

/* What images import is called by their convention; what images export is called by foreign_call(). */
#define NT_API __attribute__((ms_abi))

typedef int32_t nt_status;
typedef uint8_t nt_irql;    /* KIRQL: CR8 */
typedef uint8_t nt_boolean; /* of a result only the low byte counts */
typedef uint64_t nt_affinity;

/* An address inside an image: never called by C. */
typedef uint64_t nt_code;

enum { NT_FALSE = 0, NT_TRUE = 1 };

/* [NTSTATUS] "NTSTATUS values". X(name, value) */
/* clang-format off */
#define NT_STATUS_LIST(X)                                 \
    X(SUCCESS,                        0x00000000)         \
    X(TIMEOUT,                        0x00000102)         \
    X(PENDING,                        0x00000103)         \
    X(UNSUCCESSFUL,                   0xC0000001)         \
    X(NOT_IMPLEMENTED,                0xC0000002)         \
    X(INVALID_PARAMETER,              0xC000000D)         \
    X(NO_SUCH_DEVICE,                 0xC000000E)         \
    X(INVALID_DEVICE_REQUEST,         0xC0000010)         \
    X(MORE_PROCESSING_REQUIRED,       0xC0000016)         \
    X(NO_MEMORY,                      0xC0000017)         \
    X(ACCESS_DENIED,                  0xC0000022)         \
    X(BUFFER_TOO_SMALL,               0xC0000023)         \
    X(OBJECT_NAME_NOT_FOUND,          0xC0000034)         \
    X(OBJECT_NAME_COLLISION,          0xC0000035)         \
    X(INSUFFICIENT_RESOURCES,         0xC000009A)         \
    X(DEVICE_NOT_CONNECTED,           0xC000009D)         \
    X(IO_TIMEOUT,                     0xC00000B5)         \
    X(NOT_SUPPORTED,                  0xC00000BB)         \
    X(INVALID_PARAMETER_1,            0xC00000EF)         \
    X(INVALID_PARAMETER_2,            0xC00000F0)         \
    X(INVALID_PARAMETER_10,           0xC00000F8)         \
    X(INVALID_DEVICE_STATE,           0xC0000184)         \
    X(INVALID_LEVEL,                  0xC0000148)         \
    X(NOT_FOUND,                      0xC0000225)
/* clang-format on */

#define X(name, value) static const nt_status NT_##name = (nt_status)value;
NT_STATUS_LIST(X)
#undef X

/* What no DDK names: NTSTATUS_FROM_WIN32(763), the answer to a conflict. */
static const nt_status NT_VECTOR_ALREADY_CONNECTED = (nt_status)0xC00702FB;

static inline int nt_success(nt_status status)
{
    return status >= 0;
}

struct nt_string { /* UNICODE_STRING; lengths in bytes */
    uint16_t length;
    uint16_t room;
    uint16_t *text;
};

struct nt_ansi_string {
    uint16_t length;
    uint16_t room;
    char *text;
};

struct nt_list { /* LIST_ENTRY */
    struct nt_list *next;
    struct nt_list *previous;
};

struct nt_io_status { /* IO_STATUS_BLOCK */
    union {
        nt_status status;
        void *pointer;
    };
    uint64_t information;
};

struct nt_processor_number {
    uint16_t group;
    uint8_t number;
    uint8_t reserved;
};

_Static_assert(sizeof(struct nt_string) == 16, "UNICODE_STRING");
_Static_assert(sizeof(struct nt_io_status) == 16, "IO_STATUS_BLOCK");

#endif
