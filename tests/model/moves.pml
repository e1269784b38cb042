/* moves.pml: a source moves to another CPU while it fires: nothing lost, one CPU at a time.
 *
 * One source with one routine (two in LEAVE) on CPU 0 is moved to CPU 1 by the CPU that
 * MOVER names. It keeps its number; the slot on the new CPU parks what comes until the old
 * CPU has left the routine. Checked:
 *   - the routine is never inside on two CPUs; no delivery finds a slot that nobody owns;
 *   - an edge source's routine is entered at most once for each time it fired;
 *   - each delivery is ended once;
 *   - every run comes to rest (`prove` looks for cycles), and then the move has returned
 *     and no device is left unserved.
 *
 * Scenes: LEVEL or EDGE, each with MOVER 0, 1 or 2; and
 *   BACK   a second move, back to CPU 0
 *   LEAVE  LEVEL, and the first of two routines is taken off at the same time
 * Switches that break the protocol, more of them in grace.pml. Each makes a scene fail, and
 * `prove` knows which, and what breaks. To see one fail, step by step:
 *   tests/model/prove moves EDGE ONE_PASS
 *   NO_GRACE             the old CPU is not waited for
 *   NO_PARKING           the new slot serves from the beginning
 *   PARK_AFTER_REDIRECT  the new slot is made ready after the source was aimed at it
 *   NO_REDIRECT_READ     the destination is not read back
 *   MASK_TO_MOVE         the source is masked while it moves
 *   FIRE_BEFORE_SERVE    what was parked is fired again before the new slot serves
 *   NO_SECOND_LOOK       a parked delivery does not look whether the move is over by now
 *   PARK_UNMASKED        a level is parked without a mask (a cycle)
 *   FIRE_TWICE           mover and parked delivery do not agree on who fires again
 */
#ifndef MOVER
#define MOVER 1
#endif
#if MOVER == 2
#define CPUS 3
#endif
#if MOVER == 1
#define LEAVER 0
#else
#define LEAVER 1
#endif

#define A 0
#define B 1
#define END 2

#define SERVES(p) (FREE_ADDRESS + (p))    /* slot.dispatch on CPU p; values below */
#define FIRST(p) (FREE_ADDRESS + 2 + (p)) /* slot.first */
#define NEXT_A (FREE_ADDRESS + 4)         /* node.next of A; after B comes END */
#define MASK (FREE_ADDRESS + 5)           /* in the controller, as is the next */
#define DESTINATION (FREE_ADDRESS + 6)
#define MASK_LOCK (FREE_ADDRESS + 7)
#define MEMORY 12
#ifdef LEAVE
#define AFTER_A B
#else
#define AFTER_A END
#endif
#define STRAY 0
#define SERVING 1
#define PARKING 2
#define MEMORY_AT_START { 0, 0, 0, 0, SERVING, STRAY, A, END, AFTER_A, 0, 0, 0 }

#include "grace.pml"

#define FIRES 2
bool busy;
byte head = A;
bool parked;
bool moving;       /* IVM_MASKED_MOVING; under MASK_LOCK */
bool up[2];        /* the device of A, and of B: to be served */
bool quiet;        /* A's is silenced */
byte fires = FIRES;
bool sent[2];      /* a message on its way to this CPU */
bool calls = 1;

/* Only looked at. */
byte fired;
byte entered;
bool inside;
bool gone;
byte done;

/* ---- source.c ------------------------------------------------------------------------ */
inline take_mask_lock()
{
    atomic { memory[MASK_LOCK] == 0 && drained -> memory[MASK_LOCK] = 1 }
}

#define read_back (drained && !sent[0] && !sent[1])

inline source_mask()
{
    take_mask_lock();
    atomic {
        if
        :: !moving -> moving = 1; store(MASK, 1); read_back
        :: else
        fi;
        store(MASK_LOCK, 0)
    }
}

inline source_unmask()
{
    take_mask_lock();
    atomic {
        if
        :: moving -> moving = 0; store(MASK, 0)
        :: else
        fi;
        store(MASK_LOCK, 0)
    }
}

/* ---- dispatch.c ---------------------------------------------------------------------- */
inline fire_parked(p)
{
    /* An exchange. */
    atomic { drained -> got = parked; parked = 0 };
#ifdef FIRE_TWICE
    got = 1;
#endif
    if
    :: got && moving -> source_unmask()
    :: got && !moving -> irr(p, 1) = 1
    :: !got
    fi;
    got = 0
}

inline dispatch_parked()
{
#if defined(LEVEL) && !defined(PARK_UNMASKED)
    source_mask();
#endif
    atomic { drained -> parked = 1 };
#ifndef NO_SECOND_LOOK
    if
    :: loaded(SERVES(cpu)) != PARKING -> fire_parked(cpu)
    :: else
    fi
#else
    skip
#endif
}

