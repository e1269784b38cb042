/* test_screen.c: characters as cells and as pixels, and the font they are drawn with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hw/mmio.h>
#include <hw/port.h>

#include "drivers/screen.h"

enum { BASE = 0x10000, MEMORY = 32768, GLYPH_HEIGHT = 4 };

/* A screen that may be written, aligned and inside, and never read. */
static uint8_t memory[MEMORY];
static size_t limit; /* bytes of it that belong to the screen */
static unsigned writes;
static uint8_t cursor_start;

static void store(uintptr_t address, uint64_t value, unsigned width)
{
    assert_true(address >= BASE && address - BASE + width <= limit);
    assert_int_equal(address % width, 0);
    for (unsigned i = 0; i < width; i++)
        memory[address - BASE + i] = (uint8_t)(value >> 8 * i);
    writes++;
}

void mmio_write8(uintptr_t address, uint8_t value)
{
    store(address, value, 1);
}

void mmio_write16(uintptr_t address, uint16_t value)
{
    store(address, value, 2);
}

void mmio_write32(uintptr_t address, uint32_t value)
{
    store(address, value, 4);
}

void port_write8(uint16_t port, uint8_t value)
{
    static uint8_t index;
    if (port == 0x3D4)
        index = value;
    if (port == 0x3D5 && index == 0x0A)
        cursor_start = value;
}

/* PSF1, 256 glyphs of 8 x 4: row y of glyph c is c rotated by y. */
static uint8_t font_file[4 + 256 * GLYPH_HEIGHT] = {0x36, 0x04, 0x00, GLYPH_HEIGHT};
static struct psf_font font;

static uint8_t glyph_row(uint8_t character, unsigned y)
{
    return (uint8_t)(character << y | character >> (8 - y));
}

static int set_up(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++)
        for (unsigned y = 0; y < GLYPH_HEIGHT; y++)
            font_file[4 + c * GLYPH_HEIGHT + y] = glyph_row((uint8_t)c, y);
    memset(memory, 0xEE, sizeof memory);
    writes = 0;
    cursor_start = 0;
    return psf_parse(font_file, sizeof font_file, &font) == IVM_OK ? 0 : -1;
}

static void start_text(uint32_t width, uint32_t height)
{
    limit = (size_t)width * height * 2;
    assert_int_equal(screen_start(&(struct screen_mode){.kind = SCREEN_TEXT,
                                                        .address = BASE,
                                                        .pitch = width * 2,
                                                        .width = width,
                                                        .height = height},
                                  NULL),
                     IVM_OK);
}

static void write_text(const char *text)
{
    screen_write(text, strlen(text));
}

/* The text screen's rows, as one string. */
static void expect_cells(const char *wanted)
{
    for (size_t i = 0; wanted[i] != '\0'; i++) {
        assert_int_equal(memory[2 * i], wanted[i]);
        assert_int_equal(memory[2 * i + 1], 0x07);
    }
    assert_int_equal(strlen(wanted) * 2, limit);
}

static void a_text_screen_is_cleared_and_has_no_cursor(void **state)
{
    (void)state;
    start_text(4, 2);

    expect_cells("        ");
    assert_int_equal(cursor_start, 0x20);
}

static void lines_wrap_and_the_screen_scrolls(void **state)
{
    (void)state;
    start_text(4, 3);

    write_text("abcdef\n12\n");
    expect_cells("abcdef  12  ");
    write_text("x");
    expect_cells("ef  12  x   ");
    write_text("\n\n");
    expect_cells("12  x       ");
}

static void a_large_screen_scrolls_by_an_eighth(void **state)
{
    (void)state;
    start_text(1, 17);

    write_text("abcdefghijklmnopq");
    expect_cells("abcdefghijklmnopq");
    write_text("r");
    expect_cells("cdefghijklmnopqr ");
    write_text("s");
    expect_cells("cdefghijklmnopqrs");
}

