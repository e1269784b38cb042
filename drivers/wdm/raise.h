/* raise.h: interrupts without a device: free vectors, and a local APIC that interrupts its own CPU.
 *
 * No driver of a device does this; one that checks the interrupts themselves has no other way to make one
 * at a moment of its own choice.
 * Source: [SDM3A] "Interrupt Command Register (ICR)", "x2APIC Register Address Space".
 */
#ifndef WDM_RAISE_H
#define WDM_RAISE_H

/* clang-format off */
enum {
    MSR_APIC_BASE   = 0x1B,    /* [10] x2APIC, [51:12] where the registers are */
    MSR_X2APIC_SELF = 0x83F,
    APIC_BASE_X2    = 1 << 10,
    APIC_ICR        = 0x300,
    ICR_SELF        = 0x44000, /* [19:18] this CPU, [14] asserted; fixed, edge */
    RAISE_WAIT_US   = 1000000,
};
/* clang-format on */

static volatile ULONG *raise_icr; /* NULL: x2APIC */

static __inline ULONG64 raise_rdmsr(ULONG number)
{
    ULONG low, high;
    __asm__ __volatile__("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return low | (ULONG64)high << 32;
}

static __inline BOOLEAN raise_start(void)
{
    ULONG64 base = raise_rdmsr(MSR_APIC_BASE);
    PHYSICAL_ADDRESS page = {.QuadPart = (LONGLONG)(base & 0xFFFFFFFFFF000)};
    if ((base & APIC_BASE_X2) != 0)
        return TRUE;
    PUCHAR registers = MmMapIoSpace(page, PAGE_SIZE, MmNonCached);
    if (registers == NULL)
        return FALSE;
    raise_icr = (volatile ULONG *)(registers + APIC_ICR);
    return TRUE;
}

static __inline void raise_stop(void)
{
    if (raise_icr != NULL)
        MmUnmapIoSpace((PUCHAR)(ULONG_PTR)raise_icr - APIC_ICR, PAGE_SIZE);
    raise_icr = NULL;
}

/* Interrupt this CPU with a vector. */
static __inline void raise(ULONG vector)
{
    if (raise_icr != NULL)
        *raise_icr = ICR_SELF | vector;
    else
        __asm__ __volatile__("wrmsr"
                             :
                             : "c"(MSR_X2APIC_SELF), "a"(vector), "d"(0)
                             : "memory");
}

/* Wait, bounded, until a counter has come so far. */
static __inline BOOLEAN raise_wait(volatile LONG *counter, LONG value)
{
    for (ULONG us = 0; *counter < value && us < RAISE_WAIT_US; us++)
        KeStallExecutionProcessor(1);
    return *counter >= value;
}

static __inline KAFFINITY raise_here(void)
{
    return (KAFFINITY)1 << KeGetCurrentProcessorNumberEx(NULL) % 64;
}

static __inline BOOLEAN NTAPI raise_nothing(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    return TRUE;
}

/* A vector of this CPU at this level that nobody has, below `below`; 0: none. */
static __inline ULONG raise_find(KIRQL irql, ULONG below)
{
    ULONG first = (ULONG)irql << 4, vector = below < first + 16 ? below : first + 16;
    while (vector-- > first) {
        PKINTERRUPT interrupt;
        NTSTATUS status =
            IoConnectInterrupt(&interrupt, raise_nothing, NULL, NULL, vector, irql, irql,
                               Latched, FALSE, raise_here(), FALSE);
        if (status != STATUS_SUCCESS)
            continue;
        IoDisconnectInterrupt(interrupt);
        return vector;
    }
    return 0;
}

/* When this has returned, no interrupt is pending on this CPU: one of the lowest level came through. */
static volatile LONG raise_fenced;

static __inline BOOLEAN NTAPI raise_fence_routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    raise_fenced++;
    return TRUE;
}

static __inline BOOLEAN raise_fence(void)
{
    enum { LOWEST = 3 };
    PKINTERRUPT interrupt;
    ULONG vector = raise_find(LOWEST, MAXULONG);
    if (vector == 0 ||
        IoConnectInterrupt(&interrupt, raise_fence_routine, NULL, NULL, vector, LOWEST,
                           LOWEST, Latched, FALSE, raise_here(), FALSE) != STATUS_SUCCESS)
        return FALSE;
    LONG before = raise_fenced;
    raise(vector);
    BOOLEAN came = raise_wait(&raise_fenced, before + 1);
    IoDisconnectInterrupt(interrupt);
    return came;
}

#endif
