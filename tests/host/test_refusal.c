/* test_refusal.c: the rules and their statuses, and the record as one line of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <ivm/refusal.h>

struct row {
    enum ivm_rule rule;
    enum ivm_status status;
    const char *word;
};

/* Typed from the decided table, not from the header. */
static const struct row table[] = {
    {IVM_RULE_NONE, IVM_OK, "none"},
    {IVM_RULE_OWNER_EXCLUSIVE, IVM_ALREADY_CONNECTED, "owner-does-not-share"},
    {IVM_RULE_REQUESTER_EXCLUSIVE, IVM_ALREADY_CONNECTED, "requester-does-not-share"},
    {IVM_RULE_TRIGGER_DIFFERS, IVM_ALREADY_CONNECTED, "trigger-differs"},
    {IVM_RULE_POLARITY_DIFFERS, IVM_ALREADY_CONNECTED, "polarity-differs"},
    {IVM_RULE_CLASS_DIFFERS, IVM_ALREADY_CONNECTED, "class-differs"},
    {IVM_RULE_CPUS_DISJOINT, IVM_ALREADY_CONNECTED, "cpus-disjoint"},
    {IVM_RULE_SOURCE_DIFFERS, IVM_ALREADY_CONNECTED, "source-differs"},
    {IVM_RULE_STORAGE_CONNECTED, IVM_ALREADY_CONNECTED, "storage-connected"},
    {IVM_RULE_LINE_ROUTED_ELSEWHERE, IVM_LINE_IN_USE, "line-routed-elsewhere"},
    {IVM_RULE_VECTOR_RESERVED, IVM_ACCESS_DENIED, "reserved"},
    {IVM_RULE_VECTORS_EXHAUSTED, IVM_EXHAUSTED, "exhausted"},
    {IVM_RULE_NO_SUCH_SOURCE, IVM_NOT_FOUND, "no-such-source"},
    {IVM_RULE_NO_SUCH_CPU, IVM_BAD_ARGUMENT, "no-such-cpu"},
    {IVM_RULE_BAD_OWNER_NAME, IVM_BAD_ARGUMENT, "bad-owner-name"},
    {IVM_RULE_NO_ROUTINE, IVM_BAD_ARGUMENT, "no-routine"},
    {IVM_RULE_BAD_LEVEL, IVM_BAD_ARGUMENT, "bad-level"},
    {IVM_RULE_LOCK_LEVEL_DIFFERS, IVM_BAD_ARGUMENT, "lock-level-differs"},
    {IVM_RULE_BAD_VALUE, IVM_BAD_ARGUMENT, "bad-value"},
    {IVM_RULE_WRONG_CONTEXT, IVM_WRONG_LEVEL, "wrong-context"},
};

enum { ROWS = sizeof table / sizeof table[0], LINE = 2048 };

static void every_rule_maps_to_its_one_status(void **state)
{
    (void)state;
    assert_int_equal(IVM_RULE_COUNT, ROWS);
    for (unsigned i = 0; i < ROWS; i++) {
        assert_int_equal(table[i].rule, i);
        assert_int_equal(ivm_rule_status(table[i].rule), table[i].status);
        assert_string_equal(ivm_rule_word(table[i].rule), table[i].word);
    }
}

static void every_rule_has_a_word_and_a_sentence_of_its_own(void **state)
{
    (void)state;
    for (unsigned a = 0; a < IVM_RULE_COUNT; a++) {
        assert_true(strlen(ivm_rule_text((enum ivm_rule)a)) > 10);
        for (unsigned b = 0; b < a; b++) {
            assert_string_not_equal(ivm_rule_word((enum ivm_rule)a),
                                    ivm_rule_word((enum ivm_rule)b));
            assert_string_not_equal(ivm_rule_text((enum ivm_rule)a),
                                    ivm_rule_text((enum ivm_rule)b));
        }
    }
}

static void a_value_outside_the_list_is_a_bad_argument(void **state)
{
    (void)state;
    static const int outside[] = {IVM_RULE_COUNT, IVM_RULE_COUNT + 1, 255, -1, 0x7FFFFFFF};
    for (unsigned i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        enum ivm_rule rule = (enum ivm_rule)outside[i];
        assert_int_equal(ivm_rule_status(rule), IVM_BAD_ARGUMENT);
        assert_true(ivm_rule_word(rule)[0] != '\0');
        assert_true(ivm_rule_text(rule)[0] != '\0');
    }
}

