# SPDX-License-Identifier: BSD-2-Clause
"""SAN=: the kernel with the checks of a compiler sanitizer (docs/compiler-sanitizers.md).  Each sanitizer finds the
planted mistakes (tests/system/san), and the suite is clean under each."""
import functools
import os
import re
import shutil
import subprocess

import pytest

from conftest import unattended
from devices.selection import few_skips

ENV = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "SAN")}
SANITIZERS = ("undefined", "race", "address")

# Test of tests/system/san/undefined: the text of the crash report.
UNDEFINED = {
    "backwards": r"shift by -1 in 32 bits of 'unsigned int'",
    "distance": r"shift by 32 in 32 bits of 'unsigned int'",
    "division": r"2147483647 / 0 has no value in 'int'",
    "misaligned": r"load of 0x[0-9a-f]+[3b], which is not aligned to the 8 bytes of 'u64'",
    "negation": r"-\(-2147483648\) overflows 'int'",
    "no_bits": r"clz or ctz of 0",
    "not_bool": r"2 is no value of '_Bool'",
    "null": r"member access in a null pointer to 'const struct cpu'",
    "out_of_bounds": r"index 4 of 'int \[4\]'",
    "overflow": r"2147483647 \+ 1 overflows 'int'",
    "pointer": r"pointer 0xf{16} becomes 0x1f",
    "unreachable": r"what cannot be reached is reached",
}

UNMET = r"race: 8 bytes at 0x[0-9a-f]+: CPU \d \w+ in plain_\w+\+0x[0-9a-f]+, another writes, unmet; 0x[0-9a-f]+, then 0x[0-9a-f]+"
BY = r"race: 8 bytes at 0x[0-9a-f]+: CPU \d %s in %s\+0x[0-9a-f]+, CPU \d %s in %s\+0x[0-9a-f]+; 0x[0-9a-f]+, then 0x[0-9a-f]+"
RACES = {
    "marked_plain": BY % ("(?:reads|writes)", "plain_write", r"writes \(marked\)", "marked_write"),
    "read_write": (BY % ("reads", "plain_read", "writes", "plain_write") + "|" +
                   BY % ("(?:reads|writes)", "plain_write", "reads", "plain_read")),
    "write_write": BY % ("(?:reads|writes)", "plain_write", "(?:reads|writes)", "plain_write"),
}
NO_RACES = {"clean_locked", "clean_marked", "clean_reads"}

ADDRESS = r"address: %s of %s bytes at 0xffff[0-9a-f]+, physical 0x[0-9a-f]+, in a free page, at test_planted_%s\+0x[0-9a-f]+"
ADDRESSES = {"load_freed": ("load", "8"), "store_freed": ("store", "1"), "never_allocated": ("store", "4"),
             "hot_added": ("load", "2"), "hot_freed": ("store", "8"), "whole_struct": ("load", "96"),
             "mistake_store": ("store", "1")}


def make(arch, san, *words):
    subprocess.run(["make", "-s", "-j2", "ARCH=" + arch, "SAN=" + san, "SAY=no", *words, "image"], check=True, env=ENV,
                   stdout=subprocess.DEVNULL)


@functools.cache
def clean(arch, san):
    make(arch, san)
    return "build/%s-%s" % (arch, san)


@functools.cache
def planted(arch, san):
    """The image with the planted mistakes, built from the objects of the image without them."""
    built = clean(arch, san) + "-planted" + os.environ.get("PYTEST_XDIST_WORKER", "")
    shutil.rmtree(built, ignore_errors=True)
    shutil.copytree(clean(arch, san), built)
    make(arch, san, "EXTRA=tests/system/san/" + san, "OUT_SUFFIX=" + built.split(san)[1])
    return built + "/Image"


@pytest.mark.parametrize("how", [["make", "-n", "image"], ["tools/hotplate", "run"]])
def test_a_wrong_word(how):
    done = subprocess.run(how + ["ARCH=arm64", "SAN=thread"], env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode and "SAN=thread is not known; there are: " + " ".join(SANITIZERS) in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_without_it_nothing_is_added():
    """Without SAN= mk/san.mk adds no argument of compiler or linker, and no source."""
    line = ["make", "-n", "-B", "ARCH=arm64", "build-objects"]
    printed = subprocess.run(line, env=ENV, capture_output=True, text=True, check=True).stdout
    assert "gcc" in printed and not re.search(r"-fsanitize|-DSAN\b|kern/san|mm/san", printed)


@pytest.mark.tier("full")
def test_undefined_planted(arch):
    status, text, printed = unattended(arch, "san-undefined-planted", 240, IMAGE=planted(arch, "undefined"), ARGS="run=planted.* exit")
    assert status == 1, printed
    found = re.findall(r"^ *not ok \d+ planted\.(\w+) # ERROR crash: \S*planted_undefined\.c:\d+:\d+: undefined: (.*)$", text, re.M)
    assert dict(found).keys() == UNDEFINED.keys() and len(found) == len(UNDEFINED), found
    for test, report in found:
        assert re.fullmatch(UNDEFINED[test], report), (test, report)
        assert re.search(r"^#   test_planted_%s\+0x" % test, text, re.M), test


@pytest.mark.tier("full")
def test_race_planted(arch):
    status, text, printed = unattended(arch, "san-race-planted", 240, IMAGE=planted(arch, "race"), ARGS="run=planted.* exit")
    assert status == 1, printed
    found = dict(re.findall(r"^ *not ok \d+ planted\.(\w+) # ERROR crash: (.*)$", text, re.M))
    assert found.keys() == RACES.keys(), found
    for test, report in found.items():
        assert re.fullmatch(RACES[test] + "|" + UNMET, report), (test, report)
    assert not all("unmet" in report for report in found.values()), found
    assert set(re.findall(r"^ *ok \d+ planted\.(\w+)$", text, re.M)) == NO_RACES


@pytest.mark.tier("full")
def test_address_planted(arch):
    status, text, printed = unattended(arch, "san-address-planted", 240, IMAGE=planted(arch, "address"), ARGS="run=planted.* exit")
    assert status == 1, printed
    found = dict(re.findall(r"^ *not ok \d+ planted\.(\w+) # ERROR crash: (.*)$", text, re.M))
    assert found.keys() == ADDRESSES.keys(), found
    for test, report in found.items():
        assert re.fullmatch(ADDRESS % (*ADDRESSES[test], test), report), (test, report)
    assert set(re.findall(r"^ *ok \d+ planted\.(\w+)$", text, re.M)) == {"clean_cycles", "clean_mistake"}


@pytest.mark.long
@pytest.mark.tier("full")
@pytest.mark.parametrize("san", SANITIZERS)
def test_suite_is_clean(arch, suite, san):
    cases, text = suite(arch, "san-" + san, timeout=7200, IMAGE=clean(arch, san) + "/Image", ARGS="run=all exit")
    few_skips(cases)
    assert "# CRASH" not in text


@pytest.mark.long
@pytest.mark.tier("full")
@pytest.mark.parametrize("san", SANITIZERS)
def test_restarts_are_clean(arch, suite, san):
    """Every geometry: the steps that boot repeats, and code that depends on the page size."""
    cases, _ = suite(arch, "san-geometries-" + san, timeout=7200, IMAGE=clean(arch, san) + "/Image",
                     ARGS="run=boot.*,walk.*,hotplug.cycle geometry=all exit")
    few_skips(cases)
