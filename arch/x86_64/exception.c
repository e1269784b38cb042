/* exception.c: an exception of the kernel itself: said completely, then the end. */
#include "exception.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <hw/cpu.h>
#include <hw/msr.h>
#include <hw/port.h>
#include <ivm/system.h>
#include <machine/hot.h>

#include "exception_text.h"
#include "kernel/system/log.h"
#include "kernel/system/panic.h"
#include "paging.h"
#include "stacks.h"
#include "stop.h"
#include "symbols.h"

/* clang-format off */
enum {
    TRACE_LIMIT = 24,               /* frames shown */
    PLACE_SIZE = 96,                /* of "0x... function+0x..." */

    CPUID_FEATURES = 1,
    CPUID_EDX_MCE = 1 << 7,
    CPUID_EDX_MCA = 1 << 14,
    CR4_MCE = 1 << 6,

    /* [SDM3A] "Machine-Check Global Control MSRs", "Error-Reporting Register Banks" */
    IA32_MCG_CAP = 0x179,           /* [7:0] number of banks */
    IA32_MCG_STATUS = 0x17A,
    IA32_MC0_STATUS = 0x401,        /* of bank i: + 4 * i; the address follows */

    /* [ICH9] "NMI Status and Control Register" */
    NMI_STATUS_PORT = 0x61,
    NMI_STATUS_IOCHK = 1 << 6,
    NMI_STATUS_SERR = 1 << 7,
};
static const uint64_t mc_status_valid = UINT64_C(1) << 63;
static const uint64_t mc_status_address = UINT64_C(1) << 58;
/* clang-format on */

/* Exceptions that came here, the first one's own included. */
static atomic_uint reports;

void exception_start(void)
{
    if (cpu_cpuid(CPUID_FEATURES, 0).edx & CPUID_EDX_MCE)
        cpu_write_cr4(cpu_read_cr4() | CR4_MCE);
}

/* The word at `address`, which the caller knows to be in a stack. */
static uint64_t word_at(uintptr_t address)
{
    return *(const uint64_t *)address;
}

/* Above the return address of a dispatch function, entry.S has kept the interrupted one. */
static void log_interrupted(uintptr_t saved)
{
    uintptr_t at = saved + ENTRY_INTERRUPT_SAVED;
    if (stack_holding(at, sizeof(uint64_t)) == NULL)
        return;
    char place[PLACE_SIZE];
    symbol_text(place, sizeof place, word_at(at));
    ivm_log("    interrupted at %s", place);
}

/* Name the caller whose return address lies at `at`, in a stack. It may lie behind the last
 * instruction of its function, when the call does not return: what is looked up is the
 * call. */
static void log_caller(uintptr_t at)
{
    uintptr_t returns_to = word_at(at);
    struct symbol symbol;
    char place[PLACE_SIZE];
    symbol_text(place, sizeof place, returns_to);
    if (symbol_of(returns_to - 1, &symbol))
        ivm_log("    0x%016lx %s+0x%lx", returns_to, symbol.name, symbol.offset + 1);
    else
        ivm_log("    %s", place);
    if (returns_to == (uintptr_t)entry_interrupt_return)
        log_interrupted(at + sizeof returns_to);
}

/* Follow the saved frame pointers: at each, the caller's and then the return address. Only
 * memory of known stacks is read, and frames must go up within a stack, so that whatever
 * %rbp holds, this neither faults nor loops.
 */
static void log_trace(uintptr_t frame)
{
    for (int shown = 0; shown < TRACE_LIMIT; shown++) {
        const struct stack *stack = stack_holding(frame, 2 * sizeof(uint64_t));
        if (frame == 0) {
            ivm_log("    the start");
            return;
        }
        if (stack == NULL || frame % sizeof(uint64_t) != 0) {
            ivm_log("    a frame at 0x%016lx, in no stack", frame);
            return;
        }
        log_caller(frame + sizeof(uint64_t));
        uintptr_t next = word_at(frame);
        if (next != 0 && next <= frame && stack_holding(next, 1) == stack) {
            ivm_log("    a frame at 0x%016lx, which is not above the last", next);
            return;
        }
        frame = next;
    }
    ivm_log("    and more");
}

/* Where no frame has been made yet, who called is still on top of the stack: after a jump to
 * nowhere, and at the beginning of a dispatch function. */
static void log_top(const struct exception_frame *frame)
{
    struct symbol symbol;
    if (frame->rsp % sizeof(uint64_t) != 0 ||
        stack_holding(frame->rsp, sizeof(uint64_t)) == NULL)
        return;
    if (!symbol_of(frame->rip, &symbol) ||
        word_at(frame->rsp) == (uintptr_t)entry_interrupt_return)
        log_caller(frame->rsp);
}

