# SPDX-License-Identifier: BSD-2-Clause
"""make scheme: the promises of a scheme are tested.  tests/system/wrong has one wrong scheme for each promise."""
import functools
import os
import re
import subprocess

import pytest

from conftest import ARCHES, TOP, copy_of_build

ENV = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}
WRONG = os.path.join(TOP, "tests", "system", "wrong")
with open(os.path.join(TOP, "tests", "harness", "promises.c"), encoding="utf-8") as table:
    PROMISES = re.findall(r"^\t\{ PROMISE_\w+, \"(\w+)\", \"([\w-]+)\"", table.read(), re.M)


def scheme(name, *arches, **knobs):
    done = subprocess.run(["tools/hotplate", "scheme", name, *arches], env=dict(ENV, **knobs), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@functools.cache
def image_with_wrong(arch):
    """An image with the wrong schemes, built from the existing objects, so that only the new sources are compiled.
    Each worker of a parallel run has its own."""
    suffix = "-wrong" + os.environ.get("PYTEST_XDIST_WORKER", "")
    copy_of_build(arch, suffix)
    subprocess.run(["make", "-s", "-j2", "ARCH=" + arch, "EXTRA=" + WRONG, "OUT_SUFFIX=" + suffix, "image"], check=True, env=ENV,
                   stdout=subprocess.DEVNULL)
    return "build/{arch}" + suffix + "/Image"


@pytest.fixture
def wrong(arch):
    return {"EXTRA": WRONG, "IMAGE": image_with_wrong(arch)}


@pytest.mark.tier("ci")
@pytest.mark.long
@pytest.mark.sample("arm64")
def test_each_promise_can_be_broken(arch, wrong):
    assert len(PROMISES) == 23
    for axis, name in PROMISES:
        status, printed = scheme("%s/wrong-%s" % (axis, {"whole-range": "range"}.get(name, name)), arch, **wrong)
        assert status == 1 and re.search(r"%s: promise %s \(\S+\) is broken: \S+" % (arch, name), printed), printed
        assert "REFUSED" in printed, printed


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")
def test_a_range_beyond_a_block(arch, wrong):
    """Short requests are right, requests of more than 32 MiB are dropped: the broken promise names the test with long
    ones."""
    status, printed = scheme("tlb/wrong-long", arch, **wrong)
    assert status == 1 and "%s: promise whole-range (S0-35) is broken: tlb.range_beyond" % arch in printed, printed


@pytest.mark.tier("ci")
def test_one_that_says_it_is_unsafe_must_be_caught(arch, wrong):
    status, printed = scheme("tlb/unsafe", arch, **wrong)
    assert status == 0 and "unsafe, and caught" in printed, printed
    status, printed = scheme("tlb/unsafe-but-sound", arch, **wrong)
    assert status == 1 and "unsafe, and nothing notices: NOT OK" in printed, printed


@pytest.mark.tier("ci")
def test_the_schemes_of_the_tree_keep_theirs():
    """Some schemes, on every architecture that has them; all of them in the full tier."""
    for name in ("tlb/ipi", "tables/defer"):
        status, printed = scheme(name, *ARCHES)
        assert status == 0 and printed.count("promises are kept") == len(ARCHES), printed
    for name, broken in (("frag/in-table", "entries (S3-06) is broken: "), ("vmalloc/unsafe", "walkers (S0-03) is broken: sched.vmalloc: ")):
        status, printed = scheme(name, *ARCHES)
        assert status == 0 and printed.count("unsafe, and caught") == printed.count("promise " + broken) == len(ARCHES), printed
    status, printed = scheme("tlb/bcast", *ARCHES)
    assert (status == 0) == ("arm64" in ARCHES), printed
    assert "riscv64" not in ARCHES or "not on riscv64: tlb=bcast: there is " in printed, printed


@pytest.mark.tier("full")
def test_every_scheme_of_the_tree_keeps_its(arch):
    for name in ("tlb/full", "memmap/host", "memmap/block", "remove/two-pass", "remove/two-flush", "remove/free-first", "vmalloc/lock-all", "vmalloc/hotplug-read",
                 "vmalloc/keep", "vmalloc/overlap-flag", "tables/batch", "tables/batch-wait", "tables/interrupt",
                 "frag/whole-page", "frag/relist") + {
            "arm64": ("tlb/bcast", "tlb/range", "remove/per-leaf"), "riscv64": ("tlb/sbi", "tlb/svinval")}[arch]:
        status, printed = scheme(name, arch)
        assert status == 0, printed


def test_words_that_are_wrong():
    status, printed = scheme("tlb/nosuch", ARCHES[0])
    assert status == 4 and "tlb=nosuch: there is " in printed and "mm/policy/tlb/template.c.in" in printed and "Traceback" not in printed, printed
    status, printed = scheme("nosuch/x", ARCHES[0])
    assert status == 4 and "`nosuch` is no axis" in printed, printed
    assert scheme("tlb", ARCHES[0])[0] == 4
    done = subprocess.run(["make", "scheme"], env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode and "make scheme S=AXIS/NAME" in done.stderr
