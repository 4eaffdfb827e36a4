# SPDX-License-Identifier: BSD-2-Clause
"""Memory layouts of boards, on models of them: two banks, RAM at physical 0 that is added and removed, registers
where a tree claims RAM, a node of the secure world.

QEMU writes one range of all memory into the tree that it passes; tools/python/hotplate/qemu/handover.py passes a true
one.  """
import os
import re
import shlex
import subprocess

import pexpect
import pytest

from hotplate.qemu import handover
from conftest import LOGS, PATIENCE, PROMPT, rough, unattended
from devices.boards_arm64 import IMAGE, QEMU, banner_has, compiled, knobs, need, run, tree

pytestmark = [pytest.mark.skipif("arm64" not in os.environ.get("HOTPLATE_ARCHES", "arm64"), reason="arm64 only")]

MiB, GiB = 1 << 20, 1 << 30
BANK2 = 0x800000000
MEMORY = r"(memory@0 \{[^}]*)reg = <[^>]*>;"


def cells(*values):
    return " ".join("0x%x 0x%x" % (v >> 32, v & 0xffffffff) for v in values)


def one_node(*ranges):
    return lambda text: re.sub(MEMORY, r"\1reg = <%s>;" % cells(*ranges), text)


def two_nodes(text):
    """Firmware that makes a node for each bank, the upper one first."""
    upper = 'memory@%x { device_type = "memory"; reg = <%s>; };' % (BANK2, cells(BANK2, 2 * GiB))
    return re.sub(r"^\tmemory@0 ", lambda m: "\t" + upper + "\n" + m[0], one_node(0, 2 * GiB)(text), flags=re.M)


# description in the tree -> KiB in use, 512 MiB withheld
SHAPES = {
    "one node": (one_node(0, 2 * GiB, BANK2, 2 * GiB), 3584 << 10),
    "upper bank first": (one_node(BANK2, 2 * GiB, 0, 2 * GiB), 3584 << 10),
    "two nodes": (two_nodes, 3584 << 10),
    # ends in the middle of a section, as Linux' trees of this board did
    "partial sections": (one_node(0, 0x7ff00000, BANK2, 2 * GiB - 0x30000), (3583 << 10) - 192),
}


def handed(name, edit, words, image_at=handover.IMAGE_AT, tree_at=handover.TREE_AT):
    """Start zcu102 with 4 GiB and this tree; returns its console."""
    blob = compiled("banks-" + name, edit(tree("zcu102")))
    out = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "SHOW=1", "BOARD=zcu102"] + knobs(), capture_output=True, text=True,
                         check=True).stdout
    line = shlex.split(out)
    at, dtb = line.index("-kernel"), line[line.index("-dtb") + 1]
    subprocess.run(["fdtput", "-t", "s", blob, "/chosen", "bootargs", words], check=True)
    line = line[:at] + ["-m", "4G"] + handover.line(IMAGE, dtb, blob, image_at, tree_at)
    child = pexpect.spawn(line[0], line[1:], encoding="utf-8", codec_errors="replace", timeout=PATIENCE,
                          logfile=open(os.path.join(LOGS, "banks-%s.console" % name), "w", encoding="utf-8"))
    child.expect_exact(PROMPT)
    os.remove(blob)
    return child, child.before.replace("\r", "")


def answer(child, line, pattern):
    child.send(line + "\r")
    child.expect_exact(line)
    child.expect_exact(PROMPT)
    printed = child.before.replace("\r", "")
    assert re.search(pattern, printed, re.M), line + ":\n" + printed


def goes_round(child, where):
    """All the steps of a hot-plug cycle, twice, with pages in use."""
    for _ in range(2):
        answer(child, "add " + where, r"^add .* ok$")
        answer(child, "online " + where, r"^online .* ok$")
        answer(child, "use " + where, r"^\d+ pages of %s are in use" % re.escape(where))
        answer(child, "offline " + where, r"^offline .* ok$")
        answer(child, "unuse", r"^\d+ pages are free again, each as it was written$")
        answer(child, "remove " + where, r"^remove .* ok$")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.tier("ci")
@pytest.mark.sample("upper bank first", "partial sections")
def test_two_banks(shape):
    """Each bank is memory, in whatever form the tree describes it; the gap is not memory, and causes no line."""
    need("zcu102")
    edit, kib = SHAPES[shape]
    child, printed = handed(shape.replace(" ", "-"), edit, "withhold=0x%x+512M" % (BANK2 + GiB))
    try:
        assert re.search(r"^memory +%s in use, 512 MiB withheld at 0x840000000" % rough(kib), printed, re.M), printed
        assert "device tree: 0x" not in printed and "left out" not in printed, printed
        goes_round(child, "0x%x+512M" % (BANK2 + GiB))
        child.send("run boot.*,hotplug.cycle\r")
        child.expect("#: end verdict=pass")
    finally:
        child.close(force=True)


