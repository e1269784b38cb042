/* nt_mdl.h: descriptions of memory by its pages, as drivers' inline code reads them. Layouts and flags as
 * [WDM] has them for x64.
 */
#ifndef WDM_NT_MDL_H
#define WDM_NT_MDL_H

#include "nt_base.h"

struct nt_mdl { /* MDL; a word for each page follows, its number */
    struct nt_mdl *next;
    int16_t size; /* with those */
    int16_t flags;
    void *process;
    void *mapped;
    void *start; /* of its first page */
    uint32_t bytes;
    uint32_t offset; /* in that page */
};

enum nt_mdl_flags {
    NT_MDL_MAPPED = 1,
    NT_MDL_LOCKED = 2,
    NT_MDL_NONPAGED_POOL = 4,
    NT_MDL_WRITE_OPERATION = 0x80,
};

_Static_assert(sizeof(struct nt_mdl) == 48, "MDL");

#endif
