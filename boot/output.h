/* output.h: where the log becomes visible: COM1, and the screen the loader left. */
#ifndef BOOT_OUTPUT_H
#define BOOT_OUTPUT_H

#include "multiboot2.h"

/* Log to COM1, if there is one. context  first of all */
void output_start_serial(void);

/* Log to the screen too, what was logged before included. Why it cannot be, is logged.
 * context  after memory_start()
 */
void output_start_screen(const struct boot_framebuffer *framebuffer);

#endif
