/* test_wdm_memory.c: device memory, addresses, names and MDLs, by the calls of an image. */
#include "fake/world.h"

#include <string.h>

#include <ivm/level.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/memory_calls.h"
#include "kernel/wdm/text_calls.h"

enum { PHYSICAL = 0x7EB00000, UNCACHED = 0, PAGE_READWRITE_NOCACHE = 0x204, PAGE = 4096 };

static int start(void **state)
{
    world_one_cpu(state);
    fake_system_reset();
    fake_wdm_reset();
    return 0;
}

static void mapped_memory_is_counted_until_it_is_unmapped(void **state)
{
    (void)state;
    void *a = MmMapIoSpace(PHYSICAL, 0x100, UNCACHED);
    void *b = MmMapIoSpaceEx(PHYSICAL + PAGE, PAGE, PAGE_READWRITE_NOCACHE);
    assert_int_equal((uintptr_t)a, PHYSICAL);
    assert_int_equal((uintptr_t)b, PHYSICAL + PAGE);
    assert_int_equal(fake_system.maps, 2);
    assert_int_equal(fake_wdm.image.mappings, 2);
    MmUnmapIoSpace(a, 0x100);
    MmUnmapIoSpace(b, PAGE);
    assert_int_equal(fake_wdm.image.mappings, 0);
    assert_int_equal(fake_wdm.blocks, 0);
    assert_string_equal(fake_log_text(), "");
}

static void what_cannot_be_mapped_is_named(void **state)
{
    (void)state;
    fake_system.refuse_to_map = true; /* RAM */
    assert_null(MmMapIoSpace(0x100000, PAGE, UNCACHED));
    assert_int_equal(fake_log_text_count("test.sys: cannot map 0x1000 bytes at 0x100000"),
                     1);
    fake_system.refuse_to_map = false;
    assert_null(MmMapIoSpace(PHYSICAL, 0, UNCACHED));
    assert_null(MmMapIoSpaceEx(UINT64_MAX - 10, 100, PAGE_READWRITE_NOCACHE));
    assert_int_equal(fake_log_text_count("cannot map"), 3);
    assert_int_equal(fake_wdm.image.mappings, 0);
    assert_int_equal(fake_wdm.blocks, 0);
    fake_wdm.blocks_until_empty = 0;
    assert_null(MmMapIoSpace(PHYSICAL, PAGE, UNCACHED));
    assert_int_equal(fake_system.maps, 0);
}

static void at_dispatch_level_nothing_is_mapped(void **state)
{
    (void)state;
    machine_set_priority(IVM_DISPATCH);
    assert_null(MmMapIoSpaceEx(PHYSICAL, PAGE, PAGE_READWRITE_NOCACHE));
    machine_set_priority(0);
    assert_int_equal(fake_log_text_count("at DISPATCH level: refused"), 1);
}

static void a_wrong_unmap_is_named(void **state)
{
    (void)state;
    void *a = MmMapIoSpace(PHYSICAL, PAGE, UNCACHED);
    MmUnmapIoSpace((char *)a + 16, PAGE);
    assert_int_equal(fake_log_text_count("which is not mapped: ignored"), 1);
    assert_int_equal(fake_wdm.image.mappings, 1);
    MmUnmapIoSpace(a, 16);
    assert_int_equal(fake_log_text_count("unmaps 0x10 bytes"), 1);
    assert_int_equal(fake_log_text_count("mapped were 0x1000"), 1);
    assert_int_equal(fake_wdm.image.mappings, 0);
    MmUnmapIoSpace(a, PAGE);
    assert_int_equal(fake_log_text_count("which is not mapped: ignored"), 2);
}

static void mappings_that_an_image_left_are_named(void **state)
{
    (void)state;
    fake_wdm.is_other = true;
    void *kept = MmMapIoSpace(PHYSICAL, PAGE, UNCACHED);
    fake_wdm.is_other = false;
    MmMapIoSpace(PHYSICAL + PAGE, PAGE, UNCACHED);
    MmMapIoSpace(PHYSICAL + 2 * PAGE, PAGE, UNCACHED);
    assert_int_equal(mappings_drop(&fake_wdm.image), 2);
    assert_int_equal(fake_log_text_count("test.sys: left 0x1000 bytes of device memory"),
                     2);
    assert_int_equal(fake_wdm.image.mappings, 0);
    assert_int_equal(mappings_drop(&fake_wdm.image), 0);
    assert_int_equal(fake_wdm.other.mappings, 1);
    MmUnmapIoSpace(kept, PAGE);
    assert_int_equal(fake_wdm.blocks, 0);
}

