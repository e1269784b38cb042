/* story_bench.h: the story told on a board, and what it must say: included by its tests, once each. */
#ifndef HOST_STORY_BENCH_H
#define HOST_STORY_BENCH_H

#include <stdbool.h>

#include "fake/board.h"
#include "fake/system.h"
#include "kernel/monitor/story.h"

static inline void assert_told(const char *text)
{
    if (fake_log_text_count(text) == 0)
        fail_msg("the story does not say \"%s\":\n%s", text, fake_log_text());
}

static inline void assert_tells(bool expected)
{
    if (story_tell() != expected)
        fail_msg("the story is %s:\n%s", expected ? "false" : "true", fake_log_text());
}

#endif
