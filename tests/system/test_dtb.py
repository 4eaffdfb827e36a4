# SPDX-License-Identifier: BSD-2-Clause
"""Malformed device trees, which a stub passes to the image (devices/device_tree.py)."""
import os
import re
import time

import pexpect
import pytest

from conftest import LOGS, PATIENCE, PROMPT
from devices.device_tree import IMAGE_AT, RAM, added, compile_tree, memory_node, start, source  # noqa: F401 (a fixture)


def deep(text, levels):
    inner = "".join("n%d {" % n for n in range(levels)) + "};" * levels
    return text.rstrip()[:-2] + inner + "};\n"


SURVIVED = {  # name -> edit of the text
    "zero-length": lambda t, a: added(t, "ff000000", "0x0 0xff000000 0x0 0x0"),
    "wrapping": lambda t, a: added(t, "fffffffff0000000", "0xffffffff 0xf0000000 0x0 0x20000000"),
    "overlapping": lambda t, a: added(t, "overlap", RAM[a] + " 0x0 0x10000000"),
    "short-reg": lambda t, a: added(t, "short", "0x1 0x0 0x1"),
    "misaligned": lambda t, a: added(t, "odd", "0x1 0x00000123 0x0 0x00000777"),
    "no-reg": lambda t, a: t.replace(memory_node(t), memory_node(t) +
                                     '\tmemory@none { device_type = "memory"; };\n'),
    "beyond-mappable": lambda t, a: added(t, "far", "0x7fffffff 0x0 0x1 0x0"),
}


@pytest.mark.tier("ci")
@pytest.mark.parametrize("case", sorted(SURVIVED))
def test_bad_memory_node(arch, case, source):
    """One line reports the mistake, and the menu is reached with the sound memory."""
    blob = compile_tree(SURVIVED[case](source(arch), arch))
    child = start(arch, blob, "dtb-" + case)
    try:
        child.expect_exact(PROMPT)
        printed = child.before
        lines = [s for s in printed.replace("\r", "").split("\n") if re.search(
            r"(?i)overlap|zero|length|wrap|reg\b|malformed|misaligned|not aligned|ignored|beyond|left out", s)]
        assert lines, "no line names the bad node:\n" + printed
        child.send("run hotplug.identity\r")
        child.expect("# hotplate: end")
        child.expect_exact(PROMPT)
    finally:
        child.close(force=True)


HOTPLUGGABLE = {  # name -> (offset and size in MiB, lines about it, MiB that are withheld)
    "upper": (256, 256, [], 256),                # also listed as memory, as firmware may do
    "around-tree": (128, 384, ["device tree"], 256),
    "all": (0, 512, ["image", "device tree"], 256),
}


@pytest.mark.tier("ci")
@pytest.mark.parametrize("case", sorted(HOTPLUGGABLE))
def test_hotpluggable_node(arch, case, source):
    """Memory of a hotpluggable node is withheld until it is added, except ranges in which firmware placed data."""
    offset, size, lines, withheld = HOTPLUGGABLE[case]
    base = int(RAM[arch].split()[1], 16)
    text = added(source(arch), "later", "0x0 0x%x 0x0 0x%x" % (base + (offset << 20), size << 20))
    text = text.replace("memory@later {", "memory@later { hotpluggable;")
    child = start(arch, compile_tree(text), "dtb-hotpluggable-" + case)
    try:
        child.expect_exact(PROMPT)
        printed = " ".join(child.before.split())
        stays = re.findall(r"device tree: hotpluggable \S+ stays in use: the ([a-z ]+) is at", printed)
        assert stays == lines, printed
        assert "device tree: 1 range" in printed and "%d MiB withheld" % withheld in printed
        where = "0x%x+256M" % (base + (256 << 20))
        for line in ("add " + where, "online " + where, "use " + where, "unuse", "offline " + where,
                     "remove " + where):
            child.send(line + "\r")
            child.expect_exact(PROMPT)
            assert "refused" not in child.before and "not ok" not in child.before, child.before
        child.send("blocks\r")
        child.expect_exact(PROMPT)
        assert where not in child.before
    finally:
        child.close(force=True)


def memory_text(arch, blob, name, seconds, **stub_args):
    """(console, text of the log ring after so many seconds); the ring is found by its magic in a memory dump."""
    dump = os.path.join(LOGS, "%s-%s.mem" % (name, arch))
    child = start(arch, blob, name, **stub_args)
    try:
        try:
            child.expect_exact(PROMPT, timeout=seconds)
        except pexpect.TIMEOUT:
            pass
        console = child.before or ""
        child.send("\x01c")
        child.expect_exact("(qemu) ")
        child.sendline("pmemsave 0x%x 0x1000000 \"%s\"" % (IMAGE_AT[arch], dump))
        child.expect_exact("(qemu) ")
        child.sendline("quit")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
    for _ in range(20):
        if os.path.exists(dump):
            break
        time.sleep(0.1)
    with open(dump, "rb") as f:
        data = f.read()
    os.remove(dump)
    at = data.find(b"HOTPLATE-LOG-1")
    return console, data[at:at + 65536].decode("latin-1") if at >= 0 else ""


@pytest.mark.tier("ci")
@pytest.mark.parametrize("case", ["magic", "truncated", "zero-size", "huge-size", "structure", "strings",
                                  "deep"])
def test_corrupt_blob(arch, case, source):
    """Without a tree arm64 has no console, so the sentence is in the log ring; boot does not hang before it."""
    blob = bytearray(compile_tree(deep(source(arch), 60) if case == "deep" else source(arch)))
    if case == "magic":
        blob[0] ^= 0xff
    elif case == "truncated":
        blob = blob[:len(blob) // 3]
    elif case == "zero-size":
        blob[4:8] = b"\0\0\0\0"
    elif case == "huge-size":
        blob[4:8] = b"\x7f\xff\xff\xff"
    elif case == "structure":
        blob[8:12] = b"\x7f\xff\xff\xf0"
    elif case == "strings":
        blob[12:16] = b"\x7f\xff\xff\xf0"
    for seconds in (1, 5, PATIENCE):  # longer on a busy host
        console, ring = memory_text(arch, bytes(blob), "dtb-" + case, seconds)
        if re.search(r"(?i)device tree|\bdtb?\b|fdt", ring + console):
            return
    assert False, (console[-300:], ring[:300])
