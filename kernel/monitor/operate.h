/* operate.h: the console's commands that do something.
 *
 * Rows of the table of commands; commands.h says what `arguments` and the answer are.
 */
#ifndef MONITOR_OPERATE_H
#define MONITOR_OPERATE_H

#include <stdbool.h>

/* operate.c: a device and its line. What is said of a device that is by messages goes on to
 * operate_message.c. */
bool operate_connect(char *const *arguments, unsigned count);
bool operate_disconnect(char *const *arguments, unsigned count);
bool operate_fire(char *const *arguments, unsigned count);
bool operate_refuse(char *const *arguments, unsigned count);

/* operate_message.c: a device and its messages. */
bool operate_connect_messages(char *const *arguments, unsigned count);
bool operate_disconnect_messages(char *const *arguments, unsigned count);
bool operate_fire_message(char *const *arguments, unsigned count);
bool operate_fire_messages(char *const *arguments, unsigned count);
bool operate_mask(char *const *arguments, unsigned count);
bool operate_unmask(char *const *arguments, unsigned count);

/* operate_line.c: lines and CPUs. */
bool operate_claim(char *const *arguments, unsigned count);
bool operate_release(char *const *arguments, unsigned count);
bool operate_rearm(char *const *arguments, unsigned count);
bool operate_move(char *const *arguments, unsigned count);

/* operate_bus.c: devices that come and go. */
bool operate_load(char *const *arguments, unsigned count);
bool operate_unload(char *const *arguments, unsigned count);
bool operate_rescan(char *const *arguments, unsigned count);

/* verify.c: whether what the tables say is so. */
bool operate_audit(char *const *arguments, unsigned count);
bool operate_measure(char *const *arguments, unsigned count);
bool operate_suspects(char *const *arguments, unsigned count);

/* Give back what the console itself claimed: the story wants free lines. */
void operate_prepare_story(void);

#endif
