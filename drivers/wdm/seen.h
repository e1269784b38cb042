/* seen.h: a connection of a device of card.h, and what its routine saw. */
#ifndef WDM_SEEN_H
#define WDM_SEEN_H

enum { WAIT_US = 1000000 };

/* Of one connection. */
struct seen {
    struct card *card;
    PKINTERRUPT object, given;
    volatile LONG calls, taken;
    KIRQL irql;
    BOOLEAN refuses; /* says FALSE, and leaves the device as it is */
};

static BOOLEAN NTAPI seen_routine(PKINTERRUPT interrupt, PVOID context)
{
    struct seen *seen = context;
    seen->calls++;
    seen->given = interrupt;
    seen->irql = KeGetCurrentIrql();
    if (seen->refuses || !card_take(seen->card))
        return FALSE;
    seen->taken++;
    return TRUE;
}

static __inline void seen_look(struct seen *seen, struct card *card)
{
    RtlZeroMemory(seen, sizeof *seen);
    seen->card = card;
    seen->object = (PKINTERRUPT)(ULONG_PTR)0x5A5A5A5A5A5A5A5A;
}

static __inline BOOLEAN seen_wait(volatile LONG *counter, LONG value)
{
    for (ULONG us = 0; *counter < value && us < WAIT_US; us++)
        KeStallExecutionProcessor(1);
    return *counter == value;
}

/* Fired once, its routine takes it once. */
static __inline BOOLEAN seen_served(struct seen *seen)
{
    LONG before = seen->taken;
    card_raise(seen->card);
    BOOLEAN served = seen_wait(&seen->taken, before + 1);
    if (!served)
        card_take(seen->card);
    return served;
}

static __inline void seen_disconnect(struct seen *seen, ULONG version)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS parameters = {
        .Version = version, .ConnectionContext.InterruptObject = seen->object};
    IoDisconnectInterruptEx(&parameters);
}

#endif
