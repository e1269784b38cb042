"""peer_hotplug.py: the hand that plugs: does what the kernel asks of QEMU, by QMP.

The kernel says what it wants done as a line of its log, `peer: ` and a QMP command:

    peer: {"execute": "device_add", "arguments": {"driver": "edu", "id": "x", "bus": "rp1"}}

The next line is heard when QEMU has answered. A command that QEMU refuses fails the row.
"""

import json
import socket

SAYS = "peer: "
SECONDS = 20


class Refused(Exception):
    """QEMU's own words."""


class Peer:
    def __init__(self, folder):
        self.path = str(folder / "qmp")
        self.socket = self.replies = None

    def arguments(self):
        return ["-qmp", f"unix:{self.path},server=on,wait=off"]

    def hear(self, line):
        if line.startswith(SAYS):
            self.ask(json.loads(line[len(SAYS):]))

    def close(self):
        for each in (self.replies, self.socket):
            if each is not None:
                each.close()

    def ask(self, command):
        if self.socket is None:
            self.open()
        self.say(command)

    def open(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS)
        self.socket.connect(self.path)
        self.replies = self.socket.makefile()
        self.say({"execute": "qmp_capabilities"})

    def say(self, command):
        """One command, and its answer; the events and the greeting before it are nobody's."""
        self.socket.sendall(json.dumps(command).encode() + b"\n")
        for line in self.replies:
            reply = json.loads(line)
            if "error" in reply:
                raise Refused(f"{command}: {reply['error'].get('desc')}")
            if "return" in reply:
                self.judge(command, reply["return"])
                return
        raise Refused(f"{command}: QEMU closed the connection")

    @staticmethod
    def judge(command, answer):
        """A command of the human monitor says in words that it failed; it is silent otherwise, or
        says OK and what it did."""
        if command["execute"] == "human-monitor-command" and answer.strip() \
                and not answer.startswith("OK"):
            raise Refused(f"{command}: {answer.strip()}")
