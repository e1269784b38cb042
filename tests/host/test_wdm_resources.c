/* test_wdm_resources.c: the lists of resources that a driver is given, bit for bit, and what stands behind
 * them.
 */
#include "fake/world.h"

#include <string.h>

#include <ivm/hold.h>
#include <ivm/level.h>

#include "fake/board.h"
#include "fake/board_config.h"
#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/wdm/pnp.h"
#include "kernel/wdm/resources.h"
#include "message_bench.h"

enum { GSI = 7, COMMAND = 4, INTX_OFF = 0x400 };

static struct ivm_device *device;
static struct pnp_node *node;

static int start(void **state)
{
    world_four_cpus(state);
    board_start();
    board_config_start();
    fake_wdm_reset();
    memset(&messages, 0, sizeof messages);
    device = board_add(BOARD_EDU, "edu0", GSI);
    device->pci.bus = 2;
    uint16_t command = INTX_OFF;
    memcpy(board_config(device) + COMMAND, &command, 2);
    node = pnp_node_take(&fake_wdm.image, device);
    return 0;
}

static int end(void **state)
{
    messages.are_connected = false;
    resources_release(node);
    pnp_node_free(node);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_int_equal(messages.open, 0);
    assert_int_equal(world_totals().vectors_used, 0);
    return world_end(state);
}

static void has_messages(enum ivm_message_kind kind, uint32_t offered, uint32_t wished)
{
    messages.kind = kind;
    messages.offered = messages.free = offered;
    node->messages_wished = wished;
}

static void acquire(void)
{
    assert_int_equal(resources_acquire(node), NT_SUCCESS);
}

static void a_list_is_packed_as_documented(void **state)
{
    (void)state;
    device->pci.bars[0] = (struct ivm_bar){.base = 0x1234567800, .size = 0x100000};
    acquire();
    static const uint8_t wanted[] = {
        1,    0,    0,    0,    5,    0,    0,    0,    2,    0, 0, 0, 1,
        0,    1,    0,    2,    0,    0,    0, /* the lists' heads */
        3,    1,    0,    0,    0,    0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0,
        0,    0x10, 0,    0,    0,    0,    0,                         /* memory */
        2,    3,    0,    0,    GSI,  0,    0,    0,    GSI,  0, 0, 0, /* a line: level, vector */
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,                /* its affinity */
    };
    assert_int_equal(node->resources_size, sizeof wanted);
    assert_memory_equal(node->raw, wanted, sizeof wanted);
    /* Translated it is the same, but for the interrupt's numbers. */
    assert_memory_equal(node->translated, wanted, 44);
    const uint8_t *line = (const uint8_t *)node->translated + 44;
    assert_int_equal(line[4], node->interrupt.vector);
    assert_int_equal(line[0], node->interrupt.vector >> 4);
    assert_int_equal(line[8], 0xF); /* all four CPUs */
    assert_int_equal(line[9], 0);
}

static void ports_and_memory_come_in_the_order_of_the_registers(void **state)
{
    (void)state;
    device->pci.bars[1] = (struct ivm_bar){.base = 0xC000, .size = 0x20, .is_port = true};
    device->pci.bars[4] = (struct ivm_bar){.base = 0xFE000000, .size = 0x1000};
    acquire();
    const struct nt_resource *items = node->translated->items;
    assert_int_equal(node->translated->count, 3);
    assert_int_equal(items[0].type, NT_RESOURCE_PORT);
    assert_int_equal(items[0].flags, NT_PORT_IO);
    assert_int_equal(items[0].range.start, 0xC000);
    assert_int_equal(items[0].range.length, 0x20);
    assert_int_equal(items[1].type, NT_RESOURCE_MEMORY);
    assert_int_equal(items[1].range.start, 0xFE000000);
    assert_int_equal(items[1].range.length, 0x1000);
    assert_int_equal(items[2].type, NT_RESOURCE_INTERRUPT);
}

static void a_level_triggered_line_is_shared_and_an_edge_is_not(void **state)
{
    (void)state;
    acquire();
    assert_int_equal(node->translated->items[0].share, NT_SHARE_SHARED);
    assert_int_equal(node->translated->items[0].flags, NT_INTERRUPT_LEVEL_SENSITIVE);
    resources_release(node);
    device->line.trigger = IVM_EDGE;
    acquire();
    assert_int_equal(node->translated->items[0].share, NT_SHARE_DEVICE_EXCLUSIVE);
    assert_int_equal(node->translated->items[0].flags, NT_INTERRUPT_LATCHED);
}

