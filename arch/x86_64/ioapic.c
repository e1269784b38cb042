/* ioapic.c: the I/O APICs of this machine: found, masked, and handed to the manager as its
 * lines.
 */
#include "ioapic.h"

#include <ivm/system.h>

#include "apic_id.h"
#include "ioapic_entry.h"

/* Written by ioapic_start() only, before any other CPU runs. */
static struct ioapic ioapics[IOAPIC_LIMIT];
static size_t count;

/* The controller. */

static bool is_ours(const struct ioapic *ioapic, uint32_t pin)
{
    return pin < ioapic->pin_count && ioapic->pins[pin].use == IOAPIC_PIN_FREE;
}

static void route(void *unit, uint32_t input, const struct ivm_route *route)
{
    struct ioapic *ioapic = unit;
    if (!is_ours(ioapic, input))
        return;
    uint32_t apic_id = machine_apic_id(route->cpu);
    bool reachable = apic_id < RTE_DESTINATION_END;
    if (!reachable)
        ivm_log("I/O APIC %u pin %u: CPU %u has APIC id %u, which an entry cannot name: "
                "it stays masked",
                ioapic->id, (unsigned)input, (unsigned)route->cpu, (unsigned)apic_id);
    bool were_on = ioapic_take(ioapic);
    struct ioapic_pin *pin = &ioapic->pins[input];
    pin->routed = reachable;
    pin->intent = (struct rte){.vector = route->vector,
                               .destination = reachable ? (uint8_t)apic_id : 0,
                               .polarity = route->polarity,
                               .trigger = route->trigger,
                               .masked = true};
    ioapic_program(ioapic, input);
    ioapic_clear_remote_irr(ioapic, input);
    ioapic_release(ioapic, were_on);
}

/* Only the destination changes, in one write: an open entry stays open and loses no edge. */
static void redirect(void *unit, uint32_t input, uint32_t cpu)
{
    struct ioapic *ioapic = unit;
    uint32_t apic_id = machine_apic_id(cpu);
    if (!is_ours(ioapic, input) || apic_id >= RTE_DESTINATION_END)
        return;
    bool were_on = ioapic_take(ioapic);
    struct ioapic_pin *pin = &ioapic->pins[input];
    pin->intent.destination = (uint8_t)apic_id;
    ioapic_write(ioapic, ioapic_high(input), rte_high(&pin->intent));
    (void)ioapic_read(ioapic, ioapic_high(input));
    ioapic_release(ioapic, were_on);
}

static void unmask(void *unit, uint32_t input)
{
    struct ioapic *ioapic = unit;
    if (!is_ours(ioapic, input))
        return;
    bool were_on = ioapic_take(ioapic);
    struct ioapic_pin *pin = &ioapic->pins[input];
    if (pin->routed) {
        pin->intent.masked = false;
        ioapic_program(ioapic, input);
        (void)ioapic_read(ioapic, ioapic_low(input)); /* open before the caller goes on */
    }
    ioapic_release(ioapic, were_on);
}

/* Reading the entry back makes the chip finish the write: what comes later was sent before.
 */
static void mask(void *unit, uint32_t input)
{
    struct ioapic *ioapic = unit;
    if (!is_ours(ioapic, input))
        return;
    bool were_on = ioapic_take(ioapic);
    ioapic->pins[input].intent.masked = true;
    ioapic_program(ioapic, input);
    (void)ioapic_read(ioapic, ioapic_low(input));
    ioapic_release(ioapic, were_on);
}

static void unroute(void *unit, uint32_t input)
{
    struct ioapic *ioapic = unit;
    if (!is_ours(ioapic, input))
        return;
    bool were_on = ioapic_take(ioapic);
    struct ioapic_pin *pin = &ioapic->pins[input];
    pin->intent.masked = true;
    ioapic_program(ioapic, input);
    ioapic_clear_remote_irr(ioapic, input);
    pin->routed = false;
    pin->intent = ioapic_idle(pin);
    ioapic_program(ioapic, input);
    ioapic_release(ioapic, were_on);
}

