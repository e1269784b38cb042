"""matrix.py: the rows of tests/matrix.toml, each checked before any of them runs."""

from dataclasses import dataclass, field, fields
from pathlib import Path

import images
import peers
from conftest import ROOT

try:
    import tomllib
except ImportError:  # Python before 3.11
    import tomli as tomllib

MATRIX = Path(__file__).resolve().parent.parent / "matrix.toml"

IMAGES = {"test": "build/ivm-test.iso", "shipped": "build/ivm-at-once.iso",
          "disc": "build/ivm.iso"}

# The kernels that a disc with driver images is made of.
KERNELS = {"test": "build/ivm-test.elf", "shipped": "build/ivm.elf"}
SAMPLES = ROOT / "drivers/wdm"


@dataclass
class Row:
    """One boot of one image on one machine; tests/matrix.toml says what each key means."""
    name: str
    reason: str
    image: str = "test"
    images: list = field(default_factory=list)
    infs: list = field(default_factory=list)
    claims: list = field(default_factory=list)
    machine: str = "q35"
    firmware: str = "bios"
    smp: int = 1
    memory: str = "256M"
    cpu: str = ""
    accel: str = ""
    edu: list = field(default_factory=lambda: [5, 7, 9, 13])
    cards: list = field(default_factory=list)
    args: str = ""
    peer: str = ""
    suites: list = field(default_factory=list)
    cmdline: str = ""
    status: int = 0  # of kernel/system/panic.h's enum, counted from its first
    says: list = field(default_factory=list)
    skips: list = field(default_factory=list)
    all_may_skip: bool = False
    timeout: int = 60
    long: bool = False

    def command_line(self):
        suites = f"suite={','.join(self.suites)}" if self.suites else ""
        return f"{suites} {self.cmdline}".strip()

    def chosen_images(self):
        """The driver images of the row, for tools/images.py: {image: [hardware ids]}."""
        infs = [SAMPLES / f"{name}.inf" for name in self.infs or self.images]
        return images.choose([ROOT / f"build/wdm/{name}.sys" for name in self.images],
                             [path for path in infs if path.exists()])

    def variables(self):
        """The row as tools/qemu reads it, from the environment."""
        return {"MACHINE": self.machine, "FIRMWARE": self.firmware, "SMP": str(self.smp),
                "MEM": self.memory, "CPU": self.cpu, "ACCEL": self.accel,
                "EDU": " ".join(map(str, self.edu)), "CARDS": " ".join(self.cards),
                "ARGS": self.args,
                "CMDLINE": self.command_line()}


def row_of(table):
    """One row, or ValueError with what is wrong with it."""
    unknown = set(table) - {each.name for each in fields(Row)}
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    row = Row(**table)
    if not row.reason.strip():
        raise ValueError(f"{row.name}: the row has no reason")
    if row.image not in IMAGES:
        raise ValueError(f"{row.name}: no such image: {row.image}")
    if row.images and row.image not in KERNELS:
        raise ValueError(f"{row.name}: the image {row.image} cannot have driver images")
    for name in row.images:
        if not (SAMPLES / f"{name}.c").exists():
            raise ValueError(f"{row.name}: no such driver image: {name}")
    for name in row.infs:
        if not (SAMPLES / f"{name}.inf").exists():
            raise ValueError(f"{row.name}: no such INF: {name}")
    for name in row.claims:
        if name not in row.images:
            raise ValueError(f"{row.name}: claims of {name}, which is not among its images")
    if row.peer and not peers.is_known(row.peer):
        raise ValueError(f"{row.name}: no such peer: {row.peer}")
    if not row.suites and not row.says and not row.claims:
        raise ValueError(f"{row.name}: nothing is asked of it: no suites, no says, no claims")
    return row


def rows_of(text):
    rows = [row_of(table) for table in tomllib.loads(text)["row"]]
    names = [row.name for row in rows]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name}: two rows have this name")
    return rows


def read_rows():
    return rows_of(MATRIX.read_text(encoding="utf-8"))
