"""test_model.py: the models hold, their switches break them, and `prove` notices."""

import subprocess

import pytest

import ktap
from conftest import ROOT
from test_tree import load

PROVE = "tests/model/prove"
HANG = 600  # seconds; on two idle processors about 15, and 40 for all of it
LOG = ROOT / "build/log/prove.log"

prove = load(PROVE)


def test_model(claims, pytestconfig):
    command = [ROOT / PROVE] + ([] if pytestconfig.option.long else ["--short"])
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("wb") as out:
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=out, timeout=HANG, check=False).returncode
        except subprocess.TimeoutExpired:
            status = f"killed after {HANG} s"
    found = ktap.read(LOG.read_text(errors="replace").splitlines(), reasons_follow=True)
    if status != 0 and not any(claim.verdict == ktap.FAILED for claim in found):
        found.append(ktap.Claim("prove ends with status 0", ktap.FAILED, f"{status}"))
    claims.enter(found)
    claims.close(f"log: {LOG}")


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The models in a folder of their own, to be broken, and room for what is built."""
    for path in prove.HERE.glob("*.pml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(prove, "HERE", tmp_path)
    monkeypatch.setattr(prove, "SCRATCH", tmp_path / "build")
    return tmp_path


def verdict(words="OWN", finds=""):
    reason, _ = prove.judge((1, prove.Row("disconnect", words, finds=finds)))
    return reason


def test_a_scene_that_holds_and_a_switch_that_breaks_it_pass(models):
    assert verdict() == ""
    assert verdict("OWN NO_END", prove.END) == ""


def test_a_switch_that_breaks_nothing_or_something_else_fails(models):
    assert "found: nothing" in verdict("OWN", prove.END)
    assert "found: a delivery is not ended once" in verdict("OWN NO_END", prove.STUCK)
    assert "found: a delivery is not ended once" in verdict("OWN NO_END")


@pytest.mark.parametrize("line, broken, says", [
    ("byte done;", "byte done = ;", "spin"),
    ("proctype rest()", "proctype rest(", "spin"),
    ("byte done;", "c_decl { int x = ; }; byte done;", "gcc"),
])
def test_a_model_that_does_not_compile_fails(models, line, broken, says):
    model = models / "disconnect.pml"
    text = model.read_text(encoding="utf-8")
    assert line in text
    model.write_text(text.replace(line, broken), encoding="utf-8")
    assert says in verdict()


def test_a_search_that_runs_out_of_depth_fails(models, monkeypatch):
    monkeypatch.setattr(prove, "DEPTH", 100)
    assert "depth" in verdict()


def test_a_search_that_runs_out_of_memory_fails(models, monkeypatch):
    monkeypatch.setattr(prove, "MEMORY", 132)
    assert verdict() != "" and "found" not in verdict()


def test_a_switch_that_no_row_tries_is_named(models):
    with (models / "moves.pml").open("a", encoding="utf-8") as model:
        model.write("#ifdef NEW_SWITCH\n#endif\n")
    assert prove.mismatched() == {"NEW_SWITCH"}


def test_the_short_proof_has_every_breach_and_every_kind_of_scene():
    whole, short = prove.all_rows(), prove.short_rows()
    assert [row for row in short if row.finds] == [row for row in whole if row.finds]
    kinds = {(row.model, row.words.split()[0], row.cycles) for row in short if not row.finds}
    missing = {(row.model, row.words.split()[0]) for row in whole if not row.finds
               and not row.cycles} - {kind[:2] for kind in kinds}
    assert missing == {("disconnect", "THREE")}  # CPUs, where CROSS has two


def test_a_step_that_no_scene_takes_is_named():
    coverage = prove.Coverage()
    for model in prove.SCENES:
        coverage.add(model, ({("task", 7), ("task", 8)}, {("task", 8)}))
    assert all("task line 7" in reason for _, reason in coverage.verdicts())
