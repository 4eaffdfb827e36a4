# SPDX-License-Identifier: BSD-2-Clause
"""RAM that begins, ends or has a hole inside a page of the geometry, as boards have it: QEMU's machines have whole MiB.
A stub passes the device tree (devices/device_tree.py); the simulator has words for it (short=, reserve=)."""
import re

import pytest

from conftest import PATIENCE, unattended
from devices.device_tree import RAM, compile_tree, memory_node, source, start  # noqa: F401 (a fixture)

KIB, MIB = 1 << 10, 1 << 20
END = 1280 * MIB  # of RAM, from its start
LATER = 512 * MIB  # from there on 512 MiB are withheld: a block of every geometry
PAGES = {"4k": 4, "16k": 16, "64k": 64, "sv": 4}
GEOMETRIES = {"arm64": ("4k-48", "16k-48", "64k-48"), "riscv64": ("sv39", "sv48", "sv57")}

# name: ranges of RAM (begin, end, node), ranges of no-map memory (begin, bytes)
MACHINES = {"end-%dk" % k: ([(0, END - k * KIB, 0)], []) for k in (4, 8, 16, 32)}
MACHINES.update({"begin-%dk" % k: ([(k * KIB, END, 0)], []) for k in (4, 32)})
MACHINES.update({
    "no-map-top": ([(0, END, 0)], [(END - 12 * KIB, 12 * KIB)]),
    "no-map-middle": ([(0, END, 0)], [(400 * MIB + 4 * KIB, 12 * KIB), (440 * MIB + 48 * KIB, 80 * KIB)]),
    "hole": ([(0, 400 * MIB + 20 * KIB, 0), (400 * MIB + 24 * KIB, END - 8 * KIB, 0)], []),
    "nodes-meet": ([(0, 1100 * MIB + 8 * KIB, 0), (1100 * MIB + 8 * KIB, END, 1)], []),
    "tiny": ([(0, END - 64 * KIB, 0), (END - 52 * KIB, END - 4 * KIB, 0)], []),
})
SHORT = ("end-4k", "no-map-top", "hole")
RUN = "geometry=%s run=boot.wx,boot.contiguous_runs,boot.no_execute,hotplug.cycle exit"


def ram(arch):
    return int(RAM[arch].split()[1], 16)


