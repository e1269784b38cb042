/* layout_theirs.c: layout.h as the DDK's headers have it. */
#include <ntddk.h>

#include <stddef.h>
#include <stdint.h>

#include "drivers/wdm/ivm_wdm.h"
#include "kernel/wdm/nt_base.h" /* for the list of statuses alone */
#include "layout_record.h"

#define SIZE(ours, theirs) RECORD(#ours " " #theirs, 0, sizeof(theirs))
#define MEMBER(ours, at, theirs, it)                                                       \
    RECORD(#ours "." #at " " #theirs "." #it, offsetof(theirs, it),                        \
           sizeof(((theirs *)0)->it))
#define VALUE(ours, theirs) RECORD(#ours " " #theirs, (uint32_t)(theirs), 0)

const struct layout_record records[] LAYOUT_SECTION = {
#include "layout.h"
};
