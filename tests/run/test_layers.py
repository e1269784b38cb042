"""test_layers.py: the tree keeps the rules of tools/layers.py, and the rules can fail."""

import pytest

import layers
from conftest import ROOT


@pytest.mark.parametrize("rule", layers.RULES, ids=lambda rule: rule.__doc__)
def test_tree(rule):
    found = layers.breaches(rule, layers.read_tree(ROOT))
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def breaches(rule, files):
    return [line.partition(": ")[0] for line in layers.breaches(rule, files)]


@pytest.mark.parametrize("path, include", [
    ("kernel/chain.c", "<hw/cpu.h>"),
    ("kernel/chain.c", '"arch/x86_64/lapic.h"'),
    ("kernel/chain.c", '"../arch/x86_64/lapic.h"'),
    ("kernel/chain.c", '"lapic.h"'),
    ("kernel/chain.c", '"kernel/system/log.h"'),
    ("kernel/chain.c", "<string.h>"),
    ("kernel/monitor/table.c", "<hw/cpu.h>"),
    ("drivers/edu.c", '"kernel/slot.h"'),
    ("drivers/edu.c", '"arch/x86_64/lapic.h"'),
    ("drivers/edu.c", "<machine/hot.h>"),
    ("arch/x86_64/lapic.c", '"drivers/edu.h"'),
    ("include/ivm/status.h", "<hw/cpu.h>"),
    ("include/hw/mmio.h", "<ivm/status.h>"),
    ("tests/guest/edge.c", "<stdio.h>"),
    ("elsewhere/x.c", "<stdint.h>"),
])
def test_an_arrow_that_is_not_in_the_architecture_is_found(path, include):
    files = {"include/hw/cpu.h": "", "include/ivm/status.h": "", "kernel/slot.h": "",
             "kernel/system/log.h": "", "arch/x86_64/lapic.h": "", "drivers/edu.h": "",
             "arch/x86_64/machine/hot.h": ""}
    files[path] = f"/* x */\n#include {include}\n"
    assert f"{path}:{1 if path.startswith('elsewhere') else 2}" in breaches(
        layers.arrows, files)


@pytest.mark.parametrize("path, include", [
    ("kernel/chain.c", "<machine/hot.h>"),
    ("kernel/chain.c", "<stdint.h>"),
    ("kernel/chain.c", '"slot.h"'),
    ("arch/x86_64/lapic.c", '"kernel/slot.h"'),
    ("arch/x86_64/lapic.c", "<hw/cpu.h>"),
    ("drivers/edu.c", "<ivm/status.h>"),
    ("tests/host/test_x.c", "<cmocka.h>"),
    ("boot/main.c", '"drivers/edu.h"'),
    ("drivers/wdm/edu.c", "<wdm.h>"),
])
def test_an_arrow_of_the_architecture_is_let_through(path, include):
    files = {"include/hw/cpu.h": "", "include/ivm/status.h": "", "kernel/slot.h": "",
             "drivers/edu.h": "", path: f"#include {include}\n"}
    assert not breaches(layers.arrows, files)


@pytest.mark.parametrize("rule, path, text", [
    (layers.volatiles, "drivers/edu.c", "\nvolatile int x;\n"),
    (layers.volatiles, "include/hw/cpu.h", "\nextern volatile int x;\n"),
    (layers.assembly, "kernel/chain.c", '\n__asm__ volatile("cli");\n'),
    (layers.conditions, "kernel/chain.c", "\n#ifdef SMP\n"),
    (layers.conditions, "kernel/chain.c", "\n# if SMP\n"),
    (layers.first_lines, "kernel/chain.c", "/* link.c: a chain. */\n"),
    (layers.first_lines, "drivers/wdm/edu.c", "\n"),
])
def test_forbidden_contents_are_found(rule, path, text):
    assert len(breaches(rule, {path: text})) == 1


@pytest.mark.parametrize("rule, path, text", [
    (layers.volatiles, "kernel/chain.c", '/* volatile */ char *x = "volatile";\n'),
    (layers.volatiles, "include/hw/cpu.h", '__asm__ volatile("cli");\n'),
    (layers.volatiles, "include/hw/mmio.h", "volatile int x;\n"),
    (layers.volatiles, "drivers/wdm/edu.c", "volatile int x;\n"),
    (layers.assembly, "drivers/wdm/edu.c", '__asm__ volatile("cli");\n'),
    (layers.assembly, "include/hw/cpu.h", '__asm__ volatile("cli");\n'),
    (layers.conditions, "kernel/slot.h", "#ifndef KERNEL_SLOT_H\n"),
    (layers.first_lines, "kernel/chain.c", "/* chain.c: a chain. */\n"),
    (layers.lengths, "kernel/chain.c", "\n" * 400),
])
def test_permitted_contents_are_let_through(rule, path, text):
    assert not breaches(rule, {path: text})


def test_a_long_file_is_found():
    assert breaches(layers.lengths, {"kernel/chain.c": "\n" * 401}) == [
        "kernel/chain.c:401"]
