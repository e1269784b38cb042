/* test_memory.c: what the page tables allow: nothing is both writable and executable. */
#include <stddef.h>
#include <stdint.h>

#include <ivm/system.h>

#include "arch/x86_64/paging.h"
#include "arch/x86_64/stacks.h"
#include "suite.h"

extern uint8_t image_text_start[], image_text_end[], image_rodata_start[],
    image_rodata_end[], image_data_start[], image_data_end[];

enum { PAGE = 4096 };

/* Whether every page of [first, end) has these rights. */
static bool all_pages(const uint8_t *first, const uint8_t *end, bool writable,
                      bool executable)
{
    for (uintptr_t at = (uintptr_t)first; at < (uintptr_t)end; at += PAGE) {
        struct paging_entry entry;
        if (stack_guarded_at(at) != NULL)
            continue;
        if (!paging_lookup(at, &entry) || entry.writable != writable ||
            entry.executable != executable) {
            ivm_log("# the page 0x%llx is otherwise", (unsigned long long)at);
            return false;
        }
    }
    return true;
}

GUEST_TEST(memory, code_can_run_and_cannot_be_written)
{
    CHECK(all_pages(image_text_start, image_text_end, false, true));
}

GUEST_TEST(memory, constants_can_be_neither_written_nor_run)
{
    CHECK(all_pages(image_rodata_start, image_rodata_end, false, false));
}

GUEST_TEST(memory, data_can_be_written_and_cannot_run)
{
    CHECK(all_pages(image_data_start, image_data_end, true, false));
}

GUEST_TEST(memory, page_zero_is_not_mapped)
{
    struct paging_entry entry;
    CHECK(!paging_lookup(0, &entry));
    CHECK(!paging_lookup(PAGE - 1, &entry));
}

GUEST_TEST(memory, below_every_stack_lies_a_page_that_is_not_mapped)
{
    size_t stacks = 0;
    for (; stack_at(stacks) != NULL; stacks++) {
        struct paging_entry entry;
        const struct stack *stack = stack_at(stacks);
        CHECK(!paging_lookup(stack->first - STACK_GUARD_SIZE, &entry));
        CHECK(!paging_lookup(stack->first - 1, &entry));
        CHECK(paging_lookup(stack->first, &entry) && entry.writable && !entry.executable);
    }
    CHECK(stacks >= 4);
}

GUEST_TEST(memory, a_device_window_is_uncached_and_ram_is_refused_as_one)
{
    struct paging_entry entry;
    uintptr_t window = ivm_map_device(0xFEC00000, PAGE);
    REQUIRE(window != 0);
    CHECK(paging_lookup(window, &entry) && !entry.cached && entry.writable &&
          !entry.executable);
    CHECK_EQUAL(ivm_map_device((uintptr_t)image_data_start, PAGE), 0);
}
