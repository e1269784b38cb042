/* suite.c: runs the guest tests and reports them as KTAP. */
#include "suite.h"

#include <stddef.h>

#include <ivm/stats.h>
#include <ivm/system.h>

extern const struct guest_test __start_ivm_guest_tests[], __stop_ivm_guest_tests[];

static bool failed;
static const char *skipped;

bool suite_check(bool holds, const char *expression, const char *file, int line)
{
    if (!holds) {
        ivm_log("# %s:%d: does not hold: %s", file, line, expression);
        failed = true;
    }
    return holds;
}

void suite_check_equal(unsigned long long left, unsigned long long right, const char *what)
{
    if (left == right)
        return;
    ivm_log("# does not hold: %s: %llu (0x%llx) and %llu (0x%llx)", what, left, left, right,
            right);
    failed = true;
}

void suite_skip(const char *missing)
{
    skipped = missing;
}

/* Whether a comma-separated list holds this word. */
static bool lists(const char *list, const char *word)
{
    while (*list != '\0') {
        size_t i = 0;
        while (word[i] != '\0' && list[i] == word[i])
            i++;
        if (word[i] == '\0' && (list[i] == ',' || list[i] == '\0'))
            return true;
        while (*list != '\0' && *list++ != ',') {
        }
    }
    return false;
}

static const char *claim_text(const struct guest_test *test)
{
    static char words[100];
    size_t i = 0;
    for (; test->claim[i] != '\0' && i + 1 < sizeof words; i++)
        words[i] = test->claim[i] == '_' ? ' ' : test->claim[i];
    words[i] = '\0';
    return words;
}

static uint32_t vectors_used(void)
{
    struct ivm_totals totals;
    ivm_stats_totals(&totals);
    return totals.vectors_used;
}

/* Run one test and print its line; false when it failed. */
static bool run(const struct guest_test *test, unsigned number)
{
    failed = false;
    skipped = NULL;
    uint32_t used_before = vectors_used();
    test->run();
    suite_check_equal(vectors_used(), used_before, "vectors in use are as before the test");
    if (skipped != NULL && !failed)
        ivm_log("ok %u %s: %s # SKIP %s", number, test->suite, claim_text(test), skipped);
    else
        ivm_log("%s %u %s: %s", failed ? "not ok" : "ok", number, test->suite,
                claim_text(test));
    return !failed;
}

bool guest_run(const char *suites)
{
    const struct guest_test *test;
    unsigned planned = 0, number = 0, failures = 0;
    for (test = __start_ivm_guest_tests; test != __stop_ivm_guest_tests; test++)
        planned += lists(suites, test->suite);
    ivm_log("KTAP version 1");
    ivm_log("1..%u", planned);
    for (test = __start_ivm_guest_tests; test != __stop_ivm_guest_tests; test++) {
        if (lists(suites, test->suite))
            failures += !run(test, ++number);
    }
    return planned != 0 && failures == 0;
}