@pytest.mark.tier("ci")
def test_ram_at_physical_0():
    """The image is in the upper bank, and the lowest memory, at address 0, is added and removed."""
    need("zcu102")
    child, printed = handed("zero", SHAPES["one node"][0], "withhold=0x0+256M", BANK2 + 2 * MiB, BANK2 + 96 * MiB)
    try:
        assert re.search(r"^memory +3.75 GiB in use, 256 MiB withheld at 0x0 ", printed, re.M), printed
        goes_round(child, "0x0+256M")
        child.send("run hotplug.parts*,hotplug.cycle\r")
        child.expect("#: end verdict=pass")
    finally:
        child.close(force=True)


@pytest.mark.tier("ci")
def test_ram_from_physical_0(boot):
    """RAM at address 0 is memory from its first page on, except pages that firmware reserved."""
    need("rpi3")
    machine = boot("arm64", BOARD="rpi3", IMAGE=IMAGE, ARGS="withhold=none", **({"QEMU": QEMU} if QEMU else {}))
    assert re.search(r"^memory +960 MiB in use", machine.banner, re.M), machine.banner
    assert re.search(r"^0-\d+ +0x0\+", machine.answer("blocks"), re.M)


@pytest.mark.parametrize("more", [pytest.param("", marks=pytest.mark.tier("full")), "-machine virtualization=on"])
@pytest.mark.tier("ci")
def test_lives_of_4_gib(more):
    """tools/hotplate run describes the board's memory; every geometry maps both banks."""
    text = run("zcu102", "4g-" + ("el2" if more else "el1"), "geometry=all run=boot.*,hotplug.cycle exit", MEM="4G", QEMU_ARGS=more)
    banner_has(text, "zcu102")
    assert re.search(r"^memory +3.50 GiB in use, 512 MiB withheld at 0x40000000", text, re.M), text[:2000]
    assert "at EL%d" % (2 if more else 1) in text and "memory=0x100000000" in text
    assert len(re.findall(r"^ok (\d+) arm64-", text, re.M)) == 4 and "memory: 0x" not in text


@pytest.mark.tier("ci")
def test_registers_below_claimed_ram():
    """QEMU's own tree: 4 GiB in one range, over the gap of two banks and all registers in it."""
    text = run("zcu102", "shadow", "run=boot.*,hotplug.cycle exit", QEMU_ARGS="-m 4G")
    shadows = re.findall(r"^device tree: (0x[0-9a-f]+)\+(\d+)([KMG]) is no RAM: registers of", text, re.M)
    parts = [(int(a, 16), int(a, 16) + (int(n) << {"K": 10, "M": 20, "G": 30}[unit])) for a, n, unit in shadows]
    for device in (0xff000000, 0xf9010000, 0xff170000):  # the console, the GIC, the card
        assert any(lo <= device < hi for lo, hi in parts), (hex(device), shadows)
    assert re.search(r"^memory: 0x80000000\+1G left out: it does not hold written values", text, re.M)
    # 2 GiB, and 256 KiB of on-chip memory
    assert re.search(r"^memory +1.50 GiB in use, 512 MiB withheld", text, re.M), text[:2000]
    banner_has(text, "zcu102")


def test_memory_of_the_secure_world():
    """secure=on: a node of memory, 16 MiB at 0xe000000, whose status is disabled."""
    blob = os.path.join(LOGS, "secure-%d.dtb" % os.getpid())
    subprocess.run(["qemu-system-aarch64", "-M", "virt,secure=on,dumpdtb=" + blob, "-nic", "none", "-display", "none"],
                   check=True, capture_output=True)
    node = subprocess.run(["fdtget", blob, "/secram@e000000", "device_type", "/secram@e000000", "status"], capture_output=True, text=True, check=False)
    os.remove(blob)
    assert node.stdout.split() == ["memory", "disabled"], node
    status, text, printed = unattended("arm64", "secram", 120, SMP="2", NODES="1", MEM="1G", QEMU_ARGS="-machine secure=on",
                                       ARGS="withhold=none run=boot.* exit")
    assert status == 0, printed
    assert re.search(r"^memory +1 GiB in use", text, re.M) and "memory=0x40000000 " in text, text[:2000]
    assert "left out" not in text and "0xe000000" not in text, text[:2000]
