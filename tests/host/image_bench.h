/* image_bench.h: what the tests of images have in common: a machine with pages and their rights, a file, and
 * the driver in it, whose functions are C of the test.
 */
#ifndef TESTS_HOST_IMAGE_BENCH_H
#define TESTS_HOST_IMAGE_BENCH_H

#include "fake/world.h"

#include <string.h>

#include "fake/images.h"
#include "fake/pe_builder.h"
#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/host.h"

enum { PAGE = 4096, PAGES = DRIVER_IMAGE_SIZE / PAGE, NO_RIGHTS = 0xFF };

static struct pe_builder file;
static struct image *image;

/* The machine: its memory, the rights of each page, and what it refuses. */
static struct {
    _Alignas(PAGE) uint8_t memory[2 * PAGES * PAGE];
    uint8_t rights[2 * PAGES];
    size_t given;       /* pages */
    unsigned asked;     /* times for memory */
    unsigned protects;  /* so far */
    unsigned refuse_at; /* this one; 0: none */
    bool is_unable;
} machine;

/* What the driver is made of, and what it saw. */
static struct {
    NT_API uint64_t (*entry)(struct nt_driver *driver, struct nt_string *registry);
    NT_API uint64_t (*unload)(struct nt_driver *driver);
    unsigned entered, unloaded;
    struct nt_driver *driver;
    char registry[120];
    uint8_t rights[PAGES]; /* when it was entered */
    nt_irql irql;
    const struct image *image; /* whose its address was */
} driver;

/* Imports that nobody has. */
static const char *missing[3];

bool foreign_start(void)
{
    return !machine.is_unable;
}

uintptr_t foreign_pages(size_t count)
{
    machine.asked++;
    if (count > sizeof machine.rights - machine.given)
        return 0;
    uintptr_t first = (uintptr_t)machine.memory + machine.given * PAGE;
    memset(machine.rights + machine.given, FOREIGN_WRITE, count);
    machine.given += count;
    return first;
}

bool foreign_protect(uintptr_t first, size_t count, enum foreign_rights rights)
{
    size_t page = (first - (uintptr_t)machine.memory) / PAGE;
    assert_int_equal(first % PAGE, 0);
    assert_true(count > 0 && page + count <= machine.given);
    machine.protects++;
    if (machine.protects == machine.refuse_at)
        return false;
    memset(machine.rights + page, (int)rights, count);
    return true;
}

uint64_t foreign_call(nt_code code, const uint64_t arguments[4])
{
    if (code == image->base + DRIVER_ENTRY)
        return driver.entry((void *)arguments[0], (void *)arguments[1]);
    assert_true(code == image->base + DRIVER_ENTRY + 1);
    fake_images_trace("DriverUnload");
    return driver.unload((void *)arguments[0]);
}

/* An export's address is that of its name here. */
static nt_code address_of(const char *name)
{
    static const char *const names[] = {"IoConnectInterrupt", "IoDisconnectInterrupt",
                                        "DbgPrint", "KeStallExecutionProcessor"};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(names[i], name) == 0)
            return 0x4000 + 16 * i;
    }
    return 0;
}

nt_code export_find(const char *name)
{
    for (size_t i = 0; i < 3; i++) {
        if (missing[i] != NULL && strcmp(missing[i], name) == 0)
            return 0;
    }
    return address_of(name);
}

/* UTF-16 of ASCII as a text. */
static void narrow(const struct nt_string *text, char *out)
{
    assert_true(text->length < text->room && text->text[text->length / 2] == 0);
    for (size_t i = 0; i <= text->length / 2u; i++)
        out[i] = (char)text->text[i];
}

static NT_API uint64_t unload(struct nt_driver *object)
{
    assert_ptr_equal(object, &image->driver);
    driver.unloaded++;
    return 0;
}

static NT_API uint64_t succeed(struct nt_driver *object, struct nt_string *registry)
{
    driver.entered++;
    driver.driver = object;
    driver.irql = machine_priority();
    driver.image = image_of((const void *)(uintptr_t)object->init);
    narrow(registry, driver.registry);
    memcpy(driver.rights, machine.rights, sizeof driver.rights);
    object->unload = object->init + 1;
    return (uint64_t)NT_SUCCESS | UINT64_C(0xFFFFFFFF00000000); /* a status has 32 bits */
}

static inline NT_API uint64_t fail_without_memory(struct nt_driver *object,
                                                  struct nt_string *registry)
{
    succeed(object, registry);
    object->unload = 0;
    return (uint32_t)NT_INSUFFICIENT_RESOURCES;
}

static inline int start(void **state)
{
    world_two_cpus(state);
    fake_system_reset();
    fake_wdm_reset();
    fake_images_reset();
    memset(&driver, 0, sizeof driver);
    memset(missing, 0, sizeof missing);
    driver.entry = succeed;
    driver.unload = unload;
    pe_builder_driver(&file);
    memset(&machine, 0, sizeof machine);
    if (image_find("edu.sys") == NULL)
        assert_int_equal(
            image_add("edu.sys", file.bytes, DRIVER_FILE_SIZE, "PCI\\VEN_1234&DEV_11E8"),
            IVM_OK);
    image = image_find("edu.sys");
    image->base = image->size = image->loads = 0; /* as if it were new */
    image->state = IMAGE_UNLOADED;
    image->file_size = file.length;
    return 0;
}

static inline int end(void **state)
{
    driver.unload = unload;
    if (image->state == IMAGE_LOADED)
        assert_int_equal(image_unload(image), IVM_OK);
    return world_end(state);
}

static inline void must_load(void)
{
    if (image_load(image) != IVM_OK)
        fail_msg("%s", fake_log_text());
}

static inline void heard(const char *text)
{
    if (fake_log_text_count(text) == 0)
        fail_msg("the log does not say \"%s\":\n%s", text, fake_log_text());
}

static inline void must_refuse(enum ivm_status status, const char *why)
{
    assert_int_equal(image_load(image), status);
    heard(why);
    assert_int_equal(image->state, IMAGE_BROKEN);
    assert_null(image_of((const void *)(image->base + DRIVER_ENTRY)));
    /* Nothing of it can be run. */
    for (size_t i = 0; i < machine.given; i++)
        assert_int_not_equal(machine.rights[i], FOREIGN_EXECUTE);
}

#endif
