/* refusal.h: the record a refused caller gets: which rule, on which key, who holds it, and
 * what differs.
 *
 * The record is a value: names are copied into it, it points to nothing, and it can be
 * kept, sent or printed later. 256 bytes at most.
 */
#ifndef IVM_REFUSAL_H
#define IVM_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

#include <ivm/interrupt.h>

/* clang-format off */
/* rule, status it maps to, word for the one-line form, sentence */
#define IVM_RULE_LIST(X)                                                                          \
    X(NONE,                    OK,                "none",                                         \
      "nothing was refused")                                                                      \
    X(OWNER_EXCLUSIVE,         ALREADY_CONNECTED, "owner-does-not-share",                         \
      "its owner connected it without sharing")                                                   \
    X(REQUESTER_EXCLUSIVE,     ALREADY_CONNECTED, "requester-does-not-share",                     \
      "the requester asked for it alone, and it has an owner")                                    \
    X(TRIGGER_DIFFERS,         ALREADY_CONNECTED, "trigger-differs",                              \
      "its owner connected it with the other trigger")                                            \
    X(POLARITY_DIFFERS,        ALREADY_CONNECTED, "polarity-differs",                             \
      "its owner connected it with the other polarity")                                           \
    X(CLASS_DIFFERS,           ALREADY_CONNECTED, "class-differs",                                \
      "it is placed at another level than the one asked for")                                  \
    X(CPUS_DISJOINT,           ALREADY_CONNECTED, "cpus-disjoint",                                \
      "it is placed on a CPU outside the set asked for")                                          \
    X(SOURCE_DIFFERS,          ALREADY_CONNECTED, "source-differs",                               \
      "the vector carries another source, or is kept for one")                                                        \
    X(STORAGE_CONNECTED,       ALREADY_CONNECTED, "storage-connected",                            \
      "the connection storage is connected already")                                              \
    X(LINE_ROUTED_ELSEWHERE,   LINE_IN_USE,       "line-routed-elsewhere",                        \
      "the line is routed to another vector than the one asked for")                              \
    X(VECTOR_RESERVED,         ACCESS_DENIED,     "reserved",                                     \
      "the vector belongs to the system")                                                         \
    X(VECTORS_EXHAUSTED,       EXHAUSTED,         "exhausted",                                    \
      "no vector is free in the level and the CPUs asked for")                                    \
    X(NO_SUCH_SOURCE,          NOT_FOUND,         "no-such-source",                               \
      "the machine has no such line, message or vector")                                          \
    X(NO_SUCH_CPU,             BAD_ARGUMENT,      "no-such-cpu",                                  \
      "the CPU set holds no running CPU")                                                         \
    X(BAD_OWNER_NAME,          BAD_ARGUMENT,      "bad-owner-name",                               \
      "the owner's name is empty or not terminated")                                              \
    X(NO_ROUTINE,              BAD_ARGUMENT,      "no-routine",                                   \
      "there is no routine, or no storage, to connect")                                           \
    X(BAD_LEVEL,               BAD_ARGUMENT,      "bad-level",                                    \
      "a level is outside the device levels, or is not the vector's class")                       \
    X(LOCK_LEVEL_DIFFERS,      BAD_ARGUMENT,      "lock-level-differs",                           \
      "the lock is in use at another level than the routine would run at")                        \
    X(BAD_VALUE,               BAD_ARGUMENT,      "bad-value",                                    \
      "a trigger, polarity, sharing or source kind is none of its values")                        \
    X(WRONG_CONTEXT,           WRONG_LEVEL,       "wrong-context",                                \
      "the call was made at DISPATCH level or above, or with interrupts off")
/* clang-format on */

enum ivm_rule {
#define X(rule, status, word, text) IVM_RULE_##rule,
    IVM_RULE_LIST(X)
#undef X
        IVM_RULE_COUNT
};

/* Which of the three keys would have had two holders. */
enum ivm_key {
    IVM_KEY_NONE = 0, /* the request itself was wrong */
    IVM_KEY_VECTOR,   /* (CPU, vector) */
    IVM_KEY_LINE,     /* (I/O APIC, pin), named by its gsi */
    IVM_KEY_MESSAGE,  /* (device, message), named by its number */
    IVM_KEY_STORAGE,  /* the connection storage */
};

enum { IVM_REFUSAL_OWNERS = 4, IVM_REFUSAL_ALTERNATIVES = 4 };

struct ivm_owner {
    char name[IVM_NAME_SIZE];
    uint64_t routine; /* address */
    uint32_t number;  /* of its connect, the low 32 bits */
    uint8_t trigger;  /* enum ivm_trigger */
    uint8_t sharing;  /* enum ivm_sharing */
    uint8_t level;    /* it runs at */
    uint8_t polarity; /* enum ivm_polarity */
};

/* Where vectors are free, when they are exhausted where they were asked for. */
struct ivm_free_vectors {
    uint16_t cpu;
    uint8_t level; /* a device level */
    uint8_t count;
};

enum { IVM_REFUSAL_FREE = 32 };

struct ivm_refusal {
    char requester[IVM_NAME_SIZE];
    uint64_t routine;  /* the requester's, an address */
    uint32_t sequence; /* of this refusal, from 1; 0: from the wrong context, so not kept */
    uint8_t rule;      /* enum ivm_rule */
    uint8_t key;       /* enum ivm_key */
    uint8_t source_kind; /* enum ivm_source_kind: what was asked for */
    uint8_t vector;      /* the vector held or asked for; 0: none */
    uint32_t source_number;
    uint16_t cpu;         /* of the vector */
    uint16_t owner_count; /* may be more than the owners shown */
    uint8_t wanted;       /* both sides of the field that the rule compares: */
    uint8_t held;         /*   trigger, polarity, sharing, level, vector or source kind */
    uint8_t holder_kind;  /* enum ivm_source_kind of what holds the key */
    uint8_t alternative_count;
    uint32_t holder_number;
    uint16_t cpu_group; /* the CPUs asked for, as struct ivm_cpu_set; mask 0: any */
    uint64_t cpu_mask;
    uint8_t alternatives[IVM_REFUSAL_ALTERNATIVES]; /* vectors free now on that CPU */
    union {
        struct ivm_owner owners[IVM_REFUSAL_OWNERS]; /* in chain order */
        /* IVM_RULE_VECTORS_EXHAUSTED, which has no owners: the device levels that have free
         * vectors, on the CPUs asked for first, then on the others; a count of 0 ends the list */
        struct {
            struct ivm_free_vectors free[IVM_REFUSAL_FREE];
            uint32_t free_more;      /* free vectors that did not fit in, */
            uint32_t free_more_cpus; /*   and on how many CPUs that are */
        };
    };
};

_Static_assert(sizeof(struct ivm_refusal) <= 256, "a refusal is at most 256 bytes");

/* The status a rule maps to; IVM_BAD_ARGUMENT for a value outside the list. Any context. */
enum ivm_status ivm_rule_status(enum ivm_rule rule);

/* A rule's word ("owner-does-not-share") and its sentence. Any context. */
const char *ivm_rule_word(enum ivm_rule rule);
const char *ivm_rule_text(enum ivm_rule rule);

/* Write the record as one line that a user can paste, zero-terminated, cut to `size` bytes.
 * Returns the length of the whole line without its zero. Any context.
 */
size_t ivm_refusal_format(const struct ivm_refusal *refusal, char *out, size_t size);

#endif
