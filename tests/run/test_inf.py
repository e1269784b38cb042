"""test_inf.py: INFs as tools/inf.py reads them, and each way in which one is refused."""

import random
import subprocess
import sys

import pytest

import inf
from conftest import ROOT
from inf_text import Refused

EDU = r"""; An INF with one of everything.
[Version]
Signature = "$WINDOWS NT$"
Class     = System            ; who cares
[Manufacturer]
%Maker% = Models, NTx86, NTamd64
[Models.NTx86]
%Edu% = Edu32, PCI\VEN_1234&DEV_11E8
[Models.NTamd64]
%Edu% = Edu, PCI\VEN_1234&DEV_11E8
[Edu.NT]
CopyFiles = Files
[Edu.NT.Services]
AddService = edu, 0x00000002, EduService
[EduService]
ServiceType   = 1             ; a kernel driver
ServiceBinary = %12%\edu.sys
[Files]
edu.sys
[Strings]
Maker = "A ""maker"" of things; and more"
Edu   = "QEMU's educational device"
"""
DEVICE = ("PCI\\VEN_1234&DEV_11E8", "edu.sys")


def devices(text, **more):
    return inf.devices(text.encode(), **more)


def changed(old, new):
    assert EDU.count(old) >= 1
    return EDU.replace(old, new)


def test_a_whole_inf():
    assert devices(EDU) == [DEVICE]


@pytest.mark.parametrize("encoded", [
    EDU.encode(), b"\xef\xbb\xbf" + EDU.encode(), b"\xff\xfe" + EDU.encode("utf-16-le"),
    b"\xfe\xff" + EDU.encode("utf-16-be"), EDU.encode("utf-16-le"), EDU.encode("utf-16-be"),
    EDU.replace("things", "caf\xe9s").encode("cp1252"),
    EDU.replace("\n", "\r\n").encode(), EDU.replace("\n", "\r").encode(),
    EDU.encode() + b"\x1a",
], ids=["plain", "UTF-8", "UTF-16 LE", "UTF-16 BE", "LE without a mark", "BE without a mark",
        "code page", "CR LF", "CR", "an old end of file"])
def test_an_inf_in_any_encoding(encoded):
    assert inf.devices(encoded) == [DEVICE]


@pytest.mark.parametrize("old, new", [
    ("[Manufacturer]", "  [MANUFACTURER]  ; the makers"),
    ("AddService = edu", "ADDSERVICE=edu"),
    ("[EduService]\n", "[eduSERVICE]\n"),
    ("NTx86, NTamd64", "NTx86,NTAMD64,"),
    ("Edu, PCI", "%Section%, PCI"),
    ("[EduService]", "[%Section%Service]"),
    ("PCI\\VEN_1234&DEV_11E8\n[Edu.NT]", '"PCI\\VEN_1234&DEV_11E8"\n[Edu.NT]'),
    ("%Edu% = Edu, PCI", "%Edu% = Edu, \\\n  PCI"),
    ("%Edu% = Edu, PCI", "%Edu% \\ ; to be continued\n = \\\nEdu, PCI"),
    ("Maker = ", "Percent = 100%%\nMaker = "),
    ("%12%\\edu.sys", "%12%\\%File%.sys"),
    ("%12%\\edu.sys", '"%12%\\sub folder\\edu.sys"'),
    ("%12%\\edu.sys", "%Nowhere%\\edu.sys"),
    ("NTamd64", "NT$ARCH$"),
    ("[Models.NTamd64]\n", "[Models.NTamd64]\n[Files2]\n[Models.NTamd64]\n"),
    ("AddService = edu", "AddService = filter,, OtherService\nAddService = edu"),
    ("0x00000002", "3"),
    ("ServiceType   = 1 ", "ServiceType = 0x00000001 "),
    ("[Edu.NT]", "[Edu.NTx86]\n[Edu.NTamd64.99]\n[Edu.NTamd64...2]\n[Edu.NT]"),
])
def test_what_says_the_same(old, new):
    text = changed(old, new) + 'Section = Edu\nFile = "edu"\n'
    assert devices(text, version=(10, 0)) == [DEVICE]


