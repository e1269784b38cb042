#!/usr/bin/env python3
"""images.py: a disc with driver images, and which devices they are for: images.py KERNEL ISO

Reads these from the environment, as `make run` has them:
  SYS=   images, NAME.sys, separated by blanks
  INF=   INFs, separated by blanks: their hardware ids; an image that an INF names and that
         lies beside it needs no SYS=
  HWID=  hardware ids, separated by commas, of the only image, instead of any INF's
The disc's menu does not wait. With --name instead, the name of the one .sys that INF= names is
printed, or nothing.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import inf
from inf_text import Refused as RefusedInf

HERE = Path(__file__).resolve().parent
NAME = re.compile(r"(?i)[a-z0-9_.-]{1,19}\.sys")  # as long as an owner's name may be
IDS_LIMIT, ID_LIMIT = 32, 63  # kernel/wdm/image.h


class Refused(Exception):
    """What was asked for cannot be put onto a disc, and why."""


def read_inf(path):
    """[(hardware id, .sys)]"""
    try:
        return inf.devices(path.read_bytes())
    except RefusedInf as refused:
        raise Refused(f"{path}:{refused.line}: {refused.reason}") from None
    except OSError as error:
        raise Refused(f"INF={path}: {error.strerror}") from None


def beside(path, name):
    """The file of this name, whatever its letters, in the folder of a file; or None."""
    return next((each for each in sorted(path.parent.iterdir())
                 if each.name.lower() == name.lower()), None)


def choose(files, infs, hwid=""):
    """{path of an image: [hardware ids]}, in the order in which they are loaded."""
    chosen = {}
    for path in files:
        add(chosen, path)
    for path in infs:
        devices = read_inf(path)
        for name in dict.fromkeys(name for _, name in devices):
            if find(chosen, name) is None and (found := beside(path, name)):
                add(chosen, found)
        devices = [(find(chosen, name), device) for device, name in devices]
        if not any(image for image, _ in devices):
            raise Refused(f"{path} names {', '.join(dict(map(reversed, read_inf(path))))}, which "
                          "is neither in SYS= nor beside it")
        for image, device in devices:
            if image and device not in chosen[image]:
                chosen[image].append(device)
    if hwid:
        if len(chosen) != 1:
            raise Refused(f"HWID= is for one image, and there are {len(chosen)}; INF= says which "
                          "devices each is for")
        chosen[next(iter(chosen))] = hwid.split(",")
    for path, ids in chosen.items():
        check_ids(path, ids)
    return chosen


def find(chosen, name):
    return next((path for path in chosen if path.name.lower() == name.lower()), None)


def add(chosen, path):
    if not path.is_file():
        raise Refused(f"there is no {path}")
    if not NAME.fullmatch(path.name):
        raise Refused(f"{path.name} is no name of an image: up to 19 letters of A-Z a-z 0-9 _ . - "
                      "and then .sys")
    if find(chosen, path.name):
        raise Refused(f"two images are called {path.name}")
    chosen[path] = []


def check_ids(path, ids):
    if len(ids) > IDS_LIMIT:
        raise Refused(f"{path.name} is for {len(ids)} hardware ids; {IDS_LIMIT} is the limit: "
                      "HWID= chooses")
    for each in ids:
        if not re.fullmatch(r"[!-&(-+\--~]+", each) or len(each) > ID_LIMIT:
            raise Refused(f"{path.name}: {each!r} is no hardware id, 1 to {ID_LIMIT} characters "
                          "without blanks, commas and quotes")


def from_environment(environment):
    words = {name: list(map(Path, environment.get(name, "").split())) for name in ("SYS", "INF")}
    return choose(words["SYS"], words["INF"], environment.get("HWID", ""))


def make(kernel, iso, chosen):
    """Make the disc."""
    pairs = [word for path, ids in chosen.items() for word in (path, ",".join(ids))]
    subprocess.run([HERE / "make-iso", kernel, iso, "0", *pairs], cwd=HERE.parent, check=True)


def main():
    try:
        if sys.argv[1:] == ["--name"]:
            names = {name for path in os.environ.get("INF", "").split()
                     for _, name in read_inf(Path(path))}
            print(*(names if len(names) == 1 else []))
            return
        kernel, iso = sys.argv[1:]
        make(kernel, iso, from_environment(os.environ))
    except Refused as refused:
        sys.exit(f"images: {refused}")
    except subprocess.CalledProcessError:
        sys.exit(1)


if __name__ == "__main__":
    main()
