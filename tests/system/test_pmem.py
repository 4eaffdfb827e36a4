# SPDX-License-Identifier: BSD-2-Clause
"""Persistent memory of the device tree, on both architectures: pmem-region nodes of the boot tree and of overlays;
their contents survive removal, another add and a reset (CATALOGUE S1-27, S2-24)."""
import os
import re
import time

import pytest

from conftest import PATIENCE, PROMPT
from devices.device_tree import RAM, added, compile_tree, reg, memory_node, source, start  # noqa: F401
from devices.overlay import NODE1, channel, tool  # noqa: F401

pytestmark = pytest.mark.tier("ci")
WORDS = 256 * 256 * 8  # of 256 MiB
EVENT = re.compile(r"#: event \d+ src=pmem op=add range=(\S+) node=\d outcome=(\S+) code=(\S+) ost=none\s")


def test_overlay(arch, boot, channel):  # noqa: F811
    """The contents of an overlay's pmem-region are intact when it is added again, after a reset, and in the backing
    file."""
    machine = boot(arch, monitor=True, CHANNEL=channel, SMP="2")
    where = "0x%x+256M" % NODE1[arch]
    status, printed = tool(channel, "add", where, "1", "pmem")
    assert status == 0 and printed.startswith("overlay 1: as device memory, in no zone, memmap=host"), printed
    machine.until_prompt()
    assert "wrote %d self-identifying words into %s" % (WORDS, where) in machine.answer("fill " + where)
    status, printed = tool(channel, "remove", "1")
    assert status == 0, printed
    machine.until_prompt()
    assert "devices" in machine.answer("verify " + where)  # no memory to read
    assert tool(channel, "add", where, "1", "pmem")[0] == 0
    machine.until_prompt()
    assert "are unchanged" in machine.answer("verify " + where)
    machine.qmp.execute("system_reset")
    machine.until_prompt()
    assert tool(channel, "add", where, "1", "pmem")[0] == 0
    machine.until_prompt()
    assert "are unchanged" in machine.answer("verify " + where)
    with open(channel, "rb") as f:
        assert f.read(8) != bytes(8)


def halved(text, arch, more):
    """A tree in which 256 of the 512 MiB are RAM, with nodes of pmem-region."""
    half = text.replace(memory_node(text), reg(text, RAM[arch] + " 0x0 0x10000000"))
    nodes = "".join('\tpmem@%x { compatible = "pmem-region"; reg = <%s>; };\n' % (n, cells)
                    for n, cells in enumerate(more))
    return half.replace(memory_node(half), memory_node(half) + nodes)


def answer(child, line):
    child.send(line + "\r")
    child.expect_exact(line)
    child.expect_exact(PROMPT)
    return child.before.replace("\r", "")


@pytest.mark.tier("test")
def test_of_the_boot(arch, source):  # noqa: F811
    """A pmem-region is added at boot; one over RAM, over registers, empty or truncated causes one line each; all is
    the same after a reset."""
    base = {"arm64": 0x50000000, "riscv64": 0x90000000}[arch]
    where = "0x%x+128M" % base  # not to the end, where OpenSBI writes its tree
    more = ["0x0 0x%x 0x0 0x8000000" % base, RAM[arch] + " 0x0 0x4000000", "0x0 0x10000000 0x0 0x200000",
            "0x1 0x0 0x0 0x0", "0x1 0x0"]
    child = start(arch, compile_tree(halved(source(arch), arch, more)), "pmem-boot")
    try:
        for life in range(2):
            child.expect_exact(PROMPT)
            printed = child.before.replace("\r", "")
            until = time.monotonic() + PATIENCE
            while len(EVENT.findall(printed)) < 3:
                assert time.monotonic() < until, printed
                if child.expect([r".+", PROMPT], timeout=PATIENCE) == 0:
                    printed += child.after.replace("\r", "")
            child.send("\r")
            child.expect_exact(PROMPT)
            flat = re.sub(r"\s+", " ", printed)
            assert EVENT.findall(printed) == [(where, "ok", "0"), ("%s+64M" % RAM[arch].split()[1], "refused", "-EEXIST"),
                                              ("0x10000000+2M", "refused", "-EEXIST")], printed
            assert "pmem-region: 0 of 3 ranges added" in flat, printed
            assert "pmem-region 0x100000000+0x0 left out: it is empty" in flat, printed
            assert "pmem-region: a memory node has no usable reg" in flat, printed
            if life:
                assert "are unchanged" in answer(child, "verify " + where)
                break
            assert "wrote %d self-identifying words" % (WORDS // 2) in answer(child, "fill " + where)
            assert "is free again" in answer(child, "device remove " + where)
            assert "dax" in answer(child, "device add %s memmap=host" % where)
            assert "are unchanged" in answer(child, "verify " + where)
            child.send("reset\r")
    finally:
        child.close(force=True)


def test_withheld(arch, source):  # noqa: F811
    """If a memory node contains it too, it is RAM, unless withhold= excludes it."""
    base = {"arm64": 0x50000000, "riscv64": 0x90000000}[arch]
    text = source(arch).replace("withhold=none", "withhold=0x%x+128M pmem.memmap=device" % base)
    node = '\tpmem@1 { compatible = "pmem-region"; reg = <0x0 0x%x 0x0 0x8000000>; };\n' % base
    text = text.replace(memory_node(text), memory_node(text) + node)
    child = start(arch, compile_tree(text), "pmem-withheld")
    try:
        child.expect_exact(PROMPT)
        child.expect_exact(PROMPT)
        assert "dax, memmap=device, data from 0x%x" % (base + (4 << 20)) in answer(child, "devices")
    finally:
        child.close(force=True)
    assert os.path.exists("build")
