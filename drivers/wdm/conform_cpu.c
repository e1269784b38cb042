/* conform_cpu.c: a driver that checks the CPU as compiled drivers take it for granted: SSE registers that
 * survive interrupts, MXCSR, the stack, CR8 as the level, what the headers read without a call.
 *
 * Source: [X64ABI] "Register volatility and preservation", "Stack usage", [WDM] "Managing Hardware
 * Priorities".
 */
/* What the headers read through GS looks to the compiler like an array at address 0. */
#pragma GCC diagnostic ignored "-Warray-bounds"

#include <ntddk.h>

#include "claim.h"
#include "raise.h"

enum {
    LOW = 5,
    HIGH = 9,
    REGISTERS = 16,
    MXCSR_DEFAULT = 0x1F80,
    MXCSR_OTHER = 0x7F80,
    MXCSR_SPOILT = 0x5F80,
    DIRECTION = 1 << 10
};

static ULONG low_vector, high_vector;

static ULONG mxcsr(void)
{
    ULONG value;
    __asm__ __volatile__("stmxcsr %0" : "=m"(value));
    return value;
}

static void set_mxcsr(ULONG value)
{
    __asm__ __volatile__("ldmxcsr %0" : : "m"(value));
}

/* ---- SSE ---------------------------------------------------------------------------------- */

typedef ULONG64 pattern[REGISTERS][2];

/* clang-format off */
#define EACH_REGISTER(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) \
                         X(13) X(14) X(15)
#define CLOBBERED "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
                  "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
/* clang-format on */

static volatile LONG low_runs, high_runs;
static volatile ULONG routine_mxcsr, routine_stack, routine_flags;
static BOOLEAN is_nested; /* the lower routine raises the higher */
static BOOLEAN low_kept;  /* its own registers, over the higher one */

/* Leave nothing in any of the sixteen as it was. */
static void spoil(void)
{
#define X(n) "pcmpeqd %%xmm" #n ", %%xmm" #n "\n\t"
    __asm__ __volatile__(EACH_REGISTER(X) : : : CLOBBERED);
#undef X
}

static void fill(pattern out, ULONG64 seed)
{
    for (ULONG i = 0; i < REGISTERS; i++) {
        out[i][0] = seed * (i + 1);
        out[i][1] = ~seed - i;
    }
}

/* Load all sixteen, raise a vector, wait until `counter` moves, store all sixteen: between load and store
 * nothing is called. */
static void interrupted(const pattern in, pattern out, ULONG vector, volatile LONG *counter)
{
    LONG before = *counter;
    ULONG left = 100000000;
#define X(n) "movdqu " #n "*16(%[in]), %%xmm" #n "\n\t"
#define Y(n) "movdqu %%xmm" #n ", " #n "*16(%[out])\n\t"
    if (raise_icr != NULL)
        __asm__ __volatile__(
            EACH_REGISTER(X) "movl %[command], (%[icr])\n"
                             "1:\tcmpl %[before], (%[counter])\n\t"
                             "jne 2f\n\t"
                             "pause\n\t"
                             "decl %[left]\n\t"
                             "jnz 1b\n"
                             "2:\n\t" EACH_REGISTER(Y)
            : [left] "+r"(left)
            : [in] "r"(in), [out] "r"(out), [icr] "r"(raise_icr),
              [command] "r"(ICR_SELF | vector), [before] "r"(before), [counter] "r"(counter)
            : CLOBBERED, "memory", "cc");
    else
        __asm__ __volatile__(
            EACH_REGISTER(X) "wrmsr\n"
                             "1:\tcmpl %[before], (%[counter])\n\t"
                             "jne 2f\n\t"
                             "pause\n\t"
                             "decl %[left]\n\t"
                             "jnz 1b\n"
                             "2:\n\t" EACH_REGISTER(Y)
            : [left] "+r"(left)
            : [in] "r"(in), [out] "r"(out), "a"(vector), "d"(0),
              "c"(MSR_X2APIC_SELF), [before] "r"(before), [counter] "r"(counter)
            : CLOBBERED, "memory", "cc");
#undef X
#undef Y
}