def test_every_id_of_a_device_in_order():
    text = changed("PCI\\VEN_1234&DEV_11E8\n[Edu.NT]",
                   "*PNP0501, PCI\\CC_0700, ACPI\\PNP0501,\n%Edu% = Edu,,PCI\\CC_0200\n"
                   "%Edu% = Edu, PCI\\CC_0200\n[Edu.NT]")
    assert [device for device, _ in devices(text)] == [
        "*PNP0501", "PCI\\CC_0700", "ACPI\\PNP0501", "PCI\\CC_0200"]


def test_the_strings_of_another_language_serve_where_there_are_no_others():
    text = changed("[Strings]", "[Strings.0407]\nFile=other\nOnly=edu\n[Strings]\nFile=edu")
    assert devices(text.replace("\\edu.sys", "\\%File%.sys")) == [DEVICE]
    assert devices(text.replace("\\edu.sys", "\\%Only%.sys")) == [DEVICE]


def test_a_file_that_is_renamed_when_copied_is_named_as_it_is_before():
    assert devices(changed("[Files]\nedu.sys", "[Files]\nEDU.SYS, edu64.sys,,0x2")) == [
        (DEVICE[0], "edu64.sys")]


@pytest.mark.parametrize("copy", ["CopyFiles = Files", "CopyFiles = @edu.sys",
                                  "CopyFiles = Other, Files, @readme.txt"])
def test_without_services_the_one_sys_that_is_copied_is_the_driver(copy):
    text = changed("CopyFiles = Files", copy).replace("[Edu.NT.Services]", "[Elsewhere]")
    assert devices(text + "[Other]\nhelp.chm\n") == [DEVICE]


def test_a_device_that_is_to_have_no_driver_is_left_out():
    text = changed("[Edu.NT]", "%None% = None, PCI\\CC_0604\n[None]\n[None.Services]\n"
                               "AddService = ,2\n[Edu.NT]")
    assert devices(text) == [DEVICE]


MESSAGES = r"""[Edu.NT.HW]
AddReg = Registry, Other
[Other]
HKLM, "Interrupt Management\MessageSignaledInterruptProperties", MSISupported, 0x00010001, 0
HKR,, DeviceCharacteristics, 0x10001, 0x100
[Registry]
HKR, "Interrupt Management",, 0x00000010
HKR, "Interrupt Management\MessageSignaledInterruptProperties",, 0x00000010
HKR, "Interrupt Management\MessageSignaledInterruptProperties", MSISupported, 0x00010001, 1
"""
LIMIT = 'HKR, "%Key%\\MessageSignaledInterruptProperties\\", MessageNumberLimit, 0x10001, 0x4\n'


@pytest.mark.parametrize("more, suffix", [
    (MESSAGES, "|MSI"), (MESSAGES + LIMIT, "|MSI=4"),
    (MESSAGES.replace("0001, 1", "0001, 0"), ""), (MESSAGES.replace("HKR, ", "HKLM, "), ""),
    (MESSAGES.replace("Edu.NT.HW", "Edu.HW"), ""), (MESSAGES.upper(), "|MSI"), (LIMIT, ""),
])
def test_a_device_that_may_have_messages_says_so_behind_its_id(more, suffix):
    text = changed("[Strings]\n", more + '[Strings]\nKey = "Interrupt Management"\n')
    assert devices(text) == [(DEVICE[0] + suffix, DEVICE[1])]


def test_a_number_of_messages_that_is_none_is_refused():
    with pytest.raises(Refused, match="'many' is no number"):
        devices(EDU + MESSAGES + LIMIT.replace("0x4", "many").replace("%Key%", "Interrupt Management"))


VERSIONS = r"""[Version]
Signature=$Windows NT$
[Manufacturer]
A=M, NTamd64, NTamd64.6.0, NTamd64.6.2, NTamd64.6.2.3, NTamd64.10.0...14393, NTamd64.6.1....
[M.NTamd64]
A=I,V\ANY
[M.NTamd64.6.0]
A=I,V\60
[M.NTamd64.6.1....]
A=I,V\61
[M.NTamd64.6.2]
A=I,V\62
[M.NTamd64.6.2.3]
A=I,V\SERVER
[M.NTamd64.10.0...14393]
A=I,V\10
[I.NTamd64.6.2]
CopyFiles=@new.sys
[I]
CopyFiles=@old.sys
"""


