"""test_matrix.py: a row that would prove nothing is not accepted."""

import pytest

from matrix import read_rows, rows_of

ROW = '[[row]]\nname = "a"\nreason = "why"\nsuites = ["all"]\n'


def test_the_matrix_of_this_tree_is_well_formed():
    assert read_rows()


def test_suites_and_words_become_one_command_line():
    row, = rows_of(ROW.replace('"all"', '"x", "y"') + 'cmdline = "quiet"\n')
    assert row.command_line() == "suite=x,y quiet"


@pytest.mark.parametrize("text, complaint", [
    (ROW.replace("why", " "), "reason"),
    (ROW.replace("suites", "#"), "nothing is asked"),
    (ROW + 'image = "x"\n', "no such image"),
    (ROW + 'peer = "x"\n', "no such peer: x"),
    (ROW + 'peer = "../x.y"\n', "no such peer"),
    (ROW + "smb = 2\n", "unknown keys: smb"),
    (ROW + 'images = ["edu"]\ninfs = ["x"]\n', "no such INF: x"),
    (ROW + 'images = ["edu"]\nclaims = ["uart"]\n', "claims of uart, which is not among"),
    (ROW + ROW, "two rows"),
])
def test_a_faulty_row_is_refused_by_name(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        rows_of(text)
