/* crash.c: breaks the kernel on purpose, in each way whose report the matrix looks at. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <ivm/cpu.h>
#include <ivm/system.h>

#include "crash_foreign.h"
#include "kernel/system/panic.h"
#include "suite.h"

extern uint8_t image_text_start[];

static uint8_t code_in_data[16] = {0xC3}; /* RET */

static void invalid_opcode(void)
{
    cpu_ud2();
}

/* An address whose bits 63:47 differ is not canonical: #GP, not #PF. */
static void general_protection(void)
{
    (void)mmio_read8((uintptr_t)1 << 63);
}

/* Atomic, so that the compiler cannot see that it is wrong. */
static _Atomic uintptr_t in_page_zero = 8;

static void null_read(void)
{
    (void)mmio_read8(in_page_zero);
}

static void write_to_code(void)
{
    mmio_write8((uintptr_t)image_text_start, 0);
}

static void run_data(void)
{
    void (*function)(void) = (void (*)(void))(uintptr_t)code_in_data;
    function();
}

/* Deeper and deeper, with a frame of a KiB that the compiler cannot leave out. */
static uint8_t descend(unsigned depth)
{
    uint8_t frame[1024];
    for (size_t i = 0; i < sizeof frame; i++)
        mmio_write8((uintptr_t)&frame[i], (uint8_t)depth);
    uint8_t below = depth == UINT32_MAX ? 0 : descend(depth + 1);
    return (uint8_t)(below + mmio_read8((uintptr_t)&frame[depth % sizeof frame]));
}

static void overflow_stack(void)
{
    (void)descend(0);
}

/* On CPU 1, while CPU 0 spins with interrupts off: only an NMI reaches that one. */

static _Atomic bool is_deaf;

static void await_deaf(void)
{
    while (!is_deaf)
        cpu_pause();
}

static void panic_now(void *context)
{
    (void)context;
    await_deaf();
    panic("on purpose, on CPU %u", ivm_cpu_now());
}

static void except_now(void *context)
{
    (void)context;
    await_deaf();
    cpu_ud2();
}

static void spin_deaf(ivm_cpu_function *crash)
{
    struct ivm_work work = {.function = crash};
    if (ivm_cpu_post(1, &work) != IVM_OK)
        return;
    cpu_cli();
    is_deaf = true;
    for (;;)
        cpu_pause();
}

static void panic_elsewhere(void)
{
    spin_deaf(panic_now);
}

static void except_elsewhere(void)
{
    spin_deaf(except_now);
}

static const struct {
    const char *kind;
    void (*crash)(void);
} crashes[] = {
    {"ud", invalid_opcode},
    {"gp", general_protection},
    {"pf", null_read},
    {"pf-text", write_to_code},
    {"pf-data", run_data},
    {"stack", overflow_stack},
    {"panic-other", panic_elsewhere},
    {"ud-other", except_elsewhere},
    {"ud-image", crash_invalid_in_image},
    {"pf-image", crash_write_to_image},
    {"pf-image-other", crash_write_to_image_elsewhere},
    {"nm-image", crash_without_sse},
};

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return *a == *b;
}

void guest_crash(const char *kind)
{
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        if (same(crashes[i].kind, kind)) {
            ivm_log("crash on purpose: %s", kind);
            crashes[i].crash();
        }
    }
}
