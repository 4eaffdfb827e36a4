# SPDX-License-Identifier: BSD-2-Clause
"""Edges of the worst legal machine: much memory, few and many CPUs (docs/WORST.md)."""
import os
import re
import subprocess

import pytest

from conftest import TOP

pytestmark = pytest.mark.tier("full")


@pytest.fixture(scope="module", autouse=True)
def machines():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def edge(arch, *words):
    """What it printed, and the host's memory that it had at most, in KiB."""
    built = "build/%s/" % arch
    with subprocess.Popen(["build/machine/worst-" + arch, "image=" + built + "Image", "elf=" + built + "hotplate.elf", *words], cwd=TOP,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as worst:
        text = worst.stdout.read()
        _, status, used = os.wait4(worst.pid, 0)
        worst.returncode = os.waitstatus_to_exitcode(status)
    assert worst.returncode == 0, text[-2000:]
    return text, used.ru_maxrss


def test_much_memory(arch):
    """64 GiB of RAM: the host gives what is touched."""
    text, resident = edge(arch, "cpus=4", "mem=65536", "adversaries=off", "args=run=boot.wx exit")
    assert re.search(r"^ +ok 1 boot\.wx", text, re.M) and "48 GiB in use, 16 GiB withheld" in text, text
    assert resident < 1536 << 10, resident


@pytest.mark.parametrize("cpus", [1, 2, 3, 8, 16])
def test_cpus(arch, cpus):
    """One with every adversary; many without: there they take more than two minutes."""
    text, _ = edge(arch, "cpus=%d" % cpus, "steps=20000", *(["adversaries=off"] if cpus > 1 else []), "mem=256", "node1=1024", "args=withhold=node1 run=boot.wx,hotplug.cycle exit")
    assert len(re.findall(r"^ +ok \d boot\.wx| +ok \d hotplug\.cycle\r?$", text, re.M)) == 2, text
