"""test_fuzz.py: every fuzzer, for a bounded number of inputs that are the same each time."""

import subprocess

import pytest

from conftest import ROOT

FUZZERS = sorted(path.stem for path in (ROOT / "tests/fuzz").glob("fuzz_*.c"))
RUNS = 20000
HANG = 120  # seconds; the runs take a few


def fuzz(program, runs, folder):
    """Its exit status, or a sentence; and what it said."""
    command = [str(program), f"-runs={runs}", "-seed=1", f"-artifact_prefix={folder}/"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=HANG, check=False)
    except subprocess.TimeoutExpired:
        return f"killed after {HANG} s", ""
    return done.returncode, done.stderr


@pytest.mark.parametrize("fuzzer", FUZZERS)
def test_nothing_is_found_by_the_first_inputs(fuzzer):
    logs = ROOT / "build/log"
    logs.mkdir(parents=True, exist_ok=True)
    status, said = fuzz(ROOT / f"build/fuzz/{fuzzer}", RUNS, logs)
    log = logs / f"{fuzzer}.log"
    log.write_text(said, encoding="utf-8")
    if status != 0 or f"Done {RUNS} runs" not in said:
        pytest.fail(f"{status}; log: {log}", pytrace=False)


def test_a_fuzzer_that_finds_something_fails(tmp_path):
    source = tmp_path / "breaks.c"
    source.write_text("""
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size != 0 && data[0] == 'x')
        abort();
    return 0;
}
""", encoding="utf-8")
    program = tmp_path / "breaks"
    subprocess.run(["clang", "-fsanitize=fuzzer", source, "-o", program], check=True)
    status, said = fuzz(program, RUNS, tmp_path)
    assert status != 0 and "deadly signal" in said