@pytest.mark.parametrize("version, expected", [
    ((5, 2), ("V\\ANY", "old.sys")), ((6, 0), ("V\\60", "old.sys")),
    ((6, 1), ("V\\61", "old.sys")), ((6, 2), ("V\\62", "new.sys")),
    ((6, 3), ("V\\62", "new.sys")), ((10, 0), ("V\\10", "new.sys")),
    (inf.NEWEST, ("V\\10", "new.sys")),
])
def test_the_models_of_the_newest_version_that_is_not_above(version, expected):
    assert devices(VERSIONS, version=version) == [expected]


@pytest.mark.parametrize("old, new, line, reason", [
    # text
    ("; An INF", "An INF", 1, "before the first section"),
    ("[Files]", "[Files", 18, "not closed by ]"),
    ("[Files]", "[Files] x", 18, "not closed by ]"),
    ("[Files]", "[ ]", 18, "without a name"),
    ('NT$"', "NT$", 3, "quotation mark"),
    ("[Files]\nedu.sys", '[Files]\n"edu.sys', 19, "quotation mark"),
    ('device"\n', 'device"\n x = \\', 23, "to be continued"),
    # version, manufacturers, models
    ("[Version]", "[Other]", 1, "[Version]"),
    ("$WINDOWS NT$", "$WINDOWS 95$", 3, "not $Windows NT$"),
    ("Signature", "Other", 2, "not $Windows NT$"),
    ("[Version]", "[Version]\nSignature=1", 4, "a second Signature"),
    ("[Manufacturer]", "[Other]", 1, "[Manufacturer]"),
    ("= Models, NTx86, NTamd64", "=", 6, "without models"),
    ("NTx86, NTamd64", "NTx86, amd64", 6, "amd64 is no target operating system"),
    ("NTx86, NTamd64", "NTx86, NTamd64.x", 6, "NTamd64.x is no target"),
    ("NTx86, NTamd64", "NTx86, NTarm64", 5, "no models for NTamd64; there are NTarm64, NTx86"),
    (", NTx86, NTamd64", "", 5, "no models for NTamd64"),
    ("[Models.NTamd64]", "[Models]", 6, "[Models.NTamd64], which is not there"),
    ("[Models.NTamd64]", "[Models.NTamd64]\n[X]", 5, "exclude this Windows"),
    ("%Edu% = Edu, PCI", "Edu, PCI", 10, "not `device = section, id`"),
    ("Edu, PCI\\VEN_1234&DEV_11E8\n[Edu.NT]", "Edu\n[Edu.NT]", 10, "without a hardware id"),
    ("Edu, PCI\\VEN_1234&DEV_11E8", 'Edu, "PCI\\VEN 1234"', 10, "no hardware id"),
    ("Edu, PCI\\VEN_1234&DEV_11E8", 'Edu, "PCI,VEN"', 10, "no hardware id"),
    ("Edu, PCI\\VEN_1234", "Edu, PCI\\V\xc9N_1234", 10, "no hardware id"),
    ("Edu, PCI", "Edu, " + 200 * "P" + "PCI", 10, "no hardware id"),
    ("Edu, PCI", "Edu, %Bus%PCI", 10, "%Bus% is not in [Strings]"),
    # from a model to its file
    ("[Edu.NT]", "[Edu.NTarm64]", 10, "[Edu], which is not there"),
    ("[Edu.NT.Services]", "[Other]\n[Edu.NT.Services]\n[Rest]", 14, "names no function drivers"),
    ("0x00000002", "0", 13, "names no function drivers"),
    ("0x00000002", "two", 14, "'two' is no number"),
    ("AddService = edu", "AddService=x,2,EduService\nAddService = edu", 15, "names 2 function"),
    (", EduService", "", 14, "without a section"),
    ("[EduService]", "[Other]", 14, "[EduService], which is not there"),
    ("ServiceType   = 1 ", "ServiceType = 0x20 ", 16, "no kernel driver"),
    ("ServiceBinary", "Other", 15, "no ServiceBinary"),
    ("\\edu.sys", "\\edu.exe", 17, "no .sys"),
    ("\\edu.sys", "\\.sys", 17, "no .sys"),
    ("[Files]", "[Other]", 12, "[Files], which is not there"),
    ("[Strings]", "[Strings]\nx", 21, "a line without ="),
])
def test_an_inf_that_cannot_be_followed_is_refused_by_line(old, new, line, reason):
    with pytest.raises(Refused) as found:
        devices(changed(old, new))
    assert reason in found.value.reason
    assert found.value.line == line


