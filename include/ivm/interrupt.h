/* interrupt.h: connect a routine to an interrupt, take it off again, run in step with it.
 *
 * The meaning is that of IoConnectInterrupt, KeSynchronizeExecution and
 * IoDisconnectInterrupt: a *source* (a line, a message, a bare vector) has a *chain* of
 * *connections*; each connection is one owner's *routine*. Routines are offered the
 * interrupt in connect order and answer with a *verdict*. Words: a *gsi* is an input of the
 * system's I/O APICs, numbered by firmware; a *vector* is an index into the IDT of one CPU;
 * a *level* is the class of a vector (level.h).
 */
#ifndef IVM_INTERRUPT_H
#define IVM_INTERRUPT_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/lock.h>
#include <ivm/status.h>

struct ivm_refusal;
struct source;

enum {
    IVM_NAME_SIZE = 24, /* of an owner's name, its terminating zero included */
    IVM_UNCLAIMED_LIMIT =
        1000,            /* consecutive deliveries nobody takes before a line is masked */
    IVM_PASS_LIMIT = 64, /* passes over an edge chain in one delivery */
};

enum ivm_source_kind {
    IVM_LINE = 0,    /* number is a gsi */
    IVM_MESSAGE = 1, /* number is the one ivm_message_register() gave */
    IVM_BARE =
        2, /* number is a vector, and means whatever it carries; 0: the manager chooses.
                        For self-interrupts, and for vectors that the caller routes itself */
};

enum ivm_trigger { IVM_EDGE = 0, IVM_LEVEL = 1 };
enum ivm_polarity { IVM_ACTIVE_HIGH = 0, IVM_ACTIVE_LOW = 1 };
enum ivm_sharing { IVM_EXCLUSIVE = 0, IVM_SHARED = 1 };
enum ivm_verdict { IVM_NOT_MINE = 0, IVM_HANDLED = 1 };

/* A driver's interrupt routine: is it mine? then quiet the device and say IVM_HANDLED.
 *
 * context  its connection's level, interrupts enabled (only a higher level preempts it), on
 * the CPU the source is placed on; it must not wait, connect or disconnect
 */
typedef enum ivm_verdict ivm_routine(void *context);

/* Some CPUs: bit b of `mask` is CPU 64 * group + b. An empty mask is refused. */
struct ivm_cpu_set {
    uint64_t mask;
    uint16_t group;
};

struct ivm_source_id {
    enum ivm_source_kind kind;
    uint32_t number; /* see ivm_source_kind */
};

/* What a driver asks for. Zeroed members mean what their comments say. */
struct ivm_request {
    char owner[IVM_NAME_SIZE]; /* who asks; not empty, zero-terminated */
    ivm_routine *routine;
    void *context; /* handed to the routine; the caller's until disconnect returns */
    const struct ivm_cpu_set *cpus; /* NULL: any CPU; read during connect only */
    struct ivm_source_id source;
    enum ivm_trigger trigger;
    enum ivm_polarity polarity; /* lines only */
    enum ivm_sharing sharing;
    uint8_t vector; /* 0: the manager chooses, or joins where the source is */
    uint8_t
        level; /* 0: any of [IVM_DEVICE_FIRST, IVM_DEVICE_END); IVM_ANY_LEVEL: any at all, these
                    * first; the routine may then run at or above IVM_CLOCK */
    /* 0: the vector's own; else a device level at which the routine runs. Below a level or vector
     * that is named it is refused; below the vector that is found, the vector's counts. */
    uint8_t synchronize_level;

    /* NULL: none, and ivm_synchronize() works on the CPU of the source only. &connection->own_lock:
     * one of its own. Another: shared with other connections, whose routines run at one level. */
    struct ivm_lock *lock;
};

/* What dispatch sees of a connection: 32 bytes, and all it touches. The source's own end
 * node closes the chain, so that a walk needs no test for its end.
 */
struct ivm_node {
    ivm_routine *offer; /* the routine, or what wraps it */
    void *offer_context;
    struct ivm_node *_Atomic next;
    uint64_t claimed; /* written by the CPU of the source only */
};

/* One owner's place in a chain. The storage is the caller's, from before ivm_connect()
 * until ivm_disconnect() returns; zero it once before its first use. The members are the
 * manager's: read them through stats.h.
 */
struct ivm_connection {
    struct ivm_node node;
    struct ivm_connection *previous; /* NULL: the chain's head */
    struct source *source;           /* NULL: not connected */
    uint64_t number;                 /* of this connect, from 1, never reused */
    uint8_t run_level;               /* the greater of the vector's and synchronize_level */
    struct ivm_lock own_lock;        /* for who asks for it; zero it with the rest */
    struct ivm_request request;      /* as it was asked; `cpus` is not kept */
};

/* Attach a routine to a source.
 *
 * The routine can run before this returns: a line may be asserted already, and a shared
 * line carries the interrupts of others. Everything it needs must be in place before the
 * call.
 *
 * request     read during the call only
 * connection  zeroed or disconnected storage, kept by the caller until disconnect returns
 * refusal     filled when the answer is not IVM_OK; may be NULL
 * context     below IVM_DISPATCH, interrupts on, no lock held; takes the configuration lock
 * errors      every one leaves all tables and all hardware as they were:
 *             IVM_ALREADY_CONNECTED  a second owner where one does not share, or the two disagree
 *             IVM_LINE_IN_USE        the line is routed to another vector than the one asked for
 *             IVM_ACCESS_DENIED      the vector is the system's
 *             IVM_EXHAUSTED          no vector is free where one was asked for
 *             IVM_NOT_FOUND          no such line, message or vector
 *             IVM_BAD_ARGUMENT       a member of the request is malformed, or a CPU set has no CPU
 *             IVM_WRONG_LEVEL        called from the wrong context
 */
IVM_MUST_CHECK enum ivm_status ivm_connect(const struct ivm_request *request,
                                           struct ivm_connection *connection,
                                           struct ivm_refusal *refusal);

/* Take a routine off its source. When it has returned, no CPU is inside the routine and
 * none will enter it; the last one off masks the line and frees the vector. Silence the
 * device first: on a shared line nobody would acknowledge it any more.
 *
 * context  as ivm_connect(); never from a routine
 * errors   IVM_NOT_CONNECTED  the connection is not connected; nothing changed
 *          IVM_WRONG_LEVEL    called from the wrong context; it is still connected
 */
IVM_MUST_CHECK enum ivm_status ivm_disconnect(struct ivm_connection *connection);

/* Run `function` at the connection's level and under its lock, so that its routine does not run
 * meanwhile; what it returns is stored in `result` unchanged.
 *
 * result   may be NULL
 * context  at or below the connection's level; not holding its lock
 * errors   the function was not run:
 *          IVM_NOT_CONNECTED  not connected
 *          IVM_WRONG_LEVEL    called above the connection's level
 *          IVM_UNSUPPORTED    it has no lock, and its routine runs on another CPU or moves
 */
IVM_MUST_CHECK enum ivm_status ivm_synchronize(struct ivm_connection *connection,
                                               uint8_t (*function)(void *context),
                                               void *context, uint8_t *result);

/* Give a line that was masked because nobody took its interrupts another chance.
 *
 * context  as ivm_connect()
 * errors   IVM_NOT_FOUND      no such line
 *          IVM_NOT_CONNECTED  nobody is connected to it; it stays masked
 */
IVM_MUST_CHECK enum ivm_status ivm_line_rearm(uint32_t gsi);

#endif
