"""bench_steps.py: a machine walked through, instruction by instruction, by QEMU's gdb port."""

import re
import socket
import tempfile
import time
from pathlib import Path

import bench_machine

SHIFT = 6  # of -icount: what waits for time is soon over
LONGEST = 20000  # instructions: a bound for what has no end
RIP, RDI = 16, 5  # gdb's numbers of registers


class Gdb:
    """QEMU's end of gdb's remote protocol, as far as it takes to step."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        self.socket.connect(str(path))
        self.rest = b""

    def ask(self, command):
        self.socket.sendall(b"$%s#%02x" % (command.encode(), sum(command.encode()) % 256))
        while True:
            whole = re.search(rb"\$([^#]*)#..", self.rest, re.S)
            if whole:
                self.rest = self.rest[whole.end():]
                self.socket.sendall(b"+")
                return whole.group(1).decode()
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self.rest += more

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    def text(self, address):
        said = self.ask(f"m{address:x},30")
        found = b"" if said.startswith("E") else bytes.fromhex(said)
        return found.split(b"\0")[0].decode("ascii", "replace")


def is_stub(address, at):
    """Whether an interrupt enters here: 256 stubs of 16 bytes."""
    offset = address - at["entry_stubs"]
    return 0 <= offset < 256 * 16 and offset % 16 == 0


def events(gdb, at, wanted):
    """Each event traced that is wanted: its name, and where every instruction lay."""
    gdb.ask("qSupported")
    gdb.ask("qXfer:features:read:target.xml:0,ffb")  # only who has read it may read registers
    gdb.ask("Qqemu.sstep=1")  # stepping leaves interrupts and timers on
    gdb.ask(f"Z0,{at['bench_trace_begin']:x},1")
    while True:
        try:
            if gdb.ask("c")[0] != "T":
                return  # the machine has ended
        except (EOFError, ConnectionError):
            return
        # What the loader executes at that address has no such name.
        name = gdb.text(gdb.register(RDI))
        gdb.ask("s")
        if not name.startswith(tuple(wanted)):
            continue
        where = []
        while (not where or where[-1] != at["bench_trace_end"]) and len(where) < LONGEST:
            gdb.ask("s")
            where.append(gdb.register(RIP))
            # An interrupt comes before what would have been executed next.
            if len(where) > 1 and is_stub(where[-1], at):
                del where[-2]
        yield name, where


def of_event(name, where, at):
    """The part that the figure counts: between the raise and the return to what was interrupted, or
    of the call without CALL and the last RET."""
    if name.endswith(".path"):
        return where[where.index(at["bench_raised"]) + 1:where.index(at["bench_interrupted"])]
    return where[where.index(at["bench_call_made"]) + 1:where.index(at["bench_call_over"]) - 1]


def walk(image, elf, cpus, wanted):
    """Step through the events of the group `trace` whose names begin with one of `wanted`; the
    first CPU steps, the others run as they please. Returns {name: addresses of what the event
    counts}, and all that the kernel said."""
    at = bench_machine.symbols(elf)
    with tempfile.TemporaryDirectory() as folder:
        port = Path(folder) / "gdb"
        machine = bench_machine.start(image, cpus, "bench=trace", SHIFT,
                                      "-S", "-gdb", f"unix:path={port},server=on,wait=off")
        try:
            for _ in range(200):
                if port.exists():
                    break
                time.sleep(0.05)
            found = {name: of_event(name, where, at)
                     for name, where in events(Gdb(port), at, wanted)}
            said = machine.communicate(timeout=bench_machine.HANG)[0]
            return found, said.decode(errors="replace")
        finally:
            bench_machine.end(machine)
