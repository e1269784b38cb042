/* image.h: the driver images: loaded, started, told apart by their addresses, unloaded.
 *
 * Whoever is asked for something finds out for which image by the address it was called from: every
 * export passes __builtin_return_address(0) to image_of().
 */
#ifndef WDM_IMAGE_H
#define WDM_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ivm/driver.h>
#include <ivm/refusal.h>

#include "nt_object.h"

enum { WDM_IMAGE_LIMIT = 8, WDM_PATTERN_LIMIT = 32, WDM_PATTERN_SIZE = 64 };

enum image_state {
    IMAGE_EMPTY = 0, /* no image here */
    IMAGE_UNLOADED,  /* its file is known, it is not in memory */
    IMAGE_LOADED,    /* mapped; DriverEntry succeeded; it has no device */
    IMAGE_STARTED,   /* at least one of its devices is started */
    IMAGE_BROKEN,    /* DriverEntry failed, or it was refused: `why` */
};

struct image {
    char name[IVM_NAME_SIZE]; /* of its file, "edu.sys"; what owners are called in tables */
    enum image_state state;
    char why[160];
    const uint8_t *file; /* the module's bytes, for ever */
    size_t file_size;
    char patterns[WDM_PATTERN_LIMIT]
                 [WDM_PATTERN_SIZE]; /* hardware ids it wants; "" ends them */
    uintptr_t base;                  /* of its memory, kept over reloads */
    size_t size;                     /* bytes; 0: none yet */
    uint32_t loads;                  /* times it was loaded */
    struct nt_driver driver;
    struct nt_driver_extension extension;
    uint16_t driver_name[40];

    /* What it holds now; each is zero when it is not loaded. */
    uint32_t interrupts; /* connected */
    uint32_t pool_blocks;
    uint64_t pool_bytes;
    uint32_t mappings; /* MmMapIoSpace not undone */
    uint32_t devices;  /* IoCreateDevice not undone */

    /* Since it was loaded last. */
    _Atomic uint32_t wrong_levels; /* times a function of it came back at another level */
    uint32_t refusals;             /* connects refused; the last one: */
    struct ivm_refusal refusal;
};

/* Make a file known that the loader brought.
 *
 * name      "edu.sys"; cut to IVM_NAME_SIZE - 1
 * file      `size` bytes; the caller keeps them for ever
 * patterns  hardware ids, separated by commas: "PCI\\VEN_1234&DEV_11E8,ISA\\COM2"; may be NULL.
 *           One that does not fit, and those beyond WDM_PATTERN_LIMIT, are left out and logged
 * errors    IVM_EXHAUSTED          WDM_IMAGE_LIMIT files are known; logged
 *           IVM_ALREADY_CONNECTED  one of this name is known; logged
 *           IVM_BAD_ARGUMENT       it has no name; logged
 * context   at the start, on one CPU
 */
IVM_MUST_CHECK enum ivm_status image_add(const char *name, const void *file, size_t size,
                                         const char *patterns);

/* Load an image and run its DriverEntry; then give it its devices (pnp.h). Every reason why not is
 * logged, all missing imports at once, and nothing stays behind.
 *
 * context  below IVM_DISPATCH, interrupts on, no lock held
 * errors   IVM_ALREADY_CONNECTED  it is loaded
 *          IVM_BAD_ARGUMENT       the file is not one that can be loaded here, or imports what is not there
 *          IVM_EXHAUSTED          no memory
 *          IVM_UNSUPPORTED        DriverEntry failed, or this machine cannot run images
 *          IVM_WRONG_LEVEL        called from the wrong context, or while another one is being loaded or
 *                                 unloaded; nothing changed
 */
IVM_MUST_CHECK enum ivm_status image_load(struct image *image);

/* Stop and remove its devices, call DriverUnload, take back what it forgot (each thing named), and
 * let its memory be neither run nor written.
 *
 * context  as image_load()
 * errors   IVM_NOT_CONNECTED  it is not loaded
 *          IVM_UNSUPPORTED    it has no DriverUnload: it stays, with its devices
 *          IVM_WRONG_LEVEL    as image_load()
 */
IVM_MUST_CHECK enum ivm_status image_unload(struct image *image);

/* Stop the devices of a loaded image, so that they are silent and not connected; start them again, or start
 * those that nobody wanted before. What a device says to it is logged.
 *
 * context  as image_load()
 * errors   IVM_NOT_CONNECTED  it is not loaded
 *          IVM_WRONG_LEVEL    as image_load()
 */
IVM_MUST_CHECK enum ivm_status image_stop(struct image *image);
IVM_MUST_CHECK enum ivm_status image_start(struct image *image);

/* The image an address lies in, loaded or being loaded; NULL: none. Any level. */
struct image *image_of(const void *address);

/* In the order in which they were added; NULL beyond the last. By its name, or NULL. */
struct image *image_at(size_t index);
struct image *image_find(const char *name);

/* Call a function of an image; its arguments and result as integers. What it does to the level and to the
 * interrupt flag is put right and named with `what` ("DriverEntry", "its deferred call").
 *
 * image    NULL: nobody knows whose it is
 * context  the level that the function expects, interrupts on; the same afterwards
 */
uint64_t image_call(struct image *image, const char *what, nt_code code,
                    const uint64_t arguments[4]);

/* A function of the image came back at another level than `level`; CR8 is still that other one. It is
 * counted, and named: the first times, then ever more rarely. Any level. */
void image_note_level(struct image *image, const char *what, nt_irql level);

/* exports.c: the address of an export, 0: there is none of this name. */
nt_code export_find(const char *name);

#endif
