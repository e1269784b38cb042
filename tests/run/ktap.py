"""ktap.py: read test results as they were printed, and find what is missing in them.

The form is KTAP without nesting: `1..N` first, then one line for each claim:

    1..3
    ok 1 an edge is delivered once
    not ok 2 a masked edge is lost
    ok 3 a shared line counts both # SKIP no edu device

A claim that is missing, doubled or out of order is a failure, so that a program that stops
half-way cannot look like one that passed.
"""

import re
from dataclasses import dataclass

PREFIX = "ivm| "

PLAN = re.compile(r"1\.\.(\d{1,6})\s*")
RESULT = re.compile(r"(not )?ok\b(?: +(\d+))?(.*)")
SKIP = re.compile(r"#\s*SKIP\b:?\s*(.*)", re.I)
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][0-9A-B]|[=>78cDEHM])")

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass
class Claim:
    """One sentence, and whether it held; for a skipped one `detail` is the reason."""
    name: str
    verdict: str
    detail: str = ""


def kernel_lines(text):
    """What the kernel said: firmware's lines and escape sequences left out."""
    found = []
    for line in ESCAPE.sub("", text).replace("\r", "\n").split("\n"):
        _, prefix, said = line.partition(PREFIX)
        if prefix:
            found.append(said)
    return found


def lines_of(lines, name):
    """What a driver image said, of the kernel's lines: its name is before each of its own."""
    prefix = name + ": "
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


class Reader:
    """Takes lines one by one; `claims` are the results and what was wrong with them.

    Lines that begin with `# ` say why a claim failed: the guest prints them before its
    result, cmocka after it.
    """

    def __init__(self, plans, reasons_follow):
        self.claims = []
        self.reasons_follow = reasons_follow
        self.reasons = []
        self.plans_left = plans
        self.planned = None
        self.seen = 0

    def wrong(self, name, detail=""):
        self.claims.append(Claim(name, FAILED, detail))

    def take(self, line):
        plan, result = PLAN.fullmatch(line), RESULT.fullmatch(line)
        if line.startswith("# "):
            self.reason(line[2:])
        elif line.startswith("Bail out!"):
            self.wrong(line)
        elif plan:
            self.begin(int(plan.group(1)))
        elif result:
            self.result(line, *result.groups())

    def reason(self, words):
        if not self.reasons_follow:
            self.reasons.append(words)
        elif self.claims and self.claims[-1].verdict == FAILED:
            self.claims[-1].detail = "; ".join(filter(None, [self.claims[-1].detail, words]))

    def begin(self, count):
        self.end_plan()
        if self.plans_left <= 0:
            self.wrong("there is one plan", f"a second one: 1..{count}")
        self.plans_left -= 1
        self.planned, self.seen = count, 0

    def result(self, line, negation, number, rest):
        if self.planned is None:
            self.wrong("the plan comes before the results", line)
            self.planned = 0
        number = int(number or 0)
        if number <= self.seen:
            self.wrong("each result has the next number", f"after {self.seen}: {line}")
            return
        self.skip_to(number)
        if number > self.planned:
            self.wrong("there are as many results as planned", f"one more: {line}")
        skip = SKIP.search(rest)
        name = rest[:skip.start()] if skip else rest
        name = name.strip().removeprefix("- ").strip()
        if skip:
            self.claims.append(Claim(name or skip.group(1), SKIPPED, skip.group(1)))
        elif negation:
            self.claims.append(Claim(name, FAILED, "; ".join(self.reasons)))
        else:
            self.claims.append(Claim(name, PASSED))
        self.reasons = []

    def skip_to(self, number):
        """Every result between the last one and this one is a claim that failed."""
        for missing in range(self.seen + 1, min(number, self.planned + 1)):
            self.wrong(f"result {missing} of {self.planned} is missing")
        self.seen = number

    def end_plan(self):
        if self.planned is not None:
            self.skip_to(self.planned + 1)

    def end(self):
        self.end_plan()
        if self.planned is None:
            self.wrong("there is a plan", "no line `1..N`")
        elif not self.claims:
            self.wrong("there is at least one result", "the plan is empty")


def read(lines, plans=1, reasons_follow=False):
    """The claims in these lines; `plans` says how many plans may follow one another."""
    reader = Reader(plans, reasons_follow)
    for line in lines:
        reader.take(line)
    reader.end()
    return reader.claims


def judge_skips(claims, allowed, all_may_skip=False):
    """The same claims, with a skip that nobody allowed turned into a failure.

    `allowed` are the reasons that may be given. When every claim was skipped, one more
    says so and fails, unless all of them may be.
    """
    judged = []
    for claim in claims:
        if claim.verdict == SKIPPED and claim.detail not in allowed:
            claim = Claim(claim.name, FAILED, f"skipped without leave: {claim.detail!r}")
        judged.append(claim)
    if all(claim.verdict == SKIPPED for claim in judged) and not all_may_skip:
        judged.append(Claim("not every claim is skipped", FAILED))
    return judged
