/* ivm_wdm.h: for a driver that wants to know more than a status: why its last connect was refused, and who
 * holds what it asked for.
 *
 * To be included after wdm.h or ntddk.h. The call is found by name while the driver runs, so the same
 * image also loads on Windows, where there is no such call: STATUS_PROCEDURE_NOT_FOUND.
 */
#ifndef IVM_WDM_H
#define IVM_WDM_H

enum { IVM_WDM_NAME_SIZE = 24, IVM_WDM_OWNERS = 4, IVM_WDM_FREE = 32 };

/* clang-format off */
/* ivm_wdm_refusal.rule: which rule said no. */
enum ivm_wdm_rule {
    IVM_WDM_NO_RULE = 0,
    /* STATUS 0xC00702FB: it has an owner, and */
    IVM_WDM_OWNER_EXCLUSIVE,       /* the owner does not share */
    IVM_WDM_REQUESTER_EXCLUSIVE,   /* the requester does not share */
    IVM_WDM_TRIGGER_DIFFERS,       /* one is Latched, the other LevelSensitive */
    IVM_WDM_POLARITY_DIFFERS,
    IVM_WDM_CLASS_DIFFERS,         /* it is at another level than asked for */
    IVM_WDM_PROCESSORS_DISJOINT,   /* it is on none of the processors asked for */
    IVM_WDM_SOURCE_DIFFERS,        /* the vector carries something else */
    IVM_WDM_STORAGE_CONNECTED,
    /* other statuses */
    IVM_WDM_LINE_ROUTED_ELSEWHERE, /* STATUS_INVALID_DEVICE_STATE */
    IVM_WDM_VECTOR_RESERVED,       /* STATUS_ACCESS_DENIED: the system's own */
    IVM_WDM_VECTORS_EXHAUSTED,     /* STATUS_INSUFFICIENT_RESOURCES */
    IVM_WDM_NO_SUCH_SOURCE,        /* STATUS_NOT_FOUND */
    IVM_WDM_NO_SUCH_PROCESSOR,     /* STATUS_INVALID_PARAMETER, as all that follow */
    IVM_WDM_BAD_NAME,
    IVM_WDM_NO_ROUTINE,
    IVM_WDM_BAD_LEVEL,
    IVM_WDM_LOCK_LEVEL_DIFFERS,    /* the spin lock is in use at another level */
    IVM_WDM_BAD_VALUE,
    IVM_WDM_WRONG_CONTEXT, /* 0xC0000194: called at DISPATCH_LEVEL or above */
};

/* ivm_wdm_refusal.key: what would have had two holders. */
enum ivm_wdm_key { IVM_WDM_KEY_NONE = 0, IVM_WDM_KEY_VECTOR, IVM_WDM_KEY_LINE, IVM_WDM_KEY_MESSAGE,
                   IVM_WDM_KEY_STORAGE };

/* ivm_wdm_refusal.source_kind, .holder_kind */
enum ivm_wdm_source { IVM_WDM_LINE = 0, IVM_WDM_MESSAGE = 1, IVM_WDM_BARE = 2 };
/* clang-format on */

/* Who holds it. */
struct ivm_wdm_owner {
    CHAR name[IVM_WDM_NAME_SIZE]; /* "edu.sys", or a native driver's device, "edu0" */
    ULONG64 routine;              /* its interrupt routine's address */
    ULONG number;                 /* of its connect, counted from the start */
    UCHAR trigger;                /* 0: Latched, 1: LevelSensitive */
    UCHAR shared;                 /* 1: it would share */
    UCHAR level;                  /* IRQL */
    UCHAR polarity;               /* 0: active high, 1: active low */
};

struct ivm_wdm_free {
    USHORT processor;
    UCHAR level;
    UCHAR count;
};

/* The record: 256 bytes or less, without pointers, good for ever. */
struct ivm_wdm_refusal {
    CHAR requester[IVM_WDM_NAME_SIZE]; /* the driver that asked: the caller */
    ULONG64 routine;
    ULONG sequence;      /* of this refusal, counted from the start */
    UCHAR rule;          /* enum ivm_wdm_rule */
    UCHAR key;           /* enum ivm_wdm_key */
    UCHAR source_kind;   /* enum ivm_wdm_source: what was asked for, */
    UCHAR vector;        /* the vector held, or asked for; 0: none */
    ULONG source_number; /*   and its number */
    USHORT processor;    /* on which that vector is */
    USHORT owner_count;  /* may be more than are shown below */
    UCHAR wanted;        /* both sides of what the rule compares */
    UCHAR held;
    UCHAR holder_kind; /* enum ivm_wdm_source: what holds the key, */
    UCHAR alternative_count;
    ULONG holder_number; /*   and its number */
    USHORT group;        /* the processors asked for; a mask of 0: any */
    KAFFINITY processors;
    UCHAR alternatives[4]; /* vectors that are free there now */
    union {
        struct ivm_wdm_owner owners[IVM_WDM_OWNERS]; /* in the order of their connects */
        struct ivm_wdm_free free[IVM_WDM_FREE];      /* when vectors were exhausted */
    } u;
};

typedef NTSTATUS(NTAPI *ivm_wdm_get_last_refusal)(PVOID buffer, ULONG size);

/* Copy the record of this driver's last connect that was refused.
 *
 * STATUS_SUCCESS; STATUS_NOT_FOUND: none was refused; STATUS_PROCEDURE_NOT_FOUND: not on this system.
 * PASSIVE_LEVEL.
 */
static __inline NTSTATUS IvmWdmLastRefusal(struct ivm_wdm_refusal *refusal)
{
    UNICODE_STRING name;
    ivm_wdm_get_last_refusal get;
    RtlInitUnicodeString(&name, L"IvmGetLastRefusal");
    get = (ivm_wdm_get_last_refusal)(ULONG_PTR)MmGetSystemRoutineAddress(&name);
    if (get == NULL)
        return STATUS_PROCEDURE_NOT_FOUND;
    return get(refusal, sizeof *refusal);
}

#endif
