/* source.c: who owns which line or message, and the reasons for which an input is masked.
 */
#include "source.h"

#include <stddef.h>

#include <ivm/stats.h>

#include "assert.h"
#include "dispatch.h"
#include "machine.h"
#include "manager.h"

void source_start(struct source *source, struct ivm_source_id id)
{
    *source = (struct source){
        .end = {.offer = dispatch_unclaimed, .offer_context = source},
        .id = id,
        .mask_reasons = IVM_MASKED_IDLE,
    };
}

struct source *source_find(struct ivm_source_id id)
{
    switch (id.kind) {
    case IVM_LINE:
        return manager_line(id.number);
    case IVM_MESSAGE:
        return message_find(id.number);
    case IVM_BARE:
        break;
    }
    return NULL;
}

void source_mask(struct source *source, uint8_t reasons)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&source->mask_lock);
    uint8_t before = source->mask_reasons;
    source->mask_reasons = before | reasons;
    if (before == 0 && source->controller != NULL)
        source->controller->mask(source->unit, source->input);
    spinlock_release(&source->mask_lock);
    machine_interrupts_restore(were_on);
}

void source_unmask(struct source *source, uint8_t reasons)
{
    bool were_on = machine_interrupts_save();
    spinlock_take(&source->mask_lock);
    uint8_t before = source->mask_reasons;
    uint8_t after = (uint8_t)(before & ~reasons);
    source->mask_reasons = after;
    if (before != 0 && after == 0 && source->controller != NULL)
        source->controller->unmask(source->unit, source->input);
    spinlock_release(&source->mask_lock);
    machine_interrupts_restore(were_on);
}
