"""peers.py: who takes part in a run from outside the machine: a server, a hand that plugs.

A row of the matrix names its peer; tests/run/peer_NAME.py has a class Peer:

    Peer(folder)   made before the machine starts. The folder (a Path) is empty, its name is
                   short enough for sockets (107 bytes), and it is gone after the run
    arguments()    more arguments for QEMU: a list of strings
    hear(line)     a line the kernel has just said, without its `ivm| `; in a thread of its own,
                   which reads nothing more of the machine before this returns
    close()        the machine has ended

What any of them raises fails the row; the machine is ended at once, not waited for. A thread of
the peer's own hands on what went wrong by letting one of them raise it.
"""

import contextlib
import importlib
import importlib.util
import tempfile
from pathlib import Path

from ktap import kernel_lines


def is_known(name):
    return name.isidentifier() and importlib.util.find_spec(f"peer_{name}") is not None


class Attended:
    """A peer at work, or nobody; `failure` is what it raised first, as a sentence."""

    def __init__(self, name, folder):
        self.name = name
        self.peer = None
        self.failure = ""
        if name:
            self.peer = self.guarded(importlib.import_module(f"peer_{name}").Peer, folder)

    def guarded(self, call, *arguments):
        if self.failure:
            return None
        try:
            return call(*arguments)
        except Exception as error:  # whatever it is, it is the row's failure
            self.failure = f"the peer {self.name}: {type(error).__name__}: {error}"
            return None

    def arguments(self):
        return (self.peer and self.guarded(self.peer.arguments)) or []

    def listen(self, machine, out, end):
        """Copy what the machine says to `out`, let the peer hear it; `end` it when that fails."""
        for raw in machine.stdout:
            out.write(raw)
            out.flush()
            if self.peer is None or self.failure:
                continue
            for said in kernel_lines(raw.decode(errors="replace")):
                self.guarded(self.peer.hear, said)
            if self.failure:
                end(machine)

    def close(self):
        if self.peer is not None:
            failure, self.failure = self.failure, ""
            self.guarded(self.peer.close)
            self.failure = failure or self.failure


@contextlib.contextmanager
def attended(name):
    """The peer with this name while the machine runs; nobody for an empty one."""
    # Not where TMPDIR says, which may be deep: sockets need short names.
    with tempfile.TemporaryDirectory(prefix="ivm-", dir="/tmp") as folder:
        peer = Attended(name, Path(folder))
        try:
            yield peer
        finally:
            peer.close()
