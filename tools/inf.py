#!/usr/bin/env python3
"""inf.py: what a Windows INF says of a driver for x86-64: its hardware ids and its .sys.

inf.py FILE... prints a line `HWID SYS` for each device that an INF installs a driver for, in
the INF's order. HWID is an id as the INF spells it, and "|MSI" behind it where the INF lets the
device have messages, or "|MSI=4": at most so many. SYS is the name of the file that the user
has (CopyFiles may give it another name on Windows). What cannot be followed is refused:
`FILE:LINE: why` on standard error, status 1, nothing printed.

--version 6.1 chooses as that Windows would; without it, as the newest.

Sources: [INF] "General Syntax Rules for INF Files", "INF Manufacturer Section", "INF Models
Section", "INF DDInstall Section", "INF AddService Directive", "INF CopyFiles Directive", "INF
AddReg Directive", [WDM] "Enabling Message-Signaled Interrupts in the Registry".
"""

import argparse
import re
import sys
from collections import namedtuple
from pathlib import Path

from inf_text import Refused, decode, read

ID_LIMIT = 200  # characters of a device id
FUNCTION_DRIVER = 2  # SPSVCINST_ASSOCSERVICE, a flag of AddService
KERNEL_DRIVER = 1  # SERVICE_KERNEL_DRIVER
WORKSTATION = 1  # a product type
SIGNATURES = ("$windows nt$", "$chicago$")
NEWEST = (sys.maxsize, 0)
MESSAGES = "interrupt management\\messagesignaledinterruptproperties"  # below the device's key


# ---- decorations: .NTamd64.10.0...16299 -----------------------------------------------------

Target = namedtuple("Target", "architecture version product suite build")


def integer(text):
    return int(text, 16 if text.lower().startswith("0x") else 10)


def target(text):
    """The target that a decoration names, or None when it is none."""
    match = re.fullmatch(r"nt(x86|ia64|amd64|arm64|arm|)((?:\.(?:\d+|0x[0-9a-f]+)?)*)",
                         text.strip().lower())
    if match is None:
        return None
    parts = [integer(part) if part else None for part in match.group(2).split(".")[1:]]
    major, minor, product, suite, build = (parts + [None] * 5)[:5]
    version = None if major is None else (major, minor or 0)
    return Target(match.group(1), version, product, suite, build or 0)


def fits(wanted, version, architectures):
    """Whether a target is this machine: x86-64, a workstation, this version or newer."""
    return (wanted.architecture in architectures and (wanted.version or (0, 0)) <= version
            and wanted.product in (None, WORKSTATION) and not wanted.suite)


def rank(wanted):
    return (wanted.architecture == "amd64", wanted.version or (0, 0), wanted.build,
            wanted.product is not None)


# ---- from the manufacturers to the drivers --------------------------------------------------

