/* grace.pml: CPUs with store buffers and local APICs, the lock, and the grace period.
 *
 * disconnect.pml and moves.pml include it; docs/MODEL.md says what stands for what. A model
 * says before the #include how much memory it has (MEMORY) and what is in it
 * (MEMORY_AT_START).
 *
 * Each process belongs to one CPU and one context of it. An interrupt suspends the contexts
 * below: a process makes a step only while its context is on top (`provided`).
 *
 * Switches that break what is in this file, for both models:
 *   NO_BARRIER          no full barrier between the caller's stores and reading the count
 *   SEND_BEFORE_COUNT   the interrupt is sent before the count is read
 *   ONE_PASS            where two passes are needed, one: a DISPATCH interrupt that was
 *                       taken before the read-back, and counts after the read, ends it
 *   PLAIN_COUNT         the count goes up by a plain load and store, not a locked one
 *   CLASS_TOO_HIGH      the class of the grace interrupt is above the devices'
 *   WAIT_AT_DISPATCH    the caller waits at DISPATCH level
 * Ways that are as good: LOCK_RAISES (the lock is taken at DISPATCH level), COUNT_AT_EXIT,
 * and in disconnect.pml WAIT_WITH_LOCK alone, while the lock leaves the level as it is.
 */
#ifndef CPUS
#define CPUS 2
#endif

/* ---- memory: a store waits in its CPU's buffer, in order; that CPU sees it at once --- */
#define PASSES(p) (p) /* deferred_queue.passes of CPU p */
#define LOCK 3        /* the configuration lock */
#define FREE_ADDRESS 4
#define DEPTH 4

byte memory[MEMORY] = MEMORY_AT_START;
typedef Buffer { byte count; byte address[DEPTH]; byte value[DEPTH] }
Buffer buffer[CPUS];

inline store(a, v)
{
    atomic {
        buffer[cpu].count < DEPTH ->
        buffer[cpu].address[buffer[cpu].count] = a;
        buffer[cpu].value[buffer[cpu].count] = v;
        buffer[cpu].count++
    }
}

#define holds(n, a) (buffer[cpu].count > n && buffer[cpu].address[n] == (a))
#define loaded(a)                                     \
    (holds(3, a) -> buffer[cpu].value[3] :            \
    (holds(2, a) -> buffer[cpu].value[2] :            \
    (holds(1, a) -> buffer[cpu].value[1] :            \
    (holds(0, a) -> buffer[cpu].value[0] : memory[a]))))

/* True once every store of this CPU is seen by all: a full barrier, a locked instruction
 * and reading a device register back wait for it. */
#define drained (buffer[cpu].count == 0)

inline drain(p)
{
    d_step {
        buffer[p].count > 0 ->
        memory[buffer[p].address[0]] = buffer[p].value[0];
        buffer[p].address[0] = buffer[p].address[1];
        buffer[p].address[1] = buffer[p].address[2];
        buffer[p].address[2] = buffer[p].address[3];
        buffer[p].address[3] = 0;
        buffer[p].value[0] = buffer[p].value[1];
        buffer[p].value[1] = buffer[p].value[2];
        buffer[p].value[2] = buffer[p].value[3];
        buffer[p].value[3] = 0;
        buffer[p].count--
    }
}

/* ---- local APICs: three classes on each CPU, 0 is DISPATCH, 1 and 2 are devices' ----- */
#define DISPATCH 0
bool requested[CPUS * 3]; /* IRR */
bool serviced[CPUS * 3];  /* ISR */
bool off[CPUS];           /* interrupts off */
bool raised[CPUS];        /* CR8 is DISPATCH */
#define irr(p, class) requested[(p) * 3 + (class)]
#define isr(p, class) serviced[(p) * 3 + (class)]

#ifdef CLASS_TOO_HIGH
#define admits_0(p) (!isr(p, 0) && !raised[p])
#define admits_1(p) (!isr(p, 0) && !irr(p, 0) && !isr(p, 1) && !isr(p, 2) && !irr(p, 2))
#define admits_2(p) (!isr(p, 0) && !irr(p, 0) && !isr(p, 2))
#else
#define admits_0(p) (!isr(p, 0) && !raised[p] && admits_1(p) && !irr(p, 1))
#define admits_1(p) (!isr(p, 1) && admits_2(p) && !irr(p, 2))
#define admits_2(p) (!isr(p, 2))
#endif
#define admits(p, class)                                            \
    (!off[p] && irr(p, class) &&                                    \
     ((class) == 0 && admits_0(p) || (class) == 1 && admits_1(p) || \
      (class) == 2 && admits_2(p)))

