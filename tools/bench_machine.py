"""bench_machine.py: the machine of the bench: QEMU counting instructions."""

import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Slots with an edu that share one line on `pc`: eight devices, so that each of a chain can assert.
EDUS = (5, 6, 9, 10, 13, 14, 17, 18)

DONE = 33  # QEMU's status when the kernel says that all was as expected
HANG = 900  # seconds
ROOT = Path(__file__).resolve().parent.parent


def start(image, cpus, words, shift, *more):
    """QEMU on this disc, every instruction 2^shift ns of its clock, these words for the kernel. The
    file of those words is the caller's to remove: `machine.words`."""
    with tempfile.NamedTemporaryFile("w", prefix="ivm-bench.", delete=False) as file:
        file.write(words)
    variables = {"MACHINE": "pc", "SMP": str(cpus), "EDU": " ".join(map(str, EDUS)), "CARDS": "",
                 "ARGS": f"-icount shift={shift},sleep=off -rtc clock=vm,base=2026-01-01",
                 "CMDLINE": words, "CMDLINE_FILE": file.name}
    settings = {name: value for name, value in os.environ.items()
                if name not in ("CPU", "ACCEL", "MEM", "FIRMWARE", "SERIAL_LOG")}
    machine = subprocess.Popen(["tools/qemu", image, *more], cwd=ROOT, env=settings | variables,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    machine.words = Path(file.name)
    return machine


def end(machine):
    machine.kill()
    machine.communicate()
    machine.words.unlink(missing_ok=True)


def run(image, cpus, words, shift):
    """Boot to the end: QEMU's status, and what the kernel said."""
    machine = start(image, cpus, words, shift)
    try:
        said = machine.communicate(timeout=HANG)[0].decode(errors="replace")
        return machine.returncode, said
    except subprocess.TimeoutExpired:
        return "no end", "it hangs"
    finally:
        end(machine)


def runs(image, rows, shift):
    """Several boots at once: [(CPUs, status, what was said)] for rows of (CPUs, groups)."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda row: (row[0], *run(image, row[0], f"bench={row[1]}", shift)),
                             rows))


def symbols(elf):
    """{name: address} of a program."""
    said = subprocess.run(["nm", elf], check=True, capture_output=True, text=True).stdout
    return {name: int(address, 16) for address, _, name in
            (line.split() for line in said.splitlines() if len(line.split()) == 3)}
