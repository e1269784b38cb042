"""test_sys.py: drivers for Windows that a person named: `make test SYS=a.sys INF=a.inf`.

Each must be loaded, or refused by name; the machine is the one that the person named, too.
"""

import os
import re

import images
import ktap
from conftest import ROOT
from matrix import KERNELS, Row
from test_guest import ROWS_OWN, boot, row_claims

CHOSEN = images.from_environment(os.environ)


class Asked(Row):
    """A row whose machine comes from the environment, as that of `make run` does."""

    def variables(self):
        own = {name: os.environ[name] for name in ROWS_OWN if name in os.environ}
        return {**super().variables(), **own, "CMDLINE": "run=images"}


def fate(name, said):
    """The claim that an image is loaded, or that the kernel says why not."""
    for line in said:
        if re.match(re.escape(name) + r" +(loaded|started) ", line):
            return ktap.Claim(f"{name} is loaded", ktap.PASSED)
        if match := re.match(re.escape(name) + ": refused: (.+)", line):
            return ktap.Claim(f"{name} is refused: {match.group(1)}", ktap.PASSED)
    return ktap.Claim(f"{name} is loaded, or refused by name", ktap.FAILED)


if CHOSEN:
    def test_the_named_drivers_are_loaded_or_refused_by_name(tmp_path, claims, record_property):
        log, disc = tmp_path / "log", tmp_path / "disc.iso"
        images.make(KERNELS["shipped"], disc, CHOSEN)
        row = Asked("sys", "a person asked", image="shipped")
        ended = boot(row, log, disc)
        text = log.read_text(errors="replace")
        (ROOT / "build/log/sys.log").write_text(text, encoding="utf-8")
        said = ktap.kernel_lines(text)
        fates = [fate(path.name, said) for path in CHOSEN]
        record_property("fates", [claim.name for claim in fates])
        claims.enter(list(row_claims(row, ended, said)) + fates)
        claims.close(f"log: build/log/sys.log, last line: {said[-1] if said else text[-200:]!r}")


def test_the_fate_of_an_image_is_read_from_what_the_kernel_says():
    said = ["a.sys: loaded at 0x1000, 4 KiB", "b.sys: refused: the image is not for x86-64",
            "a.sys        started   at 0x1000", "c_sys loaded ", "d.sys        unloaded  ", "xa.sys loaded "]
    names = [fate(name, said).name for name in ("a.sys", "b.sys", "c.sys", "d.sys")]
    assert names == ["a.sys is loaded", "b.sys is refused: the image is not for x86-64",
                     "c.sys is loaded, or refused by name", "d.sys is loaded, or refused by name"]
    assert [fate(name, said).verdict for name in ("b.sys", "c.sys")] == [ktap.PASSED, ktap.FAILED]
