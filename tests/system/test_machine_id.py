# SPDX-License-Identifier: BSD-2-Clause
"""The machine id in results: equal for the same machine, different for another one."""
import os
import re

import pytest

from hotplate.results import output
from conftest import ARCHES, unattended

EDK2 = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"
OTHER_CPU = {"arm64": "cortex-a53", "riscv64": "rv64,svpbmt=off,zbb=off"}
SAME_TREE = {"arm64": "max,pauth=off", "riscv64": "rv64,svinval=on,svnapot=on,svpbmt=on,mvendorid=0x489"}  # only registers identify it
LIVES = {"arm64": "4k-48,16k-47", "riscv64": "sv39,sv48"}


def identity(arch, name, words="", **knobs):
    """(the machine's record, the records of its kinds of CPU, the keys of `#: run`)."""
    status, text, printed = unattended(arch, "id-" + name, 60, ARGS=(words + " run=boot.data_fresh exit").strip(), **knobs)
    assert status == 0, printed
    found = [r.keys for r in output.records(text, "id")]
    run = output.records(text, "run")[0].keys
    assert found[0]["machine"] == run["machine"]
    assert all(e.keys.get("machine", run["machine"]) == run["machine"] for e in output.records(text, "end"))
    return found[0], [k for k in found if "cpu" in k], run


def test_same_machine(arch):
    """With any arguments and any boot hart."""
    machine, kinds, run = identity(arch, "first")
    assert run["accel"] == "tcg" and "firmware" in machine and int(machine["counter"]) > 0
    assert len(kinds) == 1 and kinds[0]["count"] == "4"
    for nr in range(3):
        again, same, _ = identity(arch, "again-%d" % nr, "seed=%d memmap=host placement=disjoint" % nr)
        assert again == machine and same == kinds
    lives, same, _ = identity(arch, "lives", "geometry=" + LIVES[arch])
    assert lives == machine and same == kinds
    fewer, one, _ = identity(arch, "fewer", "cpus=1")
    assert fewer == machine and one[0]["count"] == "1" and one[0]["cpu"] == kinds[0]["cpu"]


PLAYED = [("arm64", "cortex-a72", "", "no-instructions"), ("arm64", "cortex-a72", "-icount shift=0", "few-events"),
          ("riscv64", "rv64,marchid=42,mimpid=0", "", "marchid-42"),  # as in QEMU 11
          ("riscv64", "rv64,mvendorid=0x5b7,marchid=0,mimpid=0", "", "inexact-instret"),
          ("riscv64", "rv64,mvendorid=0x61f,marchid=8,mimpid=1", "-icount shift=0", "free-division"),
          ("riscv64", "rv64,mvendorid=0x61f,marchid=8,mimpid=1", "-icount shift=3", "inexact-instret|free-division")]  # the second: QEMU 11


@pytest.mark.parametrize("machine,cpu,more,clue", PLAYED, ids=["%s-%d" % (p[0], i) for i, p in enumerate(PLAYED)])
def test_emulator_is_known(machine, cpu, more, clue):
    """An emulator is recognised by its behaviour, with any ids of its CPUs, and with counters that count."""
    if machine not in ARCHES:
        pytest.skip(machine + " is not tested")
    knobs = {"SMP": "1", "NODES": "1"} if more else {}
    found, _, run = identity(machine, "clues", CPU=cpu, QEMU_ARGS=more, **knobs)
    assert run["accel"] == "tcg" and set(clue.split("|")) & set(found["clues"].split(","))
    assert "devices" in found["clues"].split(",") and "counters" not in found["clues"].split(",")


def test_other_machine(arch):
    """Another CPU model, more memory, fewer CPUs in the machine: other ids, all of them different."""
    machine, kinds, _ = identity(arch, "this")
    other, differ, _ = identity(arch, "other-cpu", CPU=OTHER_CPU[arch])
    assert kinds[0]["cpu"] != differ[0]["cpu"]
    twin, differ, _ = identity(arch, "same-tree", CPU=SAME_TREE[arch])
    assert twin["dtb"] == machine["dtb"] and kinds[0]["cpu"] != differ[0]["cpu"]
    larger, same, _ = identity(arch, "larger", MEM="2G")
    assert same == kinds
    smaller, _, _ = identity(arch, "smaller", SMP="2")
    assert len({m["machine"] for m in (machine, other, twin, larger, smaller)}) == 5


@pytest.mark.tier("ci")
@pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")
def test_tables_count():
    """Slots for memory are in the ACPI tables."""
    plain, _, _ = identity("arm64", "slots-8", ACPI="1")
    more, _, _ = identity("arm64", "slots-2", ACPI="2")
    assert plain["acpi"] != more["acpi"] and plain["machine"] != more["machine"]


@pytest.mark.tier("ci")
@pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")
def test_uefi_is_named():
    """Started by UEFI: its vendor and revision are part of the id; the second boot is the same machine."""
    if not os.path.exists(EDK2):
        pytest.skip("qemu-efi-aarch64 is not installed")
    plain, kinds, _ = identity("arm64", "no-uefi")
    first, same, _ = identity("arm64", "uefi-first", QEMU_ARGS="-bios " + EDK2)
    again, _, _ = identity("arm64", "uefi-again", "seed=7", QEMU_ARGS="-bios " + EDK2)
    assert re.search(r"UEFI_(\w*_)?EDK_II_", first["firmware"]) and "UEFI" not in plain["firmware"]
    assert first == again and first["machine"] != plain["machine"] and same == kinds


@pytest.mark.tier("ci")
def test_screen(arch, boot):
    """`id` at the prompt prints the same as the line of a run."""
    machine, kinds, _ = identity(arch, "screen")
    printed = boot(arch).answer("id")
    assert "machine %s," % machine["machine"] in printed and kinds[0]["cpu"] + " of 0 1 2 3" in printed
    assert re.search(r"^clues +%s: CPU emulated\s+by\s+" % re.escape(machine["clues"]), printed, re.M)
    assert "counter   %s Hz" % machine["counter"] in printed
    assert all(len(line) <= 79 for line in printed.split("\n"))
