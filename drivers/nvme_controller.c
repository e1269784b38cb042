/* nvme_controller.c: an NVMe controller's registers: what it can do, enable, shut down.
 *
 * Source: [NVME] "Controller Registers", "Initialization", "Shutdown".
 */
#include "nvme_controller.h"

#include <stddef.h>

#include <ivm/system.h>

#include <hw/mmio.h>

/* clang-format off */
enum {
    CAP                 = 0x00, /* [31:24] 500 ms units [15:0] entries of a queue less one */
    CAP_HIGH            = 0x04, /* [19:16] least page [3:0] doorbell stride */
    INTMS               = 0x0C, /* bit 0: what the line says; set: masked */
    INTMC               = 0x10,
    CC                  = 0x14, /* [23:20] [19:16] log2 of entries [15:14] shutdown [0] enable */
    CSTS                = 0x1C, /* [3:2] shutdown [1] fatal [0] ready */
    AQA                 = 0x24, /* [27:16] completions [11:0] submissions, less one */
    ASQ                 = 0x28, /* 64 bits, in two halves, as the next */
    ACQ                 = 0x30,
    DOORBELLS           = 0x1000,

    CAP_ENTRIES         = 0xFFFF,
    CAP_TIMEOUT_SHIFT   = 24,
    CAP_STRIDE          = 0xF,
    CAP_PAGE_SHIFT      = 16,
    CAP_PAGE            = 0xF,
    CC_ENABLE           = 1 << 0,
    CC_SHUTDOWN         = 3 << 14,
    CC_SHUTDOWN_NORMAL  = 1 << 14,
    CC_ENTRIES          = 4 << 20 | 6 << 16, /* of 16 bytes, of 64 bytes; pages of 4096 */
    CSTS_READY          = 1 << 0,
    CSTS_FATAL          = 1 << 1,
    CSTS_SHUTDOWN       = 3 << 2,
    CSTS_SHUTDOWN_DONE  = 2 << 2,
    AQA_COMPLETIONS     = 16,
    LINE                = 1 << 0,
};
#define SILENT        UINT32_C(0xFFFFFFFF)
#define LIMIT_UNIT_NS UINT64_C(500000000) /* of CAP's; 0 of them counts as one */
/* clang-format on */

static uint32_t read_register(const struct nvme *nvme, unsigned offset)
{
    return mmio_read32(nvme->registers + offset);
}

static void write_register(const struct nvme *nvme, unsigned offset, uint32_t value)
{
    mmio_write32(nvme->registers + offset, value);
}

static void write_address(const struct nvme *nvme, unsigned offset, const void *memory)
{
    uint64_t address = (uintptr_t)memory;
    write_register(nvme, offset, (uint32_t)address);
    write_register(nvme, offset + 4, (uint32_t)(address >> 32));
}

static const char *read_capabilities(struct nvme *nvme, uint64_t bar_size)
{
    uint32_t low = read_register(nvme, CAP), high = read_register(nvme, CAP_HIGH);
    if (low == SILENT && high == SILENT)
        return "its registers read as all ones: it does not answer";
    uint32_t last = low & CAP_ENTRIES, units = low >> CAP_TIMEOUT_SHIFT;
    if (last == 0)
        return "its queues have room for nothing: CAP.MQES is 0";
    if ((high >> CAP_PAGE_SHIFT & CAP_PAGE) != 0)
        return "its pages are larger than 4096 bytes";
    nvme->depth = (uint16_t)(last < NVME_DEPTH ? last + 1 : NVME_DEPTH);
    nvme->limit_ns = (units == 0 ? 1 : units) * LIMIT_UNIT_NS;
    nvme->stride = UINT32_C(4) << (high & CAP_STRIDE);
    uint64_t pairs = (bar_size - DOORBELLS) / (2 * (uint64_t)nvme->stride);
    nvme->pairs_limit = (uint32_t)(pairs < NVME_PAIR_LIMIT ? pairs : NVME_PAIR_LIMIT);
    return pairs == 0 ? "base address 0 has no room for its doorbells" : NULL;
}

enum ivm_status nvme_open(const struct ivm_device *device, struct nvme *nvme)
{
    const struct ivm_bar *bar = &device->pci.bars[0];
    if (bar->is_port || bar->base == 0 || bar->size < DOORBELLS) {
        ivm_log("%s: base address 0 is not memory of %u bytes or more", device->name,
                (unsigned)DOORBELLS);
        return IVM_UNSUPPORTED;
    }
    nvme->registers = ivm_map_device(bar->base, DOORBELLS);
    const char *wrong = nvme->registers == 0 ? NULL : read_capabilities(nvme, bar->size);
    if (wrong != NULL) {
        ivm_log("%s: %s", device->name, wrong);
        return IVM_UNSUPPORTED;
    }
    size_t doorbells = (size_t)nvme->pairs_limit * 2 * nvme->stride;
    if (nvme->registers != 0)
        nvme->registers = ivm_map_device(bar->base, DOORBELLS + doorbells);
    if (nvme->registers != 0)
        return IVM_OK;
    ivm_log("%s: its registers at 0x%llx cannot be mapped", device->name,
            (unsigned long long)bar->base);
    return IVM_UNSUPPORTED;
}

