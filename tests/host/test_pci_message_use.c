/* test_pci_message_use.c: messages connected by their device's driver, refused, and those that others
 * enabled.
 */
#include "fake/world.h"

#include <string.h>

#include <ivm/bus.h>
#include <ivm/device_message.h>

#include "drivers/device.h"
#include "drivers/pci_message.h"
#include "fake/hardware.h"
#include "fake/sender.h"
#include "fake/system.h"

static struct ivm_refusal refusal;

static int set_up(void **state)
{
    (void)state;
    sender_start(4);
    return 0;
}

static int set_up_open(void **state)
{
    struct ivm_grant grant;
    set_up(state);
    sender_add_msix(4);
    assert_int_equal(sender_open(4, &grant), IVM_OK);
    return 0;
}

static enum ivm_status connect(uint32_t index)
{
    memset(&refusal, 0xA5, sizeof refusal);
    return ivm_device_message_connect(&sender.device, index, NULL, &refusal);
}

static uint32_t cpu_of(uint32_t index)
{
    uint32_t cpu;
    world_place((struct ivm_source_id){IVM_MESSAGE,
                                       ivm_device_message_number(&sender.device, index)},
                &cpu);
    return cpu;
}

/* Connecting. */

static void a_message_is_connected_alone_in_its_device_s_name(void **state)
{
    (void)state;
    assert_int_equal(connect(2), IVM_OK);

    const struct ivm_connection *connection =
        ivm_device_message_connection(&sender.device, 2);
    assert_string_equal(connection->request.owner, "sender0");
    assert_int_equal(connection->request.sharing, IVM_EXCLUSIVE);
    assert_int_equal(connection->request.trigger, IVM_EDGE);
    sender_fire(2);
    assert_int_equal(sender.runs[2], 1);
    sender_disconnect();
}

static void a_message_s_context_says_whose_and_which_it_is(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(connect(i), IVM_OK);
        const struct ivm_device_message *message =
            ivm_device_message_connection(&sender.device, i)->request.context;
        assert_ptr_equal(message->device, &sender.device);
        assert_int_equal(message->index, i);
    }
    sender_disconnect();
}

static void the_wish_says_where_and_a_connect_may_say_otherwise(void **state)
{
    (void)state;
    sender_disconnect();
    struct ivm_grant grant;
    struct ivm_cpu_set wished = {.mask = 1 << 2}, other = {.mask = 1 << 3};
    const struct ivm_message_wish wish = {.count = 2, .cpus = &wished, .level = 9};
    assert_int_equal(ivm_device_messages_open(&sender.device, &wish, &grant), IVM_OK);
    wished.mask = 1; /* it was kept by value */

    assert_int_equal(connect(0), IVM_OK);
    assert_int_equal(ivm_device_message_connect(&sender.device, 1, &other, NULL), IVM_OK);

    assert_int_equal(cpu_of(0), 2);
    assert_int_equal(cpu_of(1), 3);
    assert_int_equal(ivm_device_message_connection(&sender.device, 0)->run_level, 9);
    sender_disconnect();
}

static void a_message_that_is_connected_is_refused_with_its_owner(void **state)
{
    (void)state;
    assert_int_equal(connect(1), IVM_OK);
    struct ivm_request request = world_edge(0, 0);
    request.source.kind = IVM_MESSAGE;
    request.source.number = ivm_device_message_number(&sender.device, 1);

    world_must_refuse(0, &request, IVM_RULE_OWNER_EXCLUSIVE);

    assert_int_equal(world.refusal.key, IVM_KEY_MESSAGE);
    assert_string_equal(world.refusal.owners[0].name, "sender0");
    sender_disconnect();
}

static void what_cannot_be_connected_says_who_asked(void **state)
{
    (void)state;
    assert_int_equal(connect(4), IVM_NO_SUCH_DEVICE);
    assert_string_equal(refusal.requester, "sender0");
    assert_int_equal(refusal.rule, IVM_RULE_NONE);
    assert_int_equal(ivm_device_message_connect(&sender.device, 4, NULL, NULL),
                     IVM_NO_SUCH_DEVICE);
    sender.driver.message_routine = NULL;
    assert_int_equal(connect(0), IVM_NO_SUCH_DEVICE);
    sender.device.driver = NULL;
    assert_int_equal(connect(0), IVM_NO_SUCH_DEVICE);
    sender.device.is_gone = true;
    assert_int_equal(connect(0), IVM_DEVICE_GONE);
}

