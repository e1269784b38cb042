"""test_bench.py: the short bench: every figure within its budget, none missing, all exact."""

import re
from itertools import product

import pytest

import bench_figures
import bench_machine
import ktap
from conftest import ROOT

IMAGE, SHIPPED, MEASURED = "build/ivm-bench.iso", "build/ivm.elf", "build/ivm-bench.elf"

# One instruction is 64 ns of the machine's clock: what waits for time is soon over, and every
# figure is the same as with 1 ns, but for that of the start.
SHIFT = 6
ROWS = ((1, "all"), (4, "scale,refusals"))
LOG = ROOT / "build/log"


def names_promised():
    """What the bench has to say whatever it measures best."""
    for means, count, part in product(("vec", "msi", "intx"), (1, 2, 4, 8),
                                      ("entry", "exit", "path")):
        yield f"{means}.k{count}.{part}"
    for count in (1, 2, 4, 8):
        yield f"intx.k{count}.unhandled.path"
        if count > 1:
            yield f"intx.k{count}.first.path"
    for means, others, part in product(("vec", "msi", "intx"), (0, 1, 7),
                                       ("connect", "disconnect", "pair")):
        yield f"{means}.others{others}.{part}"
    header = (ROOT / "include/ivm/refusal.h").read_text(encoding="utf-8")
    words = re.findall(r'X\([A-Z_]+, +[A-Z_]+, +"([a-z-]+)"', header)
    assert len(words) > 10
    yield from (f"refused.{word}" for word in words if word != "none")
    yield "capacity.per_cpu"


def claim(what, wrong):
    return ktap.Claim(what, ktap.FAILED if wrong else ktap.PASSED, wrong)


def judged(text, figures):
    if other := bench_figures.not_judged(text, bench_figures.compiler()):
        yield ktap.Claim("every figure is within its budget", ktap.SKIPPED, other)
        return
    for budget in bench_figures.read_budgets(text).values():
        if not budget.whole:
            yield claim(f"{budget.name} is within its budget", budget.judge(figures))
    readme = bench_figures.README.read_text(encoding="utf-8")
    for name, said in bench_figures.IN_README.findall(readme):
        value = figures.get(name)
        yield claim(f"README says what {name} is", "" if value == int(said) else
                    f"it says {said}, and it is {value}: make bench LOWER=why writes it there")


def test_bench(claims):
    LOG.mkdir(parents=True, exist_ok=True)
    runs = bench_machine.runs(IMAGE, ROWS, SHIFT)
    for cpus, status, said in runs:
        (LOG / f"bench-{cpus}.log").write_text(said)
        held = status == bench_machine.DONE
        claims.enter([claim(f"on {cpus} CPUs all that the bench claims holds",
                            "" if held else f"it ended with {status}")])
    figures = bench_figures.all_of(runs, ROOT / SHIPPED)
    missing = [name for name in names_promised() if name not in figures]
    claims.enter([claim("every figure that was promised is there", ", ".join(missing))])
    text = bench_figures.BUDGETS.read_text(encoding="utf-8")
    claims.enter(judged(text, figures))
    claims.close(f"log: {LOG}/bench-*.log")


def sizes(elf):
    """{function: bytes} of a program's code."""
    said = bench_machine.subprocess.run(["nm", "-S", elf], check=True, capture_output=True,
                                        cwd=ROOT, text=True).stdout
    rows = (line.split() for line in said.splitlines())
    return {(row[3], row[1]) for row in rows if len(row) == 4 and row[2] in "tT"}


def test_what_is_measured_is_what_is_shipped():
    assert not sizes(SHIPPED) - sizes(MEASURED)


FILE = '''
[[budget]]
name = "a"
changes = [
    {date = 2026-01-01, most = 50, reason = "first"},
    {date = 2026-01-02, most = 40, reason = "better"},
]
[[budget]]
name = "b"
changes = [{date = 2026-01-01, least = 196, reason = "more than others"}]
'''


@pytest.mark.parametrize("figures, wrong", [
    ({"a": 40, "b": 196}, []),
    ({"a": 41, "b": 195}, ["a is 41, above its budget of 40",
                           "b is 195, below its budget of 196"]),
    ({"b": 200}, ["a was not measured"]),
])
def test_a_budget_is_the_last_of_its_changes(figures, wrong):
    budgets = bench_figures.read_budgets(FILE)
    found = [judgement for budget in budgets.values()
             if (judgement := budget.judge(figures))]
    assert found == wrong


def test_what_another_compiler_made_is_not_judged():
    assert bench_figures.not_judged('compiler = "gcc 12"', "gcc 12") == ""
    assert "clang 14" in bench_figures.not_judged('compiler = "gcc 12"', "clang 14")


@pytest.mark.parametrize("old, new, says", [
    ('name = "b"', 'name = "a"', "two budgets"),
    ("2026-01-02", "2025-01-02", "order"),
    ('"better"', '" "', "reason"),
    ("least = 196", "least = 196, most = 1", "either"),
])
def test_a_malformed_budget_is_named(old, new, says):
    with pytest.raises(ValueError, match=says):
        bench_figures.read_budgets(FILE.replace(old, new))


def test_figures_are_read_out_of_a_log_and_others_derived():
    said = ("\x1b[2Jivm| GB intx.k1.path n=3 min=45 med=45 p90=45 max=45\r\n"
            "ivm| GB intx.k8.path n=3 min=94 med=95 p90=96 max=97\r\n"
            "ivm| GB broken n=3 min=45\n"
            "ivm| CPUs: 3 started; each has 2 KiB of tables and stacks\n")
    figures = bench_figures.read(said)
    assert figures == {"intx.k1.path": 45, "intx.k8.path": 95, "bytes.per_cpu": 2048}
    assert bench_figures.derived(figures) == {"intx.chain.each": 8}


def test_readme_shows_figures_beside_those_of_others():
    text = bench_figures.README.read_text(encoding="utf-8")
    assert len(bench_figures.IN_README.findall(text)) >= 8
    assert "(`a.b`) | **7** |" in bench_figures.readme_with("| x (`a.b`) | **0** | 1 |", {"a.b": 7})


def test_the_table_has_a_row_for_each_figure_of_others():
    peers = bench_figures.tomllib.loads(bench_figures.PEERS.read_text(encoding="utf-8"))
    columns = {column["name"] for column in peers["column"]}
    marks = "".join(peers["note"])
    for row in peers["row"]:
        assert set(row) <= columns | {"what", "figure"} and len(row["what"]) < 42
        for column in columns & set(row):
            assert re.fullmatch(rf"[0-9/]+[{re.escape(marks)}]*", row[column])
