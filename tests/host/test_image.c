/* test_image.c: images laid out, entered and told apart; and files refused with nothing left behind. */
#include "image_bench.h"

#include <stdio.h>

static uint64_t word_at(uint32_t rva)
{
    uint64_t word;
    memcpy(&word, (const uint8_t *)image->base + rva, sizeof word);
    return word;
}

/* The first test of all: a machine is started once. */
static void a_machine_that_cannot_run_images_loads_none(void **state)
{
    (void)state;
    machine.is_unable = true;
    must_refuse(IVM_UNSUPPORTED, "edu.sys: refused: this machine cannot run images");
    assert_int_equal(machine.asked, 0);
    assert_int_equal(fake_images.time_starts, 0);
}

static void an_image_is_laid_out_and_entered(void **state)
{
    (void)state;
    must_load();
    assert_int_equal(image->state, IMAGE_LOADED);
    assert_int_equal(image->loads, 1);
    assert_int_equal(driver.entered, 1);
    assert_int_equal(word_at(RDATA_RVA), image->base + TEXT_RVA);
    assert_int_equal(word_at(IDATA_RVA + SLOTS + 16), address_of("DbgPrint"));
    assert_int_equal(word_at(IDATA_RVA + SECOND_SLOTS),
                     address_of("KeStallExecutionProcessor"));
    assert_string_equal(fake_images.trace, "pnp_claim pnp_start ");
    assert_int_equal(fake_images.time_starts, 1);
    heard("edu.sys: loaded at 0x");
}

static void driver_entry_gets_its_object_and_its_path(void **state)
{
    (void)state;
    char text[120];
    must_load();
    const struct nt_driver *object = driver.driver;
    assert_ptr_equal(object, &image->driver);
    assert_int_equal(object->type, 4);
    assert_int_equal(object->size, 336);
    assert_int_equal((uintptr_t)object->start, image->base);
    assert_int_equal(object->image_size, DRIVER_IMAGE_SIZE);
    assert_ptr_equal(object->extension->driver, object);
    narrow(&object->name, text);
    assert_string_equal(text, "\\Driver\\edu");
    narrow(&object->extension->service_key, text);
    assert_string_equal(text, "edu");
    narrow(object->hardware_database, text);
    assert_string_equal(text, "\\Registry\\Machine\\Hardware\\Description\\System");
    assert_string_equal(driver.registry,
                        "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\edu");
    assert_int_equal(driver.irql, 0);
    assert_ptr_equal(driver.image, image);
}

static void each_page_has_its_sections_rights_before_anything_runs(void **state)
{
    (void)state;
    static const uint8_t rights[PAGES] = {FOREIGN_READ,  FOREIGN_EXECUTE, FOREIGN_READ,
                                          FOREIGN_WRITE, FOREIGN_WRITE,   FOREIGN_WRITE,
                                          FOREIGN_READ,  FOREIGN_READ,    FOREIGN_READ};
    must_load();
    assert_memory_equal(driver.rights, rights, PAGES);
    assert_memory_equal(machine.rights, rights, PAGES);
}

static void all_missing_imports_are_named_at_once(void **state)
{
    (void)state;
    missing[0] = "DbgPrint";
    missing[1] = "IoConnectInterrupt";
    missing[2] = "KeStallExecutionProcessor";
    must_refuse(IVM_BAD_ARGUMENT, "edu.sys: missing: ntoskrnl.exe!IoConnectInterrupt, "
                                  "ntoskrnl.exe!DbgPrint, "
                                  "HAL.dll!KeStallExecutionProcessor\n");
    assert_string_equal(image->why, "3 of its 4 imports are not here, the first is "
                                    "ntoskrnl.exe!IoConnectInterrupt");
    assert_int_equal(driver.entered, 0);
}

static void names_that_do_not_fit_a_line_go_on_in_the_next(void **state)
{
    (void)state;
    /* Both names of DLLs are now 250 letters, in the zeros behind the data. */
    char name[251];
    memset(name, 'N', sizeof name - 1);
    name[250] = '\0';
    pe_builder_text(&file, DATA_AT + 0x40, name);
    pe_builder_put(&file, IDATA_AT + 12, DATA_RVA + 0x40, 4);
    pe_builder_put(&file, IDATA_AT + SECOND_DESCRIPTOR + 12, DATA_RVA + 0x40, 4);
    must_refuse(IVM_BAD_ARGUMENT, "edu.sys: missing: NNNN");
    assert_int_equal(fake_log_text_count("edu.sys: missing: NNNN"), 4);
}

static void a_name_of_another_library_is_missing_though_we_export_it(void **state)
{
    (void)state;
    pe_builder_text(&file, IDATA_AT + DLL_NAMES + 16, "HAL.dlx");
    must_refuse(IVM_BAD_ARGUMENT, "edu.sys: missing: HAL.dlx!KeStallExecutionProcessor\n");
    start(state);
    pe_builder_text(&file, IDATA_AT + DLL_NAMES + 16, "HAL");
    must_refuse(IVM_BAD_ARGUMENT, "edu.sys: missing: HAL!KeStallExecutionProcessor\n");
}

static void all_that_is_wrong_with_a_file_is_named(void **state)
{
    (void)state;
    pe_builder_put(&file, AT_MACHINE, 0x14C, 2);
    pe_builder_put(&file, AT_SUBSYSTEM, 3, 2);
    must_refuse(IVM_BAD_ARGUMENT, "edu.sys: refused: the image is not for x86-64");
    heard("edu.sys: also: the image is not for the native subsystem");
    assert_int_equal(driver.entered + machine.asked, 0);
}

