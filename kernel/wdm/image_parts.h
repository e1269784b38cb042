/* image_parts.h: what the files that load and unload an image tell each other. All under the one lock of
 * image_load() and image_unload().
 */
#ifndef WDM_IMAGE_PARTS_H
#define WDM_IMAGE_PARTS_H

#include "image.h"

/* Write why an image cannot be used to its `why`, log it, and hand `status` through. */
enum ivm_status image_refuse(struct image *image, enum ivm_status status,
                             const char *format, ...) __attribute__((format(printf, 3, 4)));

/* image.c: from now on the addresses of the image's memory are its own, or nobody's. */
void image_claim(const struct image *image);
void image_disclaim(const struct image *image);

/* image_layout.c: read the file, and lay it out in the image's memory, each page with the rights that it
 * has to have. Nothing is run. On an error its memory can be neither run nor written.
 *
 * entry  where DriverEntry is; on IVM_OK
 */
IVM_MUST_CHECK enum ivm_status image_lay_out(struct image *image, nt_code *entry);

/* Let the image's memory be read only: neither run nor written. */
void image_close(const struct image *image);

/* image_run.c: make the driver object and call DriverEntry with it. On an error the image has nothing any
 * more. */
IVM_MUST_CHECK enum ivm_status image_enter(struct image *image, nt_code entry);

/* Call DriverUnload, and take back what it forgot. */
void image_leave(struct image *image);

#endif