static void a_full_last_row_scrolls_only_for_the_next_character(void **state)
{
    (void)state;
    start_text(2, 2);

    write_text("abcd");
    expect_cells("abcd");
    write_text("\n");
    expect_cells("abcd");
    write_text("e");
    expect_cells("cde ");
}

static void a_console_can_go_back_in_its_line(void **state)
{
    (void)state;
    start_text(6, 1);

    write_text("\babc\b\b \rX");

    expect_cells("X c   ");
}

static void what_has_no_letter_is_a_question_mark(void **state)
{
    (void)state;
    start_text(4, 1);

    write_text("\x1b\x7f\xe9~");

    expect_cells("???~");
}

static void scrolling_blank_rows_draws_nothing(void **state)
{
    (void)state;
    start_text(80, 25);
    write_text("\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
    unsigned before = writes;

    write_text("\n\n\n\n");

    assert_int_equal(writes, before);
}

static struct screen_mode pixel_mode(uint32_t bits)
{
    uint32_t size = (bits + 7) / 8;
    return (struct screen_mode){
        .kind = SCREEN_RGB,
        .address = BASE,
        .pitch = 33 * size + (size == 3 ? 1 : 0), /* more than a row needs */
        .width = 33,
        .height = 3 * GLYPH_HEIGHT + 1,
        .bits_per_pixel = bits,
        .red = bits < 24 ? (struct screen_field){11, 5} : (struct screen_field){16, 8},
        .green = bits < 24 ? (struct screen_field){5, 6} : (struct screen_field){8, 8},
        .blue = bits < 24 ? (struct screen_field){0, 5} : (struct screen_field){0, 8},
    };
}

static uint32_t pixel_at(const struct screen_mode *mode, uint32_t x, uint32_t y)
{
    uint32_t size = (mode->bits_per_pixel + 7) / 8, pixel = 0;
    memcpy(&pixel, memory + (size_t)y * mode->pitch + (size_t)x * size, size);
    return pixel;
}

static void a_glyph_is_drawn_where_it_belongs_in_every_depth(void **state)
{
    (void)state;
    static const struct {
        uint32_t bits, ink;
    } depths[] = {{16, 0xC618}, {24, 0xC0C0C0}, {32, 0xC0C0C0}};
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        struct screen_mode mode = pixel_mode(depths[i].bits);
        limit = (size_t)mode.pitch * mode.height;
        assert_int_equal(screen_start(&mode, &font), IVM_OK);

        write_text("\n  A");

        for (uint32_t y = 0; y < 3 * GLYPH_HEIGHT; y++) {
            for (uint32_t x = 0; x < 32; x++) {
                bool is_here = x / 8 == 2 && y / GLYPH_HEIGHT == 1;
                uint8_t row = glyph_row(is_here ? 'A' : ' ', y % GLYPH_HEIGHT);
                bool is_ink = row & 0x80 >> x % 8;
                assert_int_equal(pixel_at(&mode, x, y), is_ink ? depths[i].ink : 0);
            }
        }
    }
}

static void a_screen_that_cannot_be_drawn_on_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct screen_mode wrong[] = {pixel_mode(8),  pixel_mode(40), pixel_mode(32),
                                  pixel_mode(32), pixel_mode(32), pixel_mode(32)};
    wrong[2].width = 7;
    wrong[3].height = 3;
    wrong[4].pitch = 33 * 4 - 4;
    wrong[5].address = BASE + 2;
    limit = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(screen_start(&wrong[i], &font),
                         i < 4 ? IVM_UNSUPPORTED : IVM_BAD_ARGUMENT);
        write_text("x");
    }
    assert_int_equal(screen_start(&(struct screen_mode){.kind = SCREEN_TEXT}, NULL),
                     IVM_UNSUPPORTED);
    assert_int_equal(writes, 0);
}

