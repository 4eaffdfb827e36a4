# SPDX-License-Identifier: BSD-2-Clause
"""A limit of the worst legal machine: much memory (machine/README.md); test_worst_suite.py has few and many CPUs."""
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
    """Its output, and the most host memory that it used, in KiB."""
    built = "build/%s/" % arch
    with subprocess.Popen(["build/machine/worst-" + arch, "image=" + built + "Image", "elf=" + built + "hotplate.elf", *words], cwd=TOP,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as worst:
        text = worst.stdout.read()
        _, status, used = os.wait4(worst.pid, 0)
        worst.returncode = os.waitstatus_to_exitcode(status)
    assert worst.returncode == 0, text[-2000:]
    return text, used.ru_maxrss


def test_much_memory(arch):
    """64 GiB of RAM: the host allocates only pages that are used."""
    text, resident = edge(arch, "cpus=4", "mem=65536", "adversaries=off", "args=run=boot.wx exit")
    assert re.search(r"^ +ok 1 boot\.wx", text, re.M) and "48 GiB in use, 16 GiB withheld" in text, text
    assert resident < 1536 << 10, resident
