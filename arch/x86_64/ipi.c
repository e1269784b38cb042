/* ipi.c: messages from one CPU to another. */
#include "ipi.h"

#include <ivm/system.h>

#include "icr.h"
#include "lapic.h"

enum { STARTUP_NS = 200000, COME_NS = 1000000000 };

/* All ones is every CPU, in either mode. */
static enum ivm_status send(const struct icr *icr)
{
    if (icr->destination >= lapic_id_end())
        return IVM_BAD_ARGUMENT;
    return lapic_send(icr);
}

enum ivm_status ipi_send(uint32_t apic_id, uint8_t vector)
{
    if (vector < LAPIC_VECTOR_LEGAL_FIRST)
        return IVM_BAD_ARGUMENT;
    return send(&(struct icr){.destination = apic_id, .vector = vector});
}

enum ivm_status ipi_send_nmi(uint32_t apic_id)
{
    return send(&(struct icr){.destination = apic_id, .delivery = ICR_NMI});
}

enum ivm_status ipi_send_init(uint32_t apic_id)
{
    return send(&(struct icr){.destination = apic_id, .delivery = ICR_INIT});
}

static bool start_up(const struct ipi_wake *wake, uint64_t ns)
{
    enum ivm_status status = send(&(struct icr){
        .destination = wake->apic_id, .delivery = ICR_STARTUP, .vector = wake->page});
    return status == IVM_OK && ivm_wait_until(wake->has_come, wake->context, ns);
}

bool ipi_wake(const struct ipi_wake *wake)
{
    return start_up(wake, STARTUP_NS) || start_up(wake, COME_NS);
}
