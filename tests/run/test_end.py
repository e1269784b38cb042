"""test_end.py: the shipped kernel where nothing powers the machine off, as a real one."""

import os
import re
import signal
import subprocess
import time

import pytest

import ktap
from conftest import ROOT

LIMIT = 120  # seconds for the whole story

# The exit device is elsewhere: what the kernel writes reaches nothing.
QEMU = """#!/bin/sh
for word; do
    shift
    case $word in isa-debug-exit,*) word=isa-debug-exit,iobase=0x5f4,iosize=4 ;; esac
    set -- "$@" "$word"
done
exec "$REAL_QEMU" "$@"
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """What the kernel said until its last sentence, or until the limit."""
    place = tmp_path_factory.mktemp("end")
    program = place / "qemu"
    program.write_text(QEMU, encoding="utf-8")
    program.chmod(0o755)
    path = ROOT / "build/log/no-exit-device.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        machine = subprocess.Popen(["tools/qemu", "build/ivm-at-once.iso"], cwd=ROOT,
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   env={**os.environ, "QEMU": str(program),
                                        "REAL_QEMU": os.environ.get("QEMU")
                                        or "qemu-system-x86_64"},
                                   start_new_session=True)
        try:
            end = time.monotonic() + LIMIT
            while time.monotonic() < end and machine.poll() is None:
                if "the end: " in path.read_text(errors="replace"):
                    break
                time.sleep(0.2)
            said = ktap.kernel_lines(path.read_text(errors="replace"))
            return said, machine.poll()
        finally:
            if machine.poll() is None:
                os.killpg(machine.pid, signal.SIGKILL)
            machine.wait()


def test_a_machine_that_cannot_be_switched_off_says_that_it_may_be(log):
    said, ended = log
    assert ended is None
    assert [line for line in said if "switched off" in line] == [
        "the end: this machine can be switched off"]


def shape(record):
    """A record without its numbers and line breaks: these may differ from run to run."""
    return re.sub(r"0x[0-9a-f]+|\d+", "N", " ".join(record.split()))


def test_the_record_in_the_readme_is_what_the_kernel_prints(log):
    said, _ = log
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sample, = re.findall(r"^```\n(refused #1: .*?)^```", readme, re.M | re.S)
    printed = [line.partition("record ")[2] for line in said if "refused #1: " in line]
    assert [shape(record) for record in printed] == [shape(sample)]
