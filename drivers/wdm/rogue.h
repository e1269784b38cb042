/* rogue.h: what rogue.sys can be told to do wrong. */
#ifndef WDM_ROGUE_H
#define WDM_ROGUE_H

/* clang-format off */
/* What is asked through its door; `which` is 0 where nothing is said. Answers a status where there is one. */
enum rogue_question {
    ROGUE_CONNECT_TWICE = 100, /* one routine to one vector, unshared: the second status */
    ROGUE_CONNECT_THEIRS,      /* which: the vector of somebody else, unshared: the status */
    ROGUE_JOIN_THEIRS,         /* which: the vector, shared, level-sensitive: the status; stays there */
    ROGUE_CLAIM_THEIRS,        /* which: so many interrupts more are said to be its own */
    ROGUE_ANSWER_GARBAGE,      /* from now on it says FALSE with garbage above AL */
    ROGUE_LEAVE_THEIRS,        /* disconnects again */
    ROGUE_CALLS,               /* how often its routine there was called */
    ROGUE_ROUTINE_LEVEL,       /* an interrupt routine comes back at level `which` */
    ROGUE_DEFERRED_LEVEL,      /* a deferred call does */
    ROGUE_SYNCHRONIZED_LEVEL,  /* a synchronized routine does */
    ROGUE_RETURN_LEVEL,        /* this call does */
    ROGUE_STORM,               /* its device interrupts, and it says that it did not */
    ROGUE_END_STORM,
    ROGUE_UNLOAD_LATE,         /* DriverUnload lets a deferred call run on the last processor meanwhile */

    /* Left behind at unload. */
    ROGUE_FORGET_INTERRUPT,
    ROGUE_FORGET_MEMORY,       /* which: how many blocks */
    ROGUE_FORGET_MAPPING,
    ROGUE_FORGET_DEVICE,
    ROGUE_FORGET_TIMER,        /* periodic, with a deferred call */

    /* The kernel stops. */
    ROGUE_FREE_TWICE,
    ROGUE_DISCONNECT_TWICE,
    ROGUE_DISCONNECT_ABOVE,    /* at DISPATCH_LEVEL */
    ROGUE_WRITE_CODE,          /* its own */
    ROGUE_RUN_DATA,
    ROGUE_STOP,                /* which: the code of a bug check */
};
/* clang-format on */

#endif
