/* disconnect.pml: connect, dispatch, disconnect: no routine called too late, nothing lost.
 *
 * A level-triggered line (routines A and B) on CPU 0 and an edge source (routine C) on
 * CPU 1. The ordinary code of the CPUs takes routines off and puts them on while the
 * devices fire. Checked:
 *   - no routine is entered or running, and its node is not read, after its disconnect
 *     returned;
 *   - nothing of the source is touched after the last disconnect gave its vector back, and
 *     no delivery finds a vector that nobody owns;
 *   - each delivery is ended once;
 *   - every run comes to rest (`prove` looks for cycles), and then all calls have returned
 *     and no device with a connected routine is left unserved.
 *
 * Scenes, one of:
 *   CROSS  each CPU takes the other's routine off at once and puts it on again; A shares
 *   LAST   the same, A alone on the line and its device not silenced before
 *   SHARE  two disconnects on one chain: B by the CPU it runs on, A by another, which
 *          then connects A again
 *   OWN    the CPU of the line takes off the last routine itself, and connects it again
 *   JOIN   a connect while the last disconnect of the source waits
 *   NEST   both sources on CPU 0, the edge of a higher class; CPU 1 takes A off, then C
 *   THREE  three CPUs take off A, B and C at once
 * FEW lets fewer devices fire.
 * Switches that break the protocol, more of them in grace.pml. Each makes a scene fail, and
 * `prove` knows which, and what breaks. To see one fail, step by step:
 *   tests/model/prove disconnect SHARE NO_BARRIER
 *   COUNT_BEFORE_UNLINK   the count is read before the unlink
 *   NO_MASK               the last disconnect does not mask
 *   MASK_ALWAYS           every disconnect masks, not only the last
 *   NO_READ_BACK          it masks, and goes on before the I/O APIC has heard of it
 *   FREE_BEFORE_GRACE     disconnect returns without having waited
 *   OWN_CPU_AT_ONCE       the last disconnect on the source's own CPU does not wait
 *   WAIT_WITH_LOCK        with LOCK_RAISES: the lock is held while waiting (a deadlock)
 *   CLEAR_NEXT            the unlinked node forgets who came after it
 *   NOT_BUSY              a source whose last disconnect waits can be joined
 *   UNMASK_BEFORE_APPEND  connect opens the line, then makes the routine known
 *   END_FIRST, END_TWICE, NO_END   the end goes out before the chain is asked; twice; never
 */
#ifdef THREE
#define CPUS 3
#endif
#if defined(LAST) || defined(OWN) || defined(JOIN)
#define LONE
#endif

#define A 0
#define B 1
#define C 2
#define END 3 /* the source's own node */
#define NOBODY 4
#define LINE 0
#define EDGE 1

#define FIRST(s) (FREE_ADDRESS + (s))      /* slot.first */
#define SERVES(s) (FREE_ADDRESS + 2 + (s)) /* slot.dispatch: dispatch_first 1, _stray 0 */
#define MASK(s) (FREE_ADDRESS + 4 + (s))   /* in the controller */
#define NEXT(c) (FREE_ADDRESS + 6 + (c))   /* node.next */
#define MEMORY 13
#ifdef LONE
#define SHARERS 1
#define HAS_B 0
#define LACKS_B 1
#define TAIL A
#define AFTER_A END
#else
#define SHARERS 2
#define HAS_B 1
#define LACKS_B 0
#define TAIL B
#define AFTER_A B
#endif
#define MEMORY_AT_START { 0, 0, 0, 0, A, C, 1, 1, 0, 0, AFTER_A, END, END }

#include "grace.pml"

#ifdef NEST
#define CPU_OF(s) 0
#else
#define CPU_OF(s) (s)
#endif
#define CLASS_OF(s) ((s) + 1)

/* What the configuration lock guards. */
byte count[2] = { SHARERS, 1 };
byte head[2] = { A, C };
byte tail[2] = { TAIL, C };
bool busy[2];

