# SPDX-License-Identifier: BSD-2-Clause
"""The worst legal machine with the shape of each board that has an image: `BOARD=NAME MACHINE=worst` (BOARD_WORST of
boards/NAME/board.mk, docs/boards.md)."""
import os
import re
import shlex
import subprocess

import pytest

from conftest import ARCHES, TOP, unattended
from devices.worst import assembled
from hotplate.boards import fragments
from hotplate.results import output
from hotplate.trees import blob

BOARDS = sorted(fragments.directories())
ARCH_OF = {b: fragments.load(b)["ARCH"].split() for b in BOARDS}
SHAPES = [b for b in BOARDS if fragments.load(b)["WORST"]]
PLAIN = ["generic", "qemu-virt-arm64", "qemu-virt-riscv64"]
pytestmark = pytest.mark.tier("ci")


@pytest.fixture(scope="module", autouse=True)
def machines():
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True, env=env)


def on_arches(names):
    return [pytest.param(b, marks=pytest.mark.skipif(not set(ARCH_OF[b]) & set(ARCHES), reason="not tested")) for b in names]


def command(board, **knobs):
    """The words of the machine, by tools/hotplate run."""
    words = ["%s=%s" % k for k in knobs.items()]
    done = subprocess.run(["tools/hotplate", "run", "BOARD=" + board, "MACHINE=worst", "SHOW=1", *words], cwd=TOP,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, shlex.split(done.stdout), done.stderr


def ran(arch, *words, most=120):
    done = subprocess.run(["build/machine/worst-" + arch, *words], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", check=False, timeout=most)
    return done.returncode, done.stdout, done.stderr


# ---- the tree ----
# A program of one page: it prints the device tree, which firmware's register names, byte by byte.
PRINTS = {
    "arm64": """
	.globl _start
_start:	mov x9, x0
	ldr w1, [x9, #4]
	rev w1, w1
	movz x2, #{uart_low}
	movk x2, #{uart_high}, lsl #16
1:	ldrb w3, [x9], #1
	and w4, w3, #15
	lsr w3, w3, #4
	add w3, w3, #65
	add w4, w4, #65
	str w3, [x2]
	str w4, [x2]
	subs w1, w1, #1
	b.ne 1b
	movz x0, #8
	movk x0, #0x8400, lsl #16
	{conduit} #0
	b .
""",
    "riscv64": """
	.globl _start
_start:	mv s0, a1
	mv s1, zero
	li t2, 4
2:	lbu t0, 4(s0)
	slli s1, s1, 8
	or s1, s1, t0
	addi s0, s0, 1
	addi t2, t2, -1
	bnez t2, 2b
	addi s0, s0, -4
1:	lbu t3, 0(s0)
	srli a0, t3, 4
	addi a0, a0, 65
	li a7, 1
	ecall
	andi a0, t3, 15
	addi a0, a0, 65
	ecall
	addi s0, s0, 1
	addi s1, s1, -1
	bnez s1, 1b
	li a7, 8
	ecall
	j .
""",
}


def tree_of(arch, directory, words):
    """The device tree that the machine makes for these words, as its first CPU reads it."""
    of = dict(w.partition("=")[::2] for w in words)
    uart = int(of.get("io", "0x8000000"), 0) + 0x1000000
    conduit = "smc" if of.get("el") == "2" else "hvc"
    flat = assembled(arch, directory, PRINTS[arch].format(uart_low=uart & 0xffff, uart_high=uart >> 16, conduit=conduit))
    status, text, printed = ran(arch, *words, "image=" + flat)
    assert status == 0, printed
    letters = "".join(text.split())
    path = directory / "tree.dtb"
    path.write_bytes(bytes((ord(a) - 65) << 4 | (ord(b) - 65) for a, b in zip(letters[::2], letters[1::2])))
    return blob.read(str(path))


# What the parts of a tree are on each board, in the words of the board: (memory, /reserved-memory, /memreserve/, CPUs by
# reg, those that are disabled, Hz).
G = 1 << 30
M = 1 << 20
K = 1 << 10
TREES = {
    "icicle": ([(0x80000000, G), (0x1040000000, G)], [(0xbfc00000, 4 * M), (0x80000000, 512 * K)], [], range(5), [0], 1000000),
    "imx8mp-evk": ([(0x40000000, 3 * G), (0x100000000, 3 * G)], [(0x942f0000, 32 * K), (0x942f8000, 32 * K), (0x94300000, M)], [],
                   range(4), [], 8000000),
    "rockpro64": ([(0x200000, 2 * G - 2 * M)], [], [], [0, 1, 2, 3, 0x100, 0x101], [], 24000000),
    "rpi3": ([(0, 948 * M)], [(0, 4 * K)], [(0, 4 * K)], range(4), [], 19200000),
    "rpi4": ([(0, 948 * M), (0x40000000, G)], [], [(0, 4 * K)], range(4), [], 54000000),
    "unmatched": ([(0x80000000, 2 * G)], [(0x80000000, 512 * K)], [], range(5), [0], 1000000),
    "versal": ([(0, 2 * G), (0x800000000, 2 * G)], [], [], range(2), [], 100000000),
    "visionfive2": ([(0x40000000, 2 * G)], [(0x40000000, 512 * K)], [], range(5), [0], 4000000),
    "zcu102": ([(0, 2 * G), (0x800000000, 2 * G)], [(0x3ed00000, 256 * K), (0x3ef00000, 256 * K)], [], range(4), [], 100000000),
}
CONTROLLERS = {"icicle": "riscv,plic0", "unmatched": "riscv,plic0", "visionfive2": "riscv,plic0", "imx8mp-evk": "arm,gic-v3",
               "rockpro64": "arm,gic-v3", "versal": "arm,gic-v3", "rpi3": "brcm,bcm2836-l1-intc"}


def test_every_board():
    assert sorted(SHAPES + PLAIN) == BOARDS and sorted(TREES) == SHAPES


@pytest.mark.parametrize("board", on_arches(SHAPES))
def test_tree(board, tmp_path):
    """The words are accepted, and the device tree has the shape of the board."""
    status, line, why = command(board)
    assert status == 0, why
    arch = ARCH_OF[board][0]
    words = [w for w in line[1:] if not re.match("(image|elf|args)=", w)]
    root, entries = tree_of(arch, tmp_path, words)
    memory, reserved, listed, cpus, off, hz = TREES[board]
    found = [r for n in root.children if n.text("device_type") == "memory" for r in blob.registers(n)]
    assert found == memory
    assert [r for n in root.child("reserved-memory").children for r in blob.registers(n)] == reserved
    assert entries == listed and not any("numa-node-id" in n.props for n in root.every())
    nodes = [n for n in root.child("cpus").children if n.name.startswith("cpu@")]
    assert [n.word("reg", -1) for n in nodes] == list(cpus)
    assert [n.word("reg", -1) for n in nodes if not n.okay()] == off
    if arch == "riscv64":
        assert root.child("cpus").word("timebase-frequency", 0) == hz
        assert {n.text("mmu-type") for n in nodes if n.okay()} == {"riscv,sv39"}
        plic = next(n for n in root.every() if n.text("compatible") == "riscv,plic0")
        assert plic.words("interrupts-extended")[1::2] == [11] + [11, 9] * 4
    else:
        assert "hz=%d" % hz in words
    controller = CONTROLLERS.get(board, "arm,gic-400")
    assert any(n.text("compatible") == controller for n in root.every())


@pytest.mark.parametrize("board", on_arches(PLAIN))
def test_plain(board):
    """No board has this shape: the machine without further words."""
    for arch in ARCH_OF[board]:
        status, line, why = command(board, ARCH=arch)
        assert status == 0 and line[0].endswith("worst-" + arch), why
        assert [w.split("=")[0] for w in line[1:]] == ["image", "elf", "cpus", "mem", "node1", "args"]


# ---- the command ----
def test_the_users_words_win():
    status, line, why = command("rockpro64", SMP=2, MEM="512M", NODES=1, WORST="pa=48 seed=7", ARGS="exit")
    assert status == 0, why
    assert line[-2:] == ["pa=48", "seed=7"] and {"cpus=2", "mem=512", "midr=0x410fd034,0x410fd034", "args=exit"} <= set(line)
    status, line, why = command("zcu102", NODE1=0)
    assert status == 0 and {"node1=0", "args="} <= set(line) and not any(w.startswith("base1=") for w in line), why
    status, line, why = command("zcu102")
    assert status == 0 and {"cpus=4", "node1=2048", "args=withhold=0x40000000+512M"} <= set(line), why


@pytest.mark.parametrize("text, why", [
    ("", "BOARD=mine: board.mk has no BOARD_WORST"), ("BOARD_WORST := cpus\n", "BOARD_WORST: not a list of NAME=VALUE"),
    ("BOARD_WORST := hz=1000 hz=2000\n", "BOARD_WORST: not a list of NAME=VALUE"),
])
def test_board_refused(tmp_path, monkeypatch, text, why):
    """A board of EXTRA=DIR."""
    place = tmp_path / "boards" / "mine"
    place.mkdir(parents=True)
    (place / "board.mk").write_text("BOARD_ARCH := arm64\n" + text, encoding="ascii")
    monkeypatch.setenv("EXTRA", str(tmp_path))
    status, _, printed = command("mine")
    assert status == 4 and why in printed and printed.count("\n") == 1, printed


def test_unknown_board():
    status, _, printed = command("nope")
    assert status == 4 and "BOARD=nope is not known; there are: generic " in printed and printed.count("\n") == 1, printed
    status, _, printed = command("rpi4", ARCH="riscv64")
    assert status == 4 and "BOARD=rpi4 is arm64, not ARCH=riscv64" in printed and printed.count("\n") == 1, printed


# ---- the words ----
RAM = {"arm64": 0x40000000, "riscv64": 0x80000000}
REFUSED = [
    ("base=x", "base=x: not a number"), ("base=0x100000", "base: no multiple of 2 MiB"), ("base1=0x200000000", "base1: there is no second node"),
    ("node1=64 base1={ram:#x}", "base1: the first node is there"), ("node1=64 base1=0x80001000", "base1: no multiple of 2 MiB"),
    ("io={ram:#x}", "io: RAM covers the registers of a device"), ("io=1", "io: no multiple of 2 MiB"), ("numa=2", "numa=2: out of range"),
    ("hz=0", "hz=0: out of range"), ("hz=fast", "hz=fast: not a number"), ("timebase=1000000", "not a word of this program"),
    *(("reserve=" + text, "reserve=%s: no list of BASE+BYTES" % text) for text in (
        "", "x", "0x1000", "0x1000+", "0x1000+0", "0x1000+4K:", "0x1000+4K:other", "0x1000+4K,", "0x1000+4G", "0x1000+4Kx",
        ",".join(["0x1000+4K"] * 9), "0xfffffffffffff000+0x2000", "0x1000+0xffffffffffffffffM", "-1+4K")),
    ("reserve=0x1000+4K", "reserve: a reservation is not in one bank of RAM"),
    ("reserve={end:#x}+4K", "reserve: a reservation is not in one bank of RAM"),
    ("reserve={image:#x}+4K:map", "image: it is in a reservation"), ("reserve={tree:#x}+4K:entry", "tree: it is in a reservation"),
]


@pytest.mark.parametrize("words, why", REFUSED)
def test_word_refused(arch, words, why):
    ram = RAM[arch]
    places = {"ram": ram, "end": ram + 256 * M, "image": ram + 2 * M, "tree": ram + 128 * M - 4096}
    status, _, printed = ran(arch, "image=build/%s/Image" % arch, "mem=256", *words.format(**places).split())
    assert status == 4 and why in printed and printed.count("\n") == 1, printed


@pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")
@pytest.mark.parametrize("words, why", [
    ("gic=1", "gic=1: not modelled"), ("gic=0 cpus=5", "gic=0: it serves four CPUs"), ("gic=0 mpidr=quads", "gic=0: it serves four CPUs"),
    ("gic=0 mmio=1", "gic=0: its one wire is the UART's"), ("gic=0 pci=1", "gic=0: its one wire is the UART's"),
])
def test_controller_refused(words, why):
    status, _, printed = ran("arm64", "image=build/arm64/Image", "mem=256", *words.split())
    assert status == 4 and why in printed and printed.count("\n") == 1, printed


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
@pytest.mark.parametrize("words, why", [
    ("monitor=1 cpus=1", "monitor: no other hart is left"), ("monitor=1 boot=0", "boot: there is no such hart"), ("monitor=2", "out of range"),
])
def test_monitor_refused(words, why):
    status, _, printed = ran("riscv64", "image=build/riscv64/Image", "mem=256", *words.split())
    assert status == 4 and why in printed and printed.count("\n") == 1, printed


# ---- memory that firmware reserves ----
LOADS = {
    "arm64": """
	.globl _start
_start:	ldr x0, ={at:#x}
	ldr x1, [x0]
	str x1, [x0, #8]
	movz x0, #8
	movk x0, #0x8400, lsl #16
	hvc #0
	b .
""",
    "riscv64": """
	.globl _start
_start:	li t0, {at:#x}
	ld t1, 0(t0)
	sd t1, 8(t0)
	li a7, 8
	ecall
	j .
""",
}
JUMPS = {"arm64": "\t.globl _start\n_start: ldr x0, ={at:#x}\n\tbr x0\n", "riscv64": "\t.globl _start\n_start: li t0, {at:#x}\n\tjr t0\n"}
# A leaf of 1 GiB, from the start of RAM.
MAPS = {
    "arm64": """
	.globl _start
_start:	adrp x0, root
	ldr x1, =0x40000701
	str x1, [x0, #8]
	mov x1, #0xff
	msr mair_el1, x1
	ldr x1, =0x100803519
	msr tcr_el1, x1
	msr ttbr0_el1, x0
	dsb sy
	tlbi vmalle1
	dsb sy
	isb
	mrs x1, sctlr_el1
	orr x1, x1, #1
	msr sctlr_el1, x1
	isb
	movz x0, #8
	movk x0, #0x8400, lsl #16
	hvc #0
	b .
	.balign 4096
root:	.skip 4096
""",
    "riscv64": """
	.globl _start
_start:	lla t0, root
	li t1, 0x200000cf
	sd t1, 16(t0)
	srli t0, t0, 12
	li t1, 8 << 60
	or t0, t0, t1
	sfence.vma
	csrw satp, t0
	sfence.vma
	li a7, 8
	ecall
	j .
	.balign 4096
root:	.skip 4096
""",
}


def at_reserved(arch, tmp_path, text, *words):
    flat = assembled(arch, tmp_path, text)
    return ran(arch, "image=" + flat, "mem=1024", "cpus=2", "steps=1", *words)


@pytest.mark.parametrize("kind", ("no-map", "map", "entry"))
def test_access_is_noticed(arch, tmp_path, kind):
    """A load, a fetch and a store of the kernel to a reservation with no-map stop the run; other kinds only list it."""
    at = RAM[arch] + 64 * M
    word = "reserve=%#x+4K:%s" % (at, kind)
    status, _, printed = at_reserved(arch, tmp_path, LOADS[arch].format(at=at), word)
    if kind != "no-map":
        assert status == 0, printed
        return
    assert status == 3 and re.search(r"CPU \d at .+ accesses %#x, which firmware reserves with no-map" % at, printed), printed
    status, _, printed = at_reserved(arch, tmp_path, LOADS[arch].format(at=at - 8), word)
    assert status == 3 and re.search(r"accesses %#x, which firmware" % at, printed), printed
    status, _, printed = at_reserved(arch, tmp_path, LOADS[arch].format(at=at - 16), word)
    assert status == 0, printed
    status, _, printed = at_reserved(arch, tmp_path, JUMPS[arch].format(at=at), word)
    assert status == 3 and re.search(r"fetches %#x, which firmware" % at, printed), printed


def test_leaf_is_noticed(arch, tmp_path):
    """A leaf of the kernel's tables, part of which is such a reservation."""
    at = RAM[arch] + 64 * M
    status, _, printed = at_reserved(arch, tmp_path, MAPS[arch])
    assert status == 0, printed  # firmware's own memory, at the start of RAM on riscv64, may be mapped
    status, _, printed = at_reserved(arch, tmp_path, MAPS[arch], "reserve=%#x+4K" % at)
    assert status == 3 and re.search(r"CPU \d at .+ maps %#x, which firmware" % at, printed), printed


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
def test_firmware_is_protected(tmp_path):
    """PMP: an access of S-mode to OpenSBI's memory."""
    status, _, printed = at_reserved("riscv64", tmp_path, LOADS["riscv64"].format(at=RAM["riscv64"] + 256 * K))
    assert status == 3 and "accesses 0x80040000, which firmware reserves" in printed, printed


# ---- harts ----
@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
def test_harts_lack_what_isa_does_not_name(tmp_path):
    """stimecmp and SINVAL.VMA are illegal instructions; CBO.CLEAN is not, since isa= names Zicbom."""
    text = """
	.globl _start
_start:	lla t0, trap
	csrw stvec, t0
	lla s0, out
	csrr t1, 0x14d
	.word 0x16000073
	.word 0x0014200f
	li a7, 8
	ecall
	.balign 4
trap:	csrr a0, scause
	addi a0, a0, 48
	li a7, 1
	ecall
	csrr t0, sepc
	addi t0, t0, 4
	csrw sepc, t0
	li t0, 0x100
	csrs sstatus, t0
	sret
	.balign 64
out:	.skip 64
"""
    flat = assembled("riscv64", tmp_path, text)
    for isa, printed in (("rv64imac_zicbom", "22"), ("rv64imac", "222"), ("rv64imac_zicbom_svinval_sstc", "")):
        done = ran("riscv64", "image=" + flat, "mem=128", "cpus=1", "steps=1", "isa=" + isa)
        assert done[0] == 0 and done[1].strip() == printed, (isa, done)


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
def test_monitor_is_unknown_to_sbi(tmp_path):
    """HSM hart_start, hart_get_status and an IPI to hart 0: SBI_ERR_INVALID_PARAM; to hart 1 none of them is."""
    text = """
	.globl _start
_start:	li s2, 0
	li s1, {hart}
	mv a0, s1
	lla a1, park
	li a6, 0
	call hsm
	mv a0, s1
	li a6, 2
	call hsm
	li a0, 1
	sll a0, a0, s1
	li a1, 0
	li a6, 0
	li a7, 0x735049
	ecall
	call print
	li a7, 8
	ecall
hsm:	li a7, 0x48534d
	ecall
print:	neg a0, a0
	addi a0, a0, 48
	li a7, 1
	ecall
	ret
park:	wfi
	j park
"""
    for hart, printed in ((0, "333"), (1, "000")):
        flat = assembled("riscv64", tmp_path, text.format(hart=hart))
        done = ran("riscv64", "image=" + flat, "mem=128", "cpus=3", "steps=1", "monitor=1", "boot=2")
        assert done[0] == 0 and done[1].strip() == printed, done


# ---- the image ----
SHORT = "run=boot.wx,boot.cpus,boot.ticks,kern.call_sees_stores exit"


@pytest.mark.parametrize("board", on_arches(["rpi3", "rpi4", "visionfive2"]))
def test_boot(board):
    arch = ARCH_OF[board][0]
    status, text, printed = unattended(arch, "board-" + board, 600, BOARD=board, MACHINE="worst", ARGS=SHORT)
    assert status == 0, printed + text[-3000:]
    found, wrong = output.cases(text)
    assert not wrong and [output.outcome(c) for c in found] == ["pass"] * 4, found
    assert "cpu      4 x" in text and "withheld at " in text, text[:2000]


@pytest.mark.tier("full")
@pytest.mark.parametrize("board", on_arches(SHAPES))
def test_quick(board):
    """`run=quick` whole, as its README has it: green on legal hardware of this shape."""
    arch = ARCH_OF[board][0]
    status, text, printed = unattended(arch, "board-quick-" + board, 7200, BOARD=board, MACHINE="worst", ARGS="run=quick exit")
    assert status == 0 and "verdict=pass" in text, printed + text[-3000:]