static void a_file_that_is_cut_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < DRIVER_FILE_SIZE; size += 97) {
        image->file_size = size;
        must_refuse(IVM_BAD_ARGUMENT, "edu.sys: refused: ");
    }
    assert_int_equal(driver.entered + machine.asked, 0);
}

static void without_memory_nothing_is_loaded(void **state)
{
    (void)state;
    machine.given = 2 * PAGES - 1;
    must_refuse(IVM_EXHAUSTED, "edu.sys: refused: no memory for its 36 KiB");
    machine.given = 0;
    must_load();
}

static void without_page_tables_nothing_is_loaded(void **state)
{
    (void)state;
    must_load();
    unsigned needed = machine.protects;
    assert_true(needed >= 3);
    assert_int_equal(image_unload(image), IVM_OK);
    for (unsigned last = 1; last <= needed; last++) {
        start(state);
        machine.refuse_at = last;
        must_refuse(IVM_EXHAUSTED, "no page is left for the page tables");
        assert_int_equal(driver.entered, 0);
    }
}

static void an_address_belongs_to_the_image_it_lies_in(void **state)
{
    (void)state;
    assert_null(image_of(NULL));
    must_load();
    assert_ptr_equal(image_of((const void *)image->base), image);
    assert_ptr_equal(image_of((const void *)(image->base + DRIVER_IMAGE_SIZE - 1)), image);
    assert_null(image_of((const void *)(image->base - 1)));
    assert_null(image_of((const void *)(image->base + DRIVER_IMAGE_SIZE)));
    assert_null(image_of(NULL));
}

#define TEN "0123456789"

static void hardware_ids_are_split_at_commas(void **state)
{
    (void)state;
    const char *longest = TEN TEN TEN TEN TEN TEN "012";
    char text[400];
    snprintf(text, sizeof text, ",A,B\\C&D,,%s,%s3,e,", longest, longest);
    assert_int_equal(image_add("ids.sys", "", 0, text), IVM_OK);
    const struct image *ids = image_find("ids.sys");
    const char *const wanted[] = {"A", "B\\C&D", longest, "e", ""};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_string_equal(ids->patterns[i], wanted[i]);
    heard("ids.sys: the hardware id " TEN TEN TEN TEN TEN TEN "0123 is left out: too long");
}

static void hardware_ids_beyond_the_limit_are_left_out(void **state)
{
    (void)state;
    char text[4 * WDM_PATTERN_LIMIT + 8] = "";
    for (int i = 0; i <= WDM_PATTERN_LIMIT; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "P%d,", i);
    assert_int_equal(image_add("many.sys", "", 0, text), IVM_OK);
    const struct image *many = image_find("many.sys");
    assert_string_equal(many->patterns[WDM_PATTERN_LIMIT - 1], "P31");
    heard("many.sys: the hardware id P32 is left out: there are too many");
}

static void an_image_without_a_name_or_with_anothers_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(image_add("", "", 0, NULL), IVM_BAD_ARGUMENT);
    assert_int_equal(image_add("edu.sys", "", 0, NULL), IVM_ALREADY_CONNECTED);
    heard("image \"edu.sys\" is left out: another has this name");
}

/* The last test: nothing can be added behind it. */
static void the_ninth_image_is_left_out(void **state)
{
    (void)state;
    char name[] = "a_name_that_is_too_long_0";
    size_t count = 0;
    while (image_at(count) != NULL)
        count++;
    for (size_t i = 0; count + i < WDM_IMAGE_LIMIT; i++) {
        name[22] = (char)('0' + i); /* the last letter that fits */
        assert_int_equal(image_add(name, "", 0, NULL), IVM_OK);
        assert_int_equal(strlen(image_at(count + i)->name), IVM_NAME_SIZE - 1);
    }
    assert_int_equal(image_add("ninth.sys", "", 0, NULL), IVM_EXHAUSTED);
    heard("image \"ninth.sys\" is left out: there are too many");
    assert_null(image_at(WDM_IMAGE_LIMIT));
}

int main(void)
{
#define STARTED(claim) cmocka_unit_test_setup_teardown(claim, start, end)
    const struct CMUnitTest tests[] = {
        STARTED(a_machine_that_cannot_run_images_loads_none),
        STARTED(an_image_is_laid_out_and_entered),
        STARTED(driver_entry_gets_its_object_and_its_path),
        STARTED(each_page_has_its_sections_rights_before_anything_runs),
        STARTED(all_missing_imports_are_named_at_once),
        STARTED(names_that_do_not_fit_a_line_go_on_in_the_next),
        STARTED(a_name_of_another_library_is_missing_though_we_export_it),
        STARTED(all_that_is_wrong_with_a_file_is_named),
        STARTED(a_file_that_is_cut_is_refused),
        STARTED(without_memory_nothing_is_loaded),
        STARTED(without_page_tables_nothing_is_loaded),
        STARTED(an_address_belongs_to_the_image_it_lies_in),
        STARTED(hardware_ids_are_split_at_commas),
        STARTED(hardware_ids_beyond_the_limit_are_left_out),
        STARTED(an_image_without_a_name_or_with_anothers_is_left_out),
        STARTED(the_ninth_image_is_left_out),
    };
    return cmocka_run_group_tests_name("images", tests, NULL, NULL);
}
