/* operator.h: an operator at the console of a machine with some devices. */
#ifndef FAKE_OPERATOR_H
#define FAKE_OPERATOR_H

/* On line 3 com2; on line 21 edu0 and edu1; on line 23 mute0, which cannot be fired; a
 * function that nobody drives. Nobody is connected.
 */
enum { OPERATOR_LINE = 21, OPERATOR_MUTE_LINE = 23 };
int operator_start(void **state);
int operator_end(void **state);

#define OPERATOR_TEST(claim)                                                               \
    cmocka_unit_test_setup_teardown(claim, operator_start, operator_end)

/* The log says this; if not, the test fails and shows the log. */
void operator_heard(const char *text);

/* The command succeeds. */
void operator_works(const char *command);

/* The command fails, and the log then says why. What was logged before is forgotten. */
void operator_fails(const char *command, const char *reason);

#endif