static void a_record_fits_256_bytes(void **state)
{
    (void)state;
    assert_true(sizeof(struct ivm_refusal) <= 256);
}

/* A refusal of the second of two owners, exclusive against exclusive, on line 4. */
static struct ivm_refusal conflict(void)
{
    struct ivm_refusal record = {
        .requester = "second",
        .routine = 0xFFFF800000001000,
        .sequence = 7,
        .rule = IVM_RULE_OWNER_EXCLUSIVE,
        .key = IVM_KEY_LINE,
        .source_kind = IVM_LINE,
        .vector = 0x47,
        .source_number = 4,
        .cpu = 3,
        .owner_count = 1,
        .wanted = IVM_SHARED,
        .held = IVM_EXCLUSIVE,
        .holder_kind = IVM_LINE,
        .holder_number = 4,
        .alternative_count = 2,
        .alternatives = {0x48, 0x59},
    };
    record.owners[0] = (struct ivm_owner){.name = "first",
                                          .routine = 0xFFFF800000ABCDEF,
                                          .number = 31,
                                          .trigger = IVM_EDGE,
                                          .sharing = IVM_EXCLUSIVE,
                                          .level = 4};
    return record;
}

static const char *line_of(const struct ivm_refusal *record)
{
    static char lines[4][LINE];
    static unsigned next;
    char *line = lines[next++ % 4];
    size_t length = ivm_refusal_format(record, line, LINE);
    assert_true(length < LINE);
    assert_int_equal(strlen(line), length);
    return line;
}

static void assert_holds(const char *line, const char *part)
{
    if (strstr(line, part) == NULL)
        fail_msg("no \"%s\" in: %s", part, line);
}

static void the_line_says_763_in_all_its_forms(void **state)
{
    (void)state;
    struct ivm_refusal record = conflict();
    const char *line = line_of(&record);
    assert_holds(line, "763");
    assert_holds(line, "0x800702FB");
    assert_holds(line, "0xC00702FB");
}

static void the_line_names_both_parties_the_rule_and_the_place(void **state)
{
    (void)state;
    struct ivm_refusal record = conflict();
    const char *line = line_of(&record);
    assert_holds(line, "second");
    assert_holds(line, "first");
    assert_holds(line, "owner-does-not-share");
    assert_holds(line, "0x47");
    assert_holds(line, "cpu 3");
    assert_holds(line, "31");
    assert_holds(line, "0xffff800000abcdef");
    assert_holds(line, "0x48");
    assert_holds(line, "0x59");
    assert_null(strchr(line, '\n'));
}

static void the_line_says_the_numbers_of_every_rules_status(void **state)
{
    (void)state;
    for (unsigned i = 1; i < ROWS; i++) {
        struct ivm_refusal record = conflict();
        record.rule = (uint8_t)table[i].rule;
        const struct ivm_status_forms *forms = ivm_status_forms(table[i].status);
        const char *line = line_of(&record);
        char text[32];
        snprintf(text, sizeof text, " %u ", forms->win32);
        assert_holds(line, text);
        snprintf(text, sizeof text, "0x%08X", forms->hresult);
        assert_holds(line, text);
        snprintf(text, sizeof text, "0x%08X", forms->ntstatus);
        assert_holds(line, text);
        assert_holds(line, table[i].word);
        assert_holds(line, "second");
    }
}

static void four_owners_are_named_and_the_rest_is_counted(void **state)
{
    (void)state;
    struct ivm_refusal record = conflict();
    static const char *const names[] = {"alpha", "beta", "gamma", "delta"};
    for (unsigned i = 0; i < 4; i++)
        snprintf(record.owners[i].name, IVM_NAME_SIZE, "%s", names[i]);
    for (uint16_t count = 0; count <= 4; count++) {
        record.owner_count = count;
        const char *line = line_of(&record);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(strstr(line, names[i]) != NULL, i < count);
    }
    record.owner_count = 4;
    const char *four = line_of(&record);
    record.owner_count = 23;
    const char *more = line_of(&record);
    assert_string_not_equal(four, more);
    assert_holds(more, "delta");
    assert_holds(more, "19");
}

/* Formats the record with these two sides. */
static const char *line_with(struct ivm_refusal *record, unsigned wanted, unsigned held)
{
    record->wanted = (uint8_t)wanted;
    record->held = (uint8_t)held;
    return line_of(record);
}

