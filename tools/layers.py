#!/usr/bin/env python3
"""layers.py: which room includes which, and what a file must not contain.

Prints one line for each breach and exits 1 when there is any. `make check` runs it.
"""

import re
import sys
from pathlib import Path, PurePosixPath

# What C11 promises a freestanding program: open to every room.
FREESTANDING = {"stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h",
                "stdint.h", "stdnoreturn.h", "limits.h", "float.h", "iso646.h"}

EVERY_ROOM = {"include/ivm", "include/hw", "kernel", "kernel/system", "kernel/wdm",
              "kernel/monitor", "arch/x86_64", "drivers", "boot", "tests", "machine"}

# Room: the rooms it may include, besides itself. "machine" is <machine/hot.h>: it lies in
# arch/, or in the host tests' stand-in, and belongs to the contract of kernel/.
MAY_INCLUDE = {
    "include/ivm": set(),
    "include/hw": set(),
    "kernel": {"include/ivm", "machine"},
    "kernel/system": {"include/ivm", "kernel", "machine"},
    "kernel/wdm": {"include/ivm", "kernel", "kernel/system", "machine"},
    "kernel/monitor": {"include/ivm", "kernel", "kernel/wdm", "machine"},
    "arch/x86_64": {"include/ivm", "include/hw", "kernel", "kernel/system", "kernel/wdm",
                    "machine"},
    "drivers": {"include/ivm", "include/hw"},
    "boot": EVERY_ROOM,
    "tests": EVERY_ROOM,
}

# Only these run as ordinary programs, with the C library and its headers.
HOSTED = ("tests/host/", "tests/fuzz/", "tests/model/")

# Built for Windows, with its headers: of the rules, only those about files are for them.
FOR_WINDOWS = ("drivers/wdm/", "tests/wdm/")

LONGEST_FILE = 400
CODE = (".c", ".h", ".S")
LOOKED_AT = CODE + (".py", ".sh", ".ld", ".cfg")
ROOTS = ("arch", "boot", "drivers", "include", "kernel", "tests", "tools", "linker.ld")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
COMMENT_OR_TEXT = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
ASSEMBLY = re.compile(r"\b(?:asm|__asm|__asm__)\b")
VOLATILE = re.compile(r"\bvolatile\b|\b__volatile__\b")
CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b", re.M)


def room_of(path):
    """The innermost room a file lies in, or None."""
    if path.startswith("arch/x86_64/machine/"):
        return "machine"
    folders = (str(folder) for folder in PurePosixPath(path).parents)
    return next((folder for folder in folders if folder in MAY_INCLUDE), None)


def lines_of(pattern, text):
    return [text.count("\n", 0, match.start()) + 1 for match in pattern.finditer(text)]


def code_of(text):
    """The text without comments and literals; every line stays where it was."""
    return COMMENT_OR_TEXT.sub(lambda match: " " + "\n" * match.group().count("\n"), text)


def target_of(path, quoted, name, tree):
    """The room that an #include of this file leads to, or None when there is no such."""
    if not quoted and name in FREESTANDING:
        return "freestanding"
    if name.startswith("machine/"):
        return "machine"
    beside = [str(PurePosixPath(path).parent)] if quoted else []
    for folder in beside + ["tests/host", "include", ".", "arch/x86_64"]:
        target = str(PurePosixPath(folder) / name)
        if target in tree:
            return room_of(target)
    return None


def arrows(path, text, tree):
    """a room includes only the rooms that the architecture lets it see"""
    if not path.endswith(CODE) or path.startswith(FOR_WINDOWS):
        return
    room = room_of(path)
    if room is None:
        yield 1, "lies in no room"
        return
    allowed = MAY_INCLUDE.get(room, {"include/hw"}) | {room, "freestanding"}
    for match in INCLUDE.finditer(text):
        quoted, name = match.group(1) == '"', match.group(2)
        target = target_of(path, quoted, name, tree)
        line = text.count("\n", 0, match.start()) + 1
        if target is None and not path.startswith(HOSTED):
            yield line, f"includes {name}, which lies in no room"
        elif target is not None and target not in allowed:
            yield line, f"{room} may not include {target} ({name})"


def volatiles(path, text, tree):
    """volatile appears in include/hw/mmio.h alone"""
    if path.endswith((".c", ".h")) and not path.startswith(
            ("include/hw/mmio.h", *FOR_WINDOWS)):
        # After `__asm__` the word says something else.
        code = re.sub(r"(__asm__\s*)volatile\b", r"\1        ", code_of(text))
        for line in lines_of(VOLATILE, code):
            yield line, "volatile; device memory is reached through include/hw/mmio.h"


def assembly(path, text, tree):
    """inline assembly appears in include/hw alone"""
    if path.endswith((".c", ".h")) and not path.startswith(("include/hw/", *FOR_WINDOWS)):
        for line in lines_of(ASSEMBLY, code_of(text)):
            yield line, "inline assembly; instructions are functions of include/hw"


def conditions(path, text, tree):
    """no .c file is compiled conditionally"""
    if path.endswith(".c"):
        for line in lines_of(CONDITIONAL, code_of(text)):
            yield line, "conditional compilation; a variant is a file or a table row"


def lengths(path, text, tree):
    """no file has more than 400 lines"""
    count = text.count("\n")
    if count > LONGEST_FILE:
        yield count, f"{count} lines; split it by subject"


def first_lines(path, text, tree):
    """line 1 of every C and assembly file names it and says what is in it"""
    start = f"/* {PurePosixPath(path).name}: "
    if path.endswith(CODE) and not text.startswith(start):
        yield 1, f"line 1 does not begin with `{start}`"


RULES = (arrows, volatiles, assembly, conditions, lengths, first_lines)


def breaches(rule, tree):
    """What breaks one rule in a tree, {path: text}: `path:line: what`."""
    return [f"{path}:{line}: {what}" for path in sorted(tree)
            for line, what in rule(path, tree[path], tree)]


def read_tree(root):
    """The files that the rules look at."""
    found = {}
    for name in ROOTS:
        start = root / name
        for path in [start] if start.is_file() else start.rglob("*"):
            relative = path.relative_to(root).as_posix()
            if path.is_file() and (path.suffix in LOOKED_AT
                                   or relative.startswith("tools/")):
                found[relative] = path.read_text(encoding="utf-8", errors="replace")
    return found


def main():
    tree = read_tree(Path(__file__).resolve().parent.parent)
    found = [breach for rule in RULES for breach in breaches(rule, tree)]
    for breach in found:
        print(breach)
    print(f"layers: {len(tree)} files, {len(found)} breaches")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