/* ---- move.c -------------------------------------------------------------------------- */
inline open_new_slot(new)
{
    atomic {
        store(FIRST(new), head);
#ifdef NO_PARKING
        store(SERVES(new), SERVING);
#else
        store(SERVES(new), PARKING);
#endif
        busy = 1
    }
}

inline redirect(new)
{
    store(DESTINATION, new);
#ifndef NO_REDIRECT_READ
    read_back
#endif
}

inline move(old, new)
{
    take_lock(!busy);
#ifdef MASK_TO_MOVE
    store(MASK, 1);
#endif
#ifdef PARK_AFTER_REDIRECT
    redirect(new);
#endif
    open_new_slot(new);
#ifndef PARK_AFTER_REDIRECT
    redirect(new);
#endif
    give_lock();
#ifndef NO_GRACE
    pass(old);
    pass_again(old);
#endif
    take_lock(true);
    store(SERVES(old), STRAY);
#ifdef FIRE_BEFORE_SERVE
    fire_parked(new);
#endif
    atomic { drained -> memory[SERVES(new)] = SERVING; busy = 0 };
#ifdef MASK_TO_MOVE
    store(MASK, 0);
#endif
#ifndef FIRE_BEFORE_SERVE
    off[cpu] = 1;
    fire_parked(new);
    off[cpu] = 0;
#endif
    give_lock()
}

/* ---- connect.c: take A off, which is not the last ------------------------------------ */
inline disconnect()
{
    d_step { up[A] = 0; quiet = 1 };
    take_lock(!busy);
    atomic { place = memory[DESTINATION]; store(FIRST(place), B); head = B; give_lock() };
    if
    :: place != cpu -> pass(place)
    :: else
    fi;
    gone = 1
}

active [CPUS] proctype task() provided (context[_pid - CPUS] == TASK)
{
    byte cpu = _pid - CPUS;
    byte seen;
    byte place;
    bool got;
    if
    :: cpu == MOVER ->
       move(0, 1);
#ifdef BACK
       move(1, 0)
#endif
#ifdef LEAVE
    :: cpu == LEAVER -> disconnect()
#endif
    :: else
    fi;
    done++
}

/* ---- entry.S and dispatch_first(), for the slot of each CPU -------------------------- */
active [2] proctype dispatch() provided (runs(_pid - 2 * CPUS, 1))
{
    byte cpu = _pid - 2 * CPUS;
    byte under;
    byte ends;
    byte top;
    byte serves;
    byte at;
    bool took;
    bool got;
end:
    do
    :: d_step { admits(cpu, 1) -> enter(1) };
       d_step { serves = loaded(SERVES(cpu)); assert(serves != STRAY) };
       if
       :: serves == PARKING -> dispatch_parked()
       :: else ->
          atomic { off[cpu] = 0; at = loaded(FIRST(cpu)) };
          do
          :: at != END && !took ->
              d_step {
                  assert(!inside);
                  assert(!(at == A && gone));
                  inside = 1; entered++;
#ifdef EDGE
                  assert(entered <= fired);
                  took = 1;
#else
                  took = up[at];
#endif
                  up[at] = 0
              };
              atomic {
                  assert(!(at == A && gone));
                  inside = 0;
                  if
                  :: took && calls -> calls = 0; irr(cpu, DISPATCH) = 1
                  :: took
                  :: !took && at == A -> at = loaded(NEXT_A)
                  :: !took && at == B -> at = END
                  fi
              }
          :: else -> break
          od
       fi;
       atomic { end_interrupt(); at = 0; took = 0; serves = 0; leave(1) }
    od
}

/* ---- device, controller, and what drains the store buffers --------------------------- */
active proctype hardware()
{
end:
    do
#ifdef EDGE
    :: d_step { fires > 0 -> fires--; fired++; up[A] = 1;
                if :: !memory[MASK] -> sent[memory[DESTINATION]] = 1 :: else fi }
#else
    :: d_step { fires > 0 && !up[A] && !quiet -> fires--; up[A] = 1 }
#ifdef LEAVE
    :: d_step { fires > 0 && !up[B] -> fires--; up[B] = 1 }
#endif
    :: d_step { (up[A] || up[B]) && !memory[MASK] && !remote_irr ->
                remote_irr = 1; sent[memory[DESTINATION]] = 1 }
#endif
    :: d_step { sent[0] -> sent[0] = 0; irr(0, 1) = 1 }
    :: d_step { sent[1] -> sent[1] = 0; irr(1, 1) = 1 }
    :: drain(0)
    :: drain(1)
#if MOVER == 2
    :: drain(2)
#endif
    od
}

active proctype rest()
{
    timeout;
    assert(done == CPUS);
    assert(!up[A] && !up[B])
}
