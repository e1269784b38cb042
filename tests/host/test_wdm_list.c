/* test_wdm_list.c: lists that routines at any level share, by the calls of an image. */
#include "fake/world.h"

#include <string.h>

#include "fake/system.h"
#include "fake/wdm.h"
#include "kernel/machine.h"
#include "kernel/wdm/list_calls.h"
#include "kernel/wdm/stop.h"

static uint64_t lock;
static struct nt_list ring, a, b, c;
static struct nt_single_list single, one, two;
static struct nt_slist slist;
static _Alignas(16) struct {
    struct nt_single_list link;
    uint64_t rest;
} entries[4];

static int start(void **state)
{
    world_two_cpus(state);
    fake_system_reset();
    fake_wdm_reset();
    lock = 0;
    ring = (struct nt_list){&ring, &ring};
    single.next = NULL;
    memset(&slist, 0xA5, sizeof slist);
    InitializeSListHead(&slist);
    return 0;
}

/* As the headers of drivers have it inline: IsListEmpty(), and a walk. */
static const char *names(void)
{
    static char text[8];
    size_t length = 0;
    assert_ptr_equal(ring.next->previous, &ring);
    for (struct nt_list *at = ring.next; at != &ring; at = at->next) {
        assert_ptr_equal(at->next->previous, at);
        text[length++] = at == &a ? 'a' : at == &b ? 'b' : 'c';
    }
    text[length] = '\0';
    return text;
}

static void head_and_tail_return_what_was_there(void **state)
{
    (void)state;
    assert_null(ExInterlockedInsertTailList(&ring, &a, &lock));
    assert_ptr_equal(ExInterlockedInsertTailList(&ring, &b, &lock), &a);
    assert_ptr_equal(ExInterlockedInsertHeadList(&ring, &c, &lock), &a);
    assert_string_equal(names(), "cab");
    assert_ptr_equal(ExInterlockedRemoveHeadList(&ring, &lock), &c);
    assert_string_equal(names(), "ab");
    assert_ptr_equal(ExInterlockedRemoveHeadList(&ring, &lock), &a);
    assert_ptr_equal(ExInterlockedRemoveHeadList(&ring, &lock), &b);
    assert_null(ExInterlockedRemoveHeadList(&ring, &lock));
    assert_null(ExInterlockedInsertHeadList(&ring, &b, &lock));
    assert_string_equal(names(), "b");
    assert_int_equal(lock, 0);
}

static void a_single_list_gives_back_the_last_first(void **state)
{
    (void)state;
    assert_null(ExInterlockedPopEntryList(&single, &lock));
    assert_null(ExInterlockedPushEntryList(&single, &one, &lock));
    assert_ptr_equal(ExInterlockedPushEntryList(&single, &two, &lock), &one);
    assert_ptr_equal(ExInterlockedPopEntryList(&single, &lock), &two);
    assert_ptr_equal(ExInterlockedPopEntryList(&single, &lock), &one);
    assert_null(ExInterlockedPopEntryList(&single, &lock));
    assert_int_equal(lock, 0);
}

/* The other CPU holds the driver's lock, and lets it go while this one waits. */
static void let_go(unsigned spins)
{
    assert_false(machine_interrupts_enabled());
    assert_string_equal(names(), "");
    if (spins == 3)
        lock = 0;
}

static void the_drivers_lock_is_waited_for_with_interrupts_off(void **state)
{
    (void)state;
    lock = 2; /* CPU 1 */
    model_on_relax(let_go);
    ExInterlockedInsertTailList(&ring, &a, &lock);
    model_on_relax(NULL);
    assert_true(machine_interrupts_enabled());
    assert_string_equal(names(), "a");
    model_interrupts(false);
    ExInterlockedRemoveHeadList(&ring, &lock);
    assert_false(machine_interrupts_enabled());
    model_interrupts(true);
}

