/* pnp.c: images get the devices that their patterns name, and give them back. */
#include "pnp.h"

#include <ivm/system.h>

#include "device.h"
#include "ids.h"
#include "request.h"
#include "resources.h"

/* ---- claims ----------------------------------------------------------------------------- */

/* The pattern that names the device; NULL: none does. */
static const char *pattern_for(const struct image *image, const struct ivm_device *device,
                               uint32_t *messages)
{
    struct device_ids ids;
    ids_of(device, &ids);
    for (size_t i = 0; i < WDM_PATTERN_LIMIT && image->patterns[i][0] != '\0'; i++) {
        if (ids_match(&ids, image->patterns[i], messages))
            return image->patterns[i];
    }
    return NULL;
}

/* Take it from its native driver. */
static bool free_from_native(const struct image *image, struct ivm_device *device)
{
    if (device->driver == NULL)
        return true;
    enum ivm_status status = ivm_device_unload(device);
    if (status != IVM_OK)
        ivm_log("%s: does not get %s from its native driver: %s", image->name, device->name,
                ivm_status_forms(status)->text);
    return status == IVM_OK;
}

static void give_back(struct ivm_device *device)
{
    enum ivm_status status = ivm_device_load(device);
    if (status != IVM_OK)
        ivm_log("%s: its native driver does not take it again: %s", device->name,
                ivm_status_forms(status)->text);
}

static void claim(struct image *image, struct ivm_device *device)
{
    uint32_t messages;
    const char *pattern = device->is_gone ? NULL : pattern_for(image, device, &messages);
    const struct pnp_node *holder = pnp_node_of_device(device);
    if (pattern == NULL || (holder != NULL && holder->image == image))
        return;
    if (holder != NULL) {
        ivm_log("%s: does not get %s: %s has it", image->name, device->name,
                holder->image->name);
        return;
    }
    bool was_driven = device->driver != NULL;
    if (!free_from_native(image, device))
        return;
    struct pnp_node *node = pnp_node_take(image, device);
    if (node == NULL) {
        ivm_log("%s: does not get %s: too many devices are given away", image->name,
                device->name);
        if (was_driven)
            give_back(device);
        return;
    }
    node->messages_wished = messages;
    node->was_driven = was_driven;
    ivm_log("%s: gets %s, by %s", image->name, device->name, pattern);
}

void pnp_claim(struct image *image)
{
    for (size_t i = 0; i < ivm_device_count(); i++)
        claim(image, ivm_device_at(i));
}

/* A pattern that is no good, or that names nothing here. */
static void check_patterns(const struct image *image)
{
    for (size_t i = 0; i < WDM_PATTERN_LIMIT && image->patterns[i][0] != '\0'; i++) {
        if (!ids_pattern_is_sound(image->patterns[i]))
            ivm_log("%s: %s: what follows | is not MSI or MSI= and a number", image->name,
                    image->patterns[i]);
    }
    if (image->patterns[0][0] != '\0' && pnp_node_next(image, NULL) == NULL)
        ivm_log("%s: gets no device: none that is here and free is called so", image->name);
}

/* ---- start, stop, remove ---------------------------------------------------------------- */

void pnp_note_state(struct image *image)
{
    image->state = IMAGE_LOADED;
    for (const struct pnp_node *node = pnp_node_next(image, NULL); node != NULL;
         node = pnp_node_next(image, node)) {
        if (node->state == PNP_STARTED)
            image->state = IMAGE_STARTED;
    }
}

/* A driver without AddDevice knows where its devices are: they are only turned on. */
static void start(struct pnp_node *node)
{
    if (node->state != PNP_CLAIMED && node->state != PNP_STOPPED)
        return;
    if (node->image->extension.add_device != 0)
        (void)pnp_stack_start(node);
    else
        resources_enable(node);
}

void pnp_start(struct image *image)
{
    device_objects_ready(&image->driver);
    pnp_claim(image);
    check_patterns(image);
    for (struct pnp_node *node = pnp_node_next(image, NULL); node != NULL;
         node = pnp_node_next(image, node))
        start(node);
}

void pnp_stop(struct image *image)
{
    for (struct pnp_node *node = pnp_node_before(image, NULL); node != NULL;
         node = pnp_node_before(image, node)) {
        if (node->state == PNP_STARTED)
            pnp_stack_stop(node);
    }
}

void pnp_remove(struct image *image)
{
    for (struct pnp_node *node = pnp_node_before(image, NULL); node != NULL;
         node = pnp_node_before(image, node)) {
        if (node->state == PNP_STARTED || node->state == PNP_STOPPED)
            pnp_stack_remove(node);
        else if (node->state == PNP_STUCK)
            ivm_log("%s: %s: is not removed: a request is still under way", image->name,
                    node->device->name);
    }
}

/* ---- the end ---------------------------------------------------------------------------- */

/* The objects of a stuck stack have gone with those that were forgotten. */
static void release(struct pnp_node *node)
{
    struct ivm_device *device = node->device;
    bool was_driven = node->was_driven;
    pnp_node_set_pdo(node, NULL);
    resources_release(node);
    pnp_node_free(node);
    if (was_driven && !device->is_gone)
        give_back(device);
}

void pnp_release(struct image *image)
{
    (void)device_objects_drop(image);
    (void)requests_drop(image);
    struct pnp_node *node;
    while ((node = pnp_node_before(image, NULL)) != NULL)
        release(node);
}
