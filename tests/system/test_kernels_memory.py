# SPDX-License-Identifier: BSD-2-Clause
"""Memory that an unmodified kernel adds, uses on all CPUs, and removes, by its own driver of virtio-mem, on the worst
legal machine (machine/README.md, "Run your kernel here"; linux/memory)."""
import re

import pytest

from conftest import ARCHES
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
"""
LINES = [
    "repeat 3 fork 2 ok", "repeat x fork 2 not ok repeat has no rounds",
    "repeat 2 cat /nosuch not ok open of /nosuch: errno 2", "repeat 2 echo text not ok usage: echo TEXT > FILE",
    "repeat 2 not ok no workload of init, and open of /bin/repeat: errno 2", "load dummy ok", "repeat 3 reload dummy ok",
    "fill 64 ok", "fill not ok it ended with status 1", "grows 10 ok", "shrinks 100000 ok", "fail"]


@pytest.mark.tier("full")
@pytest.mark.both
def test_each_line_of_init(arch, tmp_path):
    """In QEMU, of which init does not depend either."""
    (tmp_path / "script").write_text(SCRIPT)
    done, text = booted(kernel_of(fetch.DEFAULT[arch]), "MACHINE=qemu", "WORKLOADS=%s" % (tmp_path / "script"))
    assert re.findall(r"hotplate-init: ([^|\n]*?)\r?$", text, re.M) == LINES, text[-3000:]
    assert done.returncode == 1
