"""test_ktap.py: the reader of results notices whatever is missing from them."""

from ktap import (FAILED, PASSED, SKIPPED, Claim, judge_skips, kernel_lines, lines_of,
                  read)


def verdicts(*lines, **options):
    return [claim.verdict for claim in read(lines, **options)]


def failures(*lines):
    return [claim.name for claim in read(lines) if claim.verdict == FAILED]


def test_results_after_their_plan_are_taken_as_they_are():
    assert read(["KTAP version 1", "1..2", "ok 1 one", "booting", "not ok 2 - two"]) == [
        Claim("one", PASSED), Claim("two", FAILED)]


def test_no_plan_is_a_failure_even_when_all_passed():
    assert failures("ok 1 one") == ["the plan comes before the results",
                                    "there are as many results as planned"]


def test_silence_is_a_failure():
    assert failures() == ["there is a plan"]
    assert failures("a line of the log") == ["there is a plan"]


def test_a_plan_after_the_results_is_a_failure():
    assert "the plan comes before the results" in failures("ok 1 one", "1..1")


def test_each_missing_result_is_a_failure():
    assert failures("1..3", "ok 1 one") == ["result 2 of 3 is missing",
                                            "result 3 of 3 is missing"]


def test_a_result_too_many_is_a_failure():
    assert failures("1..1", "ok 1 one", "ok 2 two") == [
        "there are as many results as planned"]


def test_a_gap_is_a_failure_for_each_result_in_it():
    assert failures("1..4", "ok 1 one", "ok 4 four") == ["result 2 of 4 is missing",
                                                         "result 3 of 4 is missing"]


def test_a_repeated_or_missing_number_is_a_failure():
    assert failures("1..2", "ok 1 one", "ok 1 one") == [
        "each result has the next number", "result 2 of 2 is missing"]
    assert failures("1..1", "ok one") == ["each result has the next number",
                                          "result 1 of 1 is missing"]


def test_a_second_plan_is_a_failure_unless_expected():
    assert failures("1..1", "ok 1 one", "1..1", "ok 1 two") == ["there is one plan"]
    assert verdicts("1..1", "ok 1 one", "1..1", "ok 1 two", plans=9) == [PASSED, PASSED]


def test_what_a_first_plan_left_out_is_not_made_good_by_a_second():
    assert FAILED in verdicts("1..2", "ok 1 one", "1..1", "ok 1 two", plans=9)


def test_an_empty_plan_is_a_failure():
    assert failures("1..0") == ["there is at least one result"]


def test_giving_up_is_a_failure():
    assert failures("1..1", "ok 1 one", "Bail out! no memory") == ["Bail out! no memory"]


def test_a_failure_carries_the_reasons_printed_with_it():
    before = ["1..2", "# chat", "ok 1 one", "# 1 is 2", "# 3 is 4", "not ok 2 two"]
    assert read(before)[1].detail == "1 is 2; 3 is 4"
    after = ["1..2", "not ok 1 one", "# 1 is 2", "ok 2 two", "# chat"]
    assert [c.detail for c in read(after, reasons_follow=True)] == ["1 is 2", ""]


def test_a_skip_carries_its_reason():
    assert read(["1..2", "ok 1 one # SKIP no edu device", "not ok 2 # SKIP two"]) == [
        Claim("one", SKIPPED, "no edu device"), Claim("two", SKIPPED, "two")]


def test_a_skip_is_a_failure_unless_its_reason_is_allowed():
    claims = read(["1..2", "ok 1 one", "ok 2 two # SKIP no edu device"])
    assert [c.verdict for c in judge_skips(claims, [])] == [PASSED, FAILED]
    assert [c.verdict for c in judge_skips(claims, ["no edu"])] == [PASSED, FAILED]
    assert [c.verdict for c in judge_skips(claims, ["no edu device"])] == [PASSED, SKIPPED]


def test_a_run_of_skips_alone_is_a_failure_unless_allowed():
    claims = read(["1..1", "ok 1 one # SKIP no hpet"])
    assert [c.verdict for c in judge_skips(claims, ["no hpet"])] == [SKIPPED, FAILED]
    assert [c.verdict for c in judge_skips(claims, ["no hpet"], True)] == [SKIPPED]


def test_only_lines_of_the_kernel_count():
    noise = "\x1b[2J\x1b[01;01Hok 1 firmware\r\nBdsDxe: loading\r\n"
    text = noise + "\x1b[0mivm| 1..1\r\n\x1b[1;1Hivm| ok 1 one\r\n"
    assert kernel_lines(text) == ["1..1", "ok 1 one"]


def test_a_line_cut_off_by_a_crash_is_no_result():
    assert failures("1..1", "o") == ["result 1 of 1 is missing"]


def test_what_a_driver_image_says_is_told_from_what_others_say():
    said = ["edu.sys: 1..1", "1..2", "edu.sys: ok 1 - fine", "uart.sys: ok 1", "xedu.sys: ok 2",
            "edu.sys: loaded at 0x1000"]
    assert lines_of(said, "edu.sys") == ["1..1", "ok 1 - fine", "loaded at 0x1000"]
    assert read(lines_of(said, "edu.sys")) == [Claim("fine", PASSED)]
