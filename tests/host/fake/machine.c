/* machine.c: the model's CPUs and local APICs, and kernel/machine.h made of them. */
#include "machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/vector.h>
#include <machine/hot.h>

#include "kernel/machine.h"
#include "model.h"

enum {
    LEVELS_DEEP = 20, /* a class nests once, and direct calls a little more */
    SPIN_LIMIT = 10000000,
};

/* One dispatch under way. */
struct frame {
    uint8_t vector;
    bool in_service;
    unsigned ends;
};

struct cpu {
    struct slot *slots;
    bool interrupts_on;
    uint8_t priority; /* CR8 */
    bool irr[IVM_VECTOR_COUNT];
    bool isr[IVM_VECTOR_COUNT];
    bool tmr[IVM_VECTOR_COUNT]; /* the request came from a level-triggered input */
    struct frame frames[LEVELS_DEEP];
    unsigned depth;
};

static struct {
    struct cpu cpus[MODEL_CPUS];
    uint32_t cpu_count;
    uint32_t current;
    bool pic_in_service;
    unsigned deliveries;
    unsigned spins;
    void (*on_relax)(unsigned spins);
} model;

static struct cpu *current(void)
{
    return &model.cpus[model.current];
}

void model_start(uint32_t cpus)
{
    memset(&model, 0, sizeof model);
    model.cpu_count = cpus;
    for (uint32_t i = 0; i < cpus; i++)
        model.cpus[i].interrupts_on = true;
    model_records_start();
    model_pins_start();
}

void model_attach(uint32_t cpu, struct slot *slots)
{
    model.cpus[cpu].slots = slots;
}

/* The highest vector set in a bank, or -1. */
static int highest(const bool *bank)
{
    int vector = IVM_VECTOR_COUNT - 1;
    while (vector >= 0 && !bank[vector])
        vector--;
    return vector;
}

static uint8_t level_of(const struct cpu *cpu)
{
    int served = highest(cpu->isr);
    uint8_t class = served < 0 ? 0 : (uint8_t)(served >> 4);
    return class > cpu->priority ? class : cpu->priority;
}

static void dispatch(struct cpu *cpu, uint8_t vector, bool in_service)
{
    uint8_t priority = cpu->priority;
    bool were_on = cpu->interrupts_on;
    uint32_t here = model.current;
    if (cpu->depth == LEVELS_DEEP) {
        model_violate("deliveries nest without bound, vector 0x%x", vector);
        return;
    }
    struct frame *frame = &cpu->frames[cpu->depth++];
    *frame = (struct frame){.vector = vector, .in_service = in_service};
    model.current = (uint32_t)(cpu - model.cpus);
    cpu->interrupts_on = false;

    struct slot *slot = &cpu->slots[vector];
    atomic_load_explicit(&slot->dispatch, memory_order_acquire)(slot);

    if (cpu->interrupts_on)
        model_violate("dispatch of vector 0x%x returned with interrupts on", vector);
    if (frame->ends != (in_service ? 1 : 0))
        model_violate("vector 0x%x was ended %u times, in service: %u", vector, frame->ends,
                      in_service);
    if (cpu->priority != priority)
        model_violate("vector 0x%x left CR8 at %u, it was %u", vector, cpu->priority,
                      priority);
    cpu->depth--;
    cpu->interrupts_on = were_on;
    model.current = here;
}

static void deliver(struct cpu *cpu, uint8_t vector)
{
    model_record(&(struct model_event){
        .kind = MODEL_DELIVER, .cpu = (uint32_t)(cpu - model.cpus), .vector = vector});
    cpu->irr[vector] = false;
    cpu->isr[vector] = true;
    dispatch(cpu, vector, true);
}

/* A CPU that would take a vector now, and the vector; NULL when none would. */
static struct cpu *deliverable(uint8_t *vector)
{
    for (uint32_t i = 0; i < model.cpu_count; i++) {
        struct cpu *cpu = &model.cpus[i];
        int waiting = highest(cpu->irr);
        if (!cpu->interrupts_on || waiting < 0 || waiting >> 4 <= level_of(cpu))
            continue;
        *vector = (uint8_t)waiting;
        return cpu;
    }
    return NULL;
}

void model_settle(void)
{
    uint8_t vector = 0;
    struct cpu *cpu = NULL;

    /* With its interrupts off the current CPU may hold a lock that a delivery elsewhere
     * waits for; in one thread that would be for ever. */
    while (current()->interrupts_on && (cpu = deliverable(&vector)) != NULL) {
        if (++model.deliveries > MODEL_DELIVERY_LIMIT) {
            if (model.deliveries == MODEL_DELIVERY_LIMIT + 1)
                model_violate("vector 0x%x is delivered for ever", vector);
            return;
        }
        deliver(cpu, vector);
    }
}

