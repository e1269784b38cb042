/* wdm.c: what surrounds a part of kernel/wdm/ in the host tests. */
#include "wdm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/cpu.h>
#include <ivm/device_message.h>

#include "kernel/slot.h"
#include "kernel/system/panic.h"
#include "kernel/wdm/host.h"

struct fake_wdm fake_wdm;

void fake_wdm_reset(void)
{
    memset(&fake_wdm, 0, sizeof fake_wdm);
    strcpy(fake_wdm.image.name, "test.sys");
    strcpy(fake_wdm.other.name, "other.sys");
    fake_wdm.image.state = fake_wdm.other.state = IMAGE_LOADED;
    fake_wdm.blocks_until_empty = SIZE_MAX;
    fake_wdm.pdo.type = NT_DEVICE_TYPE;
}

typedef NT_API uint64_t foreign_function(uint64_t, uint64_t, uint64_t, uint64_t);

uint64_t foreign_call(nt_code code, const uint64_t arguments[4])
{
    fake_wdm.calls++;
    foreign_function *function = (foreign_function *)(uintptr_t)code;
    return function(arguments[0], arguments[1], arguments[2], arguments[3]);
}

const void *foreign_origin(const void *address)
{
    return address;
}

struct image *image_of(const void *address)
{
    if (address == NULL || fake_wdm.is_nobody)
        return NULL;
    if (fake_wdm.only != NULL && address != fake_wdm.only)
        return NULL;
    return fake_wdm.is_other ? &fake_wdm.other : &fake_wdm.image;
}

struct image *image_at(size_t index)
{
    return index == 0 ? &fake_wdm.image : index == 1 ? &fake_wdm.other : NULL;
}

uint64_t image_call(struct image *image, const char *what, nt_code code,
                    const uint64_t arguments[4])
{
    (void)image, (void)what;
    return foreign_call(code, arguments);
}

void image_note_level(struct image *image, const char *what, nt_irql level)
{
    (void)what, (void)level;
    image->wrong_levels++;
    fake_wdm.levels_noted++;
}

void *pool_allocate(struct image *image, size_t bytes, uint32_t tag)
{
    (void)image, (void)tag;
    if (fake_wdm.blocks_until_empty == 0)
        return NULL;
    fake_wdm.blocks_until_empty--;
    fake_wdm.blocks++;
    void *block = malloc(bytes);
    memset(block, 0xA5, bytes); /* nobody may count on zeros */
    return block;
}

void pool_free(void *block)
{
    assert_non_null(block);
    fake_wdm.blocks--;
    free(block);
}

struct ivm_device *pnp_device(const struct nt_device *pdo)
{
    return pdo == &fake_wdm.pdo ? &fake_wdm.device : NULL;
}

bool pnp_interrupt(const struct nt_device *pdo, struct pnp_interrupt *out)
{
    if (pdo != &fake_wdm.pdo || !fake_wdm.has_interrupt)
        return false;
    *out = fake_wdm.interrupt;
    return true;
}

uint32_t ivm_device_message_number(const struct ivm_device *device, uint32_t index)
{
    return device == &fake_wdm.device && index < 16 ? fake_wdm.message_numbers[index] : 0;
}

void bug_check(const struct image *image, uint32_t code, const uint64_t parameters[4])
{
    fake_wdm.bug_image = image;
    fake_wdm.bug_code = code;
    memcpy(fake_wdm.bug_parameters, parameters, sizeof fake_wdm.bug_parameters);
    mock_assert(0, "bug check", __FILE__, __LINE__);
    abort();
}

void panic(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fake_wdm.stopped, sizeof fake_wdm.stopped, format, arguments);
    va_end(arguments);
    mock_assert(0, fake_wdm.stopped, __FILE__, __LINE__);
    abort();
}

bool foreign_start(void)
{
    return true;
}

void foreign_set_times(uint64_t interrupt_time, uint64_t system_time, uint64_t ticks)
{
    fake_wdm.times[0] = interrupt_time;
    fake_wdm.times[1] = system_time;
    fake_wdm.times[2] = ticks;
}

uintptr_t foreign_pages(size_t count)
{
    return (uintptr_t)aligned_alloc(4096, count * 4096);
}

bool foreign_protect(uintptr_t first, size_t count, enum foreign_rights rights)
{
    (void)first, (void)count, (void)rights;
    return true;
}

void foreign_tick(void (*tick)(void))
{
    fake_wdm.tick = tick;
}

void foreign_sleep(bool (*ready)(void *context), void *context)
{
    if (!ready(context) && fake_wdm.on_sleep != NULL)
        fake_wdm.on_sleep();
}

void foreign_wake(void)
{
    fake_wdm.wakes++;
}

void ivm_cpu_serve(void)
{
    fake_wdm.serves++;
    if (fake_wdm.on_serve != NULL)
        fake_wdm.on_serve();
}

/* Every CPU that the manager has runs. */
uint32_t ivm_cpu_count(void)
{
    return slots_cpu_end();
}

uint64_t foreign_system_time(void)
{
    return fake_wdm.system_time;
}
