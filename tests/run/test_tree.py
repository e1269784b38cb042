"""test_tree.py: what rots unseen: mutants without their line, formatting, README's driver."""

import importlib.machinery
import importlib.util
import re
import subprocess

import pytest

from conftest import ROOT


def load(path):
    """A Python program of this tree, as a module."""
    loader = importlib.machinery.SourceFileLoader("loaded", str(ROOT / path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("loaded", loader))
    loader.exec_module(module)
    return module


mutants = load("tools/mutants")


def lost(listed, read):
    """The mutants of a list that would not change their file, `read(path)`, once."""
    found = []
    for mutant in listed:
        text = read(mutant["file"])
        if mutants.apply(mutant, text) in (None, text):
            found.append(f"{mutant['file']}: {mutant['line']}")
    return found


def test_every_mutant_finds_its_line_exactly_once():
    found = lost(mutants.read_mutants(), lambda path: (ROOT / path).read_text(encoding="utf-8"))
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("text, is_lost", [
    ("int a;\nint b;\n", False), ("int b;\n", True), ("int a;\n  int a;\n", True),
    ("int a, b;\n", True),
])
def test_a_mutant_without_its_line_is_found(text, is_lost):
    listed = [{"file": "x.c", "line": "int a;", "replacement": "int c;", "reason": ""}]
    assert bool(lost(listed, lambda path: text)) == is_lost


def lint_format(paths):
    return subprocess.run(["tools/lint", "format", *paths], cwd=ROOT, capture_output=True,
                          text=True, check=False)


def c_files():
    rooms = ("arch", "boot", "drivers", "include", "kernel", "tests")
    return sorted(str(path) for room in rooms for path in (ROOT / room).rglob("*.[ch]"))


def test_every_c_file_is_formatted():
    done = lint_format(c_files())
    if "not checked" in done.stdout:
        pytest.skip(done.stdout.strip())
    wrong = sorted(set(re.findall(r"^(\S+?):\d+", done.stderr, re.M)))
    if done.returncode:
        pytest.fail("\n".join(wrong) or done.stderr, pytrace=False)


def test_a_file_that_is_not_formatted_is_found(tmp_path):
    path = tmp_path / "x.c"
    path.write_text("int  a ;\n", encoding="utf-8")
    (tmp_path / ".clang-format").write_text((ROOT / ".clang-format").read_text())
    done = lint_format([str(path)])
    if "not checked" in done.stdout:
        pytest.skip(done.stdout.strip())
    assert done.returncode != 0


def kernel_flags():
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    value = dict(re.findall(r"^(warnings|kernel_flags) := (.*)$", text, re.M))
    return value["kernel_flags"].replace("$(warnings)", value["warnings"]).split()


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_driver_in_the_readme_compiles(tmp_path, compiler):
    blocks = re.findall(r"^```c\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"),
                        re.M | re.S)
    assert len(blocks) == 1 and "IVM_DRIVER" in blocks[0]
    path = tmp_path / "hello.c"
    path.write_text(blocks[0], encoding="utf-8")
    flags = [*kernel_flags(), "-iquote", "drivers"]  # where README says to put it
    done = subprocess.run([compiler, *flags, "-c", path, "-o", tmp_path / "hello.o"],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("image, seconds", [("ivm", 3), ("ivm-at-once", 0), ("ivm-test", 0)])
def test_the_menu_of_a_disc(tmp_path, image, seconds):
    extract(image, "/boot/grub/grub.cfg", tmp_path / "grub.cfg")
    text = (tmp_path / "grub.cfg").read_text(encoding="utf-8")
    assert re.findall(r"^set timeout=(.*)$", text, re.M) == [str(seconds)]
    assert re.findall(r'^menuentry "(.*)"', text, re.M) == ["IVM", "IVM, interactive"]
    assert "multiboot2 /boot/ivm.elf interactive\n" in text


def test_the_disc_holds_the_kernel_that_is_tested(tmp_path):
    for image in ("ivm", "ivm-at-once"):
        extract(image, "/boot/ivm.elf", tmp_path / image)
    kernel = (ROOT / "build/ivm.elf").read_bytes()
    assert (tmp_path / "ivm").read_bytes() == (tmp_path / "ivm-at-once").read_bytes() == kernel


def extract(image, path, out):
    subprocess.run(["xorriso", "-indev", ROOT / f"build/{image}.iso", "-osirrox", "on",
                    "-extract", path, out], capture_output=True, check=True)