/* All pairs of values in [first, end): each side shows, and which side it is. */
static void check_pairs(enum ivm_rule rule, unsigned first, unsigned end)
{
    struct ivm_refusal record = conflict();
    record.rule = (uint8_t)rule;
    for (unsigned a = first; a < end; a++) {
        for (unsigned b = first; b < a; b++) {
            const char *ab = line_with(&record, a, b);
            assert_string_not_equal(ab, line_with(&record, b, a));
            assert_string_not_equal(ab, line_with(&record, a, a));
            assert_string_not_equal(ab, line_with(&record, b, b));
        }
    }
}

static void both_sides_of_the_differing_field_are_always_printed_differently(void **state)
{
    (void)state;
    check_pairs(IVM_RULE_OWNER_EXCLUSIVE, IVM_EXCLUSIVE, IVM_SHARED + 1);
    check_pairs(IVM_RULE_REQUESTER_EXCLUSIVE, IVM_EXCLUSIVE, IVM_SHARED + 1);
    check_pairs(IVM_RULE_TRIGGER_DIFFERS, IVM_EDGE, IVM_LEVEL + 1);
    check_pairs(IVM_RULE_POLARITY_DIFFERS, IVM_ACTIVE_HIGH, IVM_ACTIVE_LOW + 1);
    check_pairs(IVM_RULE_CLASS_DIFFERS, 3, 13);
    check_pairs(IVM_RULE_LINE_ROUTED_ELSEWHERE, 0x30, 0xD0);
}

static void another_source_on_the_vector_is_named_beside_the_one_asked_for(void **state)
{
    (void)state;
    struct ivm_refusal record = conflict();
    record.rule = IVM_RULE_SOURCE_DIFFERS;
    record.key = IVM_KEY_VECTOR;
    record.source_number = 17;
    record.holder_number = 42;
    assert_holds(line_of(&record), "line 17");
    assert_holds(line_of(&record), "line 42");
    record.holder_kind = IVM_MESSAGE;
    assert_holds(line_of(&record), "message 42");
}

static void the_line_can_be_cut_at_every_length(void **state)
{
    (void)state;
    struct ivm_refusal record = conflict();
    char whole[LINE];
    snprintf(whole, sizeof whole, "%s", line_of(&record));
    size_t length = strlen(whole);
    for (size_t size = 1; size <= length + 2; size++) {
        char *cut = test_malloc(size); /* checked at both ends */
        memset(cut, 0x5A, size);
        assert_int_equal(ivm_refusal_format(&record, cut, size), length);
        size_t kept = size - 1 < length ? size - 1 : length;
        assert_memory_equal(cut, whole, kept);
        assert_int_equal(cut[kept], '\0');
        test_free(cut);
    }
    assert_int_equal(ivm_refusal_format(&record, NULL, 0), length);
}

static void a_record_of_absurd_values_is_printed_all_the_same(void **state)
{
    (void)state;
    for (unsigned fill = 0; fill < 256; fill += 5) {
        struct ivm_refusal record;
        memset(&record, (int)fill, sizeof record);
        record.requester[IVM_NAME_SIZE - 1] = '\0';
        for (unsigned i = 0; i < IVM_REFUSAL_OWNERS; i++)
            record.owners[i].name[IVM_NAME_SIZE - 1] = '\0';
        char line[LINE];
        size_t length = ivm_refusal_format(&record, line, sizeof line);
        assert_true(length > 0 && length < sizeof line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_maps_to_its_one_status),
        cmocka_unit_test(every_rule_has_a_word_and_a_sentence_of_its_own),
        cmocka_unit_test(a_value_outside_the_list_is_a_bad_argument),
        cmocka_unit_test(a_record_fits_256_bytes),
        cmocka_unit_test(the_line_says_763_in_all_its_forms),
        cmocka_unit_test(the_line_names_both_parties_the_rule_and_the_place),
        cmocka_unit_test(the_line_says_the_numbers_of_every_rules_status),
        cmocka_unit_test(four_owners_are_named_and_the_rest_is_counted),
        cmocka_unit_test(both_sides_of_the_differing_field_are_always_printed_differently),
        cmocka_unit_test(another_source_on_the_vector_is_named_beside_the_one_asked_for),
        cmocka_unit_test(the_line_can_be_cut_at_every_length),
        cmocka_unit_test(a_record_of_absurd_values_is_printed_all_the_same),
    };
    return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
