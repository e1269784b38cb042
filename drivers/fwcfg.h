/* fwcfg.h: QEMU's fw_cfg: files that the emulator's command line hands to the guest. */
#ifndef DRIVERS_FWCFG_H
#define DRIVERS_FWCFG_H

#include <stdbool.h>
#include <stddef.h>

#include <ivm/status.h>

/* Whether it is there: only under QEMU. Any context; interrupts are off for the moment. */
bool fwcfg_present(void);

/* Read the file `name` ("opt/ivm/cmdline") into `out`: its first `room` bytes.
 *
 * length   the file's whole length
 * context  as fwcfg_present(); interrupts are off meanwhile, the device having one position
 * errors   IVM_NO_SUCH_DEVICE  no fw_cfg
 *          IVM_NOT_FOUND       no such file
 * source   [FWCFG] "Firmware Configuration Items", "File Directory"
 */
IVM_MUST_CHECK enum ivm_status fwcfg_read(const char *name, void *out, size_t room,
                                          size_t *length);

#endif
