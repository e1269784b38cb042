"""test_wdm_image.py: genuine driver images, built with mingw, as the kernel's reader sees them.

What it says of them is compared with objdump's word; and a driver that needs no kernel runs
in a process here, laid out by the kernel's own loader. The reader is kernel/wdm/pe*.c,
built under the sanitizers with tests/host/tool/pe_tool.c around it.
"""

import re
import shutil
import subprocess

import pytest

from conftest import ROOT

MINGW = "x86_64-w64-mingw32-"
pytestmark = pytest.mark.skipif(shutil.which(MINGW + "gcc") is None,
                                reason="no mingw (gcc-mingw-w64-x86-64) on this machine")

TOOL = ["gcc", "-std=c11", "-D_DEFAULT_SOURCE", "-g", "-Wall", "-Wextra", "-Werror",
        "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Iinclude", "-I.",
        "tests/host/tool/pe_tool.c", "kernel/format.c",
        *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("kernel/wdm/pe*.c"))]

DRIVER = ["-O2", "-Wall", "-Werror", "-DNTDDI_VERSION=0x06020000", "-D_WIN32_WINNT=0x0602",
          "-I/usr/x86_64-w64-mingw32/include/ddk", "-nostdlib", "-nostartfiles", "-shared",
          "-Wl,--subsystem,native", "-Wl,--entry,DriverEntry", "-Wl,--dynamicbase"]
LIBRARIES = ["-lntoskrnl", "-lhal"]

INTERRUPTS = """
#include <ntddk.h>
static PKINTERRUPT interrupt;
static LONG hits;
static BOOLEAN NTAPI claim(PKINTERRUPT object, PVOID context)
{ (void)object; (void)context; hits++; return TRUE; }
static VOID NTAPI unload(PDRIVER_OBJECT driver)
{ (void)driver; IoDisconnectInterrupt(interrupt); }
PKSERVICE_ROUTINE routines[] = {claim, claim};
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    driver->DriverUnload = unload;
    KeStallExecutionProcessor(10);
    DbgPrint("hits %d", hits);
    return IoConnectInterrupt(&interrupt, routines[0], NULL, NULL, 0x40, 4, 4,
                              LevelSensitive, TRUE, 1, FALSE);
}
"""

# Prints through pointers that only relocations make right, computes with floating point,
# and looks at memory that the file does not hold.
PRINTS = """
#include <ntddk.h>
typedef const char *(*teller)(void);
static const char *first(void) { return "code, through a table of pointers"; }
static const char *second(void) { return "constants are as they were"; }
static const teller tellers[] = {first, second};
static volatile unsigned char zeros[9000];
static volatile unsigned long long counter = 0x1122334455667788;
static volatile double number = 1.5;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)driver; (void)path;
    for (unsigned i = 0; i < 2; i++)
        DbgPrint(tellers[i]());
    unsigned sum = 0;
    for (unsigned i = 0; i < sizeof zeros; i++)
        sum += zeros[i]++;
    counter += 1;
    number *= 2;
    if (sum == 0 && counter == 0x1122334455667789 && number == 3)
        DbgPrint("zeros are zero, data is data");
    return (NTSTATUS)KeQueryActiveProcessors();
}
"""

WRITES_TO_CODE = """
#include <ntddk.h>
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)driver; (void)path;
    DbgPrint("before");
    *(volatile unsigned char *)(void *)DriverEntry = 0xCC;
    DbgPrint("after");
    return 0;
}
"""

RUNS_DATA = """
#include <ntddk.h>
static volatile unsigned char code[] = {0xC3};
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)driver; (void)path;
    DbgPrint("before");
    ((void (*)(void))(void *)code)();
    DbgPrint("after");
    return 0;
}
"""

POSITION_INDEPENDENT = """
#include <ntddk.h>
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{ (void)driver; (void)path; return 7; }
"""