static void virtual_is_physical(void **state)
{
    (void)state;
    int here = 0;
    assert_int_equal(MmGetPhysicalAddress(&here), (uintptr_t)&here);
    assert_int_equal(MmGetPhysicalAddress((void *)0xFFFFF78000000000), 0);
}

static struct nt_string string(uint16_t *text, size_t length)
{
    return (struct nt_string){
        .length = (uint16_t)(2 * length), .room = (uint16_t)(2 * length), .text = text};
}

/* A table of three: the real one would bring in all that it names. */
nt_code export_find(const char *name)
{
    if (strcmp(name, "MmGetPhysicalAddress") == 0)
        return FAKE_CODE(MmGetPhysicalAddress);
    if (strcmp(name, "MmMapIoSpaceEx") == 0)
        return FAKE_CODE(MmMapIoSpaceEx);
    return strcmp(name, "memset") == 0 ? FAKE_CODE(wdm_memset) : 0;
}

static void *look_up(const char *name)
{
    uint16_t wide[200];
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        wide[i] = (uint8_t)name[i];
    wide[length] = 'x'; /* it need not end in a zero */
    const struct nt_string counted = string(wide, length);
    return MmGetSystemRoutineAddress(&counted);
}

static void an_export_is_found_by_its_name(void **state)
{
    (void)state;
    char endless[150];
    memset(endless, 'A', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_ptr_equal(look_up("MmGetPhysicalAddress"),
                     (void *)(uintptr_t)MmGetPhysicalAddress);
    assert_ptr_equal(look_up("MmMapIoSpaceEx"), (void *)(uintptr_t)MmMapIoSpaceEx);
    assert_null(look_up("MmGetPhysicalAddres"));
    assert_null(look_up("MmNoSuchRoutine"));
    assert_null(look_up(""));
    assert_null(look_up(endless));
    assert_null(look_up("MmMapIoSpace\xE9"));
    uint16_t with_zero[] = {'m', 'e', 'm', 's', 'e', 't', 0, 'x'};
    struct nt_string counted = string(with_zero, 8);
    assert_null(MmGetSystemRoutineAddress(&counted));
    counted.length = 12;
    assert_ptr_equal(MmGetSystemRoutineAddress(&counted),
                     (void *)(uintptr_t)wdm_memset); /* by another name here */
}

/* What drivers' headers inline: MmGetMdlVirtualAddress(), MmGetSystemAddressForMdlSafe(). */
static void *inline_virtual(const struct nt_mdl *mdl)
{
    return (char *)mdl->start + mdl->offset;
}

static void *inline_system(struct nt_mdl *mdl)
{
    bool is_mapped = (mdl->flags & (NT_MDL_MAPPED | NT_MDL_NONPAGED_POOL)) != 0;
    return is_mapped ? mdl->mapped : MmMapLockedPagesSpecifyCache(mdl, 0, 1, NULL, 0, 16);
}

static const uint64_t *inline_pages(struct nt_mdl *mdl)
{
    return (const uint64_t *)(const void *)(mdl + 1);
}

static void an_mdl_of_pool_is_mapped_where_it_lies(void **state)
{
    (void)state;
    void *buffer = (void *)0x12345FF0;
    struct nt_mdl *mdl = IoAllocateMdl(buffer, 0x1020, NT_FALSE, NT_FALSE, NULL);
    assert_int_equal(mdl->size, 48 + 3 * 8); /* from 12345FF0 to 12347010 */
    assert_int_equal(mdl->bytes, 0x1020);
    assert_int_equal(mdl->flags, 0);
    assert_null(mdl->next);
    assert_ptr_equal(inline_virtual(mdl), buffer);
    MmBuildMdlForNonPagedPool(mdl);
    assert_ptr_equal(inline_system(mdl), buffer);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(inline_pages(mdl)[i], 0x12345 + i);
    IoFreeMdl(mdl);
    assert_int_equal(fake_wdm.blocks, 0);
}

static void an_mdl_of_locked_pages_is_mapped_when_asked(void **state)
{
    (void)state;
    void *buffer = (void *)0x55550010;
    struct nt_mdl *mdl = IoAllocateMdl(buffer, PAGE, NT_FALSE, NT_FALSE, NULL);
    MmProbeAndLockPages(mdl, 0, 1);
    assert_int_equal(mdl->flags, NT_MDL_LOCKED | NT_MDL_WRITE_OPERATION);
    assert_int_equal(inline_pages(mdl)[1], 0x55551);
    assert_ptr_equal(inline_system(mdl), buffer);
    assert_true((mdl->flags & NT_MDL_MAPPED) != 0);
    MmUnmapLockedPages(buffer, mdl);
    assert_int_equal(mdl->flags, NT_MDL_LOCKED | NT_MDL_WRITE_OPERATION);
    assert_ptr_equal(MmMapLockedPages(mdl, 0), buffer);
    MmUnlockPages(mdl);
    assert_int_equal(mdl->flags, 0);
    IoFreeMdl(mdl);
}

static void an_mdl_that_cannot_be_told_is_not_made(void **state)
{
    (void)state;
    assert_null(IoAllocateMdl((void *)0x1000, UINT32_MAX, NT_FALSE, NT_FALSE, NULL));
    assert_null(IoAllocateMdl((void *)0x1FFF, 4089 * PAGE, NT_FALSE, NT_FALSE, NULL));
    struct nt_mdl *mdl =
        IoAllocateMdl((void *)0x1000, 4089 * PAGE, NT_FALSE, NT_FALSE, NULL);
    assert_int_equal(mdl->size, 48 + 4089 * 8);
    IoFreeMdl(mdl);
    mdl = IoAllocateMdl((void *)0x1000, 0, NT_FALSE, NT_FALSE, NULL);
    assert_int_equal(mdl->size, 48);
    IoFreeMdl(mdl);
    fake_wdm.blocks_until_empty = 0;
    assert_null(IoAllocateMdl((void *)0x1000, 1, NT_FALSE, NT_FALSE, NULL));
}

static void an_mdl_hangs_on_its_request(void **state)
{
    (void)state;
    struct nt_irp irp = {.mdl = NULL};
    struct nt_mdl *mdls[3];
    mdls[0] = IoAllocateMdl((void *)0x1000, 1, NT_FALSE, NT_FALSE, &irp);
    mdls[1] = IoAllocateMdl((void *)0x2000, 1, NT_TRUE, NT_FALSE, &irp);
    mdls[2] = IoAllocateMdl((void *)0x3000, 1, NT_TRUE, NT_FALSE, &irp);
    assert_ptr_equal(irp.mdl, mdls[0]);
    assert_ptr_equal(mdls[0]->next, mdls[1]);
    assert_ptr_equal(mdls[1]->next, mdls[2]);
    assert_null(mdls[2]->next);
    struct nt_mdl *instead = IoAllocateMdl((void *)0x4000, 1, NT_FALSE, NT_FALSE, &irp);
    assert_ptr_equal(irp.mdl, instead);
    IoFreeMdl(instead);
    for (unsigned i = 0; i < 3; i++)
        IoFreeMdl(mdls[i]);
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mapped_memory_is_counted_until_it_is_unmapped),
        TEST(what_cannot_be_mapped_is_named),
        TEST(at_dispatch_level_nothing_is_mapped),
        TEST(a_wrong_unmap_is_named),
        TEST(mappings_that_an_image_left_are_named),
        TEST(virtual_is_physical),
        TEST(an_export_is_found_by_its_name),
        TEST(an_mdl_of_pool_is_mapped_where_it_lies),
        TEST(an_mdl_of_locked_pages_is_mapped_when_asked),
        TEST(an_mdl_that_cannot_be_told_is_not_made),
        TEST(an_mdl_hangs_on_its_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
