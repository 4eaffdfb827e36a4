# SPDX-License-Identifier: BSD-2-Clause
"""Memory that an unmodified kernel adds, uses on all CPUs, and removes, by its own driver of virtio-mem, on the worst
legal machine (machine/README.md, "Run your kernel here"; linux/memory)."""
import re

import pytest

from conftest import ARCHES
from hotplate.kernels import fetch
from test_kernels import LEGAL, booted, kernel_of

SIZES = [512, 0, 256, 768, 128, 896]
WORDS = LEGAL["arm64"][0] + " mmio=1 vmem=1024 sizes=" + ",".join(map(str, SIZES))
ONLINE = "memhp_default_state=online_movable"
# Debian's kernels for riscv64 have no VIRTIO_MEM.
ARM64 = pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")


def resized(seed, *append):
    return booted(kernel_of(fetch.DEFAULT["arm64"]), "WORKLOADS=linux/memory", "MEM=512M", "SEED=%d" % seed, WORDS,
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
