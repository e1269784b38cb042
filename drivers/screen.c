/* screen.c: a buffer of characters, and two ways to make one of them visible. */
#include "screen.h"

#include <stdbool.h>

#include <hw/mmio.h>
#include <hw/port.h>

/* clang-format off */
enum {
    TEXT_ATTRIBUTE = 0x0700,        /* light grey on black */
    CRTC_INDEX_PORT = 0x3D4,        /* [VGA] "CRT Controller Registers" */
    CRTC_DATA_PORT = 0x3D5,
    CRTC_CURSOR_START = 0x0A,
    CRTC_CURSOR_OFF = 1 << 5,

    GREY = 0xC0,
    ROWS_PER_STEP = 8,              /* a screen of that many rows or more scrolls by an eighth */
};
/* clang-format on */

typedef void draw_function(uint32_t column, uint32_t row, char character);

/* Written by screen_start(), but for the text and the cursor: screen_write()'s. */
static struct {
    struct screen_mode mode;
    struct psf_font font;
    draw_function *draw; /* NULL: there is no screen */
    uint32_t pixel_size; /* bytes */
    uint32_t ink;        /* a pixel of the letters; paper is 0 */
    uint32_t columns, rows;
    uint32_t column, row; /* of the cursor; row == rows: scroll before the next character */
    char text[SCREEN_ROW_LIMIT][SCREEN_COLUMN_LIMIT];
} screen;

static void draw_cell(uint32_t column, uint32_t row, char character)
{
    uintptr_t cell = screen.mode.address + (size_t)row * screen.mode.pitch + column * 2U;
    mmio_write16(cell, (uint16_t)(TEXT_ATTRIBUTE | (uint8_t)character));
}

static void write_pixel(uintptr_t at, uint32_t pixel)
{
    switch (screen.pixel_size) {
    case 4:
        mmio_write32(at, pixel);
        break;
    case 2:
        mmio_write16(at, (uint16_t)pixel);
        break;
    default:
        mmio_write8(at, (uint8_t)pixel);
        mmio_write8(at + 1, (uint8_t)(pixel >> 8));
        mmio_write8(at + 2, (uint8_t)(pixel >> 16));
        break;
    }
}

static void draw_glyph(uint32_t column, uint32_t row, char character)
{
    const struct psf_font *font = &screen.font;
    const uint8_t *bits = font->glyphs + (uint8_t)character * font->glyph_size;
    uintptr_t line = screen.mode.address + (size_t)row * font->height * screen.mode.pitch +
                     (size_t)column * font->width * screen.pixel_size;
    for (uint32_t y = 0; y < font->height; y++) {
        for (uint32_t x = 0; x < font->width; x++) {
            bool is_ink = bits[x / 8] & 0x80U >> x % 8;
            write_pixel(line + (size_t)x * screen.pixel_size, is_ink ? screen.ink : 0);
        }
        bits += font->row_size;
        line += screen.mode.pitch;
    }
}

/* Only what differs is drawn: most of a scrolled line is blank, before and after. */
static void show(uint32_t column, uint32_t row, char character)
{
    if (screen.text[row][column] == character)
        return;
    screen.text[row][column] = character;
    screen.draw(column, row, character);
}

/* Several rows at a time on a large screen: to draw one anew costs up to some milliseconds,
 * with interrupts off. */
static void scroll(void)
{
    uint32_t step = screen.rows < ROWS_PER_STEP ? 1 : screen.rows / ROWS_PER_STEP;
    screen.row = screen.rows - step;
    for (uint32_t row = 0; row < screen.rows; row++)
        for (uint32_t column = 0; column < screen.columns; column++)
            show(column, row, row < screen.row ? screen.text[row + step][column] : ' ');
}

static void advance(char character)
{
    if (screen.column == screen.columns) {
        screen.column = 0;
        screen.row++;
    }
    if (screen.row == screen.rows)
        scroll();
    show(screen.column++, screen.row, character);
}

static void new_line(void)
{
    if (screen.row == screen.rows)
        scroll();
    screen.column = 0;
    screen.row++;
}

static void put(char character)
{
    if (character == '\n')
        new_line();
    else if (character == '\r')
        screen.column = 0;
    else if (character == '\b')
        screen.column -= screen.column > 0;
    else
        advance(character >= ' ' && character <= '~' ? character : '?');
}

void screen_write(const char *text, size_t length)
{
    if (screen.draw == NULL)
        return;
    for (size_t i = 0; i < length; i++)
        put(text[i]);
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t field(const struct screen_field *place)
{
    if (place->size == 0 || place->size > 8 || place->position > 31)
        return 0;
    return (uint32_t)GREY >> (8 - place->size) << place->position;
}

static enum ivm_status use_text(const struct screen_mode *mode)
{
    screen.columns = lesser(mode->width, SCREEN_COLUMN_LIMIT);
    screen.rows = lesser(mode->height, SCREEN_ROW_LIMIT);
    if (screen.columns == 0 || screen.rows == 0)
        return IVM_UNSUPPORTED;
    if (mode->pitch / 2 < mode->width || (mode->address | mode->pitch) % 2 != 0)
        return IVM_BAD_ARGUMENT;
    port_write8(CRTC_INDEX_PORT, CRTC_CURSOR_START);
    port_write8(CRTC_DATA_PORT, CRTC_CURSOR_OFF);
    screen.draw = draw_cell;
    return IVM_OK;
}

static enum ivm_status use_pixels(const struct screen_mode *mode,
                                  const struct psf_font *font)
{
    uint32_t size = (mode->bits_per_pixel + 7) / 8;
    screen.columns = lesser(mode->width / font->width, SCREEN_COLUMN_LIMIT);
    screen.rows = lesser(mode->height / font->height, SCREEN_ROW_LIMIT);
    if (size < 2 || size > 4 || screen.columns == 0 || screen.rows == 0)
        return IVM_UNSUPPORTED;
    if (mode->pitch / size < mode->width ||
        (size != 3 && (mode->address | mode->pitch) % size != 0))
        return IVM_BAD_ARGUMENT;
    screen.font = *font;
    screen.pixel_size = size;
    screen.ink = field(&mode->red) | field(&mode->green) | field(&mode->blue);
    screen.draw = draw_glyph;
    return IVM_OK;
}

/* Every cell, whatever the loader left in it; the pixels beyond the last row stay. */
static void clear(void)
{
    for (uint32_t row = 0; row < screen.rows; row++) {
        for (uint32_t column = 0; column < screen.columns; column++) {
            screen.text[row][column] = ' ';
            screen.draw(column, row, ' ');
        }
    }
    screen.column = 0;
    screen.row = 0;
}

enum ivm_status screen_start(const struct screen_mode *mode, const struct psf_font *font)
{
    screen.draw = NULL;
    screen.mode = *mode;
    enum ivm_status status =
        mode->kind == SCREEN_TEXT ? use_text(mode) : use_pixels(mode, font);
    if (status == IVM_OK)
        clear();
    return status;
}
