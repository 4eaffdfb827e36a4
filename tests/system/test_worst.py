# SPDX-License-Identifier: BSD-2-Clause
"""The worst legal machine (machine/, machine/MODEL.md): it boots the image, replays runs, refuses wrong arguments, and
agrees with QEMU."""
import os
import re
import subprocess

import pytest

import bare
import sequences
from conftest import TOP, unattended
from devices.worst import assembled

WORST = os.path.join(TOP, "build", "machine", "worst-riscv64")
pytestmark = [pytest.mark.tier("ci"), pytest.mark.skipif(
    "riscv64" not in os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64").split(), reason="it is a riscv64 machine")]
SUM = re.compile(r"^([0-9a-f]{16})\r?$", re.M)


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def ran(*words):
    return subprocess.run([WORST, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("worst", ["seed=1", "seed=2 ad=1", "adversaries=off", "seed=1 firmware=text"])
def test_hot_plug(worst):
    """The unmodified image, by tools/hotplate run."""
    status, text, printed = unattended("riscv64", "worst-" + worst.replace(" ", "-"), 300, MACHINE="worst", WORST=worst,
                                       ARGS="run=hotplug.cycle,hotplug.migrate_live,boot.wx exit")
    assert status == 0, printed
    assert "machine  hotplate,worst" in text and "MTTCG" not in text
    assert ("tlb      ipi:" if "text" in worst else "tlb      sbi:") in text  # tlb=sbi needs more than the SBI specification guarantees


def test_replay():
    """A seed determines the whole run; another seed gives another run."""
    def counted(seed, *words):
        done = ran("image=build/riscv64/Image", "elf=build/riscv64/hotplate.elf", "mem=512", "cpus=3", "args=run=boot.wx exit",
                   "counts=1", f"seed={seed}", *words)
        assert done.returncode == 0, done.stderr
        lines = done.stderr.splitlines()
        return done.stdout, lines[-1], lines[:-1]
    five = counted(5)
    assert five == counted(5)
    assert five[1] != counted(6)[1]
    listed = subprocess.run(["nm", "build/riscv64/hotplate.elf"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    at = int(re.search(r"^([0-9a-f]+) \w period$", listed, re.M)[1], 16) - 0xffffffff80000000 + 0x80200000
    lines = counted(5, "watch=0x%x" % at, "trace=5000000", "traced=20000")
    assert lines[:2] == five[:2]
    assert re.search(r"^step \d+ time \d+ CPU \d .*: stores \(not yet visible\) ", lines[2][0]), lines[2][:3]
    assert sum(re.match(r"step \d+ CPU \d \w+\+0x[0-9a-f]+: [0-9a-f]{4}, \d+ in the buffer$", line) is not None
               for line in lines[2]) > 10


@pytest.mark.parametrize("words, why", [
    (["image=/nowhere"], "/nowhere: cannot be read"), ([], "image: which one? image=FILE"),
    (["cpus=17"], "cpus=17: out of range"), (["stores=x"], "stores=x: not a number"),
    (["firmware=txt"], "firmware=txt: not a word"), (["seed=99999999999999999999"], "not a number"), (["cpus=-1"], "not a number"),
    (["image=/dev/null"], "/dev/null: cannot be read, or is empty"), (["image=/"], "/: cannot be read"),
    (["image=build/riscv64/Image", "elf=/nowhere"], "/nowhere: cannot be read"), (["what=1"], "what=1: not a word of this program"), (["image"], "image: not NAME=VALUE"),
])
def test_refusals(words, why):
    done = ran(*words)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_unknown_stops(tmp_path):
    """An unknown instruction or CSR ends the machine with its name: a floating-point load, a CSR."""
    for text, name in (("flw f0, 0(x0)", "instruction 00002007 is not known"), ("csrr x5, 0x5a8", "CSR 5a8 is not known")):
        flat = assembled("riscv64", tmp_path, f"\t.option arch, +f\n\t.globl _start\n_start: {text}\n")
        done = ran("image=" + flat, "mem=128", "cpus=1")
        assert done.returncode == 3 and name in done.stderr, done.stderr


UNINIT = """
	.globl _start, boot_stack_top, persist_start, persist_end
_start:	lla t0, noinit
	li t1, 7
	sb t1, 5(t0)
	lbu t2, 5(t0)
	addi t3, t0, 8
	amoswap.d x0, t1, (t3)
	ld t2, 8(t0)
	%s
	li a7, 8
	ecall
	.bss
	.balign 4096
boot_stack_top:
	.skip 64
	.type noinit, @object
noinit:	.skip 64
persist_start:
persist_end:
"""


@pytest.mark.tier("test")
def test_uninit(tmp_path):
    """A load of .noinit before any store ends the machine, with the names of both; a store followed by a load does
    not."""
    for load, at in (("", None), ("lbu t2, 4(t0)", 4), ("ld t2, 0(t0)", 0), ("lw t2, 4(t0)", 4), ("lr.d t2, (t0)", 0),
                     ("addi t0, t0, 16\n\tamoswap.d t2, t1, (t0)", 16), ("addi t0, t0, 24\n\tamoadd.d x0, t1, (t0)", 24),
                     ("lbu t2, 63(t0)", 63), ("lbu t2, 64(t0)", None)):
        words = "image=" + assembled("riscv64", tmp_path, UNINIT % load), "elf=%s" % (tmp_path / "seq.elf"), "mem=128", "cpus=1"
        done = ran(*words)
        name = "noinit+0x%x" % at if at is not None else ""
        assert done.returncode == (3 if name else 0), (load, done.stderr)
        assert not name or re.match("worst: CPU 0 at _start[+]0x[0-9a-f]+ loads %s, which nothing has stored to since power-on$" % re.escape(name),
                        done.stderr.splitlines()[0]), (load, done.stderr)
        assert not ran(*words, "unknown=0").returncode and not ran(words[0], *words[2:]).returncode, load


STORES_ON = """
	.globl _start
_start:	xori s1, a0, 1
	li a7, 0x48534d
	li a6, 0
	mv a0, s1
	lla a1, second
	ecall
	lla t0, word
1:	ld t1, 0(t0)
	beqz t1, 1b
	li s0, 50
2:	li a7, 0x52464e43
	li a6, 0
	li a0, 1
	mv a1, s1
	ecall
	addi s0, s0, -1
	bnez s0, 2b
	li a7, 8
	ecall
second:	lla t0, word
3:	sd t0, 0(t0)
	j 3b
	.balign 8
word:	.quad 0
"""


def test_a_remote_fence_ends(tmp_path):
    """Firmware's handler ends in bounded time on a hart that stores all the time."""
    flat = assembled("riscv64", tmp_path, STORES_ON)
    for seed in range(1, 6):
        done = ran("image=" + flat, "mem=128", "cpus=2", "seed=%d" % seed, "steps=50")
        assert done.returncode == 0, (seed, done.stderr)


OFF = "li a0, 0\nli a1, {}\nli a6, 0\nli a7, 0x53525354\necall\n"


@pytest.mark.parametrize("text, words, status, why", [
    ("1: wfi\nj 1b", [], 2, "every CPU waits, and nothing can wake one"),
    ("li t0, 1\ncsrw 0x14d, t0\n1: wfi\nj 1b", [], 2, "every CPU waits"),  # the timer is not enabled
    ("1: j 1b", ["steps=1"], 2, "still on after steps=1"),
    (OFF.format(0), [], 0, ""), (OFF.format(1), [], 1, ""), (OFF.format(9) + "1: wfi\nj 1b", [], 2, "every CPU waits"),
])
def test_ends(tmp_path, text, words, status, why):
    """A machine whose CPUs all wait ends, and a failure has a failing status."""
    done = ran("image=" + assembled("riscv64", tmp_path, f"\t.globl _start\n_start: {text}\n"), "mem=128", "cpus=2", *words)
    assert done.returncode == status and why in done.stderr, done.stderr


def test_console_is_lost():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([WORST, "image=build/riscv64/Image", "mem=128", "cpus=1", "args=run=boot.wx exit"], check=False, timeout=300,
                              stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 4 and "console: cannot be written" in done.stderr


@pytest.mark.parametrize("worst, why", [("seed='1", "No closing quotation"), ("cpus=2", "tools/hotplate run sets it itself")])
def test_words_of_run(worst, why):
    done = subprocess.run(["tools/hotplate", "run", "MACHINE=worst", "ARCH=riscv64", "SHOW=1", "WORST=" + worst], cwd=TOP, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 4 and why in done.stderr and "Traceback" not in done.stderr, done.stderr


@pytest.mark.tier("test")
@pytest.mark.parametrize("seed, pairs, words", [
    (1, True, ["adversaries=off"]), (2, True, ["adversaries=off"]), (3, True, ["stores=0", "fails=0"]), (4, False, []), (5, False, ["seed=9"]),
    (6, False, ["late=1"]), (7, True, ["late=1", "stores=0", "fails=0"]), (8, False, ["late=1", "seed=3", "loads=2"]),
])
def test_agrees(tmp_path, monkeypatch, seed, pairs, words):
    """Random instructions: the checksums of all registers every 640 instructions equal QEMU's; also with adversaries,
    since a single CPU never observes its own accesses out of order (SC may fail by chance then, so those programs
    have none)."""
    monkeypatch.setattr(sequences, "PAIRS", pairs)
    flat = assembled("riscv64", tmp_path, sequences.program(seed, 320, 40, 20))
    qemu = subprocess.run(["qemu-system-riscv64", "-M", "virt", "-cpu", "rv64", "-m", "256", "-nographic", "-kernel", flat],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)
    worst = ran("image=" + flat, "mem=256", "cpus=1", "unknown=0", *words)  # registers begin as zeroes, as in QEMU
    sums = SUM.findall(qemu.stdout)
    assert len(sums) == 400 and sums == SUM.findall(worst.stdout)


@pytest.mark.tier("test")
@pytest.mark.parametrize("name, words", [
    ("UPDATE_BEHIND_FENCE", "ad=1"), ("UPDATE_STAYS", "ad=1"), ("CROSSING", ""), ("LAST_PAGE", ""),
    ("LAST_PAGE", "firmware=text"), ("FAR_RANGE", "firmware=text"), ("OWN_TEXT", "cpus=2 firmware=text"), ("OWN_TEXT", "cpus=2"),
    ("STALE_PATH", "tlb=1"), ("RESERVATION_SURVIVES", ""), ("RESERVATION_ENDS", ""), ("TRAP_EXIT", ""),
])
def test_bare(tmp_path, name, words):
    """Guarantees of the manuals hold in every round; behaviour without a guarantee fails at least once."""
    flat = assembled("riscv64", tmp_path, getattr(bare, name))
    for seed in (1, 2, 3):
        done = ran("image=" + flat, "mem=128", *(words + ("" if "cpus" in words else " cpus=1")).split(), f"seed={seed}", "steps=4000")
        assert done.returncode == 0 and done.stdout.startswith("ok"), (seed, done.stdout, done.stderr)


def test_reservation_in_order(tmp_path):
    """Without adversaries no reservation survives a trap."""
    done = ran("image=" + assembled("riscv64", tmp_path, bare.RESERVATION_SURVIVES), "mem=128", "cpus=1", "adversaries=off", "steps=4000")
    assert done.returncode == 0 and done.stdout.startswith("bad"), (done.stdout, done.stderr)
