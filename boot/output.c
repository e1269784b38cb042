/* output.c: plugs the serial console and the screen into the log. */
#include "output.h"

#include <stddef.h>
#include <stdint.h>

#include <ivm/system.h>

#include "arch/x86_64/paging.h"
#include "drivers/console_serial.h"
#include "drivers/psf.h"
#include "drivers/screen.h"
#include "kernel/system/log.h"

/* The console font, embedded by the build. */
extern const uint8_t console_font[], console_font_end[];

void output_start_serial(void)
{
    if (console_serial_start(CONSOLE_SERIAL_COM1) &&
        log_add_sink(console_serial_write) != IVM_OK)
        ivm_log("log: no room for the serial console");
}

static struct screen_field field(struct boot_colour_field from)
{
    return (struct screen_field){.position = from.position, .size = from.size};
}

static enum ivm_status start_text(const struct boot_framebuffer *from)
{
    struct screen_mode mode = {.kind = SCREEN_TEXT,
                               .pitch = from->pitch,
                               .width = from->width,
                               .height = from->height};
    mode.address = ivm_map_device(from->address, (size_t)from->pitch * from->height);
    return mode.address == 0 ? IVM_UNSUPPORTED : screen_start(&mode, NULL);
}

static enum ivm_status start_pixels(const struct boot_framebuffer *from)
{
    struct psf_font font;
    struct screen_mode mode = {.kind = SCREEN_RGB,
                               .pitch = from->pitch,
                               .width = from->width,
                               .height = from->height,
                               .bits_per_pixel = from->bits_per_pixel,
                               .red = field(from->red),
                               .green = field(from->green),
                               .blue = field(from->blue)};
    enum ivm_status status =
        psf_parse(console_font, (size_t)(console_font_end - console_font), &font);
    if (status != IVM_OK)
        return status;
    mode.address =
        paging_map_framebuffer(from->address, (size_t)from->pitch * from->height);
    return mode.address == 0 ? IVM_UNSUPPORTED : screen_start(&mode, &font);
}

static enum ivm_status start_screen(const struct boot_framebuffer *framebuffer)
{
    switch (framebuffer->type) {
    case BOOT_FRAMEBUFFER_TEXT:
        return start_text(framebuffer);
    case BOOT_FRAMEBUFFER_RGB:
        return start_pixels(framebuffer);
    default:
        return IVM_UNSUPPORTED;
    }
}

void output_start_screen(const struct boot_framebuffer *framebuffer)
{
    static const char *const kinds[] = {"indexed colours", "pixels", "characters"};
    if (framebuffer->address == 0) {
        ivm_log("screen: the loader gave none");
        return;
    }
    enum ivm_status status = start_screen(framebuffer);
    ivm_log("screen: %u x %u %s, %u bits, at 0x%lx%s", framebuffer->width,
            framebuffer->height,
            framebuffer->type < 3 ? kinds[framebuffer->type] : "of an unknown kind",
            framebuffer->bits_per_pixel, framebuffer->address,
            status == IVM_OK ? "" : ": cannot be used");
    if (status == IVM_OK && log_add_sink(screen_write) != IVM_OK)
        ivm_log("log: no room for the screen");
}