/* Which context runs on a CPU: its task, or the interrupt of class `context - 1`. */
#define TASK 0
byte context[CPUS];
bool open[CPUS * 3]; /* this interrupt's context is on the stack */
#define runs(p, class) (context[p] == (class) + 1 || !open[(p) * 3 + (class)])

/* Entering and leaving an interrupt. `under`, `ends` and `top` are the handler's. */
inline enter(class)
{
    irr(cpu, class) = 0;
    isr(cpu, class) = 1;
    off[cpu] = 1;
    under = context[cpu];
    context[cpu] = class + 1;
    open[cpu * 3 + class] = 1
}

inline leave(class)
{
    assert(ends == 1 && !isr(cpu, class));
    ends = 0;
    open[cpu * 3 + class] = 0;
    context[cpu] = under;
    under = 0;
    off[cpu] = 0
}

/* The end clears the highest bit in service, whosever it is; a level's goes on to the I/O
 * APIC. */
#ifdef CLASS_TOO_HIGH
#define highest (isr(cpu, 0) -> 0 : (isr(cpu, 2) -> 2 : 1))
#else
#define highest (isr(cpu, 2) -> 2 : (isr(cpu, 1) -> 1 : 0))
#endif
inline end_interrupt()
{
    ends++;
    /* By way of `top`: spin takes an assignment back by computing its index again. */
    top = highest;
    remote_irr = remote_irr && top != 1;
    isr(cpu, top) = 0;
    top = 0
}
bool remote_irr; /* of the one level-triggered line; its class is 1 */

/* ---- the configuration lock. Who finds the source busy lets go and asks again; here it
 * waits until that is over. */
inline take_lock(settled)
{
#ifdef LOCK_RAISES
    do
    :: atomic { (settled) -> raised[cpu] = 1 };
       atomic {
           memory[LOCK] == 0 && drained ->
           if
           :: settled -> memory[LOCK] = 1; break
           :: else -> raised[cpu] = 0
           fi
       }
    od
#else
    atomic { memory[LOCK] == 0 && drained && (settled) -> memory[LOCK] = 1 }
#endif
}

inline give_lock()
{
    atomic {
        store(LOCK, 0);
        raised[cpu] = 0
    }
}

/* ---- grace.c. `seen` is the caller's ------------------------------------------------- */
inline read_count(p)
{
    atomic {
#ifndef NO_BARRIER
        drained;
#endif
        seen = loaded(PASSES(p))
    }
}

inline send_and_wait(p)
{
#ifdef WAIT_AT_DISPATCH
    raised[cpu] = 1;
#endif
#ifndef SEND_BEFORE_COUNT
    irr(p, DISPATCH) = 1;
#endif
    atomic { memory[PASSES(p)] != seen -> seen = 0 }
#ifdef WAIT_AT_DISPATCH
    raised[cpu] = 0;
#endif
}

/* Walks that began before are over, and later ones see the caller's stores. */
inline pass(p)
{
#ifdef SEND_BEFORE_COUNT
    irr(p, DISPATCH) = 1;
#endif
    read_count(p);
    send_and_wait(p)
}

/* After a pass: what was sent to the CPU before has been delivered and served, too. */
inline pass_again(p)
{
#ifndef ONE_PASS
    pass(p)
#else
    skip
#endif
}

/* ---- deferred.c: the DISPATCH vector. Process p is that of CPU p; tasks come next ---- */
active [CPUS] proctype deferred() provided (runs(_pid, DISPATCH))
{
    byte cpu = _pid;
    byte under;
    byte ends;
    byte top;
#ifdef PLAIN_COUNT
    byte passes;
#endif
end:
    do
    :: d_step { admits(cpu, DISPATCH) -> enter(DISPATCH) };
#ifdef PLAIN_COUNT
       passes = loaded(PASSES(cpu));
       store(PASSES(cpu), passes + 1);
       passes = 0;
#endif
#if !defined(PLAIN_COUNT) && !defined(COUNT_AT_EXIT)
       atomic { drained -> memory[PASSES(cpu)]++ };
#endif
       off[cpu] = 0; /* deferred calls run here */
       off[cpu] = 1;
#ifdef COUNT_AT_EXIT
       atomic { drained -> memory[PASSES(cpu)]++ };
#endif
       d_step { end_interrupt(); leave(DISPATCH) }
    od
}
