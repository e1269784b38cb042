/* crash_foreign.c: breaks the kernel on purpose around code of a driver image. */
#include "crash_foreign.h"

#include <hw/cpu.h>
#include <hw/mmio.h>
#include <ivm/cpu.h>
#include <ivm/system.h>

#include "foreign_code.h"

enum { CR0_TS = 1 << 3 };

void crash_invalid_in_image(void)
{
    if (foreign_code_load())
        (void)foreign_code_call(foreign_code_invalid, 0, 0);
}

void crash_write_to_image(void)
{
    if (foreign_code_load())
        mmio_write8((uintptr_t)foreign_code_at(foreign_code_mix), 0);
}

static void write_to(void *context)
{
    mmio_write8((uintptr_t)context, 0);
}

/* CPU 1 remembers that it may write there. */
void crash_write_to_image_elsewhere(void)
{
    uintptr_t page = foreign_start() ? foreign_pages(1) : 0;
    if (page != 0 && ivm_cpu_run(1, write_to, (void *)page) == IVM_OK &&
        foreign_protect(page, 1, FOREIGN_EXECUTE) &&
        ivm_cpu_run(1, write_to, (void *)page) == IVM_OK)
        ivm_log("it was written");
}

/* As if somebody else's registers were in the CPU. */
void crash_without_sse(void)
{
    if (!foreign_code_load())
        return;
    cpu_write_cr0(cpu_read_cr0() | CR0_TS);
    (void)foreign_code_call(foreign_code_mix, 0, 0);
}
