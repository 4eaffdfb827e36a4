# SPDX-License-Identifier: BSD-2-Clause
"""The worst legal machine, without adversaries, agrees with QEMU: every register, and memory (tools/hotplate
worst-agree, machine/README.md)."""
import os
import re
import subprocess

import pytest

from conftest import TOP

pytestmark = pytest.mark.tier("ci")
ARCHES = os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64").split()
AGREES = re.compile(r"agrees with QEMU: (\d+) instructions, (\d+) registers at (\d+) of them; (\d+) interrupts; from outside: "
                    r"(\d+) loads of devices, (\d+) of time, (\d+) of interrupts, (\d+) of identity, (\d+) results of firmware")
REGISTERS = {"arm64": 34, "riscv64": 41}
# A hot-add and the later steps by commands: hotplug.cycle needs the TLB profile, which measures entries that the TLB
# keeps after a change without an invalidation, where QEMU and the machine differ.  Tests that do not need it are
# followed to their end.
LIFE = "keys=add,online,offline,remove,poweroff"


@pytest.fixture(scope="module", autouse=True)
def programs():
    for arch in ARCHES:
        subprocess.run(["make", "-s", "ARCH=" + arch, "image"], cwd=TOP, check=True)
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def followed(arch, args, *words, timeout=300):
    if arch not in ARCHES:
        pytest.skip("HOTPLATE_ARCHES has no " + arch)
    return subprocess.run(["tools/hotplate", "worst-agree", arch, args, *words], cwd=TOP, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=timeout)


def agreed(arch, done):
    """Numbers of a successful run: instructions, compared states, interrupts, values from outside."""
    assert done.returncode == 0, done.stderr
    n = [int(v) for v in AGREES.search(done.stderr).groups()]
    assert n[1] == REGISTERS[arch]
    return [n[0], *n[2:]]


@pytest.mark.sample("riscv64")
def test_first_instructions(arch):
    """All registers after each of the first 200,000 instructions."""
    n = agreed(arch, followed(arch, "exit", "followed=200000"))
    assert n[:2] == [200000, 200000] and sum(n[3:]) < 2000, n


def test_boot_blocks():
    """riscv64: a boot to its end, with a state for each block of instructions; then both memories are the same."""
    done = followed("riscv64", "exit", "blocks=1")
    n = agreed("riscv64", done)
    assert n[0] > 1000000 and n[1] > n[0] / 20 and sum(n[3:]) < n[0] / 500, n
    assert "Powering off." in done.stdout and "254 MiB of memory agree" in done.stderr


def test_difference_stops(arch, tmp_path):
    """The machine's image has one other instruction at the start of console_write(): a NOP instead of a stack
    frame."""
    if arch not in ARCHES:
        pytest.skip("HOTPLATE_ARCHES has no " + arch)
    built = os.path.join(TOP, "build", arch)
    listed = subprocess.run(["nm", built + "/hotplate.elf"], capture_output=True, text=True, check=True).stdout
    start = int(re.search(r"^([0-9a-f]+) \w console_write$", listed, re.M)[1], 16)
    with open(built + "/Image", "rb") as f:
        image = bytearray(f.read())
    at = start - 0xffffffff80000000
    wide = arch == "arm64" or image[at] & 3 == 3
    nop = (0xd503201f if arch == "arm64" else 0x13 if wide else 1).to_bytes(4 if wide else 2, "little")
    image[at:at + len(nop)] = nop
    (tmp_path / "Image").write_bytes(image)
    done = followed(arch, "exit", "image=%s" % (tmp_path / "Image"))
    assert done.returncode == 3, done.stderr
    assert re.search(r"instruction \d+, [0-9a-f]{8} at %x \(console_write\+0x0\): \S+ is [0-9a-f]+, QEMU's is " % start, done.stderr), done.stderr


@pytest.mark.tier("full")
@pytest.mark.parametrize("words", [[], ["blocks=1"]])
def test_life(arch, words):
    if words and arch == "arm64":
        pytest.skip("MRS of identification registers is in the middle of QEMU's blocks")
    done = followed(arch, "poison=off screen=0", LIFE, *words, timeout=1800)
    n = agreed(arch, done)
    assert n[0] > 5000000 and n[2] > 0, n
    assert all(re.search(r"^%s .* ok\r?$" % w, done.stdout, re.M) for w in ("add", "online", "offline", "remove")), done.stdout
    assert "254 MiB of memory agree" in done.stderr


@pytest.mark.tier("full")
def test_tests(arch):
    """A run of tests in which pages are migrated and attributes change."""
    run, words = {"arm64": ("hotplug.migrate_contents", []),
                  "riscv64": ("boot.wx,hotplug.migrate_contents,hotplug.attributes", ["blocks=1"])}[arch]
    done = followed(arch, "poison=off run=%s exit" % run, *words, timeout=1800)
    n = agreed(arch, done)
    assert n[0] > 5000000 and n[2] > 0, n
    for name in run.split(","):
        assert re.search(r"^ +ok \d+ %s" % re.escape(name), done.stdout, re.M), done.stdout[-2000:]
    assert "254 MiB of memory agree" in done.stderr


@pytest.mark.parametrize("words, why", [
    (["cpus=2"], "one CPU at a time"), (["tlb=1"], "only with adversaries=off"), (["follow=/nowhere"], "no log of QEMU"),
    (["ram=/nowhere"], "QEMU's memory"),
])
def test_words_refused(words, why):
    done = followed(ARCHES[0], "exit", *words)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("worst:") == 1, done.stderr