static void log_registers(const struct exception_frame *f)
{
    ivm_log("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx", f->rax, f->rbx, f->rcx,
            f->rdx);
    ivm_log("  rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx", f->rsi, f->rdi, f->rbp,
            f->rsp);
    ivm_log("  r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx", f->r8, f->r9, f->r10,
            f->r11);
    ivm_log("  r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx", f->r12, f->r13, f->r14,
            f->r15);
    ivm_log("  rip %016lx  rflags %016lx  cs %04lx  ss %04lx", f->rip, f->rflags, f->cs,
            f->ss);
    ivm_log("  cr0 %08lx  cr2 %016lx  cr3 %016lx  cr4 %08lx  cr8 %lx", cpu_read_cr0(),
            cpu_read_cr2(), cpu_read_cr3(), cpu_read_cr4(), cpu_read_cr8());
}

static void log_page(uintptr_t address)
{
    struct paging_entry page;
    if (stack_guarded_at(address) != NULL)
        ivm_log("  0x%016lx is in the guard page of the %s: it overflowed", address,
                stack_guarded_at(address)->name);
    else if (address < 4096)
        ivm_log("  0x%016lx is in page 0: a null pointer", address);
    else if (!paging_lookup(address, &page))
        ivm_log("  0x%016lx is not mapped", address);
    else
        ivm_log("  0x%016lx is mapped %s, %s", address,
                page.writable ? "writable" : "read-only",
                page.executable ? "executable" : "no-execute");
}

static void log_double_fault(const struct exception_frame *frame)
{
    ivm_log("  an exception came while another was being delivered");
    if (stack_guarded_at(cpu_read_cr2()) != NULL)
        log_page(cpu_read_cr2());
    else if (stack_guarded_at(frame->rsp) != NULL)
        log_page(frame->rsp);
}

static void log_nmi(void)
{
    uint8_t status = port_read8(NMI_STATUS_PORT);
    ivm_log("  not of the program: hardware, a watchdog or a debugger asked for attention");
    if (status != 0xFF && status & NMI_STATUS_SERR)
        ivm_log("  port 0x61 says: SERR#, a system error on PCI or in memory");
    if (status != 0xFF && status & NMI_STATUS_IOCHK)
        ivm_log("  port 0x61 says: IOCHK#, a check of an ISA device");
}

static void log_machine_check(void)
{
    ivm_log("  not of the program: the CPU found an error of the hardware");
    if (!(cpu_cpuid(CPUID_FEATURES, 0).edx & CPUID_EDX_MCA))
        return;
    ivm_log("  MCG_STATUS %016lx", msr_read(IA32_MCG_STATUS));
    unsigned banks = msr_read(IA32_MCG_CAP) & 0xFF;
    for (unsigned i = 0; i < banks; i++) {
        uint64_t status = msr_read(IA32_MC0_STATUS + 4 * i);
        if (!(status & mc_status_valid))
            continue;
        ivm_log("  bank %u: status %016lx", i, status);
        if (status & mc_status_address)
            ivm_log("  bank %u: address %016lx", i, msr_read(IA32_MC0_STATUS + 4 * i + 1));
    }
}

static void log_particulars(const struct exception_frame *frame)
{
    switch (frame->vector) {
    case EXCEPTION_NMI:
        log_nmi();
        break;
    case EXCEPTION_DOUBLE_FAULT:
        log_double_fault(frame);
        break;
    case EXCEPTION_PAGE_FAULT:
        log_page(cpu_read_cr2());
        break;
    case EXCEPTION_MACHINE_CHECK:
        log_machine_check();
        break;
    default:
        break;
    }
}

static void refuse_second(const struct exception_frame *frame)
{
    unsigned before = atomic_fetch_add_explicit(&reports, 1, memory_order_relaxed);
    if (before == 0)
        return;
    if (before == 1) {
        char place[PLACE_SIZE];
        symbol_text(place, sizeof place, frame->rip);
        ivm_log("EXCEPTION inside the report of an exception: %s at %s: stopped",
                exception_name(frame->vector), place);
    }
    panic_exit(IVM_EXIT_PANIC);
}

_Noreturn void exception_report(const struct exception_frame *frame)
{
    stop_others(frame);
    log_emergency();
    refuse_second(frame);

    char error[128], place[PLACE_SIZE];
    const char *name = exception_name(frame->vector);
    exception_error_text(error, sizeof error, frame->vector, frame->error);
    symbol_text(place, sizeof place, frame->rip);

    ivm_log("EXCEPTION %s: vector %lu, error code 0x%lx%s%s", name, frame->vector,
            frame->error, error[0] != '\0' ? ": " : "", error);
    ivm_log("  at %s, CPU %u", place, (unsigned)machine_cpu());
    log_particulars(frame);
    log_registers(frame);
    ivm_log("  called from");
    log_top(frame);
    log_trace(frame->rbp);
    panic("%s at %s", name, place);
}
