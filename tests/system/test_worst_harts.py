# SPDX-License-Identifier: BSD-2-Clause
"""Kinds of harts on the worst legal machine of riscv64: how the image handles their ids, counters, modes of satp and
widths of the ASID (machine/MODEL.md)."""
import re
import subprocess

import pytest

from conftest import ARCHES, TOP

pytestmark = [pytest.mark.tier("ci"), pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")]

MAKER = ("mvendorid=0x489", "marchid=0x8000000000000008")  # SiFive's P550


@pytest.fixture(scope="module", autouse=True)
def machines():
    subprocess.run(["make", "-s", "ARCH=riscv64", "image", "machine"], cwd=TOP, check=True)


def run(*words, image="build/riscv64/Image", args="", most=4000):
    """Exit status and output."""
    done = subprocess.run(["build/machine/worst-riscv64", "image=" + str(image), "elf=build/riscv64/hotplate.elf", "mem=128",
                           "steps=%d" % most, *words, "args=%s exit" % args], cwd=TOP, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("instret, clue", [("0", "counters"), ("9", "inexact-instret")])
def test_silicon_whose_firmware_counts(instret, clue):
    """A hart with a vendor id counts as silicon, whether or not instret counts instructions of firmware.  By a few seeds
    firmware takes no interrupt while boot reads the counter."""
    found = []
    for seed in range(1, 7):
        status, text = run("cpus=2", "instret=" + instret, "seed=%d" % seed, *MAKER, args="run=kern.call_sees_stores")
        assert status == 0 and " accel=bare " in text and "could=yes" in text and "QEMU" not in text and "lost-timer" not in text, text
        found += re.findall(r" clues=(\S+)$", text, re.M)
    assert clue in found and set(found) <= {clue, "counters"}, found


def test_the_user_says_what_the_cpu_is():
    """cpu=emulated: no verdict about memory order; the board's id is unchanged."""
    status, text = run("cpus=2", *MAKER, args="cpu=emulated run=kern.call_sees_stores")
    assert status == 0 and " accel=tcg " in text and "could=no" in text and " clues=counters\n" in text, text


@pytest.mark.tier("test")
@pytest.mark.parametrize("sxstatus,stops", ((1 << 21, True), (1 << 22, False), (1 << 20, False), (0, False)))
def test_attributes_of_thead_stop_boot(sxstatus, stops):
    """With MAEE, bit 21 of th.sxstatus, entries have another encoding, and boot stops before it writes one.  A hart
    of that vendor with MAEE clear, or without the register, boots."""
    status, text = run("cpus=1", "mvendorid=0x5b7", "sxstatus=%d" % sxstatus, args="run=boot.wx", most=400)
    assert bool(re.search(r"^ +ok 1 boot\.wx", text, re.M)) == (not stops) and (status == 0) == (not stops), text
    assert ("th.sxstatus.MAEE is set" in text) == stops, text


@pytest.mark.parametrize("words", (("satp=sv39", "asid=0"), ("satp=sv39", "asid=0", "hz=1000000", "rate=1200"),
                                   ("satp=sv48", "asid=9"), ("satp=sv39", "asid=16")), ids=" ".join)
def test_modes_and_asids(words):
    """U54 and U74 have only Sv39 and no ASIDs; any width of the ASID is legal."""
    status, text = run("cpus=4", *words, args="run=boot.wx,boot.cpus,tlb.reused_table,hotplug.cycle", most=40000)
    assert status == 0 and not re.search(r"^ *not ok", text, re.M) and re.search(r"^ok 1 riscv-sv", text, re.M), text[-3000:]
    assert ("geometry=riscv-sv39" in text) == ("satp=sv39" in words), text[-3000:]


@pytest.mark.tier("test")
@pytest.mark.parametrize("seed", ("1", "2"))
def test_harts_that_differ(seed):
    """Each hart lacks some of Svinval, Zicbom, Svnapot and Svpbmt, by its riscv,isa: the kernel uses those that all
    have."""
    status, text = run("cpus=4", "node1=256", "differ=1", "seed=" + seed,
                       args="withhold=node1 contig=on run=boot.cpus,tlb.back_ends,tlb.reused_table,hotplug.cycle", most=3000)
    assert status == 0 and not re.search(r"^ *not ok", text, re.M) and re.search(r"^ +ok 1 boot\.cpus\r?$", text, re.M), text[-3000:]
    assert len(re.findall(r"1 x rv64", text)) > 1 and "parked" not in text, text
