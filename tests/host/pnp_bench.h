/* pnp_bench.h: three devices and a driver of the test's, for the tests of what is sent to its devices. */
#ifndef TEST_PNP_BENCH_H
#define TEST_PNP_BENCH_H

#include "fake/world.h"

#include <stdio.h>
#include <string.h>

#include <ivm/hold.h>
#include <ivm/level.h>

#include "fake/board.h"
#include "fake/board_config.h"
#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/wdm/device.h"
#include "kernel/wdm/device_calls.h"
#include "kernel/wdm/pnp.h"
#include "kernel/wdm/request.h"
#include "kernel/wdm/request_calls.h"

enum { GSI = 7, COMMAND = 4, MASTER = 4, MEMORY = 2, INTX_OFF = 0x400, MINORS = 0x20 };

static struct image *image;
static struct ivm_device *edu, *second, *com;
static struct ivm_match com_row;

/* What the driver saw and shall do. */
static struct {
    char minors[64]; /* of the PnP requests, "0 1 2 " */
    nt_status add_status;
    nt_status answers[MINORS]; /* of each minor; not NT_SUCCESS: completed so at once */
    bool keeps[MINORS];        /* it never completes these */
    bool attaches, detaches, deletes;
    struct nt_device *pdo, *own;
    struct nt_device *below[4]; /* of its devices, in the order of AddDevice */
    struct nt_device *owns[4];
    unsigned added;
    struct pnp_interrupt interrupt; /* as it was at START */
    struct nt_resources *raw, *translated;
    uint16_t command; /* after START had passed the bus */
} seen;

static struct nt_device *below(const struct nt_device *own)
{
    for (unsigned i = 0; i < seen.added; i++) {
        if (seen.owns[i] == own)
            return seen.below[i];
    }
    return NULL;
}

static NT_API nt_status add_device(struct nt_driver *driver, struct nt_device *pdo)
{
    assert_ptr_equal(driver, &image->driver);
    seen.pdo = pdo;
    if (!nt_success(seen.add_status))
        return seen.add_status;
    assert_int_equal(IoCreateDevice(driver, 16, NULL, 0x22, 0, NT_FALSE, &seen.own), 0);
    if (seen.attaches) {
        seen.owns[seen.added] = seen.own;
        seen.below[seen.added++] = IoAttachDeviceToDeviceStack(seen.own, pdo);
        assert_ptr_equal(below(seen.own), pdo);
    }
    seen.own->flags &= ~(uint32_t)NT_DO_DEVICE_INITIALIZING;
    return NT_SUCCESS;
}

static void leave(struct nt_device *own)
{
    if (seen.detaches)
        IoDetachDevice(below(own));
    if (seen.deletes)
        IoDeleteDevice(own);
}

static void look_at(struct nt_device *own, const struct nt_stack_location *location)
{
    struct nt_device *pdo = below(own);
    seen.raw = location->start.allocated;
    seen.translated = location->start.translated;
    (void)pnp_interrupt(pdo, &seen.interrupt);
}

static NT_API nt_status pnp_routine(struct nt_device *own, struct nt_irp *irp)
{
    struct nt_stack_location *location = irp->current;
    uint8_t minor = location->minor;
    size_t length = strlen(seen.minors);
    snprintf(seen.minors + length, sizeof seen.minors - length, "%x ", minor);
    assert_int_equal(irp->io_status.status, NT_NOT_SUPPORTED);
    assert_int_equal(ivm_level_now(), 0);
    if (seen.keeps[minor]) {
        location->control |= 1;
        return NT_PENDING;
    }
    nt_status status = seen.answers[minor];
    if (!nt_success(status)) {
        irp->io_status.status = status;
        IofCompleteRequest(irp, 0);
        return status;
    }
    if (minor == NT_PNP_START)
        look_at(own, location);
    struct nt_device *pdo = below(own);
    irp->current_location++;
    irp->current++;
    status = IofCallDriver(pdo, irp);
    if (minor == NT_PNP_START)
        memcpy(&seen.command, board_config(pnp_device(pdo)) + COMMAND, 2);
    if (minor == NT_PNP_REMOVE)
        leave(own);
    return status;
}

static inline void pattern(const char *text)
{
    size_t i = 0;
    while (image->patterns[i][0] != '\0')
        i++;
    snprintf(image->patterns[i], WDM_PATTERN_SIZE, "%s", text);
}

static struct ivm_device *add(const char *name, uint32_t gsi, uint16_t model)
{
    struct ivm_device *device = board_add(BOARD_EDU, name, gsi);
    device->pci.vendor = 0x1234;
    device->pci.device = model;
    device->pci.bars[0] = (struct ivm_bar){.base = 0xFE000000, .size = 0x100000};
    uint16_t command = INTX_OFF;
    memcpy(board_config(device) + COMMAND, &command, 2);
    return device;
}

static inline int start(void **state)
{
    world_two_cpus(state);
    board_start();
    board_config_start();
    fake_wdm_reset();
    memset(&seen, 0, sizeof seen);
    seen.attaches = seen.detaches = seen.deletes = true;
    image = &fake_wdm.image;
    image->extension.add_device = FAKE_CODE(add_device);
    image->driver.major[NT_MAJOR_PNP] = FAKE_CODE(pnp_routine);
    pnp_note_state(image); /* so that the linker takes the real pnp.c, not its recorder */
    edu = add("edu0", GSI, 0x11E8);
    second = add("edu1", GSI, 0x11E9);
    com = board_add(BOARD_PORT, "com1", 4);
    com_row = (struct ivm_match){.bus = IVM_BUS_ISA, .port = 0x3F8, .irq = 4};
    com->match = &com_row;
    return 0;
}

static inline int end(void **state)
{
    pnp_release(image);
    assert_null(pnp_node_next(NULL, NULL));
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(image->devices, 0);
    assert_int_equal(world_totals().vectors_used, 0);
    assert_non_null(edu->driver);
    return world_end(state);
}

static inline void says(const char *text)
{
    if (fake_log_text_count(text) != 1)
        fail_msg("the log does not say once \"%s\" but:\n%s", text, fake_log_text());
}

static inline uint16_t command_of(const struct ivm_device *device)
{
    uint16_t command;
    memcpy(&command, board_config(device) + COMMAND, 2);
    return command;
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, end)

#endif
