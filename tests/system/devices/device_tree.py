# SPDX-License-Identifier: BSD-2-Clause
"""QEMU with a device tree of a test's own.  QEMU changes a tree that it is given by -dtb, so a stub of four
instructions passes ours: QEMU -kernel starts the stub, which jumps to the Image with the address of our tree."""
import os
import re
import struct
import subprocess

import pexpect
import pytest

from conftest import LOGS, PATIENCE

QEMU = {"arm64": ["qemu-system-aarch64", "-cpu", "max"], "riscv64": ["qemu-system-riscv64", "-cpu", "rv64"]}
IMAGE_AT = {"arm64": 0x42000000, "riscv64": 0x82000000}
TREE_AT = {"arm64": 0x4c000000, "riscv64": 0x8c000000}
READABLE = {a: range(TREE_AT[a], TREE_AT[a] + (512 << 20) - 0xc000000) for a in TREE_AT}  # RAM from TREE_AT on
COMMON = ["-M", "virt", "-m", "512M", "-smp", "2", "-nic", "none"]


def stub(arch, tree_at=None, no_clock=False):
    """tree_at: the address of the tree that the stub passes; no_clock (arm64): CNTFRQ_EL0 is 0."""
    where = struct.pack("<QQ", TREE_AT[arch] if tree_at is None else tree_at, IMAGE_AT[arch])
    if arch == "arm64":  # ldr x0, tree; ldr x9, image; mov x1, #0, or msr cntfrq_el0, xzr; br x9
        third = 0xd51be01f if no_clock else 0xd2800001
        return struct.pack("<4I", 0x58000080, 0x580000a9, third, 0xd61f0120) + where
    # auipc t0, 0; ld a1, 16(t0); ld t1, 24(t0); jr t1
    return struct.pack("<4I", 0x00000297, 0x0102b583, 0x0182b303, 0x00030067) + where


@pytest.fixture(scope="module")
def source(request):
    """source(arch): QEMU's own device tree as text."""
    made = {}

    def get(arch):
        if arch not in made:
            blob = os.path.join(LOGS, "virt-%s-%d.dtb" % (arch, os.getpid()))
            subprocess.run(["timeout", "-s", "KILL", "60"] + QEMU[arch] + COMMON + [
                "-M", "virt,dumpdtb=" + blob, "-display", "none", "-kernel", "build/%s/Image" % arch,
                "-append", "withhold=none"], check=True, capture_output=True)
            made[arch] = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", blob], check=True,
                                        capture_output=True, text=True).stdout
            os.remove(blob)
        return made[arch]
    return get


def compile_tree(text):
    return subprocess.run(["dtc", "-q", "-f", "-I", "dts", "-O", "dtb"], input=text.encode(), check=True,
                          capture_output=True).stdout


def start(arch, blob, name, extra=(), image=None, **stub_args):
    files = {}
    for kind, data in (("stub", stub(arch, **stub_args)), ("dtb", blob)):
        files[kind] = os.path.join(LOGS, "%s-%s.%s" % (name, arch, kind))
        with open(files[kind], "wb") as f:
            f.write(data)
    line = QEMU[arch] + COMMON + ["-nographic", "-kernel", files["stub"]]
    passed = stub_args.get("tree_at")  # `in` searches a range linearly for a value that is no integer
    tree_at = passed if passed is not None and passed in READABLE[arch] else TREE_AT[arch]
    for file, at in ((image or "build/%s/Image" % arch, IMAGE_AT[arch]), (files["dtb"], tree_at)):
        line += ["-device", "loader,file=%s,addr=0x%x,force-raw=on" % (file, at)]
    return pexpect.spawn(line[0], line[1:] + list(extra), timeout=PATIENCE, encoding="utf-8",
                         codec_errors="replace",
                         logfile=open(os.path.join(LOGS, "%s-%s.console" % (name, arch)), "w", encoding="utf-8"))


def memory_node(text):
    return re.search(r"\tmemory@[0-9a-f]+ \{.*?\n\t\};\n", text, re.S)[0]


def reg(text, cells):
    return re.sub(r"reg = <[^>]*>;", "reg = <%s>;" % cells, memory_node(text), count=1)


def added(text, name, cells):
    """The tree with a second memory node."""
    node = re.sub(r"memory@[0-9a-f]+", "memory@" + name, reg(text, cells), count=1)
    return text.replace(memory_node(text), memory_node(text) + node)


RAM = {"arm64": "0x0 0x40000000", "riscv64": "0x0 0x80000000"}
