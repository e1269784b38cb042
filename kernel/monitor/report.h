/* report.h: answers in sentences: what a status means, why a connect was refused, who holds
 * a vector, and the five questions one asks after an
 * ERROR_INTERRUPT_VECTOR_ALREADY_CONNECTED.
 */
#ifndef MONITOR_REPORT_H
#define MONITOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/refusal.h>
#include <ivm/status.h>

/* All forms of a status, to the log: Win32 decimal and hexadecimal, HRESULT, NTSTATUS,
 * name, text. */
void report_status(enum ivm_status status);

/* The statuses that have `number` as one of their forms, to the log; and the newest refusal
 * with one of them.
 * returns  false when there is none; that is said, too
 */
bool report_number(uint32_t number);

/* Why a connect was refused, to the log: the status in all forms, the rule, who holds what,
 * what is free, and the record as one line.
 */
void report_refusal(const struct ivm_refusal *refusal);

/* Where vectors were free, to the log, a line for each CPU, when a refusal is for want of
 * one. */
void report_free(const struct ivm_refusal *refusal);

/* What a vector is for, who holds it on each CPU, and what is remembered of it, to the log.
 * context  below IVM_DISPATCH
 */
void report_vector(uint8_t vector);

/* What the manager's records say to the five questions. */
struct report_answers {
    unsigned refusals;           /* read: the latest */
    bool has_conflict;           /* a connect was refused with 763: */
    struct ivm_refusal conflict; /* the newest such */
    unsigned conflicts;          /* requesters refused with 763, of the latest refusals */
    unsigned waiting; /* lines held alone although several devices are wired to them */
    unsigned owners_shared; /* connected now, with sharing */
    unsigned owners_alone;  /* connected now, without, messages left out: */
    unsigned messages;      /* connected now, each with one owner */
    unsigned reconnects; /* connects of the history by a name that had connected before */
    unsigned requester_connects; /* of the newest conflict's requester, in the history */
    unsigned requester_disconnects;
    bool requester_is_connected; /* the newest entry of that name is a connect */
    unsigned shared_vectors;     /* with two owners or more */
};

/* Gather the answers. context  below IVM_DISPATCH */
void report_gather(struct report_answers *out);

/* The five questions and their answers, to the log. context  below IVM_DISPATCH */
void report_questions(void);

#endif