/* Raise, and look whether every register came through. */
static BOOLEAN survives(ULONG64 seed, ULONG vector, volatile LONG *counter)
{
    pattern in, out;
    LONG before = *counter;
    fill(in, seed);
    RtlZeroMemory(out, sizeof out);
    interrupted(in, out, vector, counter);
    for (ULONG i = 0; i < REGISTERS; i++) {
        if (in[i][0] != out[i][0] || in[i][1] != out[i][1]) {
            DbgPrint("# xmm%u: was 0x%llx%016llx, is 0x%llx%016llx\n", i, in[i][1],
                     in[i][0], out[i][1], out[i][0]);
            return FALSE;
        }
    }
    return *counter != before;
}

static BOOLEAN NTAPI low_routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    routine_mxcsr = mxcsr();
    routine_stack = (ULONG)(ULONG_PTR)__builtin_frame_address(0) & 15;
    routine_flags = (ULONG)__builtin_ia32_readeflags_u64();
    set_mxcsr(MXCSR_SPOILT);
    spoil();
    if (is_nested)
        low_kept = survives(0x123456789ABCDEF, high_vector, &high_runs);
    low_runs++;
    return TRUE;
}

static BOOLEAN NTAPI high_routine(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    spoil();
    high_runs++;
    return TRUE;
}

static NTSTATUS connect(PKINTERRUPT *interrupt, PKSERVICE_ROUTINE routine, KIRQL irql)
{
    return claim_seen(IoConnectInterrupt(interrupt, routine, NULL, NULL,
                                         irql == LOW ? low_vector : high_vector, irql, irql,
                                         Latched, FALSE, raise_here(), FALSE));
}

static void check_sse(void)
{
    enum { TIMES = 1000 };
    PKINTERRUPT low, high;
    BOOLEAN holds = connect(&low, low_routine, LOW) == STATUS_SUCCESS &&
                    connect(&high, high_routine, HIGH) == STATUS_SUCCESS;
    ULONG found = mxcsr();
    CLAIM_EQUAL(found & ~0x3Fu, MXCSR_DEFAULT, "a driver is called with MXCSR 0x1F80");
    for (ULONG i = 0; i < TIMES && holds; i++)
        holds = survives(0x9E3779B97F4A7C15 * (i + 1), low_vector, &low_runs);
    CLAIM(holds,
          "all sixteen XMM registers survive %u interrupts whose routine spoils them",
          TIMES);
    set_mxcsr(MXCSR_OTHER);
    holds = survives(0xABCDEF, low_vector, &low_runs);
    CLAIM(holds && mxcsr() == MXCSR_OTHER, "and so does MXCSR");
    set_mxcsr(found);
    CLAIM_EQUAL(routine_mxcsr, MXCSR_DEFAULT, "a routine is called with MXCSR 0x1F80");
    is_nested = TRUE;
    holds = survives(0x55AA, low_vector, &low_runs) && low_kept;
    is_nested = FALSE;
    CLAIM(
        holds,
        "a routine's own survive a routine of a higher level, and all that it interrupts");
    IoDisconnectInterrupt(high);
    IoDisconnectInterrupt(low);
}

/* ---- the stack ---------------------------------------------------------------------------- */

/* At a function's first instruction RSP is 8 off a multiple of 16, and the 32 bytes above the return address
 * are its own: it writes them all. Returns RSP's low bits. */
ULONG64 NTAPI on_entry(PVOID context);
__asm__(".globl on_entry\n"
        "on_entry:\n\t"
        "movq $-1, 8(%rsp)\n\t"
        "movq $-1, 16(%rsp)\n\t"
        "movq $-1, 24(%rsp)\n\t"
        "movq $-1, 32(%rsp)\n\t"
        "movl %esp, %eax\n\t"
        "andl $15, %eax\n\t"
        "ret\n");

