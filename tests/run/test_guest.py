"""test_guest.py: every row of the matrix: boot it, read what the kernel said, judge."""

import contextlib
import os
import signal
import subprocess
import threading

import images
import ktap
import peers
from conftest import ROOT
from matrix import IMAGES, KERNELS, read_rows

# What a person may set for `make run` is the row's own to say here.
ROWS_OWN = ("MACHINE", "FIRMWARE", "SMP", "MEM", "CPU", "ACCEL", "EDU", "CARDS", "ARGS",
            "CMDLINE")

EXIT_DONE = 0x10  # kernel/system/panic.h: none of its codes makes a status of QEMU's own


def slow_first(row):
    return (row.firmware != "uefi", row.name)


def pytest_generate_tests(metafunc):
    wanted = [row for row in sorted(read_rows(), key=slow_first)
              if metafunc.config.option.long or not row.long]
    metafunc.parametrize("row", wanted, ids=[row.name for row in wanted])


def test_guest(row, claims):
    log = ROOT / f"build/log/{row.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with disc_of(row) as disc:
        ended = boot(row, log, disc)
    text = log.read_text(errors="replace")
    said = ktap.kernel_lines(text)
    if row.suites:
        claims.enter(ktap.judge_skips(ktap.read(said), row.skips, row.all_may_skip))
    for name in row.claims:
        own = ktap.lines_of(said, f"{name}.sys")
        claims.enter(ktap.judge_skips(ktap.read(own), row.skips, row.all_may_skip))
    claims.enter(row_claims(row, ended, said))
    claims.close(f"log: {log}, last line: {said[-1] if said else text[-200:]!r}")


@contextlib.contextmanager
def disc_of(row):
    """The row's disc; one with driver images of its own is there as long as it is used."""
    if not row.images:
        yield IMAGES[row.image]
        return
    disc = ROOT / f"build/log/{row.name}.iso"
    images.make(KERNELS[row.image], disc, row.chosen_images())
    try:
        yield disc
    finally:
        disc.unlink()


def boot(row, log, disc=None):
    """Run QEMU to its end; its exit status, or a sentence when it hung or its peer failed."""
    settings = {name: value for name, value in os.environ.items() if name not in ROWS_OWN}
    settings.update(row.variables(), CMDLINE_FILE=f"build/log/{row.name}.cmdline")
    with log.open("wb") as out, peers.attended(row.peer) as peer:
        more = peer.arguments()
        if peer.failure:
            return peer.failure
        machine = subprocess.Popen(["tools/qemu", disc or IMAGES[row.image], *more],
                                   cwd=ROOT, stdin=subprocess.DEVNULL, env=settings,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        listener = threading.Thread(target=peer.listen, args=(machine, out, end))
        listener.start()
        try:
            ended = machine.wait(row.timeout)
        except subprocess.TimeoutExpired:
            ended = f"hangs: killed after {row.timeout} s"
        finally:
            end(machine)
            listener.join()
    return f"{ended}; {peer.failure}" if peer.failure else ended


def end(machine):
    with contextlib.suppress(ProcessLookupError):  # it may end by itself meanwhile
        if machine.poll() is None:
            os.killpg(machine.pid, signal.SIGKILL)
    machine.wait()


def row_claims(row, ended, said):
    """How it ended, and every string it had to say."""
    wanted = (EXIT_DONE + row.status) * 2 + 1  # as isa-debug-exit makes it
    held = ended == wanted
    yield ktap.Claim(f"it ends with status {row.status}",
                     ktap.PASSED if held else ktap.FAILED,
                     "" if held else f"QEMU: {ended}, not {wanted}")
    text = "\n".join(said)
    for words in row.says:
        yield ktap.Claim(f"it says {words!r}", ktap.PASSED if words in text else ktap.FAILED)
