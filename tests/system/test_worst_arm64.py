# SPDX-License-Identifier: BSD-2-Clause
"""The worst legal machine's arm64 half (machine/arm64/, docs/WORST.md): it boots the image, replays, and agrees with QEMU."""
import os
import re
import subprocess

import pytest

import litmus_arm64
import sequences_arm64
from conftest import TOP, unattended

WORST = os.path.join(TOP, "build", "machine", "worst-arm64")
pytestmark = [pytest.mark.tier("test"), pytest.mark.skipif(
    "arm64" not in os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64").split(), reason="it is an arm64 machine")]
SUM = re.compile(r"^([0-9a-f]{16})\r?$", re.M)
ROW = re.compile(r"^" + 4 * r"([0-9a-f]{8}) ", re.M)


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "build/machine/worst-arm64"], cwd=TOP, check=True)


def ran(*words):
    return subprocess.run([WORST, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("worst", ["seed=1", "seed=2 ad=1", "adversaries=off"])
def test_hot_plug(worst):
    """The unmodified image, by tools/run."""
    status, text, said = unattended("arm64", "worst-" + worst.replace(" ", "-"), 300, MACHINE="worst", WORST=worst,
                                    ARGS="run=hotplug.cycle,hotplug.migrate_live,boot.wx exit")
    assert status == 0, said
    assert "machine  hotplate,worst" in text and "TCG" not in text


def test_replay():
    """A seed decides everything; another seed decides otherwise."""
    def counted(seed):
        done = ran("image=build/arm64/Image", "mem=512", "cpus=3", "args=run=boot.wx exit", "counts=1", f"seed={seed}")
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr
    assert counted(5) == counted(5)
    assert counted(5)[1] != counted(6)[1]


def assembled(tmp_path, text):
    """A flat file that QEMU and the machine start at 0x40200000, at EL1."""
    source, elf, flat = (str(tmp_path / n) for n in ("seq.S", "seq.elf", "seq.bin"))
    with open(source, "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,-Ttext=0x40200000,--build-id=none", source, "-o", elf],
                   check=True, capture_output=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", elf, flat], check=True)
    return flat


@pytest.mark.parametrize("text, name", [
    ("fadd d0, d1, d2", "instruction 1e622820 is not known"), ("mrs x0, pmccfiltr_el0", "MRS of S3_3_C14_C15_7 is not known"),
    ("msr dbgbvr0_el1, x0", "MSR of S2_0_C0_C0_4 is not known"), ("dc cisw, x0", "SYS d5087e40 is not known"),
    ("tlbi ipas2e1is, x0", "TLBI d50c8020 is not known"), ("ldr q0, [x0]", "instruction 3dc00000 is not known"),
    ("crc32b w0, w1, w2", "instruction 1ac24020 is not known"),
])
def test_unknown_stops(tmp_path, text, name):
    """What it does not know ends it by name, never silently."""
    flat = assembled(tmp_path, f"\t.arch armv8-a+crc\n\t.globl _start\n_start: {text}\n")
    done = ran("image=" + flat, "mem=128", "cpus=1")
    assert done.returncode == 3 and name in done.stderr, done.stderr


@pytest.mark.parametrize("seed, exclusives, words", [
    (1, True, ["adversaries=off"]), (2, True, ["adversaries=off"]), (3, True, ["stores=0"]), (4, False, []), (5, False, ["seed=9"]),
])
def test_agrees(tmp_path, monkeypatch, seed, exclusives, words):
    """Random instructions: sums of all registers and flags every 640 of them, as under QEMU; also with adversaries, since one
    CPU alone never sees its accesses out of order (a store-exclusive may fail by chance then, so those programs have none)."""
    monkeypatch.setattr(sequences_arm64, "EXCLUSIVES", exclusives)
    flat = assembled(tmp_path, sequences_arm64.program(seed, 320, 40, 20))
    qemu = subprocess.run(["qemu-system-aarch64", "-M", "virt", "-cpu", "max", "-m", "256", "-nic", "none", "-nographic", "-kernel",
                           flat], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)
    worst = ran("image=" + flat, "mem=256", "cpus=1", *words)
    sums = SUM.findall(qemu.stdout)
    assert len(sums) == 400 and sums == SUM.findall(worst.stdout)


def test_litmus(tmp_path):
    """Two CPUs: every outcome that the Armv8 model allows is seen, and none that it forbids; in order, no weak one at all."""
    flat = assembled(tmp_path, litmus_arm64.program(2000))

    def weak(*words):
        done = ran("image=" + flat, "mem=256", "cpus=2", *words)
        rows = ROW.findall(done.stdout)
        assert len(rows) == len(litmus_arm64.SHAPES), done.stderr
        return {name: int(row[int(shape[1], 2)], 16) for (name, shape), row in zip(litmus_arm64.SHAPES.items(), rows)}
    seeds = [weak(f"seed={seed}", "loads=2") for seed in range(1, 5)]
    for name, (_, _, allowed) in litmus_arm64.SHAPES.items():
        assert bool(sum(s[name] for s in seeds)) == allowed, (name, [s[name] for s in seeds])
    assert not any(weak("adversaries=off").values())