/* The devices: `fires` says how often at most; a line is up until its routine quiets it. */
#if defined(THREE)
#define FIRES { 1, 0, 0 }
#elif defined(FEW)
#define FIRES { 1, 0, 1 }
#else
#define FIRES { 1, 1, 1 }
#endif
bool up[3];
bool quiet[3] = { 0, LACKS_B, 0 };
byte fires[3] = FIRES;
bool sent[2];   /* a message on its way to the local APIC */
bool calls = 1; /* a routine may queue one deferred call */

/* Only looked at: connected and not about to leave; off for good; vector given back. */
bool live[3] = { 1, HAS_B, 1 };
bool gone[3];
bool vacant[2];
byte done;

/* ---- chain.c: lists of at most two. A store shows when it leaves the buffer ---------- */
inline chain_append(c, s)
{
    store(NEXT(c), END);
    if
    :: count[s] == 0 -> store(SERVES(s), 1); store(FIRST(s), c); head[s] = c
    :: else -> store(NEXT(tail[s]), c)
    fi;
    tail[s] = c;
    count[s]++
}

inline chain_remove(c, s)
{
    if
    :: head[s] != c -> store(NEXT(head[s]), END); tail[s] = head[s]
    :: head[s] == c && tail[s] == c -> store(FIRST(s), END)
    :: head[s] == c && tail[s] != c -> store(FIRST(s), tail[s]); head[s] = tail[s]
    fi;
#ifdef CLEAR_NEXT
    store(NEXT(c), NOBODY);
#endif
    count[s]--
}

/* ---- connect.c ----------------------------------------------------------------------- */
inline connect(c, s)
{
    take_lock(!busy[s]);
    atomic {
        gone[c] = 0; vacant[s] = 0; last = (count[s] == 0);
#ifdef UNMASK_BEFORE_APPEND
        if :: last -> store(MASK(s), 0) :: else fi
    };
    atomic {
#endif
        chain_append(c, s);
#ifndef UNMASK_BEFORE_APPEND
        if :: last -> store(MASK(s), 0) :: else fi;
#endif
        last = 0;
        give_lock()
    };
    /* What the driver then writes to its device comes after the unmask. */
    atomic { drained -> live[c] = 1; quiet[c] = 0 }
}

/* A driver silences its device first; but the line of LAST and OWN is left up. */
inline silence(c, s)
{
    d_step {
        live[c] = 0;
        if
        :: s == EDGE -> up[c] = 0
#if !defined(LAST) && !defined(OWN)
        :: s == LINE -> up[c] = 0; quiet[c] = 1
#endif
        :: else
        fi
    }
}

inline detach(c, s)
{
    atomic {
        last = (count[s] == 1);
        if
#ifdef MASK_ALWAYS
        :: !last -> store(MASK(s), 1)
#endif
        :: last ->
#ifndef NOT_BUSY
            busy[s] = 1;
#endif
#ifndef NO_MASK
            store(MASK(s), 1);
#ifndef NO_READ_BACK
            drained && !sent[s]
#endif
#endif
        :: else
        fi;
        chain_remove(c, s)
    }
}

inline disconnect(c, s)
{
    silence(c, s);
    take_lock(!busy[s]);
#ifdef COUNT_BEFORE_UNLINK
    read_count(CPU_OF(s));
#endif
    detach(c, s);
#ifndef WAIT_WITH_LOCK
    give_lock();
#endif
#ifdef FREE_BEFORE_GRACE
    gone[c] = 1;
#endif
    if
#ifdef OWN_CPU_AT_ONCE
    :: CPU_OF(s) == cpu
#else
    :: CPU_OF(s) == cpu && !last
#endif
    :: else ->
#ifdef COUNT_BEFORE_UNLINK
        send_and_wait(CPU_OF(s));
#else
        pass(CPU_OF(s));
#endif
        if :: last -> pass_again(CPU_OF(s)) :: else fi
    fi;
#ifdef WAIT_WITH_LOCK
    give_lock();
#endif
    if
    :: last ->
        take_lock(true);
        atomic { /* vacate() */
            store(SERVES(s), 0); vacant[s] = 1; busy[s] = 0; last = 0;
            give_lock()
        }
    :: else
    fi;
    gone[c] = 1
}

