/* stop.h: the bug checks that this room makes by itself, and the names of those that drivers make. */
#ifndef WDM_STOP_H
#define WDM_STOP_H

/* clang-format off */
/* [WDM] "Bug Check Code Reference": name, code */
#define BUG_CHECK_LIST(X)                                 \
    X(IRQL_NOT_LESS_OR_EQUAL,             0x0A)           \
    X(MAXIMUM_WAIT_OBJECTS_EXCEEDED,      0x0C)           \
    X(TRAP_CAUSE_UNKNOWN,                 0x12)           \
    X(KMODE_EXCEPTION_NOT_HANDLED,        0x1E)           \
    X(NO_MORE_IRP_STACK_LOCATIONS,        0x35)           \
    X(MULTIPLE_IRP_COMPLETE_REQUESTS,     0x44)           \
    X(DRIVER_POWER_STATE_FAILURE,         0x9F)           \
    X(ATTEMPTED_SWITCH_FROM_DPC,          0xB8)           \
    X(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, 0xC1)      \
    X(BAD_POOL_CALLER,                    0xC2)           \
    X(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xC4)           \
    X(PNP_DETECTED_FATAL_ERROR,           0xCA)           \
    X(DRIVER_IRQL_NOT_LESS_OR_EQUAL,      0xD1)           \
    X(MANUALLY_INITIATED_CRASH,           0xE2)           \
    X(HARDWARE_INTERRUPT_STORM,           0xF2)           \
    X(PASSIVE_INTERRUPT_ERROR,            0x13B)
/* clang-format on */

enum bug_check_code {
#define X(name, code) BUG_##name = code,
    BUG_CHECK_LIST(X)
#undef X
};

#endif
