/* work.c: calls and mailboxes: lists that many push to, and one takes. */
#include "work.h"

#include <stdatomic.h>

#include <ivm/interrupt.h>
#include <ivm/level.h>
#include <ivm/system.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "kernel/machine.h"

enum {
    CALLS_AT_ONCE = 16, /* of a set: their storage is on the caller's stack */
    SET_SIZE = 64,      /* CPUs of a struct ivm_cpu_set */
};
static const uint64_t call_patience_ns = UINT64_C(1000000000);
static const uint64_t work_patience_ns = UINT64_C(10000000000);

/* Written by work_start() and work_add_cpu(). */
static struct work_queues *queues;
static uint32_t queue_limit;
static _Atomic uint32_t cpu_count;

void work_start(struct work_queues *storage, uint32_t limit)
{
    queues = storage;
    queue_limit = limit;
    atomic_store_explicit(&cpu_count, 1, memory_order_release);
}

void work_add_cpu(void)
{
    uint32_t count = ivm_cpu_count();
    if (count < queue_limit)
        atomic_store_explicit(&cpu_count, count + 1, memory_order_release);
}

uint32_t ivm_cpu_count(void)
{
    /* Pairs with the release in work_add_cpu(): a CPU that counts can be called. */
    return atomic_load_explicit(&cpu_count, memory_order_acquire);
}

uint32_t ivm_cpu_now(void)
{
    return machine_cpu();
}

/* The lists. */

static void push(struct work_list *list, struct ivm_work *work)
{
    atomic_store_explicit(&work->done, false, memory_order_relaxed);
    struct ivm_work *first = atomic_load_explicit(&list->pushed, memory_order_relaxed);
    do {
        work->next = first;
        /* Pairs with the acquire in sort(): what the function is to find is there. */
    } while (!atomic_compare_exchange_weak_explicit(
        &list->pushed, &first, work, memory_order_release, memory_order_relaxed));
}

/* All that was pushed, oldest first. */
static struct ivm_work *sort(struct work_list *list)
{
    struct ivm_work *latest =
        atomic_exchange_explicit(&list->pushed, NULL, memory_order_acquire);
    struct ivm_work *oldest = NULL;
    while (latest != NULL) {
        struct ivm_work *next = latest->next;
        latest->next = oldest;
        oldest = latest;
        latest = next;
    }
    return oldest;
}

/* Take the oldest; NULL: none. Interrupts are off meanwhile, for a function that runs, and
 * one that preempts it, may wait and take the next. */
static struct ivm_work *take(struct work_list *list)
{
    bool were_on = machine_interrupts_save();
    if (list->sorted == NULL)
        list->sorted = sort(list);
    struct ivm_work *work = list->sorted;
    if (work != NULL)
        list->sorted = work->next;
    machine_interrupts_restore(were_on);
    return work;
}

static bool is_empty(const struct work_list *list)
{
    return list->sorted == NULL &&
           atomic_load_explicit(&list->pushed, memory_order_relaxed) == NULL;
}

static void run_all(struct work_list *list)
{
    for (struct ivm_work *work = take(list); work != NULL; work = take(list)) {
        work->function(work->context);
        /* From here on the storage is its owner's again. Pairs with ivm_work_done(). */
        atomic_store_explicit(&work->done, true, memory_order_release);
    }
}

bool ivm_work_done(const struct ivm_work *work)
{
    return atomic_load_explicit(&work->done, memory_order_acquire);
}

/* Calls. */

static void answer_calls(void)
{
    run_all(&queues[machine_cpu()].calls);
}

void work_interrupt(struct slot *slot)
{
    slot->delivered++;
    machine_interrupts_on();
    answer_calls();
    machine_interrupts_off();
    /* An IPI for a call that came after the take is held back by this one's service bit,
     * and delivered after the end. */
    atomic_fetch_add_explicit(&queues[machine_cpu()].answers, 1, memory_order_release);
    machine_end();
}

/* The interrupt cannot come here: whoever waits looks for calls itself. */
static bool is_closed(void)
{
    return !machine_interrupts_enabled() || machine_level() >= IVM_IPI;
}

static bool call_is_done(void *context)
{
    if (is_closed())
        answer_calls();
    return ivm_work_done(context);
}

static void await_call(struct ivm_work *call, uint32_t cpu)
{
    if (ivm_wait_until(call_is_done, call, call_patience_ns))
        return;
    ivm_log("CPU %u does not answer a call from CPU %u: waiting for it", cpu,
            machine_cpu());
    while (!call_is_done(call))
        machine_relax();
    ivm_log("CPU %u has answered", cpu);
}

static void send_call(struct ivm_work *call, uint32_t cpu)
{
    push(&queues[cpu].calls, call);
    machine_interrupt_cpu(cpu, IVM_VECTOR_IPI);
}

/* What the interrupt would be here: at IPI level at least, so that neither kind is
 * disturbed by another call. */
static void call_here(ivm_cpu_function *function, void *context)
{
    uint8_t level = machine_level();
    uint8_t found = ivm_level_raise(level > IVM_IPI ? level : IVM_IPI);
    function(context);
    ivm_level_lower(found);
}

