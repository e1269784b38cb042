/* ids.c: the names by which an INF knows a device. */
#include "ids.h"

#include <stdarg.h>

#include <ivm/bus.h>

#include "kernel/format.h"

/* clang-format off */
enum {
    REVISION  = 0x08, /* of configuration space */
    SUBSYSTEM = 0x2C, /* [31:16] the subsystem's, [15:0] its vendor's; of header layout 0 */
    LAYOUT    = 0x0E, /* [6:0] */
    LAYOUT_MASK = 0x7F,
    NUMBER_LIMIT = 65536,
};
/* clang-format on */

/* ISA devices, by the letters of their names. Source: [PNPID] "Windows Generic Device IDs". */
static const struct isa_model {
    const char *name;
    const char *ids[2]; /* of the ISA bus's own enumerator */
    uint32_t ports;
} isa_models[] = {
    {"com", {"PNP0501", "PNP0500"}, 8},
    {"rtc", {"PNP0B00", NULL}, 2},
    {"pit", {"PNP0100", NULL}, 4},
};

static char upper(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

__attribute__((format(printf, 2, 3))) static void add(struct device_ids *ids,
                                                      const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (ids->count < IDS_LIMIT)
        format_text_list(ids->text[ids->count++], IDS_SIZE, format, list);
    va_end(list);
}

static uint32_t config(const struct ivm_device *device, uint32_t offset, size_t size)
{
    uint8_t bytes[4] = {0};
    if (ivm_pci_config_read(device, offset, bytes, size) != IVM_OK)
        return 0;
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static void add_pci(struct device_ids *ids, const struct ivm_device *device)
{
    const struct ivm_pci *pci = &device->pci;
    uint32_t revision = config(device, REVISION, 1);
    bool has_subsystem = (config(device, LAYOUT, 1) & LAYOUT_MASK) == 0;
    uint32_t subsystem = has_subsystem ? config(device, SUBSYSTEM, 4) : 0;
    uint32_t class = pci->class_code & 0xFFFFFF;
    char model[IDS_SIZE];
    format_text(model, sizeof model, "PCI\\VEN_%04X&DEV_%04X", pci->vendor, pci->device);

    add(ids, "%s&SUBSYS_%08X&REV_%02X", model, subsystem, revision);
    add(ids, "%s&SUBSYS_%08X", model, subsystem);
    add(ids, "%s&REV_%02X", model, revision);
    add(ids, "%s", model);
    add(ids, "%s&CC_%06X", model, class);
    add(ids, "%s&CC_%04X", model, class >> 8);
    ids->hardware = ids->count;
    add(ids, "PCI\\VEN_%04X&CC_%06X", pci->vendor, class);
    add(ids, "PCI\\VEN_%04X&CC_%04X", pci->vendor, class >> 8);
    add(ids, "PCI\\VEN_%04X", pci->vendor);
    add(ids, "PCI\\CC_%06X", class);
    add(ids, "PCI\\CC_%04X", class >> 8);
}

static const struct isa_model *isa_model_of(const struct ivm_device *device)
{
    for (size_t i = 0; i < sizeof isa_models / sizeof isa_models[0]; i++) {
        const char *name = isa_models[i].name;
        size_t at = 0;
        while (name[at] != '\0' && name[at] == device->name[at])
            at++;
        char next = device->name[at];
        if (name[at] == '\0' && (next == '\0' || (next >= '0' && next <= '9')))
            return &isa_models[i];
    }
    return NULL;
}

static void add_isa(struct device_ids *ids, const struct ivm_device *device)
{
    const struct isa_model *model = isa_model_of(device);
    char name[IVM_NAME_SIZE];
    size_t length = 0;
    for (; length < sizeof name - 1 && device->name[length] != '\0'; length++)
        name[length] = upper(device->name[length]);
    name[length] = '\0';
    add(ids, "ISA\\%s", name);
    if (model != NULL) {
        add(ids, "ISA\\%s", model->ids[0]);
        add(ids, "*%s", model->ids[0]);
    }
    ids->hardware = ids->count;
    if (model != NULL && model->ids[1] != NULL)
        add(ids, "*%s", model->ids[1]);
}

void ids_of(const struct ivm_device *device, struct device_ids *out)
{
    out->count = out->hardware = 0;
    if (device->bus == IVM_BUS_PCI)
        add_pci(out, device);
    else if (device->bus == IVM_BUS_ISA)
        add_isa(out, device);
}

uint32_t ids_isa_ports(const struct ivm_device *device)
{
    const struct isa_model *model = isa_model_of(device);
    return model != NULL ? model->ports : 1;
}

/* A number of 1 to NUMBER_LIMIT - 1 that the text consists of. */
static bool read_number(const char *text, uint32_t *out)
{
    uint32_t number = 0;
    for (; *text >= '0' && *text <= '9' && number < NUMBER_LIMIT; text++)
        number = number * 10 + (uint32_t)(*text - '0');
    *out = number;
    return *text == '\0' && number != 0 && number < NUMBER_LIMIT;
}

/* What a pattern says of messages. */
static bool read_suffix(const char *text, uint32_t *messages)
{
    *messages = 0;
    if (*text == '\0')
        return true;
    bool is_msi = text[0] == '|' && upper(text[1]) == 'M' && upper(text[2]) == 'S' &&
                  upper(text[3]) == 'I';
    if (is_msi && text[4] == '\0')
        *messages = IDS_ALL_MESSAGES;
    else if (is_msi && text[4] == '=')
        return read_number(text + 5, messages);
    return is_msi && text[4] == '\0';
}

static const char *suffix_of(const char *pattern)
{
    while (*pattern != '\0' && *pattern != '|')
        pattern++;
    return pattern;
}

bool ids_pattern_is_sound(const char *pattern)
{
    uint32_t messages;
    return read_suffix(suffix_of(pattern), &messages);
}

/* Whether the text is all of what is before the suffix. */
static bool is_id(const char *text, const char *pattern)
{
    while (*text != '\0' && upper(*text) == upper(*pattern))
        text++, pattern++;
    return *text == '\0' && (*pattern == '\0' || *pattern == '|');
}

bool ids_match(const struct device_ids *ids, const char *pattern, uint32_t *messages)
{
    uint32_t wished;
    if (!read_suffix(suffix_of(pattern), &wished))
        return false;
    for (uint32_t i = 0; i < ids->count; i++) {
        if (is_id(ids->text[i], pattern)) {
            *messages = wished;
            return true;
        }
    }
    return false;
}