/* A driver's routine indexes by what it was told it would be given. */
static void a_message_that_the_driver_does_not_use_is_not_connected(void **state)
{
    (void)state;
    sender.driver.message_count = 2;

    assert_int_equal(connect(2), IVM_NO_SUCH_DEVICE);
    assert_string_equal(refusal.requester, "sender0");
    assert_int_equal(connect(1), IVM_OK);

    assert_int_not_equal(ivm_device_message_number(&sender.device, 2), 0);
    sender_disconnect();
}

static void the_kind_is_that_of_what_is_open(void **state)
{
    (void)state;
    struct ivm_grant grant;
    sender_add_msix(4);
    sender_add_msi(0x80);
    assert_int_equal(ivm_device_messages_kind(&sender.device), IVM_MESSAGES_ANY);
    for (int kind = IVM_MSI; kind <= IVM_MSIX; kind++) {
        struct ivm_message_wish wish = {.count = 1, .kind = (enum ivm_message_kind)kind};
        assert_int_equal(ivm_device_messages_open(&sender.device, &wish, &grant), IVM_OK);

        assert_int_equal(ivm_device_messages_kind(&sender.device), kind);

        assert_int_equal(ivm_device_messages_close(&sender.device), IVM_OK);
        assert_int_equal(ivm_device_messages_kind(&sender.device), IVM_MESSAGES_ANY);
    }
}

static void what_is_not_granted_is_not_connected(void **state)
{
    (void)state;
    assert_int_equal(ivm_device_message_disconnect(&sender.device, 4), IVM_NOT_CONNECTED);
    assert_int_equal(ivm_device_message_disconnect(&sender.device, 0), IVM_NOT_CONNECTED);
    assert_null(ivm_device_message_connection(&sender.device, 4));
    assert_non_null(ivm_device_message_connection(&sender.device, 3));
    assert_false(ivm_device_message_pending(&sender.device, 4));
    assert_int_equal(ivm_device_message_number(&sender.device, 4), 0);
}

static void nothing_is_there_of_messages_that_are_closed(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        set_up(state);
        if (round == 1) {
            sender_add_msix(4);
            sender_connect(4);
            sender_disconnect();
        }
        assert_int_equal(connect(0), IVM_NO_SUCH_DEVICE);
        assert_int_equal(ivm_device_message_disconnect(&sender.device, 0),
                         IVM_NOT_CONNECTED);
        assert_null(ivm_device_message_connection(&sender.device, 0));
        assert_int_equal(ivm_device_message_number(&sender.device, 0), 0);
        assert_false(ivm_device_message_pending(&sender.device, 0));
        assert_int_equal(ivm_device_messages_hold(&sender.device), IVM_UNSUPPORTED);
        assert_int_equal(ivm_device_messages_release(&sender.device), IVM_UNSUPPORTED);
    }
}

/* A CPU that no message can name: the entry is not touched, and stays masked. */
static void a_cpu_beyond_the_reach_of_messages_is_named(void **state)
{
    (void)state;
    fake_system.apic_id[3] = 0x100;
    struct ivm_cpu_set far = {.mask = 1 << 3};
    uint32_t before = sender.words[0];

    assert_int_equal(ivm_device_message_connect(&sender.device, 0, &far, NULL), IVM_OK);

    assert_int_equal(fake_log_text_count("sender0: message 0: CPU 3 cannot be named"), 1);
    assert_int_equal(sender.words[0], before);
    assert_int_equal(sender.words[3] & 1, 1);
    sender_disconnect();
}

/* Messages of others. */

static struct ivm_foreign_message seen[8];

static size_t look(void)
{
    struct ivm_device *device = device_candidate();
    if (device != NULL && ivm_device_find("sender0") == NULL) {
        *device = sender.device;
        device_keep(device);
    }
    memset(seen, 0, sizeof seen);
    return ivm_foreign_messages(seen, 8);
}

