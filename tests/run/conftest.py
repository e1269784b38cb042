"""conftest.py: count single claims, and close with `N passed, N failed, N skipped`.

A test that runs a program of many claims enters each in the `claims` book; a test that
does not is one claim itself. The last line printed is the sum over all of them.
"""

import sys
from pathlib import Path

import pytest

from ktap import FAILED, PASSED, SKIPPED

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

totals = {PASSED: 0, FAILED: 0, SKIPPED: 0}
table = []
skips = {}
fates = []  # sentences about what a person asked for


class Book:
    """The claims of one program."""

    def __init__(self, item):
        self.item = item
        self.claims = []

    def enter(self, claims):
        self.claims += claims

    def close(self, where):
        """Hand the counts to the summary, and fail when a claim did; `where` is the log."""
        verdicts = [claim.verdict for claim in self.claims]
        counts = {verdict: verdicts.count(verdict) for verdict in totals}
        reasons = [claim.detail for claim in self.claims if claim.verdict == SKIPPED]
        self.item.user_properties.append(("claims", {"counts": counts, "skips": reasons}))
        failed = [f"  {claim.name}" + (f": {claim.detail}" if claim.detail else "")
                  for claim in self.claims if claim.verdict == FAILED]
        if failed:
            pytest.fail("\n".join(["these do not hold:"] + failed + [where]), pytrace=False)


@pytest.fixture
def claims(request):
    return Book(request.node)


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the rows marked long as well")


def pytest_runtest_logreport(report):
    book = dict(report.user_properties).get("claims")
    if report.when == "call":
        fates.extend(dict(report.user_properties).get("fates", []))
    if report.when == "call" and book:
        for verdict, count in book["counts"].items():
            totals[verdict] += count
        for reason in book["skips"]:
            skips[reason] = skips.get(reason, 0) + 1
        table.append((report.nodeid, book["counts"], report.duration))
    elif report.when == "call" or report.outcome != PASSED:
        totals[report.outcome] += 1


def pytest_collectreport(report):
    if report.failed:
        totals[FAILED] += 1


def pytest_terminal_summary(terminalreporter):
    say = terminalreporter.write_line
    for node, counts, seconds in sorted(table):
        name = node.rpartition("[")[2].rstrip("]")
        note = "".join(f", {counts[v]} {v}" for v in (FAILED, SKIPPED) if counts[v])
        say(f"{name:44} {counts[PASSED]:5} passed{note}  ({seconds:.1f} s)")
    for sentence in fates:
        say(sentence)
    for reason, count in sorted(skips.items()):
        say(f"{count} skipped: {reason}")


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        print(f"{totals[PASSED]} passed, {totals[FAILED]} failed, {totals[SKIPPED]} skipped",
              flush=True)