static void an_isa_devices_raw_line_is_its_irq(void **state)
{
    (void)state;
    static const struct ivm_match row = {.bus = IVM_BUS_ISA, .port = 0x40, .irq = 0};
    device->bus = IVM_BUS_ISA;
    device->match = &row;
    device->line = (struct ivm_line_info){.gsi = 2, .trigger = IVM_EDGE};
    strcpy(device->name, "pit");
    acquire();
    assert_int_equal(node->raw->interface_type, NT_INTERFACE_ISA);
    assert_int_equal(node->raw->bus, 0);
    assert_int_equal(node->raw->items[0].range.start, 0x40);
    assert_int_equal(node->raw->items[0].range.length, 4);
    assert_int_equal(node->raw->items[1].interrupt.vector, 0);
    assert_int_equal(node->raw->items[1].interrupt.level, 0);
    assert_int_equal(node->interrupt.gsi, 2);
}

static void a_device_without_anything_has_no_lists(void **state)
{
    (void)state;
    device->has_line = false;
    acquire();
    assert_null(node->raw);
    assert_null(node->translated);
}

/* That message i is kept where the descriptor says. */
static void is_held(const struct nt_resource *item, uint32_t number)
{
    struct ivm_source_id id;
    uint32_t cpu = 0;
    while ((item->interrupt.affinity >> cpu & 1) == 0)
        cpu++;
    assert_int_equal(item->interrupt.affinity, UINT64_C(1) << cpu);
    assert_true(ivm_vector_holder(cpu, (uint8_t)item->interrupt.vector, &id, NULL));
    assert_int_equal(id.kind, IVM_MESSAGE);
    assert_int_equal(id.number, number);
    assert_int_equal(item->interrupt.level, item->interrupt.vector >> 4);
}

static void each_message_of_msi_x_is_a_resource(void **state)
{
    (void)state;
    has_messages(IVM_MSIX, 6, 4);
    acquire();
    assert_int_equal(messages.asked[0], 4);
    assert_int_equal(node->interrupt.messages, 4);
    assert_false(node->interrupt.has_line);
    assert_int_equal(node->raw->count, 4);
    assert_int_equal(node->translated->count, 4);
    nt_affinity cpus = 0;
    for (uint32_t i = 0; i < 4; i++) {
        const struct nt_resource *raw = &node->raw->items[i];
        assert_int_equal(raw->type, NT_RESOURCE_INTERRUPT);
        assert_int_equal(raw->flags, NT_INTERRUPT_LATCHED | NT_INTERRUPT_MESSAGE);
        assert_int_equal(raw->share, NT_SHARE_DEVICE_EXCLUSIVE);
        assert_int_equal(raw->message.count, 1);
        is_held(&node->translated->items[i], messages.numbers[i]);
        assert_int_equal(raw->message.vector, node->translated->items[i].interrupt.vector);
        cpus |= node->translated->items[i].interrupt.affinity;
    }
    assert_int_equal(cpus, 0xF); /* spread over the CPUs */
}

static void all_messages_of_msi_are_one_resource(void **state)
{
    (void)state;
    has_messages(IVM_MSI, 8, 4);
    acquire();
    assert_int_equal(node->interrupt.messages, 4);
    assert_int_equal(node->raw->count, 1);
    assert_int_equal(node->raw->items[0].message.count, 4);
    is_held(&node->translated->items[0], messages.numbers[0]);
}

static void fewer_than_asked_for_are_one(void **state)
{
    (void)state;
    has_messages(IVM_MSIX, 6, 4);
    messages.free = 3;
    acquire();
    assert_int_equal(messages.opens, 2);
    assert_int_equal(messages.asked[1], 1);
    assert_int_equal(node->interrupt.messages, 1);
    assert_int_equal(node->translated->count, 1);
}

static void a_limit_is_not_a_lack(void **state)
{
    (void)state;
    has_messages(IVM_MSI, 8, 3); /* two of them: MSI has powers of two */
    acquire();
    assert_int_equal(messages.opens, 1);
    assert_int_equal(node->interrupt.messages, 2);
    resources_release(node);
    has_messages(IVM_MSIX, 2, 9); /* the device has no more */
    acquire();
    assert_int_equal(messages.opens, 2);
    assert_int_equal(node->interrupt.messages, 2);
    resources_release(node);
    has_messages(IVM_MSIX, 3, 0xFFFF);
    acquire();
    assert_int_equal(messages.asked[2], 2048);
    assert_int_equal(node->interrupt.messages, 3);
}

