/* wdm.h: what surrounds a part of kernel/wdm/ in the host tests: one image that everything is called
 * from, an arena that counts, a device with a line and messages, and code of "images" that is C of the
 * test, called by the Microsoft convention.
 *
 * All of it is weak, as every fake: a test that pulls in the real part gets that.
 */
#ifndef FAKE_WDM_H
#define FAKE_WDM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/wdm/image.h"
#include "kernel/wdm/objects.h"

struct fake_wdm {
    struct image image; /* "test.sys": what image_of() answers */
    struct image other; /* "other.sys": answered instead when is_other; image_at(1) */
    bool is_nobody;     /* image_of() answers NULL */
    bool is_other;
    const void *only;          /* not NULL: the one address that image_of() knows */
    size_t blocks;             /* of the pool, not given back */
    size_t blocks_until_empty; /* the pool gives so many more; SIZE_MAX after a reset */
    struct nt_device pdo;      /* the only one that is of ours */
    struct ivm_device device;  /* behind it */
    bool has_interrupt;
    struct pnp_interrupt interrupt; /* of it, when it has one */
    uint32_t message_numbers[16];   /* what ivm_device_message_number() answers */
    uint32_t calls;                 /* of foreign_call() */
    uint32_t levels_noted;          /* calls of image_note_level() */
    uint32_t wakes;                 /* calls of foreign_wake() */
    void (*tick)(void);             /* as foreign_tick() was told */
    void (*on_sleep)(void);         /* called by foreign_sleep(): the world moves on */
    uint64_t system_time;
    uint64_t times[3]; /* as foreign_set_times() was told: interrupt, system, ticks */
    uint32_t serves;   /* calls of ivm_cpu_serve() */
    void (*on_serve)(void);
    uint32_t bug_code; /* of the last bug_check(), with its parameters */
    uint64_t bug_parameters[4];
    const struct image *bug_image;
    char stopped[512]; /* what panic() said */
};

extern struct fake_wdm fake_wdm;

/* Forget all; first thing in every set-up. */
void fake_wdm_reset(void);

/* The address of a test's function as an image would have it. */
#define FAKE_CODE(function) ((nt_code)(uintptr_t)(function))

#endif