static void an_slist_gives_back_the_last_first_and_counts(void **state)
{
    (void)state;
    assert_null(ExpInterlockedPopEntrySList(&slist));
    assert_null(ExpInterlockedPushEntrySList(&slist, &entries[0].link));
    for (unsigned i = 1; i < 4; i++)
        assert_ptr_equal(ExpInterlockedPushEntrySList(&slist, &entries[i].link),
                         &entries[i - 1].link);
    assert_int_equal(ExQueryDepthSList(&slist), 4);
    assert_ptr_equal(FirstEntrySList(&slist), &entries[3].link);
    for (unsigned i = 4; i-- > 0;)
        assert_ptr_equal(ExpInterlockedPopEntrySList(&slist), &entries[i].link);
    assert_null(ExpInterlockedPopEntrySList(&slist));
    assert_int_equal(ExQueryDepthSList(&slist), 0);
    assert_null(FirstEntrySList(&slist));
    assert_true(machine_interrupts_enabled());
}

static void flushing_takes_all_at_once(void **state)
{
    (void)state;
    assert_null(ExpInterlockedFlushSList(&slist));
    for (unsigned i = 0; i < 3; i++)
        ExpInterlockedPushEntrySList(&slist, &entries[i].link);
    struct nt_single_list *all = ExpInterlockedFlushSList(&slist);
    for (unsigned i = 3; i-- > 0; all = all->next)
        assert_ptr_equal(all, &entries[i].link);
    assert_null(all);
    assert_int_equal(ExQueryDepthSList(&slist), 0);
    assert_null(FirstEntrySList(&slist));
}

/* HeaderX64: Depth:16, Sequence:48; HeaderType:1, Reserved:3, NextEntry:60. */
static void the_header_is_laid_out_as_inline_code_reads_it(void **state)
{
    (void)state;
    assert_int_equal(slist.alignment, 0);
    assert_int_equal(slist.region, 0);
    slist.region = 1; /* HeaderType, as others may set it */
    ExpInterlockedPushEntrySList(&slist, &entries[0].link);
    ExpInterlockedPushEntrySList(&slist, &entries[1].link);
    assert_int_equal(slist.alignment & 0xFFFF, 2);
    assert_int_equal(slist.alignment >> 16, 2); /* each change is another number */
    assert_int_equal(slist.region >> 4 << 4, (uintptr_t)&entries[1]);
    assert_int_equal(slist.region & 15, 1);
    ExpInterlockedPopEntrySList(&slist);
    assert_int_equal(slist.alignment >> 16, 3);
    assert_int_equal(slist.region & 15, 1);
    ExpInterlockedPopEntrySList(&slist);
    ExpInterlockedPopEntrySList(&slist); /* no change */
    assert_int_equal(slist.alignment, UINT64_C(4) << 16);
}

static void what_is_not_aligned_stops_the_kernel(void **state)
{
    (void)state;
    char *odd = (char *)&entries[0] + 8;
    expect_assert_failure(InitializeSListHead((void *)odd));
    assert_int_equal(fake_wdm.bug_code, BUG_KMODE_EXCEPTION_NOT_HANDLED);
    assert_int_equal(fake_wdm.bug_parameters[0], 0x80000002);
    assert_int_equal(fake_wdm.bug_parameters[1], (uintptr_t)odd);
    expect_assert_failure(ExpInterlockedPushEntrySList(&slist, (void *)odd));
    assert_int_equal(ExQueryDepthSList(&slist), 0);
    assert_int_equal(fake_log_text_count("test.sys: has a list whose header or entry"), 2);
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, start, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(head_and_tail_return_what_was_there),
        TEST(a_single_list_gives_back_the_last_first),
        TEST(the_drivers_lock_is_waited_for_with_interrupts_off),
        TEST(an_slist_gives_back_the_last_first_and_counts),
        TEST(flushing_takes_all_at_once),
        TEST(the_header_is_laid_out_as_inline_code_reads_it),
        TEST(what_is_not_aligned_stops_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
