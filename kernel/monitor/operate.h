/* operate.h: the console's commands that change something: connect, fire, claim. */
#ifndef MONITOR_OPERATE_H
#define MONITOR_OPERATE_H

#include <stdbool.h>

/* Rows of the table of commands; commands.h says what `arguments` and the answer are. */
bool operate_connect(char *const *arguments, unsigned count);
bool operate_disconnect(char *const *arguments, unsigned count);
bool operate_fire(char *const *arguments, unsigned count);
bool operate_refuse(char *const *arguments, unsigned count);
bool operate_claim(char *const *arguments, unsigned count);
bool operate_release(char *const *arguments, unsigned count);
bool operate_rearm(char *const *arguments, unsigned count);

/* Give back what the console itself claimed: the story wants free lines. */
void operate_prepare_story(void);

#endif
