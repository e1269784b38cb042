/* layout_ours.c: layout.h as the kernel's own headers have it. */
#include <stddef.h>
#include <stdint.h>

#include <ivm/refusal.h>

#include "kernel/wdm/level_calls.h"
#include "kernel/wdm/list_calls.h"
#include "kernel/wdm/nt_mdl.h"
#include "kernel/wdm/nt_object.h"
#include "kernel/wdm/nt_wait.h"
#include "layout_record.h"

#define SIZE(ours, theirs) RECORD(#ours " " #theirs, 0, sizeof(ours))
#define MEMBER(ours, at, theirs, it)                                                       \
    RECORD(#ours "." #at " " #theirs "." #it, offsetof(ours, at), sizeof(((ours *)0)->at))
#define VALUE(ours, theirs) RECORD(#ours " " #theirs, (uint32_t)(ours), 0)

const struct layout_record records[] LAYOUT_SECTION = {
#include "layout.h"
};
