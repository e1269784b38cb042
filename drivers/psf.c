/* psf.c: the two headers of PSF, and whether the glyphs they promise are there. */
#include "psf.h"

#include <stdbool.h>

/* clang-format off */
enum {
    PSF1_MAGIC = 0x0436,            /* 16 bits, then mode, then bytes of a glyph */
    PSF1_HEADER_SIZE = 4,
    PSF1_MODE_512 = 1 << 0,
    PSF1_WIDTH = 8,

    PSF2_HEADER_SIZE = 32,          /* or more: it says so itself, at 8 */
    PSF2_AT_HEADER_SIZE = 8,
    PSF2_AT_COUNT = 16,
    PSF2_AT_GLYPH_SIZE = 20,
    PSF2_AT_HEIGHT = 24,
    PSF2_AT_WIDTH = 28,
};
static const uint32_t psf2_magic = 0x864AB572;
/* clang-format on */

static uint32_t read16(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t read32(const uint8_t *at)
{
    return read16(at) | read16(at + 2) << 16;
}

static bool is_side(uint32_t pixels)
{
    return pixels >= 1 && pixels <= PSF_SIDE_LIMIT;
}

enum ivm_status psf_parse(const void *bytes, size_t length, struct psf_font *out)
{
    const uint8_t *file = bytes;
    struct psf_font font;
    size_t header;
    if (length >= PSF1_HEADER_SIZE && read16(file) == PSF1_MAGIC) {
        header = PSF1_HEADER_SIZE;
        font = (struct psf_font){.count = file[2] & PSF1_MODE_512 ? 512 : 256,
                                 .glyph_size = file[3],
                                 .row_size = 1,
                                 .width = PSF1_WIDTH,
                                 .height = file[3]};
    } else if (length >= PSF2_HEADER_SIZE && read32(file) == psf2_magic) {
        header = read32(file + PSF2_AT_HEADER_SIZE);
        font = (struct psf_font){.count = read32(file + PSF2_AT_COUNT),
                                 .glyph_size = read32(file + PSF2_AT_GLYPH_SIZE),
                                 .width = read32(file + PSF2_AT_WIDTH),
                                 .height = read32(file + PSF2_AT_HEIGHT)};
        font.row_size = ((size_t)font.width + 7) / 8;
    } else {
        return IVM_BAD_ARGUMENT;
    }
    if (!is_side(font.width) || !is_side(font.height) || font.count < PSF_LEAST_GLYPHS ||
        font.glyph_size < font.row_size * font.height || header > length ||
        font.count > (length - header) / font.glyph_size)
        return IVM_BAD_ARGUMENT;
    font.glyphs = file + header;
    *out = font;
    return IVM_OK;
}
