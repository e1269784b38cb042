/* images.h: the driver images among the loader's modules. */
#ifndef BOOT_IMAGES_H
#define BOOT_IMAGES_H

#include "multiboot2.h"

/* Make every module known whose name ends in ".sys". A module's text is its name, then, for the devices that
 * the driver is for, HWID= and hardware ids between commas: `edu.sys HWID=PCI\VEN_1234&DEV_11E8`.
 * What is wrong with one is logged; the others go on. The names of other modules are logged, too.
 *
 * info     its modules stay where they are for ever
 * context  at the start, on one CPU
 */
void images_add(const struct boot_info *info);

/* Load all that are known, in the loader's order. Without any, nothing is done.
 * context  as image_load(), when devices were found */
void images_load(void);

#endif