static void a_huge_screen_is_used_as_far_as_the_buffer_reaches(void **state)
{
    (void)state;
    const uint32_t width = SCREEN_COLUMN_LIMIT + 5;
    start_text(width, 10);

    for (int i = 0; i < 2 * SCREEN_COLUMN_LIMIT; i++)
        write_text("x");

    assert_int_equal(memory[2 * (SCREEN_COLUMN_LIMIT - 1)], 'x');
    assert_int_equal(memory[2 * SCREEN_COLUMN_LIMIT], 0xEE);
    assert_int_equal(memory[2 * (width + SCREEN_COLUMN_LIMIT - 1)], 'x');
    assert_int_equal(memory[4 * width], ' ');
}

static void a_psf1_font_is_read(void **state)
{
    (void)state;
    assert_int_equal(font.count, 256);
    assert_int_equal(font.width, 8);
    assert_int_equal(font.height, GLYPH_HEIGHT);
    assert_ptr_equal(font.glyphs, font_file + 4);
}

static void a_psf2_font_is_read(void **state)
{
    (void)state;
    static uint8_t file[32 + 128 * 40];
    const uint32_t header[] = {0x864AB572, 0, 32, 0, 128, 40, 20, 10};
    memcpy(file, header, sizeof header);
    struct psf_font wide;

    assert_int_equal(psf_parse(file, sizeof file, &wide), IVM_OK);

    assert_int_equal(wide.count, 128);
    assert_int_equal(wide.row_size, 2);
    assert_int_equal(wide.width, 10);
    assert_int_equal(wide.height, 20);
    assert_ptr_equal(wide.glyphs, file + 32);
}

static void a_malformed_font_is_refused(void **state)
{
    (void)state;
    const uint32_t headers[][8] = {
        {0x864AB571, 0, 32, 0, 128, 16, 16, 8},          /* another magic */
        {0x864AB572, 0, 0xFFFFFFFF, 0, 128, 16, 16, 8},  /* glyphs beyond the file */
        {0x864AB572, 0, 32, 0, 129, 16, 16, 8},          /* one glyph too many */
        {0x864AB572, 0, 32, 0, 0xFFFFFFFF, 16, 16, 8},   /* absurdly many */
        {0x864AB572, 0, 32, 0, 127, 16, 16, 8},          /* not even ASCII */
        {0x864AB572, 0, 32, 0, 128, 15, 16, 8},          /* glyphs of too few bytes */
        {0x864AB572, 0, 32, 0, 128, 0, 0, 8},            /* no height */
        {0x864AB572, 0, 32, 0, 128, 0, 16, 0},           /* no width */
        {0x864AB572, 0, 32, 0, 128, 16, 16, 0xFFFFFFF9}, /* absurd width */
    };
    struct psf_font out;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        uint8_t *file = calloc(1, 32 + 128 * 16);
        assert_non_null(file);
        memcpy(file, headers[i], 32);
        assert_int_equal(psf_parse(file, 32 + 128 * 16, &out), IVM_BAD_ARGUMENT);
        free(file);
    }
    for (size_t length = 0; length < sizeof font_file; length++)
        assert_int_equal(psf_parse(font_file, length, &out), IVM_BAD_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_text_screen_is_cleared_and_has_no_cursor),
        TEST(lines_wrap_and_the_screen_scrolls),
        TEST(a_large_screen_scrolls_by_an_eighth),
        TEST(a_full_last_row_scrolls_only_for_the_next_character),
        TEST(a_console_can_go_back_in_its_line),
        TEST(what_has_no_letter_is_a_question_mark),
        TEST(scrolling_blank_rows_draws_nothing),
        TEST(a_glyph_is_drawn_where_it_belongs_in_every_depth),
        TEST(a_screen_that_cannot_be_drawn_on_is_refused_and_left_alone),
        TEST(a_huge_screen_is_used_as_far_as_the_buffer_reaches),
        TEST(a_psf1_font_is_read),
        TEST(a_psf2_font_is_read),
        TEST(a_malformed_font_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
