/* request.c: requests: allocated, told apart from stray pointers, freed.
 *
 * Source: [WDM] "IoAllocateIrp", "IoFreeIrp".
 */
#include "request.h"

#include <ivm/system.h>

#include "calling.h"
#include "objects.h"
#include "request_calls.h"

enum { REQUEST_TAG = 0x20707249 }; /* "Irp " */

struct request {
    struct request *next;
    struct image *image;
    request_done *done; /* NULL: the driver that made it must stop it on its way up */
    void *context;
    bool has_ended; /* `done` is being called */
    struct nt_irp irp;
    struct nt_stack_location locations[]; /* a spare one, its own, a spare one */
};

static struct request *requests;
static struct spinlock requests_lock;

/* Of the IRPs that exist; the lock is held. */
static struct request *request_of(const struct nt_irp *irp)
{
    struct request *at = requests;
    while (at != NULL && &at->irp != irp)
        at = at->next;
    return at;
}

bool request_exists(const struct nt_irp *irp)
{
    uint8_t found = dispatch_lock_take(&requests_lock);
    bool is_one = request_of(irp) != NULL;
    dispatch_lock_release(&requests_lock, found);
    return is_one;
}

static void start_irp(struct request *request, int8_t count)
{
    struct nt_irp *irp = &request->irp;
    irp->type = NT_IRP_TYPE;
    irp->size = (uint16_t)(sizeof *irp + (size_t)count * sizeof request->locations[0]);
    irp->thread_list.next = irp->thread_list.previous = &irp->thread_list;
    irp->stack_count = count;
    irp->current_location = (int8_t)(count + 1);
    irp->current = &request->locations[count + 1];
}

struct nt_irp *request_make(struct image *image, int8_t count)
{
    if (count < 1 || count == INT8_MAX)
        return NULL;
    size_t size =
        sizeof(struct request) + ((size_t)count + 2) * sizeof(struct nt_stack_location);
    struct request *request = pool_allocate(image, size, REQUEST_TAG);
    if (request == NULL)
        return NULL;
    __builtin_memset(request, 0, size);
    request->image = image;
    start_irp(request, count);
    uint8_t found = dispatch_lock_take(&requests_lock);
    request->next = requests;
    requests = request;
    dispatch_lock_release(&requests_lock, found);
    return &request->irp;
}

bool request_on_done(struct nt_irp *irp, request_done *done, void *context)
{
    uint8_t found = dispatch_lock_take(&requests_lock);
    struct request *request = request_of(irp);
    bool is_under_way = request != NULL && !request->has_ended;
    if (is_under_way) {
        request->done = done;
        request->context = context;
    }
    dispatch_lock_release(&requests_lock, found);
    return is_under_way;
}

static void unlink_request(struct request *request)
{
    struct request **at = &requests;
    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
}

bool request_free(struct nt_irp *irp)
{
    uint8_t found = dispatch_lock_take(&requests_lock);
    struct request *request = request_of(irp);
    if (request != NULL)
        unlink_request(request);
    dispatch_lock_release(&requests_lock, found);
    if (request != NULL)
        pool_free(request);
    return request != NULL;
}

uint32_t requests_drop(struct image *image)
{
    for (uint32_t dropped = 0;; dropped++) {
        uint8_t found = dispatch_lock_take(&requests_lock);
        struct request *request = requests;
        while (request != NULL && request->image != image)
            request = request->next;
        dispatch_lock_release(&requests_lock, found);
        if (request == NULL)
            return dropped;
        ivm_log("%s: %s: taken back", image->name,
                request->done != NULL ? "never completed a request that was sent to it"
                                      : "forgot to free a request");
        (void)request_free(&request->irp);
    }
}

void request_end(struct nt_irp *irp)
{
    uint8_t found = dispatch_lock_take(&requests_lock);
    struct request *request = request_of(irp);
    request_done *done = request->done;
    void *context = request->context;
    const struct image *image = request->image;
    request->has_ended = done != NULL;
    dispatch_lock_release(&requests_lock, found);
    if (done != NULL)
        done(irp, context);
    else
        ivm_log(
            "%s: a request that it made came back with no completion routine to keep it: "
            "it can be freed",
            image->name);
}

NT_API struct nt_irp *IoAllocateIrp(int8_t stack_size, nt_boolean charge_quota)
{
    (void)charge_quota;
    struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoAllocateIrp");
    return image != NULL ? request_make(image, stack_size) : NULL;
}

NT_API void IoFreeIrp(struct nt_irp *irp)
{
    const struct image *image = image_of(__builtin_return_address(0));
    caller_at_most(image, IVM_DISPATCH, "IoFreeIrp");
    uint8_t found = dispatch_lock_take(&requests_lock);
    const struct request *request = request_of(irp);
    bool is_ours = request != NULL && request->done != NULL;
    dispatch_lock_release(&requests_lock, found);
    if (is_ours)
        ivm_log("%s: frees a request that it did not make: ignored", caller_name(image));
    else if (!request_free(irp))
        ivm_log("%s: frees what is no request, or a second time: ignored",
                caller_name(image));
}
