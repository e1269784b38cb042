"""ivm_gdb.py: the gdb commands of tools/ivm.gdb, run inside gdb by its own Python."""

import re
from pathlib import Path

import gdb

KINDS = {0: "gsi", 1: "message", 2: "bare"}
TRIGGERS = {0: "edge", 1: "level"}
GATE = 16  # bytes


def value(expression):
    return gdb.parse_and_eval(expression)


def plain(atomic):
    """The value of an _Atomic member as one that can be followed."""
    return atomic.cast(atomic.type.unqualified())


def symbol(address):
    """The address with the function it lies in."""
    said = gdb.execute(f"info symbol {address:#x}", to_string=True)
    name = "?" if said.startswith("No symbol") else said.split(" in section")[0]
    return f"{address:#x} {name}"


def slot_table(cpu):
    """The slots of one CPU."""
    tables = value("'manager.c'::tables")
    if cpu >= int(value("'manager.c'::cpu_end")):
        raise gdb.GdbError(f"there is no CPU {cpu} in the manager (yet)")
    return tables["cpus"][cpu]["slots"]


def connections(source):
    """The connections of a source in connect order."""
    container = gdb.lookup_type("struct ivm_connection").pointer()
    node = plain(source["head"])
    while node:
        yield node.dereference()
        following = plain(node["node"]["next"])
        if following == source["end"].address:
            return
        node = following.cast(container)  # the node is the first member


def source_of(slot):
    pointer = plain(slot["source"])
    return pointer.dereference() if pointer else None


def number(text):
    return int(value(text))


class Vectors(gdb.Command):
    """ivm-vectors [CPU]: every vector in use, or that was ever delivered."""

    def __init__(self):
        super().__init__("ivm-vectors", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        cpu = number(argument or "0")
        table = slot_table(cpu)
        print("cpu vector level source        trigger delivered strays late owners")
        for vector in range(256):
            slot = table[vector]
            source = source_of(slot)
            counts = [int(slot[name]) for name in ("delivered", "strays", "late")]
            if source is not None or any(counts):
                self.show(cpu, vector, source, counts)

    def show(self, cpu, vector, source, counts):
        origin, trigger, owners = "-", "-", "-"
        if source is not None:
            identity = source["id"]
            origin = f"{KINDS[int(identity['kind'])]} {int(identity['number'])}"
            trigger = TRIGGERS[int(source["trigger"])]
            owners = ", ".join(each["request"]["owner"].string()
                               for each in connections(source))
        delivered, strays, late = counts
        print(f"{cpu:3}   0x{vector:02x} {vector >> 4:5} {origin:13} {trigger:7} "
              f"{delivered:9} {strays:6} {late:4} {owners}")


class Chain(gdb.Command):
    """ivm-chain VECTOR [CPU]: the connections of a vector in connect order."""

    def __init__(self):
        super().__init__("ivm-chain", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError("ivm-chain VECTOR [CPU]")
        slot = slot_table(number(words[1]) if len(words) > 1 else 0)[number(words[0])]
        print(f"dispatch {symbol(int(plain(slot['dispatch'])))}")
        source = source_of(slot)
        if source is None:
            print("nobody is connected")
            return
        for each in connections(source):
            print(f"#{int(each['number'])} {each['request']['owner'].string()}: "
                  f"{symbol(int(each['request']['routine']))}"
                  f"({int(each['request']['context']):#x}), "
                  f"claimed {int(each['node']['claimed'])}")


class Idt(gdb.Command):
    """ivm-idt: the gates of the IDT in use; a run of equal strides is one line."""

    def __init__(self):
        super().__init__("ivm-idt", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        registers = gdb.execute("monitor info registers", to_string=True)
        base, limit = re.search(r"IDT=\s+([0-9a-f]+)\s+([0-9a-f]+)", registers).groups()
        count = (int(limit, 16) + 1) // GATE
        gates = [self.gate(int(base, 16) + i * GATE) for i in range(min(count, 256))]
        print(f"{count} gates at 0x{base}")
        first = 0
        for vector in range(1, len(gates) + 1):
            if vector == len(gates) or not self.follows(gates, vector):
                self.show(gates, first, vector)
                first = vector

    def gate(self, address):
        """(target, selector, type and flags, stack) of one gate."""
        raw = gdb.selected_inferior().read_memory(address, GATE).tobytes()
        word = lambda at, size: int.from_bytes(raw[at:at + size], "little")
        target = word(0, 2) | word(6, 2) << 16 | word(8, 4) << 32
        return target, word(2, 2), raw[5], raw[4] & 7

    def follows(self, gates, vector):
        same = gates[vector][1:] == gates[vector - 1][1:]
        stride = gates[vector][0] - gates[vector - 1][0]
        return same and stride == gates[1][0] - gates[0][0]

    def show(self, gates, first, end):
        target, selector, flags, stack = gates[first]
        print(f"0x{first:02x}..0x{end - 1:02x}  {symbol(target)}  selector 0x{selector:02x}  "
              f"flags 0x{flags:02x}  IST {stack}")


class Redirection(gdb.Command):
    """ivm-redirection: the machine's own account of its I/O APICs (and the 8259 pair)."""

    def __init__(self):
        super().__init__("ivm-redirection", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        gdb.execute("monitor info pic")


class Log(gdb.Command):
    """ivm-log: what the kernel has said on its serial line."""

    def __init__(self):
        super().__init__("ivm-log", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(Path("build/log/debug.log").read_text(errors="replace"), end="")


for command in (Vectors, Chain, Idt, Redirection, Log):
    command()
