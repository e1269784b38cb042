"""test_images.py: driver images on a disc: which, for what devices, and what becomes of them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import images
import ktap
import test_guest
from conftest import ROOT
from matrix import Row, row_of

INF = r"""[Version]
Signature = "$WINDOWS NT$"
[Manufacturer]
Maker = Models, NTamd64
[Models.NTamd64]
Device = Install, PCI\VEN_1234&DEV_11E8, *PNP0501
[Install]
CopyFiles = @Edu.sys
[Install.Services]
AddService = edu, 2, Service
[Service]
ServiceBinary = %12%\Edu.sys
"""
IDS = ["PCI\\VEN_1234&DEV_11E8", "*PNP0501"]


@pytest.fixture
def folder(tmp_path):
    """Three empty images, and an INF for one of them in a folder of its own."""
    for name in ("edu.sys", "other.sys", "third.SYS"):
        (tmp_path / name).touch()
    (tmp_path / "infs").mkdir()
    (tmp_path / "infs/edu.inf").write_text(INF, encoding="utf-8")
    return tmp_path


def chosen(folder, sys="", inf="", hwid=""):
    found = images.choose([folder / each for each in sys.split()],
                          [folder / each for each in inf.split()], hwid)
    return {path.name: ids for path, ids in found.items()}


def test_images_come_in_the_order_in_which_they_are_named(folder):
    assert list(chosen(folder, "third.SYS edu.sys")) == ["third.SYS", "edu.sys"]


def test_an_inf_says_what_its_image_is_for_whatever_the_letters(folder):
    assert chosen(folder, "other.sys edu.sys", "infs/edu.inf") == {"other.sys": [],
                                                                   "edu.sys": IDS}


def test_an_image_beside_its_inf_needs_no_name(folder):
    (folder / "infs/EDU.SYS").touch()
    assert chosen(folder, "", "infs/edu.inf") == {"EDU.SYS": IDS}


def test_ids_on_the_command_line_replace_those_of_an_inf(folder):
    assert chosen(folder, "other.sys", hwid="A,B") == {"other.sys": ["A", "B"]}
    assert chosen(folder, "edu.sys", "infs/edu.inf", "A") == {"edu.sys": ["A"]}


@pytest.mark.parametrize("sys, inf, hwid, complaint", [
    ("none.sys", "", "", "there is no .*none.sys"),
    ("edu.sys infs/../edu.sys", "", "", "two images are called edu.sys"),
    ("infs/edu.inf", "", "", "edu.inf is no name of an image"),
    ("edu.sys", "none.inf", "", "none.inf: No such file"),
    ("other.sys", "infs/edu.inf", "", "edu.inf names Edu.sys, which is neither"),
    ("edu.sys other.sys", "", "A", "HWID= is for one image, and there are 2"),
    ("edu.sys", "", "A'B", "no hardware id"),
    ("edu.sys", "", "A,,B", "no hardware id"),
    ("edu.sys", "", "A B", "no hardware id"),
    ("edu.sys", "", "x" * 64, "no hardware id"),
    ("edu.sys", "", ",".join(["A"] * 33), "is for 33 hardware ids; 32 is the limit"),
    ("edu.sys", "edu.sys", "", "edu.sys:1: "),
])
def test_what_cannot_be_is_refused_by_name(folder, sys, inf, hwid, complaint):
    with pytest.raises(images.Refused, match=complaint):
        chosen(folder, sys, inf, hwid)


def test_the_limits_are_those_of_the_kernel():
    text = (ROOT / "kernel/wdm/image.h").read_text(encoding="utf-8")
    limit, size = re.search(r"WDM_PATTERN_LIMIT = (\d+), WDM_PATTERN_SIZE = (\d+)", text).groups()
    assert (images.IDS_LIMIT, images.ID_LIMIT) == (int(limit), int(size) - 1)
    name = "x" * 19 + ".sys"
    assert images.NAME.fullmatch(name) and not images.NAME.fullmatch("x" + name)
    header = (ROOT / "include/ivm/interrupt.h").read_text(encoding="utf-8")
    assert int(re.search(r"IVM_NAME_SIZE = (\d+)", header).group(1)) == len(name) + 1


def test_the_program_says_what_is_wrong_and_makes_nothing(folder):
    done = subprocess.run(["tools/images.py", "kernel", folder / "iso"], cwd=ROOT, text=True,
                          capture_output=True, check=False, env={**os.environ, "SYS": "no.sys"})
    assert (done.returncode, done.stderr) == (1, "images: there is no no.sys\n")
    assert not (folder / "iso").exists()


@pytest.mark.parametrize("infs, name", [("infs/edu.inf", "Edu.sys\n"), ("", "\n")])
def test_the_name_of_an_image_comes_from_its_inf(folder, infs, name):
    done = subprocess.run([ROOT / "tools/images.py", "--name"], cwd=folder, text=True,
                          capture_output=True, check=True, env={**os.environ, "INF": infs})
    assert done.stdout == name


def test_every_entry_of_the_menu_hands_the_images_over(folder):
    (folder / "edu.sys").write_bytes(b"contents")
    (folder / "kernel").touch()
    images.make(folder / "kernel", folder / "iso",
                {folder / "edu.sys": IDS, folder / "third.SYS": []})
    for path, name in (("/boot/grub/grub.cfg", "cfg"), ("/boot/edu.sys", "edu")):
        subprocess.run(["xorriso", "-indev", folder / "iso", "-osirrox", "on", "-extract", path,
                        folder / name], capture_output=True, check=True)
    text = (folder / "cfg").read_text(encoding="utf-8")
    kernels = text.count("multiboot2 ")
    lines = ("    module2 /boot/edu.sys edu.sys 'HWID=PCI\\VEN_1234&DEV_11E8,*PNP0501'\n"
             "    module2 /boot/third.SYS third.SYS\n")
    assert kernels > 1 and text.count(lines + "}") == kernels
    assert (folder / "edu").read_bytes() == b"contents"


def test_a_row_with_images_must_name_samples():
    row = {"name": "r", "reason": "why", "suites": ["x"], "images": ["edu"]}
    assert row_of(row).images == ["edu"]
    for wrong in ({**row, "images": ["nosuch"]}, {**row, "image": "disc"}):
        with pytest.raises(ValueError, match="driver image"):
            row_of(wrong)


# ---- on the machine ---------------------------------------------------------------------

DRIVER = """
#include <ntddk.h>
static VOID NTAPI unload(PDRIVER_OBJECT driver)
{ (void)driver; DbgPrint("unloads at %d\\n", KeGetCurrentIrql()); }
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    DbgPrint("is entered at %d, %wZ\\n", KeGetCurrentIrql(), path);
    driver->DriverUnload = unload;
    return RESULT;
}
"""
FLAGS = ["-O2", "-Wall", "-I/usr/x86_64-w64-mingw32/include/ddk", "-nostdlib", "-nostartfiles",
         "-shared", "-Wl,--subsystem,native", "-Wl,--entry,DriverEntry", "-Wl,--dynamicbase"]


def build(path, result, more=""):
    """A driver whose DriverEntry gives this result."""
    source = path.with_suffix(".c")
    source.write_text(DRIVER.replace("RESULT", result) + more, encoding="utf-8")
    subprocess.run(["x86_64-w64-mingw32-gcc", *FLAGS, source, "-o", path, "-lntoskrnl", "-lhal"],
                   check=True)
    return path


def boot(folder, paths, cmdline):
    """Boot a disc with these images; what the kernel said."""
    disc, log = folder / "iso", folder / "log"
    images.make("build/ivm.elf", disc, {Path(path): [] for path in paths})
    row = Row("images", "why", image="shipped", edu=[], cmdline=cmdline)
    ended = test_guest.boot(row, log, disc)
    said = "\n".join(ktap.kernel_lines(log.read_text(errors="replace")))
    assert ended == 33, said
    return said


@pytest.mark.skipif(shutil.which("x86_64-w64-mingw32-gcc") is None,
                    reason="no mingw (gcc-mingw-w64-x86-64) on this machine")
def test_images_of_a_disc_are_entered_or_refused_by_name(tmp_path):
    unknown = ("__declspec(dllimport) NTSTATUS NTAPI ZwYieldExecution(VOID);\n"
               "VOID NTAPI lacks(VOID) { ZwYieldExecution(); }\n")
    paths = [build(tmp_path / "good.sys", "STATUS_SUCCESS"),
             build(tmp_path / "bad.sys", "STATUS_NO_MEMORY"),
             build(tmp_path / "lacks.sys", "STATUS_SUCCESS", unknown)]
    (tmp_path / "text.sys").write_text("This is no image.\n" * 10, encoding="utf-8")

    said = boot(tmp_path, [*paths, tmp_path / "text.sys"],
                "run=images,image reload good,image unload good,images")

    assert "is entered at 0, \\Registry\\Machine\\System\\CurrentControlSet\\Services\\good" in said
    assert "good.sys: loaded at 0x" in said
    assert said.count("is entered at 0, ") == 3 and said.count("unloads at 0") == 2
    assert "bad.sys: refused: DriverEntry failed: 0xC0000017 STATUS_NO_MEMORY" in said
    assert "lacks.sys: missing: ntoskrnl.exe!ZwYieldExecution" in said
    assert "text.sys: refused: the file does not begin with MZ" in said
    assert "1 of 4 driver images are loaded" in said
    states = re.findall(r"^(\w+).sys +(\w+) ", said, re.M)[-4:]
    assert states == [("good", "unloaded"), ("bad", "refused"), ("lacks", "refused"),
                      ("text", "refused")]