static void without_messages_the_line_is_used(void **state)
{
    (void)state;
    has_messages(IVM_MSIX, 4, 4);
    messages.status = IVM_UNSUPPORTED;
    acquire();
    assert_int_equal(messages.opens, 1);
    assert_true(node->interrupt.has_line);
    assert_int_equal(node->raw->items[0].interrupt.vector, GSI);
    assert_int_equal(fake_log_text_count("edu0: no messages for test.sys: this machine or "
                                         "mode cannot do it: its line is used"),
                     1);
}

static void not_even_one_message_leaves_the_line(void **state)
{
    (void)state;
    has_messages(IVM_MSIX, 4, 4);
    messages.status = IVM_EXHAUSTED;
    acquire();
    assert_int_equal(messages.opens, 2);
    assert_true(node->interrupt.has_line);
}

static void messages_that_are_not_wished_for_are_not_opened(void **state)
{
    (void)state;
    has_messages(IVM_MSIX, 4, 0);
    acquire();
    assert_int_equal(messages.opens, 0);
    assert_true(node->interrupt.has_line);
}

static void connected_messages_stay_open_until_they_are_not(void **state)
{
    (void)state;
    has_messages(IVM_MSIX, 2, 2);
    acquire();
    resources_enable(node);
    uint16_t command = board_config(device)[COMMAND];
    messages.are_connected = true;
    resources_release(node);
    assert_int_equal(board_config(device)[COMMAND], command); /* its table is memory */
    assert_int_equal(
        fake_log_text_count(
            "edu0: its messages are still connected by test.sys: they stay open"),
        1);
    assert_int_equal(messages.open, 2);
    acquire(); /* started again: they are used as they are */
    assert_int_equal(messages.opens, 1);
    assert_int_equal(node->translated->count, 2);
    messages.are_connected = false;
    resources_release(node);
    assert_int_equal(messages.open, 0);
    assert_int_equal(world_totals().vectors_used, 0);
}

static void without_memory_nothing_is_kept(void **state)
{
    (void)state;
    for (size_t blocks = 0; blocks < 2; blocks++) {
        has_messages(IVM_MSIX, 2, 2);
        fake_wdm.blocks_until_empty = blocks;
        assert_int_equal(resources_acquire(node), NT_INSUFFICIENT_RESOURCES);
        assert_int_equal(fake_wdm.blocks, 0);
        assert_int_equal(messages.open, 0);
        assert_int_equal(world_totals().vectors_used, 0);
    }
}

static uint16_t command_now(void)
{
    uint16_t command;
    memcpy(&command, board_config(device) + COMMAND, 2);
    return command;
}

static void a_function_is_turned_on_for_what_it_has(void **state)
{
    (void)state;
    static const struct {
        bool has_ports, has_memory;
        uint32_t messages;
        uint16_t command;
    } cases[] = {
        {false, false, 0, 0x004}, {true, false, 0, 0x005}, {false, true, 0, 0x006},
        {true, true, 0, 0x007},   {true, true, 2, 0x407}, /* its line stays off */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t port = cases[i].has_ports ? 0xC000 : 0;
        uint64_t memory = cases[i].has_memory ? 0xFE000000 : 0;
        device->pci.bars[0] = (struct ivm_bar){.base = port, .is_port = true};
        device->pci.bars[1] = (struct ivm_bar){.base = memory};
        has_messages(IVM_MSIX, 2, cases[i].messages);
        acquire();
        resources_enable(node);
        assert_int_equal(command_now(), cases[i].command);
        resources_release(node);
        assert_int_equal(command_now(), INTX_OFF);
    }
}

int main(void)
{
#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, end)
    const struct CMUnitTest tests[] = {
        TEST(a_list_is_packed_as_documented),
        TEST(ports_and_memory_come_in_the_order_of_the_registers),
        TEST(a_level_triggered_line_is_shared_and_an_edge_is_not),
        TEST(an_isa_devices_raw_line_is_its_irq),
        TEST(a_device_without_anything_has_no_lists),
        TEST(each_message_of_msi_x_is_a_resource),
        TEST(all_messages_of_msi_are_one_resource),
        TEST(fewer_than_asked_for_are_one),
        TEST(a_limit_is_not_a_lack),
        TEST(without_messages_the_line_is_used),
        TEST(not_even_one_message_leaves_the_line),
        TEST(messages_that_are_not_wished_for_are_not_opened),
        TEST(connected_messages_stay_open_until_they_are_not),
        TEST(without_memory_nothing_is_kept),
        TEST(a_function_is_turned_on_for_what_it_has),
    };
    return cmocka_run_group_tests_name("wdm_resources", tests, NULL, NULL);
}
