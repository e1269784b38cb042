/* fwcfg.c: QEMU's fw_cfg by its selector and data ports. */
#include "fwcfg.h"

#include <stdint.h>

#include <hw/cpu.h>
#include <hw/port.h>

#include "hypervisor.h"

/* clang-format off */
enum {
    FWCFG_SELECTOR      = 0x510, /* a write of an item's number begins it */
    FWCFG_DATA          = 0x511, /* its next byte */
    ITEM_SIGNATURE      = 0x00,
    ITEM_DIRECTORY      = 0x19,
    NAME_BYTES          = 56,
    FILE_LIMIT          = 4096,  /* more files than any machine gives: a broken count */
};
/* clang-format on */

struct file {
    uint32_t size;
    uint16_t item;
    char name[NAME_BYTES]; /* zero-terminated, or it is no file */
};

static void begin(uint16_t item)
{
    port_write16(FWCFG_SELECTOR, item);
}

static uint8_t next(void)
{
    return port_read8(FWCFG_DATA);
}

/* Numbers of the directory are big-endian. */
static uint32_t next_number(unsigned bytes)
{
    uint32_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | next();
    return value;
}

static bool signature_is_right(void)
{
    if (!hypervisor_present())
        return false;
    begin(ITEM_SIGNATURE);
    return next() == 'Q' && next() == 'E' && next() == 'M' && next() == 'U';
}

bool fwcfg_present(void)
{
    bool were_on = cpu_interrupts_save();
    bool present = signature_is_right();
    cpu_interrupts_restore(were_on);
    return present;
}

static void next_file(struct file *file)
{
    file->size = next_number(4);
    file->item = (uint16_t)next_number(2);
    (void)next_number(2); /* reserved */
    for (unsigned i = 0; i < NAME_BYTES; i++)
        file->name[i] = (char)next();
}

static bool has_name(const struct file *file, const char *name)
{
    for (unsigned i = 0; i < NAME_BYTES; i++) {
        if (file->name[i] != name[i])
            return false;
        if (name[i] == '\0')
            return true;
    }
    return false;
}

static bool find(const char *name, struct file *file)
{
    begin(ITEM_DIRECTORY);
    uint32_t count = next_number(4);
    for (uint32_t i = 0; i < count && i < FILE_LIMIT; i++) {
        next_file(file);
        if (has_name(file, name))
            return true;
    }
    return false;
}

static enum ivm_status read_file(const char *name, uint8_t *out, size_t room,
                                 size_t *length)
{
    struct file file;
    if (!signature_is_right())
        return IVM_NO_SUCH_DEVICE;
    if (!find(name, &file))
        return IVM_NOT_FOUND;
    begin(file.item);
    for (size_t i = 0; i < room && i < file.size; i++)
        out[i] = next();
    *length = file.size;
    return IVM_OK;
}

enum ivm_status fwcfg_read(const char *name, void *out, size_t room, size_t *length)
{
    bool were_on = cpu_interrupts_save();
    enum ivm_status status = read_file(name, out, room, length);
    cpu_interrupts_restore(were_on);
    return status;
}