@pytest.mark.parametrize("rest, line, reason", [
    ("", 11, "no [Edu.NT.Services], and it copies no .sys files"),
    ("CopyFiles = @a.sys, @b.sys", 11, "copies 2 .sys files"),
    ("Include = machine.inf\nNeeds = MSI_Inst", 13, "takes its driver from another INF"),
])
def test_an_inf_without_services_and_one_sys_is_refused(rest, line, reason):
    text = changed("CopyFiles = Files", rest).replace("[Edu.NT.Services]", "[Elsewhere]")
    with pytest.raises(Refused) as found:
        devices(text)
    assert (found.value.line, reason in found.value.reason) == (line, True)


def test_a_service_from_another_inf_is_refused():
    text = changed("AddService = edu, 0x00000002, EduService",
                   "Include = mf.inf\nNeeds = MFINSTALL.mf.Services")
    with pytest.raises(Refused, match=r"\[Edu.NT.Services\] takes its driver from another INF"):
        devices(text)


def test_one_id_is_not_given_to_two_drivers():
    text = changed("[Edu.NT]", "%Edu% = Two, pci\\ven_1234&dev_11e8\n[Two]\n"
                               "CopyFiles=@two.sys\n[Edu.NT]")
    with pytest.raises(Refused, match="given to two.sys and, above, to edu.sys"):
        devices(text)


def test_an_inf_whose_devices_all_have_no_driver_is_refused():
    with pytest.raises(Refused, match="no device for x86-64"):
        devices(changed("AddService = edu, 0x00000002, EduService", "AddService = ,2"))


@pytest.mark.parametrize("data", [b"", b";\n", b"\n\n"])
def test_a_file_that_says_nothing_is_refused(data):
    with pytest.raises(Refused, match="no sections"):
        inf.devices(data)


def test_half_a_character_is_refused_by_line():
    with pytest.raises(Refused) as found:
        inf.devices(b"\xff\xfe" + EDU.encode("utf-16-le") + b"x")
    assert found.value.line > 20 and "UTF-16" in found.value.reason


def test_any_change_gives_devices_or_a_refusal():
    chosen = random.Random(1)
    letters = '[]=%";,\\.\n Aa1\0'
    for _ in range(3000):
        text = list(EDU)
        for _ in range(chosen.randint(1, 6)):
            at = chosen.randrange(len(text))
            text[at:at + chosen.randint(0, 3)] = chosen.choice(letters)
        try:
            found = devices("".join(text))
        except Refused as refused:
            assert refused.reason and refused.line >= 1
        else:
            assert all(" " not in device and file for device, file in found)


def run(*arguments):
    return subprocess.run([sys.executable, ROOT / "tools/inf.py", *arguments],
                          capture_output=True, text=True, check=False)


def test_the_program_prints_ids_and_files(tmp_path):
    path = tmp_path / "edu.inf"
    path.write_text(EDU, encoding="utf-8")
    assert run(path).stdout == "PCI\\VEN_1234&DEV_11E8 edu.sys\n"
    path.write_text(VERSIONS, encoding="utf-8")
    assert run("--version", "6.1", path).stdout == "V\\61 old.sys\n"


def test_the_program_names_the_file_the_line_and_the_reason(tmp_path):
    good, bad = tmp_path / "good.inf", tmp_path / "bad.inf"
    good.write_text(EDU, encoding="utf-8")
    bad.write_text(changed("[Files]", "[Files"), encoding="utf-8")
    done = run(good, bad)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{bad}:18: a section's name is not closed by ] alone\n"
    assert "No such file" in run(tmp_path / "none.inf").stderr