static void inspect(void *unit, uint32_t input, struct ivm_input_state *out)
{
    uint64_t entry = ioapic_entry(unit, input);
    const struct rte rte = rte_decode((uint32_t)entry, (uint32_t)(entry >> 32));
    uint32_t cpu = 0;
    bool is_fixed = rte.delivery == RTE_FIXED && rte.destination_mode == RTE_PHYSICAL;
    bool is_known = is_fixed && machine_find_cpu(rte.destination, &cpu);
    *out = (struct ivm_input_state){.is_masked = rte.masked,
                                    .is_pending = rte.delivery_pending || rte.remote_irr,
                                    .is_foreign = !is_known};
    if (is_known)
        out->route = (struct ivm_route){.cpu = cpu,
                                        .vector = rte.vector,
                                        .trigger = rte.trigger,
                                        .polarity = rte.polarity};
}

const struct ivm_controller ioapic_controller = {
    .name = "I/O APIC",
    .route = route,
    .redirect = redirect,
    .unmask = unmask,
    .mask = mask,
    .unroute = unroute,
    .inspect = inspect,
};

/* The start. */

/* An entry as firmware left it becomes an idle one; true: it had a Remote IRR. */
static bool take_over_pin(struct ioapic *ioapic, uint32_t pin)
{
    uint32_t low = ioapic_read(ioapic, ioapic_low(pin));
    const struct rte found = rte_decode(low, ioapic_read(ioapic, ioapic_high(pin)));
    if (found.delivery == RTE_SMI && !found.masked) {
        ioapic->pins[pin].use = IOAPIC_PIN_FIRMWARE;
        ivm_log("I/O APIC %u pin %u is firmware's (SMI) and stays so", ioapic->id,
                (unsigned)pin);
        return false;
    }
    ioapic_write(ioapic, ioapic_low(pin), low | RTE_MASKED);
    bool stale = ioapic_has_remote_irr(ioapic, pin);
    ioapic_clear_remote_irr(ioapic, pin);
    ioapic->pins[pin].intent = ioapic_idle(&ioapic->pins[pin]);
    ioapic_program(ioapic, pin);
    return stale;
}

/* All ones is what an empty bus answers, zeros what some emulated one does. */
static bool read_version(struct ioapic *ioapic)
{
    uint32_t version = ioapic_read(ioapic, IOAPIC_REGISTER_VERSION);
    if (version == UINT32_MAX || version == 0) {
        ivm_log("I/O APIC %u: nothing answers at 0x%llx", ioapic->id,
                (unsigned long long)ioapic->address);
        return false;
    }
    ioapic->version = (uint8_t)version;
    ioapic->pin_count = (version >> 16 & 0xFF) + 1;
    if (ioapic->pin_count > IOAPIC_PIN_LIMIT) {
        ivm_log("I/O APIC %u claims %u inputs; only %u can be addressed", ioapic->id,
                (unsigned)ioapic->pin_count, (unsigned)IOAPIC_PIN_LIMIT);
        ioapic->pin_count = IOAPIC_PIN_LIMIT;
    }
    if (ioapic->gsi_base > IOAPIC_GSI_LIMIT - ioapic->pin_count) {
        ivm_log("I/O APIC %u: its first gsi cannot be %u", ioapic->id,
                (unsigned)ioapic->gsi_base);
        return false;
    }
    return true;
}

/* Chips before version 0x20 have four bits of id. A wrong one only matters to an APIC bus.
 */
static void check_id(struct ioapic *ioapic)
{
    uint32_t mask = ioapic->version >= IOAPIC_VERSION_WITH_END ? 0xFF : 0xF;
    ioapic->chip_id = (uint8_t)(ioapic_read(ioapic, IOAPIC_REGISTER_ID) >> 24 & mask);
    if (ioapic->chip_id != ioapic->id)
        ivm_log("I/O APIC %u: the chip calls itself %u; the MADT's word is used",
                ioapic->id, ioapic->chip_id);
}

static void report_overlap(const struct ioapic *ioapic)
{
    for (size_t i = 0; i < count; i++) {
        const struct ioapic *other = &ioapics[i];
        if (ioapic->gsi_base < other->gsi_base + other->pin_count &&
            other->gsi_base < ioapic->gsi_base + ioapic->pin_count)
            ivm_log("I/O APICs %u and %u both claim gsis from %u on: the first keeps them",
                    other->id, ioapic->id,
                    (unsigned)(ioapic->gsi_base > other->gsi_base ? ioapic->gsi_base
                                                                  : other->gsi_base));
    }
}