enum ivm_status ivm_cpu_call(uint32_t cpu, ivm_cpu_function *function, void *context)
{
    if (cpu >= ivm_cpu_count())
        return IVM_NOT_FOUND;
    if (cpu == machine_cpu()) {
        call_here(function, context);
        return IVM_OK;
    }
    struct ivm_work call = {.function = function, .context = context};
    send_call(&call, cpu);
    await_call(&call, cpu);
    return IVM_OK;
}

/* Call those of up to SET_SIZE CPUs whose bit is set, several at once. */
static void call_many(const struct ivm_cpu_set *cpus, const struct ivm_work *what)
{
    uint32_t first = (uint32_t)cpus->group * SET_SIZE;
    uint64_t left = cpus->mask;
    while (left != 0) {
        struct ivm_work calls[CALLS_AT_ONCE];
        uint32_t targets[CALLS_AT_ONCE];
        unsigned sent = 0;
        for (; left != 0 && sent < CALLS_AT_ONCE; left &= left - 1, sent++) {
            calls[sent] =
                (struct ivm_work){.function = what->function, .context = what->context};
            targets[sent] = first + (uint32_t)__builtin_ctzll(left);
            send_call(&calls[sent], targets[sent]);
        }
        for (unsigned i = 0; i < sent; i++)
            await_call(&calls[i], targets[i]);
    }
}

/* The CPUs that run, of one group. */
static uint64_t running_in(uint32_t group)
{
    uint32_t first = group * SET_SIZE, count = ivm_cpu_count();
    if (count <= first)
        return 0;
    return count - first >= SET_SIZE ? UINT64_MAX : (UINT64_C(1) << (count - first)) - 1;
}

/* This CPU's bit, if it lies in that group. */
static uint64_t own_bit(uint32_t group)
{
    uint32_t cpu = machine_cpu();
    return cpu / SET_SIZE == group ? UINT64_C(1) << cpu % SET_SIZE : 0;
}

enum ivm_status ivm_cpu_call_set(const struct ivm_cpu_set *cpus, ivm_cpu_function *function,
                                 void *context)
{
    if (cpus->mask == 0 || (cpus->mask & ~running_in(cpus->group)) != 0)
        return IVM_NOT_FOUND;
    uint64_t own = cpus->mask & own_bit(cpus->group);
    call_many(&(struct ivm_cpu_set){.mask = cpus->mask & ~own, .group = cpus->group},
              &(struct ivm_work){.function = function, .context = context});
    if (own != 0)
        call_here(function, context);
    return IVM_OK;
}

void ivm_cpu_call_others(ivm_cpu_function *function, void *context)
{
    for (uint16_t group = 0; running_in(group) != 0; group++)
        call_many(&(struct ivm_cpu_set){.mask = running_in(group) & ~own_bit(group),
                                        .group = group},
                  &(struct ivm_work){.function = function, .context = context});
}

struct ping {
    const struct work_queues *target;
    uint32_t before;
};

static bool has_answered(void *context)
{
    const struct ping *ping = context;
    return atomic_load_explicit(&ping->target->answers, memory_order_acquire) !=
           ping->before;
}

bool ivm_cpu_ping(uint32_t cpu, uint64_t ns)
{
    if (cpu >= ivm_cpu_count())
        return false;
    struct ping ping = {.target = &queues[cpu]};
    ping.before = atomic_load_explicit(&ping.target->answers, memory_order_acquire);
    machine_interrupt_cpu(cpu, IVM_VECTOR_IPI);
    return ivm_wait_until(has_answered, &ping, ns);
}

/* Mailboxes. */

enum ivm_status ivm_cpu_post(uint32_t cpu, struct ivm_work *work)
{
    if (cpu >= ivm_cpu_count())
        return IVM_NOT_FOUND;
    push(&queues[cpu].mail, work);
    if (cpu != machine_cpu())
        machine_interrupt_cpu(cpu, IVM_VECTOR_IPI); /* it may be asleep */
    return IVM_OK;
}

void ivm_cpu_serve(void)
{
    run_all(&queues[machine_cpu()].mail);
}

void work_idle(void)
{
    ivm_cpu_serve();
    /* With interrupts off, the interrupt that comes with new mail is not served between the
     * look and the sleep: it is pending then, and ends the sleep. */
    machine_interrupts_off();
    if (is_empty(&queues[machine_cpu()].mail))
        machine_idle();
    else
        machine_interrupts_on();
}

static bool work_is_done(void *context)
{
    ivm_cpu_serve();
    return ivm_work_done(context);
}

enum ivm_status ivm_cpu_run(uint32_t cpu, ivm_cpu_function *function, void *context)
{
    if (machine_level() >= IVM_DISPATCH || !machine_interrupts_enabled())
        return IVM_WRONG_LEVEL;
    if (cpu == machine_cpu()) {
        function(context);
        return IVM_OK;
    }
    struct ivm_work work = {.function = function, .context = context};
    enum ivm_status status = ivm_cpu_post(cpu, &work);
    if (status != IVM_OK || ivm_wait_until(work_is_done, &work, work_patience_ns))
        return status;
    ivm_log("CPU %u does not come to work that CPU %u waits for: going on waiting", cpu,
            machine_cpu());
    while (!work_is_done(&work))
        machine_relax();
    return IVM_OK;
}