class Inf:
    """An INF, as a Windows of some version on x86-64 reads it."""

    def __init__(self, text, version=NEWEST):
        self.version = version
        # What the WDK's stampinf does to an INF that is still a source.
        self.sections = read(re.sub(r"(?i)\$arch\$", "amd64", text))
        self.strings = self.read_strings()
        if any("%" in name for name in self.sections):
            self.rename_sections()
        signature = self.need("Version", 1, "the INF").one("signature")
        if signature is None or self.value(signature, 0).lower() not in SIGNATURES:
            raise Refused(signature.line if signature else self.sections["version"].line,
                          "the signature is not $Windows NT$")

    def read_strings(self):
        """Those of [Strings]; of other languages, what it does not have."""
        found = {}
        names = sorted(name for name in self.sections if re.match(r"strings(\.|$)", name))
        for name in names:
            for item in self.sections[name].entries:
                if item.key is None:
                    raise Refused(item.line, f"[{name}] has a line without =")
                found.setdefault(item.key.strip("%").lower(), ",".join(item.values))
        return found

    def rename_sections(self):
        renamed = {}
        for section in self.sections.values():
            section.name = self.expand(section.name, section.line)
            into = renamed.setdefault(section.name.lower(), section)
            if into is not section:
                into.entries += section.entries
        self.sections = renamed

    def expand(self, text, line):
        """Put the strings in. %12% is a directory and stays; %% is one %."""
        def replace(match):
            name = match.group(1)
            if not name:
                return "%"
            if re.fullmatch(r"-?\d+", name):
                return match.group()
            if name.lower() not in self.strings:
                raise Refused(line, f"the string {match.group()} is not in [Strings]")
            return self.strings[name.lower()]
        return re.sub(r"%([^%]*)%", replace, text)

    def value(self, item, index):
        """One value of an entry, strings put in; "" when it is not there."""
        return self.expand(item.values[index], item.line) if index < len(item.values) else ""

    def values(self, item):
        return [self.value(item, index) for index in range(len(item.values))]

    def need(self, name, line, who):
        if name.lower() not in self.sections:
            raise Refused(line, f"{who} needs a section [{name}], which is not there")
        return self.sections[name.lower()]

    def devices(self):
        """[(hardware id, .sys)], each id once, in the INF's order."""
        found = {}
        for item in self.models():
            driver = self.driver(item)
            messages = self.messages(item) if driver else ""
            for device in self.ids(item) if driver else []:
                known = found.setdefault(device.lower(), (device + messages, driver))
                if known[1].lower() != driver.lower():
                    raise Refused(item.line, f"{device} is given to {driver} and, above, "
                                             f"to {known[1]}")
        if not found:
            raise Refused(self.sections["manufacturer"].line,
                          "no device for x86-64 with a driver of its own")
        return list(found.values())

    def models(self):
        """The entries of all models for this machine."""
        manufacturers = self.need("Manufacturer", 1, "the INF")
        found, others, empty = [], set(), False
        for item in manufacturers.entries:
            name = self.value(item, 0)
            if not name:
                raise Refused(item.line, "a manufacturer without models")
            decorations = self.decorations(item) if item.key is not None else []
            chosen = [one for one in decorations if fits(one[0], self.version, ("amd64",))]
            others.update(text for _, text in decorations)
            if chosen:
                _, text = max(chosen, key=lambda one: rank(one[0]))
                section = self.need(f"{name}.{text}", item.line, f"the manufacturer {name}")
                found += [(section, model) for model in section.entries]
                empty = empty or not section.entries
        if not found and empty:
            raise Refused(manufacturers.line, "its models exclude this Windows")
        if not found:
            has = f"; there are {', '.join(sorted(others))}" if others else ""
            raise Refused(manufacturers.line, f"no models for NTamd64{has}")
        for section, model in found:
            if model.key is None or not model.values or not model.values[0]:
                raise Refused(model.line, f"[{section.name}]: not `device = section, id`")
        return [model for _, model in found]

    def decorations(self, item):
        found = []
        for text in filter(None, self.values(item)[1:]):
            if target(text) is None:
                raise Refused(item.line, f"{text} is no target operating system")
            found.append((target(text), text))
        return found

    def ids(self, item):
        found = [text for text in self.values(item)[1:] if text]
        if not found:
            raise Refused(item.line, "a device without a hardware id")
        for text in found:
            if not re.fullmatch(r"[!-+\--~]+", text) or len(text) > ID_LIMIT:
                raise Refused(item.line, f"{text!r} is no hardware id")
        return found

    def install_section(self, item):
        """The section that installs a device: the decorated one that fits best."""
        name = self.value(item, 0)
        best = None
        for section in self.sections.values():
            head, tail = section.name[:len(name)].lower(), section.name[len(name):]
            wanted = target(tail[1:]) if tail.startswith(".") else None
            if head == name.lower() and wanted and fits(wanted, self.version, ("amd64", "")):
                if best is None or rank(wanted) > rank(best[0]):
                    best = wanted, section
        return best[1] if best else self.need(name, item.line, "the device")

    def driver(self, item):
        """The .sys of a model, or None when it is to have no driver."""
        install = self.install_section(item)
        copied = self.copied(install)
        services = self.sections.get(f"{install.name}.services".lower())
        if services is None:
            return self.only_driver(install, copied)
        found = [one for one in services.all("addservice")
                 if self.number(one, 1) & FUNCTION_DRIVER]
        if not found:
            self.refuse_needs(services)
        if len(found) != 1:
            raise Refused(found[1].line if found else services.line,
                          f"[{services.name}] names {len(found) or 'no'} function drivers "
                          f"(AddService with flag 2)")
        if not self.value(found[0], 0):
            return None
        return self.binary(found[0], copied)

    def messages(self, item):
        """What is put behind a model's ids: "" when it is not to have messages."""
        hardware = self.sections.get(f"{self.install_section(item).name}.hw".lower())
        values = {}
        for entry in hardware.all("addreg") if hardware else []:
            for name in filter(None, self.values(entry)):
                for line in self.need(name, entry.line, "AddReg").entries:
                    root, key, value = (self.value(line, index).lower() for index in range(3))
                    if root == "hkr" and key.strip("\\") == MESSAGES:
                        values[value] = self.number(line, 4) if value else 0
        if not values.get("msisupported"):
            return ""
        limit = values.get("messagenumberlimit", 0)
        return f"|MSI={limit}" if limit else "|MSI"

    def number(self, item, index):
        text = self.value(item, index)
        if not re.fullmatch(r"(?i)\d*|0x[0-9a-f]+", text):
            raise Refused(item.line, f"{text!r} is no number")
        return integer(text or "0")

    def binary(self, item, copied):
        """The file of an AddService, under the name that it has before it is copied."""
        name = self.value(item, 2)
        if not name:
            raise Refused(item.line, "AddService without a section that installs it")
        section = self.need(name, item.line, "AddService")
        kind = section.one("servicetype")
        if kind is not None and self.number(kind, 0) != KERNEL_DRIVER:
            raise Refused(kind.line, f"a service of type {self.value(kind, 0)}, which is no "
                                     f"kernel driver")
        path = section.one("servicebinary")
        if path is None:
            raise Refused(section.line, f"[{section.name}] has no ServiceBinary")
        # The directory is Windows's business; its strings need not be there.
        file = re.split(r"[\\/]", path.values[0] if path.values else "")[-1]
        file = re.split(r"[\\/]", self.expand(file, path.line))[-1]
        if not file.lower().endswith(".sys") or len(file) == len(".sys"):
            raise Refused(path.line, f"{file!r} is no .sys")
        return copied.get(file.lower(), file)

    def copied(self, install):
        """{name after copying, in small letters: name before}."""
        found = {}
        for item in install.all("copyfiles"):
            for name in filter(None, self.values(item)):
                if name.startswith("@"):
                    found[name[1:].lower()] = name[1:]
                    continue
                for file in self.need(name, item.line, "CopyFiles").entries:
                    after, before = self.value(file, 0), self.value(file, 1)
                    found[after.lower()] = before or after
        return found

    @staticmethod
    def refuse_needs(section):
        for item in section.all("needs"):
            raise Refused(item.line, f"[{section.name}] takes its driver from another INF")

    def only_driver(self, install, copied):
        """Of an INF without services: the one .sys that it copies."""
        found = [before for after, before in copied.items() if after.endswith(".sys")]
        if len(found) == 1:
            return found[0]
        self.refuse_needs(install)
        raise Refused(install.line, f"[{install.name}] names no driver: there is no "
                                    f"[{install.name}.Services], and it copies "
                                    f"{len(found) or 'no'} .sys files")


def devices(data, version=NEWEST):
    """[(hardware id, .sys)] of an INF's bytes; raises Refused."""
    return Inf(decode(data), version).devices()


def version_of(text):
    match = re.fullmatch(r"(\d+)\.(\d+)", text)
    if match is None:
        raise argparse.ArgumentTypeError("not like 6.1")
    return int(match.group(1)), int(match.group(2))


def main():
    parser = argparse.ArgumentParser(description="Print `HWID SYS` for an INF's devices.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--version", type=version_of, default=NEWEST,
                        help="choose as this Windows would: 6.1")
    arguments = parser.parse_args()
    lines = []
    for path in arguments.files:
        try:
            lines += [" ".join(one) for one in devices(path.read_bytes(), arguments.version)]
        except Refused as refused:
            sys.exit(f"{path}:{refused.line}: {refused.reason}")
        except OSError as error:
            sys.exit(f"{path}: {error.strerror}")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
