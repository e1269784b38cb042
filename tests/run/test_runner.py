"""test_runner.py: what a machine does at its end is told apart, with a machine of shell."""

import os
import re
import subprocess
import sys
import textwrap

import pytest

import test_guest
from conftest import ROOT
from ktap import FAILED, PASSED
from matrix import IMAGES, Row


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Make a QEMU that runs this shell script, and an image for it to ignore."""
    def make(script):
        program = tmp_path / "machine"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        image = tmp_path / "image"
        image.write_text("", encoding="utf-8")
        monkeypatch.setenv("QEMU", str(program))
        monkeypatch.setenv("SERIAL_LOG", str(tmp_path / "serial.log"))
        monkeypatch.setitem(IMAGES, "test", str(image))
        return str(image)
    return make


# The machine's serial port gets a line of the kernel.
SAYS_SOMETHING = 'echo "ivm| hello" >"$SERIAL_LOG"'


def run(image, **variables):
    return subprocess.run(["tools/run", image], cwd=ROOT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False,
                          env={**os.environ, **variables})


@pytest.mark.parametrize("status, ends, words", [
    (33, 0, ""),
    (0, 1, "reset or switched off without a verdict"),
    (35, 1, "an expectation, a command or a test"),
    (37, 1, "an exception or a panic"),
    (1, 1, "status 1, which the kernel never asks for"),
    (3, 1, "status 3, which the kernel never asks for"),
])
def test_each_status_of_qemu_has_its_sentence(machine, status, ends, words):
    done = run(machine(f"{SAYS_SOMETHING}; exit {status}"))
    assert done.returncode == ends
    assert words in done.stderr and bool(words) == bool(done.stderr)
    assert "never reached" not in done.stderr


def test_a_machine_that_does_not_start_is_a_failure(machine):
    done = run(machine("exit 1"))
    assert done.returncode == 1
    assert "status 1, which the kernel never asks for" in done.stderr
    assert "the machine never reached the kernel" in done.stderr


@pytest.mark.parametrize("variable, value", [
    ("ARGS", "-device nosuch"), ("CPU", "nosuch"), ("ACCEL", "nosuch"), ("MEM", "90000000G"),
])
def test_what_qemu_itself_refuses_is_a_failure(tmp_path, variable, value):
    image = tmp_path / "image"
    image.write_text("", encoding="utf-8")
    done = run(str(image), SERIAL_LOG=str(tmp_path / "serial.log"), **{variable: value})
    assert done.returncode == 1
    assert "the machine never reached the kernel" in done.stderr


@pytest.mark.parametrize("value", ["abc", "0", "1x"])
def test_a_time_that_is_none_is_named(machine, value):
    done = run(machine("echo runs; exit 33"), TIMEOUT=value)
    assert done.returncode == 1
    assert f"TIMEOUT={value} is not a number of seconds" in done.stderr
    assert "runs" not in done.stdout


def test_a_run_that_hangs_is_ended_and_named(machine):
    done = run(machine("exec sleep 60"), TIMEOUT="1")
    assert done.returncode == 1
    assert "no end after 1 s: the kernel hangs" in done.stderr


@pytest.mark.parametrize("variable, value", [
    ("MACHINE", "isapc"), ("FIRMWARE", "efi"), ("SMP", "0"), ("SMP", "two"), ("MEM", "M"),
    ("MEM", "1T"), ("CPU", "max;"), ("QEMU", "/nowhere/qemu"), ("EDU", "32"), ("EDU", "x"),
    ("CARDS", "rocker;x"),
])
def test_a_bad_value_of_a_variable_is_named_before_anything_runs(machine, variable, value):
    image = machine("echo the machine runs; exit 33")
    done = run(image, **{variable: value})
    assert done.returncode == 1
    assert f"{variable}={value}" in done.stderr and "runs" not in done.stdout


def test_another_qemu_that_is_not_there_installs_nothing():
    done = subprocess.run(["tools/setup", "run"], cwd=ROOT, capture_output=True, text=True,
                          check=False, env={**os.environ, "QEMU": "/nope", "SETUP": "no"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_any_characters_of_the_command_line_reach_the_machine(machine):
    text = """run=a,b;c "d e" 'f' $HOME `g` \\ %s, x=1"""
    image = machine('for word; do case $word in name=opt/ivm/cmdline,file=*)'
                    ' cat "${word#*,file=}" ;; esac; done; exit 33')
    assert run(image, CMDLINE=text).stdout == text


def test_slots_are_decimal_though_qemu_reads_hexadecimal(machine):
    done = run(machine('echo "$@"; exit 33'), EDU="9 13")
    assert "-device edu,addr=9 -device edu,addr=d" in done.stdout


def test_the_cards_of_a_machine_are_two_or_those_that_are_named(machine):
    image = machine('echo "$@"; exit 33')
    default = run(image).stdout
    assert "-device e1000e,addr=0x15,romfile= -device rocker,addr=0x16 " in default
    named = run(image, CARDS="nvme rocker,addr=4").stdout
    assert "-device nvme -device rocker,addr=4 " in named and "e1000e" not in named
    assert "rocker" not in run(image, CARDS="").stdout


def test_a_row_that_hangs_is_killed_with_all_its_processes(machine, tmp_path):
    machine("sleep 61 & echo 'ivm| 1..1'; wait")
    log = tmp_path / "log"
    ended = test_guest.boot(Row("r", "why", suites=["x"], timeout=1), log)
    assert ended == "hangs: killed after 1 s"
    assert log.read_text() == "ivm| 1..1\n"


@pytest.fixture
def peer(tmp_path, monkeypatch):
    """Make a peer `test` with this body; what it writes to its book, a list of lines."""
    def make(body):
        book = tmp_path / "book"
        (tmp_path / "peer_test.py").write_text(
            "class Peer:\n"
            "    def __init__(self, folder): self.folder = folder\n"
            "    def arguments(self): return []\n"
            "    def hear(self, line): self.write(line)\n"
            "    def close(self): pass\n"
            "    def write(self, line):\n"
            f"        with open({str(book)!r}, 'a') as out: print(line, file=out)\n"
            + textwrap.indent(textwrap.dedent(body), "    "), encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "peer_test", raising=False)
        return lambda: book.read_text(encoding="utf-8").splitlines()
    return make


def with_peer(tmp_path, timeout=10):
    """Boot a row that has the peer; how it ended."""
    return test_guest.boot(Row("r", "why", suites=["x"], peer="test", timeout=timeout),
                           tmp_path / "log")


def test_a_peer_hears_the_kernel_while_it_runs_and_its_arguments_reach_the_machine(
        machine, peer, tmp_path):
    # The machine goes on only when it was heard.
    heard = peer("""
        def arguments(self): return ["-peer", str(self.folder / "a")]
        def hear(self, line): (self.folder / "a").touch(); self.write(line)
        def close(self): self.write(f"closed {len(str(self.folder)) < 60}")
        """)
    machine('echo firmware; echo "ivm| one $1"; while [ "$1" != -peer ]; do shift; done; '
            'until [ -e "$2" ]; do sleep 0.01; done; echo "ivm| two"; exit 33')

    assert with_peer(tmp_path) == 33

    assert heard() == ["one -machine", "two", "closed True"]
    assert (tmp_path / "log").read_text() == "firmware\nivm| one -machine\nivm| two\n"


@pytest.mark.parametrize("method", [
    "__init__(self, folder)", "arguments(self)", "hear(self, line)", "close(self)"])
def test_what_a_peer_raises_fails_its_row_at_once(machine, peer, tmp_path, method):
    peer(f'def {method}: raise KeyError("lost")')
    machine("echo 'ivm| 1..1'; " + ("exit 33" if "close" in method else "exec sleep 60"))

    ended = with_peer(tmp_path, timeout=20)

    assert ended.endswith("the peer test: KeyError: 'lost'")
    assert "hangs" not in ended
    assert next(test_guest.row_claims(Row("r", "why"), ended, [])).verdict == FAILED


def test_a_folder_of_a_peer_is_gone_after_the_run(machine, peer, tmp_path):
    heard = peer("""
        def close(self): (self.folder / "left").touch(); self.write(self.folder)
        """)
    machine("exit 33")
    with_peer(tmp_path)
    folder, = heard()
    assert not os.path.exists(folder)


def test_a_row_ends_with_the_status_it_names_and_no_other():
    row = Row("r", "why", status=2, says=["#PF"])
    verdicts = [claim.verdict for claim in test_guest.row_claims(row, 37, ["a #PF b"])]
    assert verdicts == [PASSED, PASSED]
    for ended in (0, 1, 2, 5, 33, 35, -9, "hangs"):
        assert next(test_guest.row_claims(row, ended, [])).verdict == FAILED


def test_strings_that_a_row_asks_for_must_come_from_the_kernel():
    row = Row("r", "why", says=["#PF"])
    assert list(test_guest.row_claims(row, 33, ["nothing"]))[1].verdict == FAILED


def test_a_row_whose_machine_does_not_start_fails(machine, tmp_path):
    machine("exit 1")
    row = Row("r", "why", suites=["x"])
    ended = test_guest.boot(row, tmp_path / "log")
    assert next(test_guest.row_claims(row, ended, [])).verdict == FAILED


def test_the_statuses_are_those_of_the_kernel():
    header = (ROOT / "kernel/system/panic.h").read_text(encoding="utf-8")
    codes = re.findall(r"IVM_EXIT_(\w+) = (\w+)", header)
    assert [(name, int(code, 0) - test_guest.EXIT_DONE) for name, code in codes] == [
        ("DONE", 0), ("FAILED", 1), ("PANIC", 2)]
