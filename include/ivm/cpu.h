/* cpu.h: the CPUs that run, and how one has another do something.
 *
 * CPUs are numbered from 0 without gaps; the number is the one of struct ivm_cpu_set and of
 * the tables. There are two ways in: a *call* interrupts the other CPU and runs at once, at
 * IPI level; *work* waits in a mailbox until the other CPU has nothing better to do, and
 * runs below IVM_DISPATCH, where everything may be called.
 */
#ifndef IVM_CPU_H
#define IVM_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/status.h>

struct ivm_cpu_set;

typedef void ivm_cpu_function(void *context);

/* How many CPUs run: they are [0, this). Grows during the start only. Any context. */
uint32_t ivm_cpu_count(void);

/* The CPU that asks. Any context; below IVM_DISPATCH too, for code does not wander. */
uint32_t ivm_cpu_now(void);

/* Run a function on one CPU, by an interrupt, and wait until it has returned; on the
 * caller's own CPU it is simply called. A CPU that does not answer for a second is named in
 * the log, and waited for: the call never returns as if it had been made.
 *
 * function  runs at IVM_IPI, or above where the CPU was already; with interrupts off when
 *           that CPU was itself waiting so. It must be short, and must wait for nothing but
 *           calls of its own. Calls to one CPU from one CPU run in their order
 * context   any level, interrupts on or off; holding no lock that the function, or a
 *           routine above the caller's level, takes. Two CPUs may call each other: who
 *           waits answers
 * errors    IVM_NOT_FOUND  there is no such CPU; nothing was run
 */
IVM_MUST_CHECK enum ivm_status ivm_cpu_call(uint32_t cpu, ivm_cpu_function *function,
                                            void *context);

/* The same on each CPU of a set, the caller's own included when it is in it; and on all but
 * the caller's. They do not all run at one moment.
 *
 * errors    of the first: IVM_NOT_FOUND  a CPU of the set does not run, or it is empty;
 *           nothing was run
 */
IVM_MUST_CHECK enum ivm_status ivm_cpu_call_set(const struct ivm_cpu_set *cpus,
                                                ivm_cpu_function *function, void *context);
void ivm_cpu_call_others(ivm_cpu_function *function, void *context);

/* Whether a CPU takes interrupts from others: it is sent one, and has `ns` to answer. The
 * caller's own CPU answers when its interrupts are on and its level is below IVM_IPI. Any
 * context. */
bool ivm_cpu_ping(uint32_t cpu, uint64_t ns);

/* A piece of work for a mailbox. The storage is the caller's, from ivm_cpu_post() until
 * ivm_work_done(). */
struct ivm_work {
    ivm_cpu_function *function;
    void *context;
    struct ivm_work *next; /* the rest is written here only */
    _Atomic bool done;
};

/* Put work into the mailbox of a CPU. It runs when that CPU idles or serves its mailbox,
 * one piece after the other, in their order.
 *
 * function  runs below IVM_DISPATCH, interrupts on: it may do what ordinary code may
 * context   any level
 * errors    IVM_NOT_FOUND  there is no such CPU; the work was not put anywhere
 */
IVM_MUST_CHECK enum ivm_status ivm_cpu_post(uint32_t cpu, struct ivm_work *work);

/* Whether it has run; then the storage is free again. Any context. */
bool ivm_work_done(const struct ivm_work *work);

/* Have a CPU run a function from its mailbox, and wait until it has returned; meanwhile the
 * caller serves its own mailbox. On the caller's own CPU it is simply called. A CPU that
 * does not come to it for ten seconds is named in the log, and waited for.
 *
 * context  below IVM_DISPATCH, interrupts on, holding no lock
 * errors   nothing was run:
 *          IVM_NOT_FOUND    there is no such CPU
 *          IVM_WRONG_LEVEL  called from elsewhere
 */
IVM_MUST_CHECK enum ivm_status ivm_cpu_run(uint32_t cpu, ivm_cpu_function *function,
                                           void *context);

/* Run what is in this CPU's mailbox, if anything. A loop of ordinary code that waits for
 * something calls it, so that others are not kept waiting.
 * context  below IVM_DISPATCH, interrupts on, holding no lock
 */
void ivm_cpu_serve(void);

#endif