bool nvme_has_failed(const struct nvme *nvme)
{
    return (read_register(nvme, CSTS) & CSTS_FATAL) != 0; /* set, too, when it is gone */
}

/* A wait for some bits of CSTS; a failure of the controller ends it as well. */
struct awaited {
    const struct nvme *nvme;
    uint32_t bits, value;
};

static bool has_come_or_failed(void *context)
{
    const struct awaited *awaited = context;
    bool has_come = (read_register(awaited->nvme, CSTS) & awaited->bits) == awaited->value;
    return has_come || nvme_has_failed(awaited->nvme);
}

/* One that was taken out reads as all ones, for good. */
static bool is_off_or_gone(void *context)
{
    uint32_t status = read_register(context, CSTS);
    return (status & CSTS_READY) == 0 || status == SILENT;
}

static enum ivm_status disable(const struct ivm_device *device, struct nvme *nvme)
{
    nvme->pairs = 0;
    write_register(nvme, CC,
                   read_register(nvme, CC) & ~(uint32_t)(CC_ENABLE | CC_SHUTDOWN));
    if (ivm_wait_until(is_off_or_gone, nvme, nvme->limit_ns) &&
        read_register(nvme, CSTS) != SILENT)
        return IVM_OK;
    ivm_log("%s: it stays ready when it is disabled: CSTS is 0x%08x", device->name,
            read_register(nvme, CSTS));
    return IVM_UNSUPPORTED;
}

static enum ivm_status enable(const struct ivm_device *device, struct nvme *nvme)
{
    struct awaited on = {.nvme = nvme, .bits = CSTS_READY, .value = CSTS_READY};
    write_register(nvme, CC, CC_ENTRIES);
    write_register(nvme, CC, CC_ENTRIES | CC_ENABLE);
    bool ended = ivm_wait_until(has_come_or_failed, &on, nvme->limit_ns);
    if (ended && !nvme_has_failed(nvme))
        return IVM_OK;
    ivm_log("%s: it %s when it is enabled: CSTS is 0x%08x", device->name,
            ended ? "fails" : "does not become ready", read_register(nvme, CSTS));
    return IVM_UNSUPPORTED;
}

static void clear_pair(struct nvme *nvme, uint32_t pair)
{
    struct nvme_queue *queue = &nvme->queues[pair];
    queue->rings = &nvme->rings[pair];
    queue->depth = pair == 0 ? NVME_DEPTH : nvme->depth;
    queue->tail_doorbell = nvme->registers + DOORBELLS + (uintptr_t)pair * 2 * nvme->stride;
    queue->head_doorbell = queue->tail_doorbell + nvme->stride;
    nvme_queue_clear(queue);
}

enum ivm_status nvme_start(const struct ivm_device *device, struct nvme *nvme,
                           enum ivm_means means, uint32_t pairs)
{
    atomic_store_explicit(&nvme->broken, true, memory_order_relaxed);
    if (disable(device, nvme) != IVM_OK)
        return IVM_UNSUPPORTED;
    for (uint32_t pair = 0; pair < pairs; pair++)
        clear_pair(nvme, pair);
    write_register(nvme, AQA,
                   (uint32_t)(NVME_DEPTH - 1) << AQA_COMPLETIONS | (NVME_DEPTH - 1));
    write_address(nvme, ASQ, nvme->rings[0].submissions);
    write_address(nvme, ACQ, nvme->rings[0].completions);
    if (means == IVM_BY_LINE)
        nvme_mask_line(nvme);
    if (enable(device, nvme) != IVM_OK ||
        nvme_create_pairs(device, nvme, pairs) != IVM_OK) {
        (void)disable(device, nvme);
        return IVM_UNSUPPORTED;
    }
    nvme->means = means;
    nvme->pairs = pairs;
    /* Release: pairs with the acquire of who asks it something. */
    atomic_store_explicit(&nvme->broken, false, memory_order_release);
    return IVM_OK;
}

void nvme_stop(const struct ivm_device *device, struct nvme *nvme)
{
    struct awaited shut = {
        .nvme = nvme, .bits = CSTS_SHUTDOWN, .value = CSTS_SHUTDOWN_DONE};
    atomic_store_explicit(&nvme->broken, true, memory_order_relaxed);
    uint32_t configuration = read_register(nvme, CC);
    if ((configuration & CC_ENABLE) != 0) {
        configuration &= ~(uint32_t)CC_SHUTDOWN;
        write_register(nvme, CC, configuration | CC_SHUTDOWN_NORMAL);
        if (!ivm_wait_until(has_come_or_failed, &shut, nvme->limit_ns))
            ivm_log("%s: it does not shut down: CSTS is 0x%08x", device->name,
                    read_register(nvme, CSTS));
    }
    (void)disable(device, nvme);
}

void nvme_mask_line(const struct nvme *nvme)
{
    write_register(nvme, INTMS, LINE);
}

void nvme_unmask_line(const struct nvme *nvme)
{
    write_register(nvme, INTMC, LINE);
}
