/* mptable_entry.h: the entries of the MP configuration table: the parts of mptable_parse().
 */
#ifndef ARCH_MPTABLE_ENTRY_H
#define ARCH_MPTABLE_ENTRY_H

#include "mptable.h"

/* Note something that was read past. `what` is static text. */
void mptable_note(struct mptable *out, uint32_t offset, const char *what, uint32_t value);

/* How long an entry of this type is; 0: there is no such type.
 * source   [MP] "Base MP Configuration Table Entries"
 */
size_t mptable_entry_length(uint8_t type);

/* Read one entry, all of whose bytes are there. offset: of it in the table. */
void mptable_entry_read(const uint8_t *bytes, uint32_t offset, struct mptable *out);

/* After the last entry: leave out what leads from or to something that no entry lists. */
void mptable_keep_whole(struct mptable *table);

#endif
