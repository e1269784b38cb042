"""test_wdm_layout.py: every size, offset and constant that the kernel shares with drivers is the DDK's.

tests/wdm/layout.h lists them. It is compiled once with our headers, as the kernel is, and
once with the DDK's, as drivers are; what the two object files hold is compared. And the
list is complete: every structure, member and constant of our headers is in it, or named
below with its reason.
"""

import re
import shutil
import struct
import subprocess

import pytest

from conftest import ROOT

MINGW = "x86_64-w64-mingw32-"
needs_mingw = pytest.mark.skipif(shutil.which(MINGW + "gcc") is None,
                                 reason="no mingw (gcc-mingw-w64-x86-64) on this machine")

OURS = ["-std=c11", "-ffreestanding", "-Iinclude", "-Iarch/x86_64", "-I."]
THEIRS = ["-std=gnu11", "-DNTDDI_VERSION=0x06020000", "-D_WIN32_WINNT=0x0602", "-I.",
          "-isystem", "/usr/x86_64-w64-mingw32/include/ddk"]
RECORD = struct.Struct("<176sQQ")

# In our headers, and not in these DDK headers to compare with.
NOWHERE_ELSE = {
    "NT_CONNECT_MESSAGE_BASED_PASSIVE": "Windows 8's: the value of its documentation",
    "NT_VECTOR_ALREADY_CONNECTED": "NTSTATUS_FROM_WIN32(763), computed",
    "NT_DPC_TYPE": "inside the object: no DDK header names it",
    "NT_DPC_TARGETED": "ours, inside the object",
    "NT_MUTANT": "inside the object", "NT_SEMAPHORE": "inside the object",
    "NT_NOTIFICATION_TIMER": "inside the object",
    "NT_SYNCHRONIZATION_TIMER": "inside the object",
}


def records(tmp_path, prefix, flags, source):
    """What an object file says: {name: (place, size)}; names in their order."""
    made, raw = tmp_path / "x.o", tmp_path / "x.bin"
    subprocess.run([prefix + "gcc", *flags, "-Wall", "-Wextra", "-Werror", "-c", source,
                    "-o", made], cwd=ROOT, check=True)
    subprocess.run([prefix + "objcopy", "-O", "binary", "-j", "layout", made, raw], check=True)
    data = raw.read_bytes()
    data = data[:len(data) // RECORD.size * RECORD.size]  # a section is padded
    found = {}
    for name, place, size in RECORD.iter_unpack(data):
        if name.strip(b"\0"):
            found[name.rstrip(b"\0").decode()] = (place, size)
    return found


def differing(ours, theirs):
    return [f"{name}: ours {ours.get(name)}, theirs {theirs.get(name)}"
            for name in ours | theirs if ours.get(name) != theirs.get(name)]


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return records(tmp_path_factory.mktemp("ours"), "", OURS, "tests/wdm/layout_ours.c")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    return records(tmp_path_factory.mktemp("theirs"), MINGW, THEIRS,
                   "tests/wdm/layout_theirs.c")


@needs_mingw
def test_every_layout_is_the_ddks(ours, theirs):
    wrong = differing(ours, theirs)
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@needs_mingw
def test_a_few_numbers_are_those_of_the_documentation(theirs):
    """The comparison is not of nothing with nothing."""
    assert len(theirs) > 250
    assert theirs["struct nt_irp IRP"] == (0, 208)
    assert theirs["struct nt_fully_specified.mode FULLY.InterruptMode"] == (52, 4)
    assert theirs["NT_NOT_FOUND STATUS_NOT_FOUND"] == (0xC0000225, 0)


def test_a_difference_is_found():
    one, other = {"a": (0, 4), "b": (4, 4)}, {"a": (0, 4), "b": (8, 4)}
    assert differing(one, other) == ["b: ours (4, 4), theirs (8, 4)"]
    assert differing(one, {"a": (0, 4)}) == ["b: ours (4, 4), theirs None"]


# ---- is the list complete? ---------------------------------------------------------------

COMMENT = re.compile(r"/\*.*?\*/", re.S)


def body_at(text, start):
    """The text between the brace at `start` and its partner, and where it ends."""
    depth = 0
    for i in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return text[start + 1:i], i + 1
    raise ValueError("a brace without a partner")


def members(body):
    """The members of a structure, those of nameless ones inside it as its own."""
    found, at = [], 0
    while at < len(body):
        brace, semicolon = body.find("{", at), body.find(";", at)
        if semicolon < 0:
            break
        if 0 <= brace < semicolon:
            inner, end = body_at(body, brace)
            semicolon = body.find(";", end)
            name = re.sub(r"__attribute__\s*\(\(.*\)\)", "", body[end:semicolon]).strip()
            found += [f"{name}.{each}" if name else each for each in members(inner)]
        else:
            declared = re.sub(r"\[[^]]*\]", "", body[at:semicolon])
            found += [re.findall(r"\w+", each)[-1] for each in declared.split(",")]
        at = semicolon + 1
    return found


def shared(text):
    """What a header shares with drivers: names as layout.h has them before the blank."""
    text = COMMENT.sub(" ", text)
    for match in re.finditer(r"\bstruct (nt_\w+)\s*(?=\{)", text):
        yield f"struct {match.group(1)}"
        body, _ = body_at(text, match.end())
        for name in members(body):
            if not name.startswith("reserved"):
                yield f"struct {match.group(1)}.{name}"
    for match in re.finditer(r"\benum\b[^;{]*(?=\{)", text):
        body, _ = body_at(text, match.end())
        yield from re.findall(r"\bNT_\w+(?=\s*(?:=|,|$))", body)
    yield from re.findall(r"static const \w+ (NT_\w+)", text)
    _, _, statuses = text.partition("define NT_STATUS_LIST(")
    yield from (f"NT_{name}" for name in re.findall(r"^\s*X\((\w+),\s*0x", statuses, re.M))


def headers():
    return {path.name: path.read_text(encoding="utf-8")
            for path in sorted((ROOT / "kernel/wdm").glob("*.h"))}


def test_nothing_that_is_shared_is_missing_from_the_list(ours):
    listed = {name.split(" ")[0] if not name.startswith("struct ")
              else " ".join(name.split(" ")[:2]) for name in ours}
    missing = [f"{header}: {name}" for header, text in headers().items()
               for name in shared(text)
               if name not in listed and name not in NOWHERE_ELSE]
    if missing:
        pytest.fail("\n".join(missing), pytrace=False)


def test_the_reader_of_headers_sees_what_is_there():
    found = list(shared("""
        enum nt_kind { NT_ONE, NT_TWO = 2, /* NT_OLD, */ };
        struct nt_thing { /* struct nt_old { int x; } */
            uint8_t kind, reserved[3]; int *at[4];
            union { int a; struct { int b; } inner; } __attribute__((aligned(8)));
            void *_Atomic queue;
        };
        static const nt_status NT_THREE = 3;
        #define NT_STATUS_LIST(X) \\
            X(FOUR,  0x00000004)
        struct nt_elsewhere;"""))
    assert found == [
        "struct nt_thing", "struct nt_thing.kind", "struct nt_thing.at", "struct nt_thing.a",
        "struct nt_thing.inner.b", "struct nt_thing.queue",
        "NT_ONE", "NT_TWO", "NT_THREE", "NT_FOUR"]


def test_what_is_excused_exists():
    names = {name for text in headers().values() for name in shared(text)}
    assert set(NOWHERE_ELSE) <= names