active [CPUS] proctype task() provided (context[_pid - CPUS] == TASK)
{
    byte cpu = _pid - CPUS;
    byte seen;
    bool last;
    if
#if defined(CROSS) || defined(LAST)
    :: cpu == 0 -> disconnect(C, EDGE); connect(C, EDGE)
    :: cpu == 1 -> disconnect(A, LINE); connect(A, LINE)
#endif
#ifdef SHARE
    :: cpu == 0 -> disconnect(B, LINE)
    :: cpu == 1 -> disconnect(A, LINE); connect(A, LINE)
#endif
#ifdef OWN
    :: cpu == 0 -> disconnect(A, LINE); connect(A, LINE)
    :: cpu == 1 -> skip
#endif
#ifdef JOIN
    :: cpu == 0 -> connect(B, LINE)
    :: cpu == 1 -> disconnect(A, LINE)
#endif
#ifdef NEST
    :: cpu == 0 -> skip
    :: cpu == 1 -> disconnect(A, LINE); disconnect(C, EDGE)
#endif
#ifdef THREE
    :: cpu == 0 -> disconnect(C, EDGE)
    :: cpu == 1 -> disconnect(A, LINE)
    :: cpu == 2 -> disconnect(B, LINE)
#endif
    fi;
    done++
}

/* ---- entry.S and dispatch_first(), for each source ----------------------------------- */
#define SOURCE_OF_PROCESS (_pid - 2 * CPUS)
active [2] proctype dispatch()
    provided (runs(CPU_OF(SOURCE_OF_PROCESS), CLASS_OF(SOURCE_OF_PROCESS)))
{
    byte me = SOURCE_OF_PROCESS;
    byte cpu = CPU_OF(me);
    byte under;
    byte ends;
    byte top;
    byte at;
    bool took;
end:
    do
    :: d_step { admits(cpu, CLASS_OF(me)) -> enter(CLASS_OF(me)) };
#ifdef END_FIRST
       end_interrupt();
#endif
       d_step { took = loaded(SERVES(me)); assert(took); took = 0 }; /* else: a stray */
       atomic { off[cpu] = 0; at = loaded(FIRST(me)) };
       do
       :: at != END && !took ->
           /* The routine: from this step to the next one it is running. */
           d_step {
               assert(at != NOBODY);
               assert(!gone[at]);
               took = me == EDGE || up[at];
               up[at] = 0
           };
           atomic {
               assert(!gone[at]);
               if
               :: took && calls -> calls = 0; irr(cpu, DISPATCH) = 1
               :: took
               :: !took -> at = loaded(NEXT(at))
               fi
           }
       :: else -> break
       od;
       atomic {
           assert(at != END || !vacant[me]);
#ifdef END_TWICE
           end_interrupt();
#endif
#if !defined(NO_END) && !defined(END_FIRST)
           end_interrupt();
#endif
           at = 0; took = 0; leave(CLASS_OF(me))
       }
    od
}

/* ---- devices, I/O APIC, and what drains the store buffers ---------------------------- */
#define fire(d) fires[d] > 0 && !quiet[d] && !up[d] -> fires[d]--
active proctype hardware()
{
end:
    do
    :: d_step { fire(A); up[A] = 1 }
    :: d_step { fire(B); up[B] = 1 }
    :: d_step { fire(C); up[C] = live[C]; sent[EDGE] = sent[EDGE] || !memory[MASK(EDGE)] }
    :: d_step { (up[A] || up[B]) && !memory[MASK(LINE)] && !remote_irr ->
                remote_irr = 1; sent[LINE] = 1 }
    :: d_step { sent[LINE] -> sent[LINE] = 0; irr(CPU_OF(LINE), CLASS_OF(LINE)) = 1 }
    :: d_step { sent[EDGE] -> sent[EDGE] = 0; irr(CPU_OF(EDGE), CLASS_OF(EDGE)) = 1 }
    :: drain(0)
    :: drain(1)
#ifdef THREE
    :: drain(2)
#endif
    od
}

active proctype rest()
{
    timeout;
    assert(done == CPUS);
    assert(!(up[A] && live[A]) && !(up[B] && live[B]) && !(up[C] && live[C]))
}
