/* images.h: the console's commands for driver images. */
#ifndef MONITOR_IMAGES_H
#define MONITOR_IMAGES_H

#include <stdbool.h>

/* Rows of the table of commands; commands.h says what `arguments` and the answer are. */
bool images_show(char *const *arguments, unsigned count);
bool images_operate(char *const *arguments, unsigned count);

#endif
