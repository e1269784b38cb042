/* operator.c: an operator at the console of a machine with some devices. */
#include "operator.h"

#include "board.h"
#include "images.h"
#include "kernel/monitor/commands.h"
#include "kernel/monitor/console.h"
#include "system.h"
#include "world.h"

int operator_start(void **state)
{
    world_one_cpu(state);
    board_start();
    fake_images_reset(); /* there are none, and the linker takes these */
    commands_take_quit();
    board_add(BOARD_PORT, "com2", 3);
    board_add(BOARD_EDU, "edu0", OPERATOR_LINE);
    board_add(BOARD_EDU, "edu1", OPERATOR_LINE);
    board_add(BOARD_MUTE, "mute0", OPERATOR_MUTE_LINE);
    board_add_undriven("pci 00:1f.2", 16);
    return 0;
}

int operator_end(void **state)
{
    console_command("release");
    return world_end(state);
}

void operator_heard(const char *text)
{
    if (fake_log_text_count(text) == 0)
        fail_msg("the log does not say \"%s\":\n%s", text, fake_log_text());
}

void operator_works(const char *command)
{
    if (!console_command(command))
        fail_msg("`%s` failed:\n%s", command, fake_log_text());
}

void operator_fails(const char *command, const char *reason)
{
    board_forget();
    assert_false(console_command(command));
    operator_heard(reason);
}