void model_request(uint32_t cpu, uint8_t vector, bool level)
{
    if (cpu >= model.cpu_count || vector < 16) {
        model_violate("an interrupt for cpu %u vector 0x%x", cpu, vector);
        return;
    }
    model.cpus[cpu].irr[vector] = true;
    model.cpus[cpu].tmr[vector] = level;
}

void model_raise(uint32_t cpu, uint8_t vector)
{
    model_request(cpu, vector, false);
    model_settle();
}

void model_call(uint8_t vector)
{
    dispatch(current(), vector, false);
    model_settle();
}

void model_become(uint32_t cpu)
{
    if (current()->depth != 0 || cpu >= model.cpu_count)
        model_violate("cannot become cpu %u here", cpu);
    else
        model.current = cpu;
}

void model_interrupts(bool on)
{
    current()->interrupts_on = on;
    model_settle();
}

void model_interrupts_of(uint32_t cpu, bool on)
{
    model.cpus[cpu].interrupts_on = on;
    model_settle();
}

void model_on_relax(void (*hook)(unsigned spins))
{
    model.on_relax = hook;
    model.spins = 0;
}

void model_pic_in_service(bool in_service)
{
    model.pic_in_service = in_service;
}

bool model_pending(uint32_t cpu, uint8_t vector)
{
    return model.cpus[cpu].irr[vector];
}

unsigned model_depth(void)
{
    return current()->depth;
}

/* What kernel/machine.h and machine/hot.h ask for. */

void machine_interrupts_on(void)
{
    current()->interrupts_on = true;
    model_settle();
}

void machine_interrupts_off(void)
{
    current()->interrupts_on = false;
}

void machine_end(void)
{
    struct cpu *cpu = current();
    int served = highest(cpu->isr);
    if (cpu->interrupts_on)
        model_violate("end with interrupts on");
    if (served < 0) {
        model_violate("end with nothing in service");
        return;
    }
    struct frame *frame = cpu->depth > 0 ? &cpu->frames[cpu->depth - 1] : NULL;
    if (frame == NULL || !frame->in_service || frame->vector != served || frame->ends != 0)
        model_violate("end ends vector 0x%x, which is another's", (unsigned)served);
    if (frame != NULL)
        frame->ends++;
    model_record(&(struct model_event){
        .kind = MODEL_END, .cpu = model.current, .vector = (uint8_t)served});
    cpu->isr[served] = false;
    if (cpu->tmr[served])
        model_broadcast_end((uint8_t)served);
    model_settle();
}

uint32_t machine_cpu(void)
{
    return model.current;
}

void machine_relax(void)
{
    model.spins++;
    if (model.on_relax != NULL)
        model.on_relax(model.spins);
    else if (model.spins > SPIN_LIMIT)
        fail_msg("%s", "the caller spins for ever");
}

bool machine_interrupts_enabled(void)
{
    return current()->interrupts_on;
}

bool machine_interrupts_save(void)
{
    bool were_on = current()->interrupts_on;
    current()->interrupts_on = false;
    return were_on;
}

void machine_interrupts_restore(bool were_on)
{
    if (were_on)
        machine_interrupts_on();
}

uint8_t machine_level(void)
{
    return level_of(current());
}

uint8_t machine_priority(void)
{
    return current()->priority;
}

void machine_set_priority(uint8_t level)
{
    if (level > 15)
        model_violate("CR8 is set to %u", level);
    current()->priority = level & 15;
    model_settle();
}

void machine_interrupt_cpu(uint32_t cpu, uint8_t vector)
{
    model_raise(cpu, vector);
}

/* What is pending comes now; nothing sleeps in one thread. */
void machine_idle(void)
{
    if (current()->interrupts_on)
        model_violate("machine_idle with interrupts on: a wake-up can be lost");
    machine_interrupts_on();
}

bool machine_in_service(uint8_t vector)
{
    return current()->isr[vector];
}

bool machine_pic_spurious(uint8_t vector)
{
    if (current()->interrupts_on)
        model_violate("machine_pic_spurious with interrupts on");
    if (vector != IVM_VECTOR_PIC_SPURIOUS_MASTER && vector != IVM_VECTOR_PIC_SPURIOUS_SLAVE)
        model_violate("machine_pic_spurious for vector 0x%x", vector);
    return model.pic_in_service;
}

_Noreturn void machine_assert_failed(const char *expression, const char *file, int line)
{
    mock_assert(0, expression, file, line);
    abort();
}
