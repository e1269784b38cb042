"""test_wdm_exports.py: what driver images can import is documented, tested, and enough for ours.

kernel/wdm/exports.h is the table. docs/WDM.md has a line for each; `tools/python
tests/run/test_wdm_exports.py` prints these lines as they have to be.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OBJDUMP = "x86_64-w64-mingw32-objdump"

ENTRY = re.compile(r'^\s*X\((\w+),\s*(SAME|DIFFERS|NOTHING|REFUSED),\s*"((?:[^"\\]|\\.)*)"\)')
KINDS = {"SAME": "same", "DIFFERS": "differs", "NOTHING": "does nothing", "REFUSED": "refused"}


def exports(text):
    """[(name, kind, note)], in the table's order."""
    return [match.groups() for line in text.splitlines() if (match := ENTRY.match(line))]


def rows(entries):
    """The lines of the document."""
    return [f"| `{name}` | {KINDS[kind]} | {note} |" for name, kind, note in entries]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def table():
    return exports(read("kernel/wdm/exports.h"))


# ---- documented ----------------------------------------------------------------------------

def section(document, title):
    """The text below a heading, to the next of its rank or above."""
    match = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,2}} |\Z)", document, re.M | re.S)
    assert match, f"docs/WDM.md has no section {title!r}"
    return match.group(2)


def documented(document):
    return re.findall(r"^\| `\w+` \|.*$", section(document, "Exports"), re.M)


def test_every_export_has_its_line_in_the_document():
    wanted, found = rows(table()), documented(read("docs/WDM.md"))
    wrong = [f"missing: {row}" for row in wanted if row not in found]
    wrong += [f"too many: {row}" for row in found if row not in wanted]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    assert found == wanted


def test_what_differs_says_how_and_what_does_not_says_nothing():
    for name, kind, note in table():
        assert bool(note) == (kind != "SAME"), name
        assert "|" not in note, name


def test_no_export_is_there_twice():
    names = [name for name, _, _ in table()]
    assert sorted(set(names)) == sorted(names)


def test_the_table_is_read_whole():
    """A line that the pattern does not understand is not passed over."""
    text = re.sub(r"/\*.*?\*/", "", read("kernel/wdm/exports.h"), flags=re.S)
    assert len(re.findall(r"^\s*X\((?!name)", text, re.M)) == len(table()) > 100


def test_the_reader_of_the_table_and_of_the_document():
    entries = exports('#define LIST(X) \\\n    X(KeOne,  SAME,    "") \\\n'
                      '    X(KeTwo,  DIFFERS, "a \\"thing\\"") \\\n    X(name, kind, note)\n')
    assert entries == [("KeOne", "SAME", ""), ("KeTwo", "DIFFERS", 'a \\"thing\\"')]
    document = "## Exports\n\n| `KeOne` | same |  |\n\n### More\n\n| `KeTwo` | same |  |\n## Rest\n" \
               "| `KeThree` | same |  |\n"
    assert documented(document) == ["| `KeOne` | same |  |", "| `KeTwo` | same |  |"]


# ---- tested --------------------------------------------------------------------------------

def untested(document):
    """{name: reason} of the exports that the document lists as without a test."""
    return dict(re.findall(r"^- `(\w+)`: (.+)$", section(document, "Without a test"), re.M))


def words_of_tests():
    """Every word in host tests, guest tests and sample drivers."""
    found = set()
    for folder in ("tests/host", "tests/guest", "drivers/wdm"):
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            if "fake" not in path.parts:
                found |= set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    return found


def test_every_export_is_tested_or_has_a_reason():
    excused, tested = untested(read("docs/WDM.md")), words_of_tests()
    names = {name for name, _, _ in table()}
    lacking = sorted(name for name in names - set(excused)
                     if name not in tested and f"wdm_{name}" not in tested)
    if lacking:
        pytest.fail("no test names these: " + ", ".join(lacking), pytrace=False)
    assert set(excused) <= names, "an excuse for what is not exported"
    assert not set(excused) & tested, "an excuse for what has a test"


# ---- enough for our own --------------------------------------------------------------------

def imports(image):
    text = subprocess.run([OBJDUMP, "-p", image], capture_output=True, text=True,
                          check=True).stdout
    return re.findall(r"^\t[0-9a-f]+\t +\d+  (\S+)$", text, re.M)


SAMPLES = sorted(path.stem for path in (ROOT / "drivers/wdm").glob("*.c"))


@pytest.mark.skipif(shutil.which(OBJDUMP) is None,
                    reason="no mingw (gcc-mingw-w64-x86-64) on this machine")
@pytest.mark.parametrize("sample", SAMPLES)
def test_what_a_sample_imports_is_exported(sample):
    found = imports(ROOT / f"build/wdm/{sample}.sys")
    assert found
    assert set(found) - {name for name, _, _ in table()} == set()


@pytest.mark.parametrize("inf", sorted(path.name for path in (ROOT / "drivers/wdm").glob("*.inf")))
def test_an_inf_of_the_samples_names_a_sample(inf):
    done = subprocess.run(["python3", ROOT / "tools/inf.py", ROOT / "drivers/wdm" / inf],
                          capture_output=True, text=True, check=True)
    named = {line.split()[-1].removesuffix(".sys") for line in done.stdout.splitlines()}
    assert named and named <= set(SAMPLES)


def test_every_sample_is_in_the_document():
    document = section(read("docs/WDM.md"), "Sample drivers")
    assert [name for name in SAMPLES if f"`{name}.c`" not in document] == []


if __name__ == "__main__":
    print("\n".join(rows(table())))