static void a_foreign_table_s_open_entries_are_listed(void **state)
{
    (void)state;
    sender_add_msix(4);
    fake_pci_put16(sender.config, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
    fake_pci_put16(sender.config, SENDER_MSIX + 2, 0x8003);
    sender.words[4 + 0] = 0xFEE02000;
    sender.words[4 + 1] = 0;
    sender.words[4 + 2] = 0x61;

    assert_int_equal(look(), 2); /* entries 0 and 3 are masked */

    assert_string_equal(seen[0].device, "sender0");
    assert_int_equal(seen[0].kind, IVM_MSIX);
    assert_int_equal(seen[0].index, 1);
    assert_true(seen[0].hits);
    assert_int_equal(seen[0].cpu, 2);
    assert_int_equal(seen[0].vector, 0x61);
    assert_int_equal(seen[1].index, 2);
    assert_false(seen[1].hits);
    assert_int_equal(seen[1].words.address, 0x700001020);
    assert_int_equal(ivm_foreign_messages(seen, 1), 2);
}

static void a_foreign_msi_is_listed_with_each_message_it_may_send(void **state)
{
    (void)state;
    sender_add_msi(0x0185 | 0x20); /* of 4, all 4 enabled, masks */
    fake_pci_put16(sender.config, PCI_COMMAND, PCI_COMMAND_MASTER);
    fake_pci_put32(sender.config, SENDER_MSI + 4, 0xFEE01000);
    fake_pci_put16(sender.config, SENDER_MSI + 12, 0x73);
    fake_pci_put32(sender.config, SENDER_MSI + 16, 0x2);

    assert_int_equal(look(), 3);

    static const uint8_t vectors[] = {0x70, 0x72, 0x73};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(seen[i].kind, IVM_MSI);
        assert_int_equal(seen[i].index, vectors[i] & 3);
        assert_int_equal(seen[i].vector, vectors[i]);
        assert_int_equal(seen[i].cpu, 1);
    }
}

static void what_cannot_send_is_not_listed(void **state)
{
    (void)state;
    sender_add_msix(4);
    sender_add_msi(0x0081);
    fake_pci_put16(sender.config, SENDER_MSIX + 2, 0x8003);
    assert_int_equal(look(), 0); /* no bus master */

    fake_pci_put16(sender.config, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
    assert_int_equal(look(), 3);
    fake_pci_put16(sender.config, SENDER_MSIX + 2, 0xC003);
    assert_int_equal(look(), 1);
    fake_pci_put16(sender.config, SENDER_MSI + 2, 0x0080);
    assert_int_equal(look(), 0);
    fake_pci_put16(sender.config, SENDER_MSIX + 2, 0x8003);
    fake_pci_put16(sender.config, PCI_COMMAND, PCI_COMMAND_MASTER);
    assert_int_equal(look(), 0); /* nothing behind its base addresses answers */
}

static void what_is_open_here_or_gone_is_not_foreign(void **state)
{
    (void)state;
    sender_add_msix(4);
    assert_int_equal(look(), 0);
    struct ivm_device *device = ivm_device_find("sender0");
    struct ivm_grant grant;
    struct ivm_message_wish wish = {.count = 1};
    fake_pci_put16(sender.config, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
    fake_pci_put16(sender.config, SENDER_MSIX + 2, 0x8003);
    assert_int_equal(look(), 2);

    assert_int_equal(ivm_device_messages_open(device, &wish, &grant), IVM_OK);
    assert_int_equal(look(), 0);
    assert_int_equal(ivm_device_messages_close(device), IVM_OK);
    fake_pci_put16(sender.config, SENDER_MSIX + 2, 0x8003);
    device->is_gone = true;
    assert_int_equal(look(), 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, world_end)
#define O(test) cmocka_unit_test_setup_teardown(test, set_up_open, world_end)
    const struct CMUnitTest tests[] = {
        O(a_message_is_connected_alone_in_its_device_s_name),
        O(a_message_s_context_says_whose_and_which_it_is),
        O(the_wish_says_where_and_a_connect_may_say_otherwise),
        O(a_message_that_is_connected_is_refused_with_its_owner),
        O(what_cannot_be_connected_says_who_asked),
        O(a_message_that_the_driver_does_not_use_is_not_connected),
        T(the_kind_is_that_of_what_is_open),
        O(what_is_not_granted_is_not_connected),
        T(nothing_is_there_of_messages_that_are_closed),
        O(a_cpu_beyond_the_reach_of_messages_is_named),
        T(a_foreign_table_s_open_entries_are_listed),
        T(a_foreign_msi_is_listed_with_each_message_it_may_send),
        T(what_cannot_send_is_not_listed),
        T(what_is_open_here_or_gone_is_not_foreign),
    };
#undef O
#undef T
    return cmocka_run_group_tests_name("pci_message_use", tests, NULL, NULL);
}
