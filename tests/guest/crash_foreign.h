/* crash_foreign.h: breaks the kernel on purpose around code of a driver image: rows for crash.c. */
#ifndef GUEST_CRASH_FOREIGN_H
#define GUEST_CRASH_FOREIGN_H

void crash_invalid_in_image(void);
void crash_write_to_image(void);
void crash_write_to_image_elsewhere(void);
void crash_without_sse(void);

#endif
