/* masked.c: who keeps a line that was masked because nobody took its interrupts.
 *
 * The mask is made in the middle of a dispatch, with a storm going on: the devices are asked later, by a
 * deferred call, when their registers can be read in peace.
 */
#include "masked.h"

#include <stdatomic.h>
#include <stddef.h>

#include <ivm/bus.h>
#include <ivm/deferred.h>
#include <ivm/system.h>

enum { WORDS = 4, BITS = 64, NAMED = 4 };

/* Lines that are still to be asked about, a bit each; those from 256 on are not asked about. Set by
 * masked_line(), taken by the call. */
static _Atomic uint64_t waiting[WORDS];

static void name_suspects(uint32_t gsi)
{
    struct ivm_device *suspects[NAMED];
    size_t count = ivm_line_suspects(gsi, suspects, NAMED);
    if (count == 0)
        ivm_log("line %u: no PCI function says that it asserts it", (unsigned)gsi);
    for (size_t i = 0; i < count && i < NAMED; i++)
        ivm_log("line %u: %s says that it asserts its line%s", (unsigned)gsi,
                suspects[i]->name,
                suspects[i]->driver == NULL ? ", and no driver of ours has it" : "");
}

static void ask(void *context)
{
    (void)context;
    for (unsigned word = 0; word < WORDS; word++) {
        uint64_t lines = atomic_exchange_explicit(&waiting[word], 0, memory_order_relaxed);
        for (unsigned bit = 0; bit < BITS; bit++)
            if ((lines >> bit & 1) != 0)
                name_suspects(word * BITS + bit);
    }
}

void masked_line(uint32_t gsi)
{
    static struct ivm_deferred call = {.function = ask};
    if (gsi >= WORDS * BITS)
        return;
    /* Before it is queued: a call that is queued already has yet to look. */
    atomic_fetch_or_explicit(&waiting[gsi / BITS], UINT64_C(1) << gsi % BITS,
                             memory_order_seq_cst);
    (void)ivm_deferred_queue(&call);
}
