/* exception_text.c: names by vector, and the two layouts of error codes. */
#include "exception_text.h"

#include "kernel/format.h"

static const char *const names[EXCEPTION_END] = {
    "#DE divide error",
    "#DB debug",
    "NMI",
    "#BP breakpoint",
    "#OF overflow",
    "#BR bound range exceeded",
    "#UD invalid opcode",
    "#NM device not available",
    "#DF double fault",
    "coprocessor segment overrun",
    "#TS invalid TSS",
    "#NP segment not present",
    "#SS stack-segment fault",
    "#GP general protection",
    "#PF page fault",
    "reserved exception 15",
    "#MF x87 floating-point error",
    "#AC alignment check",
    "#MC machine check",
    "#XM SIMD floating-point",
    "#VE virtualization",
    "#CP control protection",
    "reserved exception 22",
    "reserved exception 23",
    "reserved exception 24",
    "reserved exception 25",
    "reserved exception 26",
    "reserved exception 27",
    "#HV hypervisor injection",
    "#VC VMM communication",
    "#SX security",
    "reserved exception 31",
};

/* clang-format off */
/* [SDM3A] "Interrupt 14—Page-Fault Exception (#PF)" */
enum {
    PAGE_PRESENT = 1 << 0,
    PAGE_WRITE = 1 << 1,
    PAGE_USER = 1 << 2,
    PAGE_RESERVED = 1 << 3,
    PAGE_FETCH = 1 << 4,
    PAGE_KEY = 1 << 5,
    PAGE_SHADOW_STACK = 1 << 6,

    /* [SDM3A] "Error Code" */
    SELECTOR_EXTERNAL = 1 << 0,
    SELECTOR_IDT = 1 << 1,
    SELECTOR_LDT = 1 << 2,
    SELECTOR_INDEX = 0xFFF8,        /* [15:3] */
};
/* clang-format on */

const char *exception_name(uint64_t vector)
{
    return vector < EXCEPTION_END ? names[vector] : "a vector that is no exception";
}

static const char *page_access(uint64_t error)
{
    if (error & PAGE_FETCH)
        return "instruction fetch";
    return error & PAGE_WRITE ? "write" : "read";
}

static const char *page_reason(uint64_t error)
{
    if (error & PAGE_RESERVED)
        return "a reserved bit is set in the page tables";
    if (error & PAGE_SHADOW_STACK)
        return "shadow-stack access";
    if (error & PAGE_KEY)
        return "its protection key forbids it";
    return error & PAGE_PRESENT ? "the page's rights forbid it" : "the page is not present";
}

static void selector_text(char *out, size_t size, uint64_t error)
{
    const char *external = error & SELECTOR_EXTERNAL ? ", while delivering an event" : "";
    unsigned index = (unsigned)(error & SELECTOR_INDEX);
    if (index == 0 && !(error & SELECTOR_IDT))
        format_text(out, size, "no selector to blame%s", external);
    else if (error & SELECTOR_IDT)
        format_text(out, size, "gate 0x%02x of the IDT%s", index >> 3, external);
    else
        format_text(out, size, "selector 0x%02x of the %s%s", index,
                    error & SELECTOR_LDT ? "LDT" : "GDT", external);
}

void exception_error_text(char *out, size_t size, uint64_t vector, uint64_t error)
{
    if (vector == EXCEPTION_PAGE_FAULT)
        format_text(out, size, "%s by the %s, %s", page_access(error),
                    error & PAGE_USER ? "user" : "kernel", page_reason(error));
    else if (vector >= EXCEPTION_INVALID_TSS && vector <= EXCEPTION_PROTECTION)
        selector_text(out, size, error);
    else
        format_text(out, size, "%s", "");
}