def align_up(n, to):
    return -(-n // to) * to


def whole(ranges, nomap, page):
    """Bytes of RAM in whole pages, all of one node, and all no-map or none."""
    total = 0
    for begin, end, _ in ranges:
        begin, end = align_up(begin, page), end // page * page
        total += max(end - begin, 0)
    cut = set()
    for begin, size in nomap:
        cut |= {at // page for at in (begin, begin + size) if at % page and any(b <= at < e for b, e, _ in ranges)}
    return total - page * len(cut)


def shaped(text, arch, ranges, nomap, words):
    base = ram(arch)
    nodes = "".join('\tmemory@%x { device_type = "memory"; reg = <0x0 0x%x 0x0 0x%x>; numa-node-id = <%d>; };\n'
                    % (base + begin, base + begin, end - begin, node) for begin, end, node in ranges)
    kept = "".join("top@%x { reg = <0x0 0x%x 0x0 0x%x>; no-map; };" % (base + begin, base + begin, size)
                   for begin, size in nomap)
    if kept:
        nodes += "\treserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; %s };\n" % kept
    text = text.replace(memory_node(text), nodes)
    words = "withhold=0x%x+512M %s" % (base + LATER, words)
    return re.sub(r'bootargs = "[^"]*"', 'bootargs = "%s"' % words, text)


def page_of(geometry):
    return next(k for name, k in PAGES.items() if geometry.startswith(name)) * KIB


def booted(arch, blob, name, **stub):
    child = start(arch, blob, "ram-" + name, ["-m", "%dM" % (END // MIB)], **stub)
    try:
        child.expect_exact("# hotplate: end", timeout=PATIENCE * 5)
        return child.before.replace("\r", "")
    finally:
        child.close(force=True)


def passed(text):
    assert "#: end verdict=pass" in text and re.search(r"ok \d+ hotplug\.cycle$", text, re.M), text


def left_out(text, why):
    return sum(int(kib) * KIB for kib in re.findall(r"^memory: 0x[0-9a-f]+\+(\d+)K left out: [a-z -]*%s" % why, text, re.M))


@pytest.mark.tier("ci")
@pytest.mark.sample(*("%s-%s-%d" % (a, m, n) for a, n in (("arm64", 1), ("arm64", 2), ("riscv64", 0)) for m in SHORT))
@pytest.mark.parametrize("nth", range(3))
@pytest.mark.parametrize("machine", MACHINES)
def test_machine(arch, machine, nth, source):  # noqa: F811
    """Boot uses exactly the whole pages, one line names each part that it leaves out, and memory is added and removed."""
    geometry, (ranges, nomap) = GEOMETRIES[arch][nth], MACHINES[machine]
    blob = compile_tree(shaped(source(arch), arch, ranges, nomap, RUN % geometry))
    text = booted(arch, blob, "%s-%s" % (machine, geometry))
    passed(text)
    wanted, there = whole(ranges, nomap, page_of(geometry)), sum(end - begin for begin, end, _ in ranges)
    assert there - left_out(text, "page of") == wanted, text
    assert "memory=0x%x " % (wanted - left_out(text, "written values")) in text, text  # OpenSBI's memory


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64-ram-ends-2", "arm64-no-map-1")
@pytest.mark.parametrize("nth", range(3))
@pytest.mark.parametrize("after", ("ram-ends", "no-map"))
def test_tree_in_a_part(arch, after, nth, source):  # noqa: F811
    """The device tree, which boot moves, is in the part of a page where RAM ends, or beside no-map memory."""
    geometry, end = GEOMETRIES[arch][nth], 448 * MIB + 36 * KIB
    ranges, nomap = ([(0, END, 0)], [(end, 4 * KIB)]) if after == "no-map" else ([(0, end, 0), (LATER, END, 0)], [])
    blob = compile_tree(shaped(source(arch), arch, ranges, nomap, RUN % geometry))
    assert len(blob) < 32 * KIB  # so that it is in the same page of 64 KiB as its end
    passed(booted(arch, blob, "tree-%s-%s" % (after, geometry), tree_at=ram(arch) + end - align_up(len(blob), 4 * KIB)))


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64-short=4-2", "arm64-reserve-1", "riscv64-short=12-0")
@pytest.mark.parametrize("nth", range(3))
@pytest.mark.parametrize("word", ("short=4", "short=8", "short=12", "short=16", "short=32", "reserve"))
def test_simulator(arch, word, nth):
    """The same on the worst legal machine, which stops a CPU that maps no-map memory."""
    geometry, base = GEOMETRIES[arch][nth], ram(arch)
    if word == "reserve":
        word = "reserve=0x%x+12K,0x%x+20K" % (base + 512 * MIB - 12 * KIB, base + 400 * MIB + 4 * KIB)
    status, text, printed = unattended(arch, "ram-%s-%s" % (word[:8], geometry), 1200, MACHINE="worst", MEM="512M",
                                       NODE1="1G" if geometry.startswith("64k") else "256M", SMP="2", WORST=word,
                                       ARGS=RUN % geometry)
    assert not status, printed + text[-2000:]
    passed(text)


@pytest.mark.tier("full")
@pytest.mark.parametrize("machine", MACHINES)
def test_all_geometries(arch, machine, source):  # noqa: F811
    """The geometries of one machine, one after the other: each boot fills the registry again for its own pages."""
    blob = compile_tree(shaped(source(arch), arch, *MACHINES[machine], RUN % "all"))
    passed(booted(arch, blob, machine + "-all"))