IN_OTHER_SECTIONS = """
#include <ntddk.h>
#define LIES_IN(name) __attribute__((section(name)))
__declspec(dllimport) ULONG NTAPI HalGetInterruptVector(int bus, ULONG number, ULONG level,
                                                        ULONG vector, PUCHAR irql, PVOID set);
LIES_IN("PAGE") VOID NTAPI paged(PDRIVER_OBJECT driver) { (void)driver; DbgPrint("paged"); }
LIES_IN("PAGEDATA") PDRIVER_UNLOAD pointer = paged;
LIES_IN("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    driver->DriverUnload = pointer;
    return HalGetInterruptVector(0, 0, 0, 0, NULL, NULL);
}
"""

SOURCES = {"interrupts": INTERRUPTS, "prints": PRINTS, "sections": IN_OTHER_SECTIONS,
           "position-independent": POSITION_INDEPENDENT}


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    """The reader, as a function: its lines, and its status."""
    program = tmp_path_factory.mktemp("tool") / "pe_tool"
    subprocess.run([*TOOL, "-o", program], cwd=ROOT, check=True)

    def run(verb, image):
        done = subprocess.run([program, verb, image], capture_output=True, text=True,
                              timeout=60, check=False)
        return done.stdout.splitlines(), done.returncode

    return run


def build(folder, source, *options, libraries=LIBRARIES):
    image = folder / "driver.sys"
    (folder / "driver.c").write_text(source, encoding="utf-8")
    subprocess.run([MINGW + "gcc", *DRIVER, *options, folder / "driver.c", "-o", image,
                    *libraries], check=True)
    return image


def objdump(image):
    return subprocess.run([MINGW + "objdump", "-p", "-h", image], capture_output=True,
                          text=True, check=True).stdout


def words(lines, first):
    return [line.split()[1:] for line in lines if line.startswith(first + " ")]


def number(text, name):
    return int(re.search(rf"^{name}\s+([0-9a-f]+)", text, re.M).group(1), 16)


def sections(text, base):
    """Of objdump: (name, RVA, size, offset); the offset of what has no bytes is 0."""
    found = re.findall(r"^ +\d+ (\S+) +([0-9a-f]{8}) +([0-9a-f]{16}) +[0-9a-f]{16} +"
                       r"([0-9a-f]{8}) .*\n +(.*)$", text, re.M)
    return [(name, int(address, 16) - base, int(size, 16), int(offset, 16))
            for name, size, address, offset, _ in found]


def imports(text):
    """Of objdump: (DLL, hint, name)."""
    found, dll = [], None
    for line in text.splitlines():
        if match := re.match(r"\s+DLL Name: (\S+)", line):
            dll = match.group(1)
        elif match := re.match(r"\t[0-9a-f]+\t +(\d+)  (\S+)$", line):
            found.append((dll, int(match.group(1)), match.group(2)))
    return found


@pytest.mark.parametrize("source, options", [
    ("interrupts", ""), ("prints", ""), ("position-independent", ""), ("sections", ""),
    ("prints", "-O0 -g"), ("interrupts", "-s"), ("interrupts", "-Wl,--image-base,0x10000"),
    ("sections", "-Wl,--section-alignment,0x10000"),
])
def test_an_image_is_read_as_objdump_reads_it(tmp_path, tool, source, options):
    image = build(tmp_path, SOURCES[source], *options.split())
    lines, status = tool("show", image)
    text = objdump(image)
    assert status == 0, lines
    base = number(text, "ImageBase")
    assert words(lines, "base") == [[f"{base:x}"]]
    assert words(lines, "size") == [[f"{number(text, 'SizeOfImage'):x}"]]
    assert words(lines, "entry") == [[f"{number(text, 'AddressOfEntryPoint'):x}"]]
    # A name of more than 8 letters is a number behind a slash in the file itself.
    mine = [(name, int(rva, 16), int(size, 16), int(offset, 16))
            for name, rva, size, offset, _, _ in words(lines, "section")]
    theirs = sections(text, base)
    assert [entry[1:] for entry in mine] == [entry[1:] for entry in theirs]
    assert all(a[0] == b[0] or a[0][0] == "/" for a, b in zip(mine, theirs))
    assert sorted((dll, int(hint), name) for dll, hint, name in words(lines, "import")) \
        == sorted(imports(text))
    moved = len(re.findall(r"^\treloc +\d+ offset .* DIR64$", text, re.M))
    assert words(lines, "relocations") == [[str(moved)]]


