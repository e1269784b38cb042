/* stats.h: snapshots of the tables and counters, copied out: what /proc/interrupts would
 * show.
 *
 * Counters are written by the CPU they count for and read here without stopping it: each
 * value is whole, two values may be of slightly different moments.
 */
#ifndef IVM_STATS_H
#define IVM_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/interrupt.h>
#include <ivm/refusal.h>

/* Why an input is masked; 0 is unmasked. An input is unmasked when no reason is left. */
enum ivm_mask_reason {
    IVM_MASKED_IDLE = 1 << 0,      /* nobody is connected */
    IVM_MASKED_UNCLAIMED = 1 << 1, /* IVM_UNCLAIMED_LIMIT deliveries in a row nobody took */
    IVM_MASKED_MOVING = 1 << 2, /* it fired on its new CPU before it had left the old one */
    IVM_MASKED_BY_OWNER = 1 << 3, /* ivm_message_mask() */
};

/* One (CPU, vector). */
struct ivm_vector_stats {
    uint64_t delivered;  /* times it fired on this CPU */
    uint64_t strays;     /* of these, taken by nobody (connected or not) */
    uint64_t late;       /* of these, between a mask and the end of a disconnect */
    uint32_t overruns;   /* chains left after IVM_PASS_LIMIT passes */
    uint32_t generation; /* times a source was placed here */
    bool connected;
    struct ivm_source_id source; /* when connected, as are all below */
    enum ivm_trigger trigger;
    enum ivm_polarity polarity;
    uint8_t level;
    uint8_t mask_reasons; /* enum ivm_mask_reason, or-ed */
    uint16_t owner_count;
    const char *controller; /* its name; NULL for a bare vector */
};

/* One connection. */
struct ivm_owner_stats {
    struct ivm_owner owner;
    uint64_t claimed; /* interrupts its routine took */
};

struct ivm_totals {
    uint64_t connects; /* that succeeded */
    uint64_t disconnects;
    uint64_t refusals;
    uint64_t spurious;     /* vector 0xFF, all CPUs */
    uint64_t pic_spurious; /* 8259 inputs 7 and 15 */
    uint64_t strays;       /* on vectors nobody was connected to */
    uint32_t cpus;
    uint32_t lines;        /* that an I/O APIC has */
    uint32_t line_end;     /* one past the highest gsi; there may be gaps below it */
    uint32_t vectors_free; /* for devices, all CPUs */
    uint32_t vectors_used;
};

/* Read one vector; false and nothing written when there is no such CPU. Any context. */
bool ivm_stats_vector(uint32_t cpu, uint8_t vector, struct ivm_vector_stats *out);

/* Copy the owners of one vector in chain order, at most `room`; returns how many there are.
 * Below IVM_DISPATCH: takes the configuration lock. */
size_t ivm_stats_owners(uint32_t cpu, uint8_t vector, struct ivm_owner_stats *out,
                        size_t room);

/* Where a source is placed; false when nobody is connected to it. */
bool ivm_stats_place(struct ivm_source_id source, uint32_t *cpu, uint8_t *vector);

/* How often this connection's routine has taken an interrupt since its connect. Any
 * context. */
uint64_t ivm_stats_claimed(const struct ivm_connection *connection);

void ivm_stats_totals(struct ivm_totals *out);

/* How many device vectors are free now at a level (0: any) on the running CPUs of a set (NULL: all).
 * Below IVM_DISPATCH: takes the configuration lock. */
uint32_t ivm_stats_free(const struct ivm_cpu_set *cpus, uint8_t level);

/* The latest refusals, newest first, at most `room`; returns how many were copied. */
size_t ivm_stats_refusals(struct ivm_refusal *out, size_t room);

/* The latest connects and disconnects of a name ("did it follow a reconnect?"), newest
 * first. */
struct ivm_history {
    uint64_t connect_number;
    char owner[IVM_NAME_SIZE];
    struct ivm_source_id source;
    uint8_t vector;
    bool connected; /* true: a connect; false: the disconnect of that connect */
};
size_t ivm_stats_history(struct ivm_history *out, size_t room);

#endif