static bool start_one(struct ioapic *ioapic, const struct madt_ioapic *described)
{
    *ioapic = (struct ioapic){.id = described->id,
                              .address = described->address,
                              .gsi_base = described->gsi_base};
    ioapic->window = ivm_map_device(ioapic->address, IOAPIC_WINDOW_SIZE);
    if (ioapic->window == 0) {
        ivm_log("I/O APIC %u: its registers at 0x%llx cannot be mapped", ioapic->id,
                (unsigned long long)ioapic->address);
        return false;
    }
    if (!read_version(ioapic))
        return false;
    check_id(ioapic);
    report_overlap(ioapic);
    unsigned stale = 0;
    for (uint32_t pin = 0; pin < ioapic->pin_count; pin++)
        stale += take_over_pin(ioapic, pin);
    if (stale != 0)
        ivm_log("I/O APIC %u: %u entries waited for an end that was lost; cleared",
                ioapic->id, stale);
    ivm_log("I/O APIC %u at 0x%llx: version 0x%02x, gsi %u to %u", ioapic->id,
            (unsigned long long)ioapic->address, ioapic->version,
            (unsigned)ioapic->gsi_base,
            (unsigned)(ioapic->gsi_base + ioapic->pin_count - 1));
    return true;
}

static void reserve_nmi_sources(const struct madt *madt)
{
    for (size_t i = 0; i < madt->nmi_source_count; i++) {
        uint32_t pin;
        struct ioapic *ioapic = ioapic_find(madt->nmi_sources[i].gsi, &pin);
        ivm_log("gsi %u carries an NMI%s", (unsigned)madt->nmi_sources[i].gsi,
                ioapic == NULL ? ", and no I/O APIC has it" : "; it stays masked");
        if (ioapic != NULL)
            ioapic->pins[pin].use = IOAPIC_PIN_NMI;
    }
}

enum ivm_status ioapic_start(const struct madt *madt)
{
    count = 0;
    for (size_t i = 0; i < madt->ioapic_count; i++)
        if (start_one(&ioapics[count], &madt->ioapics[i]))
            count++;
    reserve_nmi_sources(madt);
    if (count != 0)
        return IVM_OK;
    ivm_log("no I/O APIC can be used: no line can be connected");
    return IVM_NOT_FOUND;
}

void ioapic_set_idle(uint32_t gsi, enum ivm_trigger trigger, enum ivm_polarity polarity)
{
    uint32_t input;
    struct ioapic *ioapic = ioapic_find(gsi, &input);
    if (ioapic == NULL || !is_ours(ioapic, input))
        return;
    bool were_on = ioapic_take(ioapic);
    struct ioapic_pin *pin = &ioapic->pins[input];
    pin->idle_trigger = trigger;
    pin->idle_polarity = polarity;
    if (!pin->routed) {
        pin->intent = ioapic_idle(pin);
        ioapic_program(ioapic, input);
    }
    ioapic_release(ioapic, were_on);
}

/* Readers. */

size_t ioapic_count(void)
{
    return count;
}

struct ioapic *ioapic_at(size_t index)
{
    return index < count ? &ioapics[index] : NULL;
}

struct ioapic *ioapic_find(uint32_t gsi, uint32_t *pin)
{
    for (size_t i = 0; i < count; i++) {
        if (gsi < ioapics[i].gsi_base || gsi - ioapics[i].gsi_base >= ioapics[i].pin_count)
            continue;
        *pin = gsi - ioapics[i].gsi_base;
        return &ioapics[i];
    }
    return NULL;
}

uint32_t ioapic_gsi_end(void)
{
    uint32_t end = 0;
    for (size_t i = 0; i < count; i++)
        if (ioapics[i].gsi_base + ioapics[i].pin_count > end)
            end = ioapics[i].gsi_base + ioapics[i].pin_count;
    return end;
}

uint64_t ioapic_entry(struct ioapic *ioapic, uint32_t pin)
{
    if (pin >= ioapic->pin_count)
        return 0;
    bool were_on = ioapic_take(ioapic);
    uint32_t low = ioapic_read(ioapic, ioapic_low(pin));
    uint32_t high = ioapic_read(ioapic, ioapic_high(pin));
    ioapic_release(ioapic, were_on);
    return (uint64_t)high << 32 | low;
}
