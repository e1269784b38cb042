/* status.h: every status, with its Win32, HRESULT and NTSTATUS form and its text.
 *
 * One list makes the enum, the numbers and the words. Two numbers need a note:
 *
 * 763  NT's own STATUS_INTERRUPT_VECTOR_ALREADY_CONNECTED is 0x00000127, of *success* severity: a
 *      caller that tests NT_SUCCESS() would believe it is connected. It is never returned here;
 *      0xC00702FB, the Win32 code as an NTSTATUS of error severity, is.
 * 764  winerror.h names it "still connected"; the documents this project was founded on read it as
 *      "not connected". Both are honoured, as two statuses with one number and two texts.
 */
#ifndef IVM_STATUS_H
#define IVM_STATUS_H

#include <stdint.h>

/* clang-format off */
/* name, Win32 code, NTSTATUS, Win32 name, text */
#define IVM_STATUS_LIST(X)                                                                        \
    X(OK,                   0, 0x00000000, "ERROR_SUCCESS",                                       \
      "done")                                                                                     \
    X(ALREADY_CONNECTED,  763, 0xC00702FB, "ERROR_INTERRUPT_VECTOR_ALREADY_CONNECTED",            \
      "the interrupt vector was already connected")                                               \
    X(NOT_CONNECTED,      764, 0xC00702FC, "ERROR_INTERRUPT_STILL_CONNECTED",                     \
      "the interrupt vector is not connected")                                                    \
    X(STILL_CONNECTED,    764, 0xC00702FC, "ERROR_INTERRUPT_STILL_CONNECTED",                     \
      "the interrupt vector is still connected")                                                  \
    X(LINE_IN_USE,         22, 0xC0000184, "ERROR_BAD_COMMAND",                                   \
      "the hardware line is already routed to another vector")                                    \
    X(ACCESS_DENIED,        5, 0xC0000022, "ERROR_ACCESS_DENIED",                                 \
      "the vector belongs to the system")                                                         \
    X(EXHAUSTED,         1450, 0xC000009A, "ERROR_NO_SYSTEM_RESOURCES",                           \
      "no free vector is left where one was asked for")                                           \
    X(BAD_ARGUMENT,        87, 0xC000000D, "ERROR_INVALID_PARAMETER",                             \
      "an argument is malformed")                                                                 \
    X(NOT_FOUND,         1168, 0xC0000225, "ERROR_NOT_FOUND",                                     \
      "there is no such line, vector or message")                                                 \
    X(NO_SUCH_DEVICE,     433, 0xC000000E, "ERROR_NO_SUCH_DEVICE",                                \
      "the device is not there")                                                                  \
    X(DEVICE_GONE,       1167, 0xC000009D, "ERROR_DEVICE_NOT_CONNECTED",                          \
      "the device was there and is not any more")                                                 \
    X(UNSUPPORTED,         50, 0xC00000BB, "ERROR_NOT_SUPPORTED",                                 \
      "this machine or mode cannot do it")                                                        \
    X(WRONG_LEVEL,       1131, 0xC0000194, "ERROR_POSSIBLE_DEADLOCK",                             \
      "called at a level, or with interrupts off, where it would deadlock")
/* clang-format on */

enum ivm_status {
#define X(name, win32, ntstatus, win32_name, text) IVM_##name,
    IVM_STATUS_LIST(X)
#undef X
        IVM_STATUS_COUNT
};

/* A function marked so returns a status that its caller must look at. */
#define IVM_MUST_CHECK __attribute__((warn_unused_result))

struct ivm_status_forms {
    const char *name;       /* "ALREADY_CONNECTED" */
    const char *win32_name; /* "ERROR_INTERRUPT_VECTOR_ALREADY_CONNECTED" */
    const char *text;       /* one clause, no capital, no full stop */
    uint32_t win32;
    uint32_t hresult;
    uint32_t ntstatus;
};

/* The forms of a status; for a value outside the list, those of IVM_BAD_ARGUMENT. Any
 * context. */
const struct ivm_status_forms *ivm_status_forms(enum ivm_status status);

#endif
