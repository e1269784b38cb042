/* main.c: the composition root: every part of the kernel is named and started here, in
 * order. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hw/cpu.h>
#include <ivm/bus.h>
#include <ivm/system.h>

#include "arch/x86_64/exception.h"
#include "arch/x86_64/firmware.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/idt.h"
#include "arch/x86_64/stacks.h"
#include "arch/x86_64/symbols.h"
#include "arch/x86_64/tsc.h"
#include "cpus.h"
#include "drivers/debug_exit.h"
#include "drivers/device.h"
#include "drivers/hpet.h"
#include "drivers/measure.h"
#include "drivers/pci_window.h"
#include "images.h"
#include "interrupts.h"
#include "kernel/system/clock.h"
#include "kernel/system/nesting.h"
#include "kernel/system/pages.h"
#include "kernel/system/panic.h"
#include "kernel/wdm/image.h"
#include "memory.h"
#include "multiboot2.h"
#include "output.h"
#include "run.h"
#include "topology.h"

enum { HPET_SIZE = 1024, LOADER_INFORMATION_LIMIT = 1 << 20 };

/* start.S */
extern const uint8_t boot_stack[], boot_stack_end[];
_Noreturn void boot_main(uint32_t magic, uintptr_t information);

/* Written here, once. */
static struct boot_info boot_info;

/* The end of every run: QEMU's exit device, or a halt where there is none. Said once: what
 * goes wrong in the saying comes here again. */
static void leave(uint8_t code)
{
    static _Atomic bool is_said;
    debug_exit(code);
    if (!is_said) {
        is_said = true;
        ivm_log("the end: this machine can be switched off");
    }
    for (;;) {
        cpu_cli();
        cpu_hlt();
    }
}

static struct percpu *start_cpu(void)
{
    static struct stack stack = {.name = "boot stack"};
    stack.first = (uintptr_t)boot_stack;
    stack.end = (uintptr_t)boot_stack_end;
    stack_register(&stack);
    struct percpu *percpu = gdt_start();
    idt_start();
    exception_start();
    return percpu;
}

/* Returns the size of the information. */
static uint32_t read_information(uint32_t magic, uintptr_t information)
{
    struct boot_error error;
    if (magic != MULTIBOOT2_LOADER_MAGIC)
        panic("multiboot2: %%eax is 0x%x, not a multiboot2 loader's 0x%x", magic,
              (unsigned)MULTIBOOT2_LOADER_MAGIC);
    uint32_t size = *(const uint32_t *)information;
    if (size > LOADER_INFORMATION_LIMIT)
        panic("multiboot2: the information claims 0x%x bytes", size);
    if (multiboot2_parse((const void *)information, size, &boot_info, &error) != IVM_OK)
        panic("multiboot2: tag %u, offset 0x%x: %s", error.tag, error.offset, error.what);
    return size;
}

static uintptr_t map_hpet(void)
{
    const void *table;
    size_t length;
    if (!ivm_acpi_table("HPET", &table, &length))
        return 0;
    uint64_t base = hpet_table_base(table, length);
    return base == 0 ? 0 : ivm_map_device(base, HPET_SIZE);
}

static void start_clock(void)
{
    struct clock_source source;
    tsc_calibrate(&(struct tsc_references){.pm_timer_port = firmware_fadt()->pm_timer_port,
                                           .hpet = map_hpet()},
                  &source);
    clock_start(&source);
}

static void *allocate(size_t bytes)
{
    return (void *)page_allocate((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
}

static void start_memory(uintptr_t information, uint32_t size)
{
    memory_start(&boot_info, information, information + size);
    output_start_screen(&boot_info.framebuffer);
    ivm_log("started by %s, command line \"%s\"",
            boot_info.loader != NULL ? boot_info.loader : "an unnamed loader",
            boot_info.command_line != NULL ? boot_info.command_line : "");
    memory_print(&boot_info);
}

static void read_firmware(void)
{
    static const struct acpi_memory memory = {.map = memory_map_tables};
    if (firmware_start(boot_info.rsdp, boot_info.rsdp_length, &memory) != IVM_OK)
        ivm_log("ACPI: going on with what was found");
}

/* A function that is put in later gets addresses where none of this is. */
static void keep_pci_off_memory(void)
{
    pci_window_start();
    for (size_t i = 0; i < boot_info.memory_count; i++) {
        const struct boot_memory *memory = &boot_info.memory[i];
        uint64_t end = memory->base + memory->length;
        pci_window_avoid(memory->base, end == 0 ? UINT64_MAX : end);
    }
}

static void start_devices(void)
{
    keep_pci_off_memory();
    devices_start(allocate);
    devices_find();
    devices_measure();
}

/* Whose code an exception's trace leads through. */
static const char *name_image(uintptr_t address, uintptr_t *offset)
{
    const struct image *image = image_of((const void *)address);
    if (image == NULL)
        return NULL;
    *offset = address - image->base;
    return image->name;
}

/* A device that a native driver and an image both want goes to the image, so they come last. */
static void start_images(void)
{
    symbols_set_namer(name_image);
    images_add(&boot_info);
    images_load();
}

_Noreturn void boot_main(uint32_t magic, uintptr_t information)
{
    panic_set_leave(leave);
    output_start_serial();
    struct percpu *percpu = start_cpu();
    uint32_t size = read_information(magic, information);
    start_memory(information, size);
    read_firmware();
    start_clock();
    interrupts_start(percpu);
    (void)nesting_check();
    cpus_start();
    topology_print(firmware_madt());
    start_devices();
    start_images();
    run(boot_info.command_line);
}
