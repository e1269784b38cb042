"""test_host.py: every host test program, as each compiler built it."""

import os
import subprocess

import pytest

import ktap
from conftest import ROOT

PROGRAMS = sorted(path.stem for path in (ROOT / "tests/host").glob("test_*.c"))
HANG = 120  # seconds; no program here waits for anything

SETTINGS = {"CMOCKA_MESSAGE_OUTPUT": "TAP", "UBSAN_OPTIONS": "print_stacktrace=1",
            "ASAN_OPTIONS": "detect_stack_use_after_return=1"}


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_host(program, compiler, claims):
    log = ROOT / f"build/log/{program}-{compiler}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        try:
            status = subprocess.run([ROOT / f"build/host-{compiler}/{program}"],
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                    timeout=HANG, env={**os.environ, **SETTINGS},
                                    check=False).returncode
        except subprocess.TimeoutExpired:
            status = f"killed after {HANG} s"
    lines = log.read_text(errors="replace").splitlines()
    found = ktap.read(lines, plans=99, reasons_follow=True)
    found = ktap.judge_skips(found, allowed=[])
    failed = any(claim.verdict == ktap.FAILED for claim in found)
    if status != 0 and not failed:
        found.append(ktap.Claim("the program ends with status 0", ktap.FAILED,
                                f"{status}; {last_line(lines)}"))
    claims.enter(found)
    claims.close(f"log: {log}")


def last_line(lines):
    return f"last line: {lines[-1]!r}" if lines else "it said nothing"
