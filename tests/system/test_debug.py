# SPDX-License-Identifier: BSD-2-Clause
"""gdb's commands (tools/gdb/hotplate.py) compared with the kernel's own output, and `make debug`."""
import os
import re
import subprocess
import tempfile

import pytest

from conftest import TOP
from devices.overlay import MIB, NODE1

GDB_ARCH = {"arm64": "aarch64", "riscv64": "riscv:rv64"}
# A page size, a depth and an address width each; the first is the default.
GEOMETRIES = {"arm64": ["4k-48", "4k-52", "16k-47", "64k-52"], "riscv64": ["sv48", "sv39", "sv57"]}


def gdb(arch, socket, *commands):
    """The output of gdb on a machine that is stopped meanwhile and continues afterwards."""
    words = ["gdb-multiarch", "-q", "-nx", "-batch", "-iex", "set auto-load no", "-ex", "set architecture " + GDB_ARCH[arch],
             "-ex", "target remote " + socket, "-x", os.path.join(TOP, "tools", "gdb", "hotplate.py")]
    for command in commands:
        words += ["-ex", command]
    done = subprocess.run(words + ["build/%s/hotplate.elf" % arch], capture_output=True, text=True, check=False, timeout=300)
    return done.stdout + done.stderr


def dumped(text):
    """Runs of `ptdump`: (va, end, span, rights, memory, pa)."""
    units = {"KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}
    return [(int(va, 16), int(end, 16), int(n) << units[unit], rights, memory, int(pa, 16)) for va, end, n, unit, rights, memory, pa in
            re.findall(r"^  ([0-9a-f]{16})-([0-9a-f]{16}) +\d+ x (\d+) (\wiB) +([rwxg-]{4}) (\w+) -> 0x([0-9a-f]+)", text, re.M)]


def walked(text):
    """The leaf of hp-pt: (pa of the leaf, its size, rights, memory, pa of the address)."""
    leaf = re.search(r"leaf 0x([0-9a-f]+) (\d+ \wiB)\n +valid, ([rwxg-]{4}) (\w+): .*\nva 0x[0-9a-f]+ is pa 0x([0-9a-f]+)", text)
    assert leaf, text
    return int(leaf[1], 16), leaf[2], leaf[3], leaf[4], int(leaf[5], 16)


def size_text(value):
    return next("%d %s" % (value >> s, u) for u, s in (("GiB", 30), ("MiB", 20), ("KiB", 10)) if not value % (1 << s))


@pytest.mark.tier("ci")
@pytest.mark.parametrize("nth", range(4))
@pytest.mark.sample("arm64-0", "arm64-1", "riscv64-0")
def test_commands_agree_with_the_kernel(arch, boot, nth):
    if nth >= len(GEOMETRIES[arch]):
        pytest.skip("%s has fewer geometries" % arch)
    geometry, base = GEOMETRIES[arch][nth], NODE1[arch]
    with tempfile.TemporaryDirectory(prefix="hp-") as place:
        socket = place + "/gdb"
        machine = boot(arch, QEMU_ARGS="-gdb unix:%s,server=on,wait=off" % socket, ARGS="geometry=" + geometry)
        machine.answer("add 0x%x+512M memmap=block leaf=page" % (base + 512 * MIB))
        machine.answer("online 0x%x+512M" % (base + 512 * MIB))
        blocks, runs = machine.answer("blocks"), dumped(machine.answer("ptdump"))
        assert len(runs) > 6, "the kernel's own walk prints too few runs"
        picked = runs[:3] + runs[-9:]
        text = gdb(arch, socket, *["hp-pt 0x%x" % (va + (end - va) // 2 // 4096 * 4096) for va, end, *_ in picked])
        walks = text.split("pages, VA of")[1:]
        assert len(walks) == len(picked), text
        for walk, (va, end, span, rights, memory, pa) in zip(walks, picked):
            at = va + (end - va) // 2 // 4096 * 4096
            leaf, size, its_rights, its_memory, its_pa = walked(walk)
            assert (its_rights, its_memory, its_pa) == (rights, memory, pa + at - va), walk
            assert size == size_text(span) and leaf == pa + (at - va) // span * span, walk
            assert re.search(r", as (TTBR1_EL1|satp) has it", walk), walk
        hole = gdb(arch, socket, "hp-pt 0x%x" % (runs[-1][1] + 0x40000000 if runs[-1][1] < (1 << 64) - (1 << 31) else runs[-1][1]))
        assert "has no translation" in hole, hole
        found = gdb(arch, socket, "hp-blocks", "hp-page 0x%x" % ((base + 512 * MIB) >> {"4": 12, "1": 14, "6": 16}.get(geometry[0], 12)),
                    "hp-log 2")
        mine, theirs = (re.findall(r"^(\d[\d-]*) +0x\S+(?: [KMG]iB)? +(\d+) +(\w+) +(\S+) +(boot memory|\w+)", text, re.M) for text in (found, blocks))
        assert theirs and mine == theirs, found + blocks
        assert re.search(r"flags .*: memmap, provenance altmap, order 0, node 1", found), found
        assert re.search(r"block +\d+, online, zone Movable", found), found
        assert "block" in found.split("zone Movable\n")[-1] or "hotplate" in found, found
        assert machine.answer("verify") is not None, "the machine did not continue"


@pytest.mark.tier("ci")
def test_words_that_are_wrong(arch, boot):
    with tempfile.TemporaryDirectory(prefix="hp-") as place:
        socket = place + "/gdb"
        boot(arch, QEMU_ARGS="-gdb unix:%s,server=on,wait=off" % socket)
        for command, printed in (("hp-pt", "which address?"), ("hp-pt 0x1000", "below the kernel's half"), ("hp-pt nosuch", "`nosuch`:"),
                                 ("hp-page 1", "outside the linear map"), ("hp-log x", "`x` is no number of lines"),
                                 ("hp-page 0x%x" % (NODE1[arch] >> 12), "has no struct page"), ("help hp", "Commands for hotplate")):
            text = gdb(arch, socket, command)
            assert printed in text and "Traceback" not in text, text


@pytest.mark.tier("ci")
def test_make_debug_stops_where_a_test_begins(arch, tmp_path):
    """gdb stops before the MMU is on and at the test, and the console has the output."""
    script = tmp_path / "script"
    script.write_text("bt 1\nhp-log 3\nfinish\ninfo line *$pc\n")
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "TMUX")}
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "debug", "--arch", arch, "T=hotplug.two_pass_trace"], capture_output=True, text=True,
                          check=False, timeout=300, env=dict(env, GDB_BATCH=str(script)))
    printed = done.stdout + done.stderr
    assert re.search(r"symbols at 0x[48]0200000, before the image maps itself", printed), printed
    assert re.search(r"test_hotplug_two_pass_trace \(t=0x[0-9a-f]+", printed), printed
    assert "console: in another terminal, tools/hotplate debug --console /" in printed, printed
    assert re.search(r'Line \d+ of "\S+" starts', printed), printed  # the return address
    with open("build/%s/debug.log" % arch, encoding="utf-8", errors="replace") as f:
        assert "#: run format=1" in f.read()
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "debug", "--arch", arch, "T=nosuch.*"], capture_output=True, text=True, check=False,
                          timeout=60, env=env)
    assert done.returncode == 4 and "names no test" in done.stderr


@pytest.mark.tier("ci")
def test_early_symbols(arch, tmp_path):
    """The first function in C runs at the physical address, and gdb prints its name."""
    script = tmp_path / "script"
    script.write_text("tbreak early_build\ncontinue\np/x $pc\nbt 1\n")
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "TMUX")}
    done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "debug", "--arch", arch], capture_output=True, text=True, check=False, timeout=300,
                          env=dict(env, GDB_BATCH=str(script)))
    printed = done.stdout + done.stderr
    at = re.search(r"^\$1 = 0x([0-9a-f]+)", printed, re.M)
    assert at and int(at[1], 16) < 1 << 32, printed
    assert re.search(r"#0 +(0x[0-9a-f]+ in )?early_build ", printed), printed
