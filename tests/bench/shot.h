/* shot.h: one interrupt that is fired and timed, as assembly and C both see it. */
#ifndef BENCH_SHOT_H
#define BENCH_SHOT_H

#define SHOT_LEFT        0
#define SHOT_VERDICT     4
#define SHOT_ACKNOWLEDGE 8
#define SHOT_RAISED      16
#define SHOT_ENTERED     20
#define SHOT_RETURNING   24
#define SHOT_BACK        28
#define SHOT_OPEN        32

#define CALL_FUNCTION 0
#define CALL_A        8
#define CALL_B        16
#define CALL_C        24
#define CALL_RESULT   32
#define CALL_BEGAN    36
#define CALL_ENDED    40

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#include <ivm/interrupt.h>

/* The times are the low halves of the time-stamp counter. */
struct bench_shot {
    uint32_t left;         /* 1: to be taken; the routine that takes it makes it 0 */
    uint32_t verdict;      /* what the routine answers when it has taken it */
    uintptr_t acknowledge; /* where the routine writes 1, as a driver does */
    uint32_t raised;       /* before the store that raises */
    uint32_t entered;      /* at the routine's third instruction */
    uint32_t returning;    /* at its seventh */
    uint32_t back;         /* in what was interrupted, when it is taken */
    uint32_t *open;        /* bench_taker: how many are still to be taken */
};

/* One call that is timed. */
struct bench_call {
    uintptr_t function;
    uintptr_t a, b, c;
    uint32_t result;
    uint32_t began;
    uint32_t ended;
};

_Static_assert(offsetof(struct bench_shot, verdict) == SHOT_VERDICT, "fire.S uses it");
_Static_assert(offsetof(struct bench_shot, acknowledge) == SHOT_ACKNOWLEDGE, "fire.S");
_Static_assert(offsetof(struct bench_shot, raised) == SHOT_RAISED, "fire.S uses it");
_Static_assert(offsetof(struct bench_shot, entered) == SHOT_ENTERED, "fire.S uses it");
_Static_assert(offsetof(struct bench_shot, returning) == SHOT_RETURNING, "fire.S uses it");
_Static_assert(offsetof(struct bench_shot, back) == SHOT_BACK, "fire.S uses it");
_Static_assert(offsetof(struct bench_shot, open) == SHOT_OPEN, "fire.S uses it");
_Static_assert(offsetof(struct bench_call, c) == CALL_C, "fire.S uses it");
_Static_assert(offsetof(struct bench_call, result) == CALL_RESULT, "fire.S uses it");
_Static_assert(offsetof(struct bench_call, began) == CALL_BEGAN, "fire.S uses it");
_Static_assert(offsetof(struct bench_call, ended) == CALL_ENDED, "fire.S uses it");

/* What lies between two readings of the counter besides what is measured, in instructions; the
 * first reading itself is one of them. Each is counted in fire.S. */
enum {
    BENCH_ROUTINE = 10,         /* bench_routine, when it takes the interrupt */
    BENCH_BEFORE_ENTRY = 2,     /* raised: RDTSC, the store */
    BENCH_BEFORE_ENTRY_MSR = 5, /* raised: RDTSC, three, WRMSR */
    BENCH_ROUTINE_BEFORE = 2,   /* bench_routine, before it reads the counter */
    BENCH_ROUTINE_AFTER = 4,    /* returning: RDTSC, store, verdict, RET */
    BENCH_AFTER_EXIT = 3,       /* compare, jump, move, until `back` is read */
    BENCH_AFTER_EXIT_MSR = 2,   /* compare, jump */
    BENCH_ROUND = BENCH_BEFORE_ENTRY + BENCH_AFTER_EXIT,
    BENCH_BEFORE_CALL = 4, /* began: RDTSC, store, argument, CALL */
    BENCH_AFTER_CALL = 1,  /* the result's store, until `ended` is read */
    BENCH_EMPTY_CALL = BENCH_BEFORE_CALL + 1 + BENCH_AFTER_CALL, /* of bench_nothing */
    BENCH_OPEN_EMPTY = 6, /* bench_open with nothing to take */
};

/* The routine of ten instructions: mine? acknowledge, answer. */
ivm_routine bench_routine;

/* Says no: XOR, RET. */
ivm_routine bench_refuse;

/* Looks at its edu whether it asserts; ten instructions when it does, five when not. */
ivm_routine bench_taker;

/* Write `value` to `address`, which raises the interrupt, and wait until it is taken. Interrupts on.
 */
typedef void bench_raise(struct bench_shot *shot, uintptr_t address, uint32_t value);
bench_raise bench_fire;

/* The same, by writing to a model-specific register. */
bench_raise bench_fire_msr;

/* Turn interrupts on, and wait until all that was raised before is taken. Returns the time. */
uint32_t bench_open(uint32_t *open);

/* Call, and note the time before and after. */
void bench_call(struct bench_call *call);
void bench_nothing(void);

/* The marks of tools/bench-trace, which stops at the first and steps to the second. */
void bench_trace_begin(const char *name);
void bench_trace_end(void);

/* A deferred call: notes its first instruction, and its last but two. */
void bench_deferred(void *shot);

/* RDTSC twice with a move between: 2 where the counter counts instructions. */
uint32_t bench_pair(void);

#endif
#endif
