"""bench_figures.py: figures out of what the bench said, those derived from them, their budgets."""

import re
import subprocess
from dataclasses import dataclass

try:
    import tomllib
except ImportError:  # Python before 3.11
    import tomli as tomllib

import bench_machine

BUDGETS = bench_machine.ROOT / "tests/bench/budgets.toml"
README = bench_machine.ROOT / "README.md"
PEERS = bench_machine.ROOT / "tests/bench/peers.toml"
FIGURE = re.compile(r"GB (\S+) n=(\d+) min=(\d+) med=(\d+) p90=(\d+) max=(\d+)$")
IN_README = re.compile(r"\(`([\w.-]+)`\) \| \*\*(\d+)\*\* \|")  # a row's figure, and ours
CPU_COST = re.compile(r"each has (\d+) KiB of tables and stacks")


def read(text):
    """{name: median} of the figures in what a kernel said, in their order."""
    found = {}
    for line in text.splitlines():
        words = line.rpartition("ivm| ")[2]
        if figure := FIGURE.match(words):
            found[figure.group(1)] = int(figure.group(4))
        elif cost := CPU_COST.search(words):
            found["bytes.per_cpu"] = int(cost.group(1)) * 1024
    return found


def image_sizes(elf):
    """What the kernel that is shipped takes of memory, as its linker script has it."""
    at = bench_machine.symbols(elf)
    parts = {"text": ("image_text_start", "image_text_end"),
             "rodata": ("image_rodata_start", "image_rodata_end"),
             "data": ("image_data_start", "image_data_end")}
    return {f"image.{part}": at[end] - at[start] for part, (start, end) in parts.items()}


def derived(figures):
    """What follows from several figures: differences, and ratios in per cent."""
    more = {}

    def add(name, a, b, function):
        if a in figures and b in figures:
            more[name] = function(figures[a], figures[b])

    for means in ("vec", "msi", "intx"):
        add(f"{means}.chain.each", f"{means}.k8.path", f"{means}.k1.path",
            lambda long, short: -(-(long - short) // 7))
        for percent in (50, 99):
            add(f"growth.{means}.full{percent}", f"{means}.others0.full{percent}.connect",
                f"{means}.others0.connect", lambda full, empty: -(-full * 100 // empty))
    for name, what in (("lock", "locked"), ("raise", "raised"), ("lock-raise", "locked-raised")):
        add(f"{name}.more", f"vec.k1.{what}.path", "vec.k1.path", lambda a, b: a - b)
    return more


def all_of(runs, shipped):
    """The figures of several boots and of the image that is shipped, and what is derived from them.
    What does not depend on the number of CPUs is the first boot's to say."""
    figures = {}
    for _, _, said in runs:
        figures = read(said) | figures
    figures |= image_sizes(shipped)
    return figures | derived(figures)


def readme_with(text, figures):
    """README with the figures as they are."""
    def row(match):
        return f"(`{match.group(1)}`) | **{figures.get(match.group(1), match.group(2))}** |"
    return IN_README.sub(row, text)


@dataclass
class Budget:
    name: str
    changes: list  # of {date, most or least, reason}, the last in force
    target: int = None
    whole: bool = False  # only the whole bench has the figure, not the short one
    roomy: bool = False  # leaves room on purpose

    @property
    def in_force(self):
        return self.changes[-1]

    def judge(self, figures):
        """What is wrong with the figure of this budget, or ""."""
        if self.name not in figures:
            return f"{self.name} was not measured"
        value, limit = figures[self.name], self.in_force
        if "least" in limit:
            return "" if value >= limit["least"] else (
                f"{self.name} is {value}, below its budget of {limit['least']}")
        return "" if value <= limit["most"] else (
            f"{self.name} is {value}, above its budget of {limit['most']}")


def read_budgets(text):
    """The budgets of a file, or ValueError with what is wrong with one."""
    found = {}
    for table in tomllib.loads(text)["budget"]:
        budget = Budget(**table)
        if budget.name in found:
            raise ValueError(f"{budget.name}: two budgets have this name")
        dates = [change["date"] for change in budget.changes]
        if not dates or dates != sorted(dates):
            raise ValueError(f"{budget.name}: its changes are not in the order of their dates")
        for change in budget.changes:
            if not change["reason"].strip() or ("most" in change) == ("least" in change):
                raise ValueError(f"{budget.name}: a change has a reason, and either most or least")
        found[budget.name] = budget
    return found


def compiler(flags=bench_machine.ROOT / "build/flags"):
    """What the kernel was compiled with: "gcc 12"."""
    name = flags.read_text(encoding="utf-8").split()[0]
    said = subprocess.run([name, "-dumpversion"], check=True, capture_output=True, text=True)
    kind = "clang" if "clang" in name else "gcc"
    return f"{kind} {said.stdout.split('.')[0].strip()}"


def not_judged(text, used):
    """Why a kernel that this compiler made is not held to the budgets, or "": another one's code is
    another number of instructions, here more and there less."""
    meant = tomllib.loads(text)["compiler"]
    return "" if meant == used else f"budgets are those of {meant}; this kernel is made by {used}"
