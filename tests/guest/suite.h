/* suite.h: how a guest test is written: a function named as a claim, run on the machine
 * itself.
 *
 * The linker collects the tests; `suite=NAME,NAME` on the command line chooses. Results go
 * to the log as KTAP with the plan first, so that a hang or a crash is a failure by
 * arithmetic. After each test no vector may be left in use.
 */
#ifndef GUEST_SUITE_H
#define GUEST_SUITE_H

#include <stdbool.h>

struct guest_test {
    const char *suite;
    const char *claim; /* words joined by underscores */
    void (*run)(void);
};

#define GUEST_TEST(suite_name, name)                                                       \
    static void name(void);                                                                \
    __attribute__((used, section("ivm_guest_tests"),                                       \
                   aligned(8))) static const struct guest_test test_of_##name = {          \
        .suite = #suite_name, .claim = #name, .run = name};                                \
    static void name(void)

/* Note a failure when the expression does not hold, and go on. */
#define CHECK(expression) ((void)suite_check((expression), #expression, __FILE__, __LINE__))

/* The same, and leave the test. */
#define REQUIRE(expression)                                                                \
    do {                                                                                   \
        if (!suite_check((expression), #expression, __FILE__, __LINE__))                   \
            return;                                                                        \
    } while (0)

/* Both values are shown when they differ. */
#define CHECK_EQUAL(left, right)                                                           \
    suite_check_equal((unsigned long long)(left), (unsigned long long)(right),             \
                      __FILE__ ":" SUITE_TEXT(__LINE__) ": " #left " is " #right)
#define SUITE_TEXT(line)  SUITE_TEXT_(line)
#define SUITE_TEXT_(line) #line

bool suite_check(bool holds, const char *expression, const char *file, int line);
void suite_check_equal(unsigned long long left, unsigned long long right, const char *what);

/* Say that this machine lacks what the test needs; the test then returns. */
void suite_skip(const char *missing);

/* Run the suites named; true when there was at least one test and none failed. */
bool guest_run(const char *suites);

/* Break on purpose: "ud", "gp", "pf", "pf-text", "pf-data", "stack"; on CPU 1, "panic-other",
 * "ud-other"; around code of a driver image, "ud-image", "pf-image", "nm-image", on CPU 1
 * "pf-image-other". Returns for an unknown one, and where there is no CPU 1. */
void guest_crash(const char *kind);

#endif
