"""test_stress.py: the manager on four CPUs that are threads, under ThreadSanitizer."""

import os
import subprocess

import ktap
from conftest import ROOT

HANG = 180  # seconds; the program itself names a step that does not end after 20
LOG = ROOT / "build/log/stress.log"


def test_stress(claims):
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("wb") as out:
        try:
            status = subprocess.run([ROOT / "build/stress/stress", os.environ.get("SEED", "1")],
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                    timeout=HANG, check=False).returncode
        except subprocess.TimeoutExpired:
            status = f"killed after {HANG} s"
    lines = LOG.read_text(errors="replace").splitlines()
    found = ktap.read(lines, reasons_follow=True)
    races = [line for line in lines if line.startswith("SUMMARY: ThreadSanitizer")]
    found += [ktap.Claim("no data race", ktap.FAILED, race) for race in races]
    if status != 0 and not any(claim.verdict == ktap.FAILED for claim in found):
        found.append(ktap.Claim("the program ends with status 0", ktap.FAILED, f"{status}"))
    claims.enter(found)
    claims.close(f"log: {LOG}")