static void check_stack(void)
{
    PKINTERRUPT low;
    NTSTATUS status = connect(&low, low_routine, LOW);
    LONG before = low_runs;
    raise(low_vector);
    BOOLEAN ran = raise_wait(&low_runs, before + 1);
    CLAIM(status == STATUS_SUCCESS && ran && routine_stack == 0,
          "a routine's stack is aligned to 16");
    CLAIM_EQUAL(
        KeSynchronizeExecution(low, (PKSYNCHRONIZE_ROUTINE)(ULONG_PTR)on_entry, NULL), 8,
        "so is that of a synchronized routine, and 32 bytes of it are its own");
    before = low_runs;
    __asm__ __volatile__("std" : : : "cc");
    raise(low_vector);
    for (ULONG i = 0; i < 10000 && low_runs == before; i++)
        YieldProcessor();
    __asm__ __volatile__("cld" : : : "cc");
    CLAIM(low_runs == before + 1 && (routine_flags & DIRECTION) == 0,
          "the direction flag is clear, though it is set in what was interrupted");
    IoDisconnectInterrupt(low);
}

/* ---- CR8, and what is read without a call -------------------------------------------------- */

static void check_cr8(void)
{
    PKINTERRUPT low;
    NTSTATUS status = connect(&low, low_routine, LOW);
    LONG before = low_runs;
    KIRQL found;
    KeRaiseIrql(LOW, &found); /* compiled into a write to CR8 */
    raise(low_vector);
    KeStallExecutionProcessor(20);
    LONG held_back = low_runs;
    KeLowerIrql(LOW - 1);
    CLAIM(
        status == STATUS_SUCCESS && held_back == before && low_runs == before + 1,
        "a write to CR8 holds a vector of its level back, and the next lets it in at once");
    KeLowerIrql(found);
    CLAIM_EQUAL(found, PASSIVE_LEVEL, "DriverEntry runs at PASSIVE_LEVEL");
    IoDisconnectInterrupt(low);
}

static KDPC dpc;
static volatile LONG dpc_runs;

static VOID NTAPI deferred(PKDPC object, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    *(ULONG *)context = KeGetCurrentProcessorNumber(); /* read through GS */
    dpc_runs++;
}

static void check_headers(void)
{
    ULONG number = MAXULONG;
    KeInitializeDpc(&dpc, deferred, &number);
    LONG last = (LONG)KeQueryActiveProcessorCount(NULL) - 1;
    KeSetTargetProcessorDpc(&dpc, (CCHAR)last);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    BOOLEAN ran = raise_wait(&dpc_runs, 1);
    CLAIM(ran && claim_same(number, (ULONG)last),
          "KeGetCurrentProcessorNumber, compiled in, says which processor it is on: the "
          "last");
    CLAIM_EQUAL(KeGetCurrentProcessorNumber(), KeGetCurrentProcessorNumberEx(NULL),
                "and says the same as the call does here");
    CLAIM(KeGetCurrentThread() != NULL, "KeGetCurrentThread, compiled in, says something");

    LARGE_INTEGER ticks, tick_now, system, moment = {.QuadPart = -1000000};
    ULONG64 time = KeQueryInterruptTime();
    KeQueryTickCount(&ticks);
    KeQuerySystemTime(&system);
    NTSTATUS status = KeDelayExecutionThread(KernelMode, FALSE, &moment);
    ULONG64 passed = KeQueryInterruptTime() - time;
    KeQueryTickCount(&tick_now);
    CLAIM(status == STATUS_SUCCESS && passed >= 900000 && passed < 100000000,
          "interrupt time, read from the shared page, passes as a delay of 100 ms does");
    CLAIM(tick_now.QuadPart > ticks.QuadPart && tick_now.QuadPart < ticks.QuadPart + 1000,
          "so does the tick count");
    CLAIM(system.QuadPart > 126227808000000000, "system time is after the year 2000");
}

enum { CLAIMS = 1 + 5 + 3 + 2 + 6 + 1 };

static void check(void)
{
    claim_plan(CLAIMS);
    BOOLEAN started = raise_start();
    low_vector = raise_find(LOW, MAXULONG);
    high_vector = raise_find(HIGH, MAXULONG);
    CLAIM(started && low_vector != 0 && high_vector != 0,
          "there are free vectors at two levels, and they can be raised");
    check_sse();
    check_stack();
    check_cr8();
    check_headers();
    claim_never();
    claim_end();
    raise_stop();
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    check();
    return STATUS_SUCCESS;
}
