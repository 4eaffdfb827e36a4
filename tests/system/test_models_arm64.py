# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's models of arm64 boards (boards/), which have properties that virt lacks: memory at 0, two ranges in one
node, no GIC, CPUs that wait for an address, PSCI by SMC, UARTs of other makers, a device tree of a real board.

A model that the installed QEMU lacks is skipped; HOTPLATE_QEMU_ARM64=PATH names another QEMU.
"""
import os
import re
import shlex
import struct
import subprocess

import pytest

from hotplate.results import output
from conftest import LOGS, unattended
from devices.selection import SHORT
from devices.boards_arm64 import IMAGE, MODELS, QEMU, banner_has, compiled, knobs, need, run, tree

ENDS_ITSELF = [b for b in MODELS if MODELS[b][2] == "PSCI"]
STAYS_ON = "this machine does not switch itself off"

pytestmark = [pytest.mark.skipif("arm64" not in os.environ.get("HOTPLATE_ARCHES", "arm64"), reason="arm64 only")]


@pytest.mark.parametrize("board", MODELS)
@pytest.mark.tier("full")
@pytest.mark.long
def test_quick_suite(board):
    """The tests of `make quick`, and the end of the run: by firmware, or reported and left to tools/hotplate run."""
    text = run(board, "quick", "run=%s exit" % SHORT)
    banner_has(text, board)
    assert (STAYS_ON in text) == (board not in ENDS_ITSELF)
    assert "CRASH" not in text
    assert ", QEMU TCG" in text  # recognised as an emulator: its results are not a board's


@pytest.mark.parametrize("board", MODELS)
@pytest.mark.tier("ci")
def test_lives(board):
    """Every geometry, one after the other, with all CPUs each time, also those that firmware cannot turn off."""
    text = run(board, "lives", "geometry=all run=boot.*,hotplug.cycle exit")
    starts = re.findall(r"^# life \d+ of this machine", text, re.M)
    ends = re.findall(r"^ok (\d+) arm64-", text, re.M)
    assert len(ends) == 4 and len(starts) == 3, text[-2000:]
    assert len(re.findall(r"/boot\.cpus could=", text)) == 4
    assert "not entered again" not in text and "stays off" not in text


@pytest.mark.parametrize("board", MODELS)
@pytest.mark.tier("ci")
def test_at_the_prompt(board, boot):
    """At the prompt: characters are received by interrupt; memory of the device tree is added and removed; litmus
    tests of the TLB."""
    need(board)
    machine = boot("arm64", BOARD=board, IMAGE=IMAGE, **({"QEMU": QEMU} if QEMU else {}))
    banner_has(machine.banner, board)
    at = re.search(r"withheld at (0x[0-9a-f]+)", machine.banner)[1]
    where = "%s+256M" % at
    for word in ("add", "online", "offline", "remove") * 2:
        printed = machine.answer("%s %s" % (word, where))
        assert re.search(r"^%s .* ok$" % word, printed, re.M), printed
    printed = machine.answer("interrupts")
    console = re.search(r"^ *\d+ +console +(\d+)", printed, re.M)
    assert console and int(console[1]) > 0, printed
    assert len(re.findall(r"^CPU \d", printed, re.M)) == MODELS[board][0]
    printed = machine.answer("tlb stress rounds=20")
    assert re.search(r"^ +unmap\.all\.look +ok ", printed, re.M), printed
    assert not re.search(r" FAIL ", printed), printed


def test_halted(boot):
    """A machine that cannot switch itself off stays silent: its other CPUs do not report the halted one."""
    machine = boot("arm64", BOARD="rpi3", IMAGE=IMAGE, ARGS="hang=300ms", **({"QEMU": QEMU} if QEMU else {}))
    machine.send("q\r")
    machine.child.expect_exact(STAYS_ON)
    assert "CRASH" not in machine.unread_output(3)


@pytest.mark.tier("ci")
def test_few_cpus():
    """SMP= below the CPUs of a model: the others stay in firmware."""
    for cpus in (1, 2):
        banner_has(run("rpi3", "smp%d" % cpus, "run=boot.one_root,boot.ticks exit", SMP=str(cpus)), "rpi3", cpus)


@pytest.mark.tier("ci")
def test_zcu102_at_el2():
    text = run("zcu102", "el2", "run=boot.*,hotplug.cycle,tlb.profile_forbidden exit",
               QEMU_ARGS="-machine virtualization=on")
    assert "at EL2" in text
    banner_has(text, "zcu102")


# ---- trees that differ ----


def edited(board, name, *changes):
    text = tree(board)
    for old, new in changes:
        text, n = re.subn(old, new, text, flags=re.M)
        assert n, "%s is not in the tree of %s" % (old, board)
    return compiled(name, text)


ONE = "run=boot.one_root,boot.wx exit"
SAID = {
    "no memreserve": ("rpi3", [(r"^/memreserve/.*$", "")], 1,
                      r"^cpu 1 \(hwid 0x1\): stays off: cpu-release-addr 0xe0 is in memory that nothing reserves$"),
    "no release address": ("rpi3", [(r"cpu-release-addr = <0x00 0xe8>;", "")], 3,
                           r"^cpu 2 \(hwid 0x2\): stays off: cpu-release-addr 0x0 is no address of a word$"),
    "odd release address": ("rpi3", [(r"cpu-release-addr = <0x00 0xe8>;", "cpu-release-addr = <0x00 0xe9>;")], 3,
                            r"^cpu 2 \(hwid 0x2\): stays off: cpu-release-addr 0xe9 is no address of a word$"),
    "unknown method": ("rpi3", [(r'enable-method = "spin-table"', 'enable-method = "smoke"')], 1,
                       r'^cpu 3 \(hwid 0x3\): stays off: enable-method "smoke" is not supported$'),
    "no method": ("rpi3", [(r"enable-method = .*$", "")], 1,
                  r"^cpu 1 \(hwid 0x1\): stays off: no enable-method, and neither PSCI nor SBI$"),
    # one uses PSCI and waits nowhere: it stays off, the others run
    "both methods": ("zcu102", [(r'(enable-method = "psci";\s*reg = <0x03>;)',
                                 'enable-method = "spin-table"; cpu-release-addr = <0x00 0xd8>; reg = <0x03>;'),
                                (r"^/dts-v1/;", "/dts-v1/; /memreserve/ 0x0 0x1000;")], 3,
                     r"^cpu 3 \(hwid 0x3\): started, but not here after 5 s\b"),
    "no stdout-path": ("zcu102", [(r'stdout-path = .*$', "")], 4, r"^ready "),
    "interrupts-extended": ("zcu102", [(r"interrupts = <0x00 0x15 0x04>;", "interrupts-extended = <&{/axi/interrupt-"
                                        "controller@f9010000} 0x00 0x15 0x04>;")], 4, r"^ready "),
}


@pytest.mark.parametrize("what", SAID)
@pytest.mark.tier("ci")
def test_other_tree(what):
    """A mistake about one CPU causes one line, and the machine runs with the others."""
    board, changes, cpus, line = SAID[what]
    name = what.replace(" ", "-")
    path = edited(board, name, *changes)
    text = run(board, name, ONE, DTB=path)
    os.remove(path)
    assert re.search(line, text, re.M), text[:3000]
    head = re.search(r"^cpu +(\d) x", text, re.M)
    assert int(head[1]) == cpus, head[0]


@pytest.mark.tier("ci")
def test_extended_interrupt_arrives(boot):
    """A console whose interrupt is described by interrupts-extended."""
    path = edited("zcu102", "extended", *SAID["interrupts-extended"][1])
    machine = boot("arm64", BOARD="zcu102", DTB=path, IMAGE=IMAGE, **({"QEMU": QEMU} if QEMU else {}))
    os.remove(path)
    console = re.search(r"^ *53 +console +(\d+)", machine.answer("interrupts"), re.M)
    assert console and int(console[1]) > 0


# ---- the counter's frequency ----


@pytest.mark.parametrize("hz", [None, 50000000])
def test_no_counter_frequency(hz):
    """Firmware that leaves CNTFRQ_EL0 at 0: the device tree's frequency is used, else one that makes no wait too
    short."""
    stub = os.path.join(LOGS, "cntfrq-%d.bin" % os.getpid())
    with open(stub, "wb") as f:  # msr cntfrq_el0, xzr; b to QEMU's own first instructions
        f.write(struct.pack("<2I", 0xd51be01f, 0x14000000 | ((0x40000000 - 0x40001004) >> 2 & 0x3ffffff)))
    more = {}
    if hz:
        blob = os.path.join(LOGS, "cntfrq-%d.dtb" % os.getpid())
        subprocess.run(["qemu-system-aarch64", "-M", "virt,dumpdtb=" + blob, "-cpu", "max", "-smp", "1", "-m", "1G", "-nic", "none",
                        "-display", "none"], check=True, capture_output=True)
        subprocess.run(["fdtput", "-t", "i", blob, "/timer", "clock-frequency", str(hz)], check=True)
        more["DTB"] = blob
    status, text, printed = unattended("arm64", "cntfrq-%s" % hz, 120, SMP="1", NODES="1", ARGS=ONE,
                                       QEMU_ARGS="-device loader,file=%s,addr=0x40001000,cpu-num=0,force-raw=on" % stub, **more)
    os.remove(stub)
    want = "50000000 Hz is taken, as in the device tree" if hz else "1000000000 Hz is taken, and there is no usable clock-frequency"
    assert "clock: CNTFRQ_EL0 is 0: " + want in text, text[:2000]
    assert status == 0, printed


# ---- Raspberry Pi 4 through Trusted Firmware ----


def bl31(suite):
    """Debian's BL31 with the three words that Raspberry Pi's firmware writes into it."""
    got = subprocess.run(["tools/hotplate", "firmware", "--boot", suite, "arm-trusted-firmware"], capture_output=True, text=True,
                         check=False)
    if got.returncode:
        pytest.skip("arm-trusted-firmware cannot be had: " + got.stderr.strip().splitlines()[-1])
    with open("build/firmware/%s/arm-trusted-firmware/usr/lib/arm-trusted-firmware/rpi4/bl31.bin" % suite, "rb") as f:
        blob = bytearray(f.read())
    struct.pack_into("<I", blob, 0xf0, 0)  # a cleared magic makes the next two words valid
    struct.pack_into("<2I", blob, 0xf8, DTB_AT, KERNEL_AT)
    path = os.path.join(LOGS, "bl31-%d.bin" % os.getpid())
    with open(path, "wb") as f:
        f.write(blob)
    return path


KERNEL_AT, DTB_AT = 0x200000, 0x8000000


@pytest.mark.tier("ci")
@pytest.mark.parametrize("suite", ["bookworm", "trixie", "sid"])
@pytest.mark.sample("trixie")
def test_rpi4_by_bl31(suite):
    """armstub=bl31.bin: EL2 with PSCI, which BL31 writes into the device tree, then power off by PSCI.  No restart: a
    CPU that BL31 turns off resets itself by RMR_EL3, which QEMU does not have (docs/LIMITS.md)."""
    need("rpi4")
    firmware = bl31(suite)
    text = re.sub(r"^(\s*chosen \{)(?:\s*bootargs = [^;]*;)?", r'\1 bootargs = "withhold=0x20000000+256M run=boot.*,hotplug.*,tlb.* exit";',
                  tree("rpi4"), flags=re.M)
    text, n = re.subn(r"(memory@0 \{[^}]*reg = )<.*>;", r"\1<0x0 0x0 0x3c000000>;", text)
    assert n == 1
    blob = compiled("bl31", text)
    subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dtb", "-S", "131072", "-o", blob + ".padded", blob], check=True)
    os.rename(blob + ".padded", blob)
    shown = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "SHOW=1", "BOARD=rpi4"] + knobs(), capture_output=True,
                           text=True, check=True).stdout
    line = shlex.split(shown)
    line = line[:line.index("-kernel")]
    del line[line.index("null") - 1:line.index("null") + 1]  # BL31 writes into the tree that the console is the PL011
    for path, at in ((firmware, 0), (IMAGE, KERNEL_AT), (blob, DTB_AT)):
        line += ["-device", "loader,file=%s,addr=0x%x,force-raw=on" % (path, at)]
    log = os.path.join(LOGS, "model-rpi4-bl31-%s.log" % suite)
    with open(log, "wb") as out:
        subprocess.run(["timeout", "-s", "KILL", "100"] + line, stdin=subprocess.DEVNULL, stdout=out, check=False)
    os.remove(firmware)
    os.remove(blob)
    with open(log, encoding="utf-8", errors="replace") as f:
        text = f.read().replace("\r", "")
    status, sentence = output.verdict(text)
    assert status == 0, sentence + "\n" + text[-2000:]
    assert re.search(r"^cpu +4 x Cortex-A72 .*GICv2, PSCI 1", text, re.M), text[:2000]
    assert "entry Image at EL2" in text and "spin-table" not in text


# ---- tools/hotplate run and tools/dtb themselves ----


@pytest.mark.parametrize("words, sentence", [
    (["BOARD=nosuch"], "tools/hotplate run: BOARD=nosuch: QEMU has no model of this board; there are: "),
    (["BOARD=rpi3", "ARCH=riscv64"], "tools/hotplate run: BOARD=rpi3 is arm64, not ARCH=riscv64"),
    (["BOARD=rpi3", "SMP=5"], "tools/hotplate run: SMP=5: rpi3 runs on 1 to 4 CPUs"),
    (["BOARD=rpi3", "VIRTIO_MEM=4G"], "tools/hotplate run: VIRTIO_MEM=4G is a knob of QEMU's virt machine of arm64, not of BOARD=rpi3"),
    (["BOARD=zcu102", "MEM=5G"], "tools/hotplate run: MEM=5G: zcu102 has at most 4G"),
])
def test_refused(words, sentence):
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run"] + words, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and done.stderr.startswith(sentence), done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words, sentence", [
    ([], "usage: "),
    (["arm64", "nobody/nothing.dts"], "this kernel source (%s) has no arch/arm64/boot/dts/nobody/nothing.dts"),
    (["mips", "x.dts"], "ARCH=mips is not known; there are: arm64 riscv64"),
])
def test_no_tree(words, sentence):
    done = subprocess.run(["tools/dtb"] + words, capture_output=True, text=True, check=False)
    lines = [x for x in done.stderr.splitlines() if not x.startswith("  TAR")]
    if "%s" in sentence:
        archive = subprocess.run(["tools/third", "--archive"], capture_output=True, text=True, check=True).stdout
        sentence %= re.search(r"linux-source-([\d.]+)\.tar", archive)[1]
    assert done.returncode == 4 and len(lines) == 1 and lines[0].startswith("tools/dtb: " + sentence), done.stderr