def test_the_comparison_is_not_of_nothing_with_nothing(tmp_path):
    text = objdump(build(tmp_path, INTERRUPTS))
    assert len(sections(text, number(text, "ImageBase"))) > 5
    assert {name for _, _, name in imports(text)} == {
        "DbgPrint", "IoConnectInterrupt", "IoDisconnectInterrupt", "KeStallExecutionProcessor"}
    assert len(re.findall(r"DIR64$", text, re.M)) >= 2


def test_no_range_is_writable_and_executable(tmp_path, tool):
    lines, _ = tool("show", build(tmp_path, IN_OTHER_SECTIONS))
    found = {permissions for _, _, permissions in words(lines, "range")}
    assert found == {"r", "rw", "rx"}


def test_a_driver_runs_where_it_is_loaded(tmp_path, tool):
    lines, status = tool("run", build(tmp_path, PRINTS))
    assert status == 0
    assert lines == ["driver: code, through a table of pointers",
                     "driver: constants are as they were",
                     "driver: zeros are zero, data is data", "returned 2222"]


@pytest.mark.parametrize("source", [WRITES_TO_CODE, RUNS_DATA], ids=["write", "run"])
def test_code_is_not_written_and_data_is_not_run(tmp_path, tool, source):
    lines, status = tool("run", build(tmp_path, source))
    assert status != 0
    assert "driver: after" not in lines


def test_all_missing_imports_are_named_at_once(tmp_path, tool):
    lines, status = tool("run", build(tmp_path, INTERRUPTS))
    assert status == 1
    assert sorted(name for _, name in words(lines, "missing")) == [
        "IoConnectInterrupt", "IoDisconnectInterrupt", "KeStallExecutionProcessor"]


def test_a_changed_byte_is_noticed(tmp_path, tool):
    image = build(tmp_path, INTERRUPTS)
    data = bytearray(image.read_bytes())
    data[0x410] ^= 1
    image.write_bytes(data)
    lines, status = tool("show", image)
    assert status == 1
    assert [found[0] for found in words(lines, "refused")] == ["CHECKSUM"]


@pytest.mark.parametrize("options, fault", [
    (["-Wl,--subsystem,console"], "SUBSYSTEM"),
    (["-Wl,--entry,0"], "NO_ENTRY"),
    (["-Wl,--section-alignment,0x200"], "SECTION_ALIGNMENT"),
    (["-Wl,-N"], "WRITABLE_AND_EXECUTABLE"),
])
def test_a_linkers_option_that_makes_no_driver_is_refused_by_name(tmp_path, tool, options,
                                                                 fault):
    lines, status = tool("show", build(tmp_path, INTERRUPTS, *options))
    assert status == 1
    assert fault in [found[0] for found in words(lines, "refused")]


def test_an_import_by_number_is_refused_by_name(tmp_path, tool):
    (tmp_path / "other.def").write_text(
        "LIBRARY other.sys\nEXPORTS\nKeQueryActiveProcessors @5 NONAME\n", encoding="utf-8")
    subprocess.run([MINGW + "dlltool", "-d", tmp_path / "other.def", "-l",
                    tmp_path / "other.a"], check=True)
    image = build(tmp_path, PRINTS, libraries=[tmp_path / "other.a", *LIBRARIES])
    lines, status = tool("show", image)
    assert status == 1
    assert [found[:2] for found in words(lines, "refused")] == [["IMPORT_BY_ORDINAL", "other.sys:"]]


def test_every_cut_of_a_genuine_image_is_refused(tmp_path, tool):
    image = build(tmp_path, PRINTS, "-s")
    data = image.read_bytes()
    for length in [0, 63, 64, 0x90, 0x200, len(data) // 2, len(data) - 0x200, len(data) - 1]:
        image.write_bytes(data[:length])
        lines, status = tool("show", image)
        assert status == 1 and words(lines, "refused"), length
