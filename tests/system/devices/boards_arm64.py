# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's models of arm64 boards: run one, skip if QEMU does not have it, read its device tree."""
import os
import re
import shlex
import subprocess

import pytest

from conftest import LOGS, TOP, unattended
from hotplate.results import output

QEMU = os.environ.get("HOTPLATE_QEMU_ARM64", "")
IMAGE = os.path.join(TOP, "build", "arm64", "Image")  # absolute, for any working directory of that QEMU
# board: CPUs, interrupt controller, the way to start CPUs
MODELS = {
    "rpi3": (4, "BCM2836", "spin-table"),
    "zcu102": (4, "GICv2", "PSCI"),
    "versal": (2, "GICv3", "PSCI"),
    "rpi4": (4, "GICv2", "spin-table"),
    "imx8mp-evk": (4, "GICv3", "PSCI"),
}


def need(board):
    """Skip, with its sentence, if tools/hotplate run reports that QEMU has no such model."""
    printed = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "BOARD=" + board, "DTB=none", "IMAGE=/nowhere"] +
                             knobs(), capture_output=True, text=True, check=False).stderr
    if "needs QEMU" in printed:
        pytest.skip(re.sub(r"^tools/hotplate run: |QEMU=PATH", lambda m: "HOTPLATE_QEMU_ARM64=PATH" if "QEMU" in m[0] else "",
                           printed.strip()))


def knobs():
    return ["QEMU=" + QEMU] if QEMU else []


def run(board, name, args, want=0, timeout=600, **more):
    need(board)
    if QEMU:
        more["QEMU"] = QEMU
    more.setdefault("IMAGE", IMAGE)
    status, text, printed = unattended("arm64", "model-%s-%s" % (board, name), timeout, BOARD=board, ARGS=args, **more)
    text = text.replace("\r", "")
    bad = [c.path + " " + (c.reason or "") for c in output.cases(text)[0]
           if output.outcome(c) not in ("pass", "skip", "xfail")]
    assert not bad, printed + "\n" + "\n".join(bad)
    assert status == want, printed + "\n" + text[-2000:]
    return text


def banner_has(text, board, cpus=None):
    all_cpus, controller, starter = MODELS[board]
    line = re.sub(r"\s+", " ", re.search(r"^cpu .*?(?=^mmu )", text, re.M | re.S)[0])
    assert line.startswith("cpu %d x " % (cpus or all_cpus)), line
    assert ", %s, %s" % (controller, starter) in line, line


def tree(board):
    """The board's device tree as text."""
    out = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "SHOW=1", "BOARD=" + board], capture_output=True, text=True,
                         check=True).stdout
    words = shlex.split(out)
    return subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", words[words.index("-dtb") + 1]], capture_output=True,
                          text=True, check=True).stdout


def compiled(name, text):
    path = os.path.join(LOGS, "model-%s-%d.dtb" % (name, os.getpid()))
    subprocess.run(["dtc", "-q", "-f", "-I", "dts", "-O", "dtb", "-o", path], input=text, text=True, check=True)
    return path
