# SPDX-License-Identifier: BSD-2-Clause
"""Memory that an unmodified kernel adds, uses on all CPUs, and removes, by its own driver of virtio-mem, on the worst
legal machine, or persistent memory by kmem (machine/README.md, "Run your kernel here"; linux/memory, linux/kmem)."""
import os
import re

import pytest

from conftest import ARCHES, TOP
from devices.kernels import booted, kernel_of
from hotplate.kernels import fetch

SIZES = [512, 0, 256, 768, 128, 896]
WORDS = "WORST=mmio=1 vmem=1024 sizes=" + ",".join(map(str, SIZES))
ONLINE = "memhp_default_state=online_movable"
# Debian's kernels for riscv64 have no VIRTIO_MEM.
ARM64 = pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")


def resized(seed, *append):
    return booted(kernel_of(fetch.DEFAULT["arm64"]), "WORKLOADS=linux/memory", "MEM=256M", "SEED=%d" % seed, WORDS,
                  "APPEND=" + " ".join((ONLINE, *append)))


def judged(done, text):
    assert done.returncode == 0, done.stdout + text[-4000:]
    sizes = re.findall(r"^worst: virtio-mem: (\d+) MiB are plugged, as requested", text, re.M)
    assert sizes == [str(size) for size in SIZES], sizes


@ARM64
@pytest.mark.tier("full")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_memory_is_added_and_removed(seed):
    """Each requested size is reached while processes fork, map, fill memory, and a module is loaded and unloaded."""
    judged(*resized(seed))


@ARM64
@pytest.mark.tier("full")
def test_memmap_on_memory():
    """Linux's driver of virtio-mem does not request it, so that the argument must change nothing."""
    judged(*resized(4, "memory_hotplug.memmap_on_memory=force"))


# ---- persistent memory as RAM ----
MEMMAP = "echo 1 > /sys/bus/dax/devices/dax0.0/memmap_on_memory\n"
BLOCK_PAGES = 128 << 8  # of a block of 128 MiB; its struct pages need 512
STRUCTS = 512
ROUNDS = 2
# Without failed walks, for which Linux fails by some seeds (docs/FOUND.md, 11).
WORST = {"arm64": "ttl=0 ets=1", "riscv64": "root=1 tlb=2"}


@pytest.mark.tier("full")
@pytest.mark.both
@pytest.mark.parametrize("cpus, memmap", [(2, False), (1, True), (2, True), (4, True), (8, True)])
def test_persistent_memory(arch, cpus, memmap, tmp_path):
    """Added, put online, used by all CPUs, put offline while a process stores to it, removed; again; by seeds 1 to 3."""
    with open(os.path.join(TOP, "linux", "kmem"), encoding="utf-8") as file:
        script = file.read().replace("repeat 3 {\n", "repeat %d {\n" % ROUNDS)
    if memmap:
        script = script.replace("# what daxctl does\n", MEMMAP)
    (tmp_path / "kmem").write_text(script)
    done, text = booted(kernel_of(fetch.DEFAULT[arch]), "CPUS=%d" % cpus, "SEEDS=1-3", "MEM=256M", "WORST=pmem=512 " + WORST[arch],
                        "WORKLOADS=%s" % (tmp_path / "kmem"), "APPEND=memory_hotplug.memmap_on_memory=%d" % memmap)
    assert done.returncode == 0 and "3 of 3 seeds passed" in done.stdout, done.stdout + text[-4000:]
    assert text.count("> /sys/bus/dax/drivers/kmem/remove_id ok") == 3 * ROUNDS
    pages = [int(nr) for nr in re.findall(r"Built 1 zonelists, mobility grouping on\.  Total pages: (\d+)", text)]
    want = BLOCK_PAGES - STRUCTS * memmap  # lists are built for the first block, and when the last one is offline
    assert len(pages) == 1 + 3 * 2 * ROUNDS and abs(pages[1] - pages[2] - want) < STRUCTS // 2, pages


SCRIPT = """\
repeat 3 fork 2
repeat x fork 2
repeat 2 cat /nosuch
repeat 2 echo text
repeat 2
load dummy
repeat 3 reload dummy
fill 64
fill
grows 10
shrinks 100000
online /sys/nosuch
unload dummy
once dummy
once
sleep 1
repeat 2 {
fork 1
repeat 2 { # in it
mmap 1
}
}
repeat 2 {
cat /nosuch
fork &
}
/init /nosuch
/init
repeat x {
}
"""
LINES = [
    "repeat 3 fork 2 ok", "repeat x fork 2 not ok repeat has no rounds",
    "repeat 2 cat /nosuch not ok open of /nosuch: errno 2", "repeat 2 echo text not ok usage: echo TEXT > FILE",
    "repeat 2 not ok no workload of init, and open of /bin/repeat: errno 2", "load dummy ok", "repeat 3 reload dummy ok",
    "fill 64 ok", "fill not ok it ended with status 1", "grows 10 ok", "shrinks 100000 ok", "online /sys/nosuch not ok it ended with status 1",
    "unload dummy ok", "once dummy not ok dummy stays", "once not ok usage: once MODULE [OPTION...]", "sleep 1 ok",
    *(["fork 1 ok"] + ["mmap 1 ok"] * 2 + ["repeat 2 /init /etc/block-2 ok"]) * 2, "repeat 2 /init /etc/block-1 ok",
    "cat /nosuch not ok open of /nosuch: errno 2", "fork & not ok it ended with status 1",
    "repeat 2 /init /etc/block-3 not ok it ended with status 1", "script not ok read of /nosuch: errno 2",
    "/init /nosuch not ok it ended with status 1", "/init not ok it ended with status 1",
    "repeat x /init /etc/block-4 not ok repeat has no rounds", "fail"]


@pytest.mark.tier("full")
@pytest.mark.both
def test_each_line_of_init(arch, tmp_path):
    """In QEMU, of which init does not depend either."""
    (tmp_path / "script").write_text(SCRIPT)
    done, text = booted(kernel_of(fetch.DEFAULT[arch]), "MACHINE=qemu", "WORKLOADS=%s" % (tmp_path / "script"))
    assert re.findall(r"hotplate-init: ([^|\n]*?)\r?$", text, re.M) == LINES, text[-3000:]
    assert done.returncode == 1
