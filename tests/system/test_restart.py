# SPDX-License-Identifier: BSD-2-Clause
"""Soft restarts: the image entered again, CPUs brought back, data fresh, nothing lost."""
import re

import pytest

RESTARTS = 4


def restarted(machine, line):
    said = machine.answer(line)
    assert "Restarting in " in said, said
    life = re.search(r"^# life (\d+) of this machine: hotplate ", said, re.M)
    assert life, said
    return int(life[1]), said


def in_old_log(machine, text):
    """The old log has prompts in it, so an answer would end too early."""
    machine.send("log previous\r")
    machine.child.expect("end of the log of the previous boot.*%s.*--- this boot ---" % text)
    machine.until_prompt()


def test_restart_at_the_prompt(arch, boot):
    """Memory, CPUs and settings are back each time; .data and .bss are fresh."""
    machine = boot(arch)
    blocks = machine.answer("blocks")
    machine.answer("memmap=host")
    for n in range(2, RESTARTS + 2):
        assert "ok 1 boot.data_fresh" in machine.answer("run boot.data_fresh")
        machine.answer("add node 1")
        assert machine.answer("blocks") != blocks
        life, said = restarted(machine, "restart")
        assert life == n
        assert " 4 x " in said and "withheld" in said and "1 GiB in use" in said
        assert machine.answer("blocks") == blocks
    assert "#: end verdict=pass" in machine.answer("run boot.*,hotplug.cycle")
    assert re.search(r"^  memmap +host", machine.answer("0"), re.M), "a setting was lost"
    in_old_log(machine, "Restarting in")


def test_geometry_at_the_prompt(arch, boot):
    """geometry=NAME restarts in it; what is not here is refused and nothing happens."""
    machine = boot(arch)
    listed = re.search(r"^mmu +(\S+) now(?:; this CPU also has ([^\n]*))?", machine.banner, re.M)
    others = listed[2].split(", ") if listed[2] else []
    for name in others + [listed[1]]:
        _, said = restarted(machine, "geometry=" + name)
        assert re.search(r"^mmu +%s now" % name, said, re.M), said
        assert "#: end verdict=pass" in machine.answer("run boot.*,hotplug.cycle")
    for name in ("nonsense", "fake-3", {"arm64": "sv39", "riscv64": "4k-48"}[arch]):
        said = machine.answer("geometry=" + name)
        assert "Restarting" not in said and "geometry=" in said


@pytest.mark.tier("test")
def test_reset_resumes_nothing(arch, boot):
    """A firmware reset is a first boot: the boot words hold again, the old log is kept."""
    machine = boot(arch)
    machine.answer("seed=99")
    restarted(machine, "restart")
    said = machine.answer("reset")
    assert "# life" not in said
    assert "seed 0x5eed0001" in said
    in_old_log(machine, "Resetting")


@pytest.mark.tier("test")
@pytest.mark.parametrize("knobs", [
    {"SMP": "1"}, {"SMP": "8"}, {"QEMU_ARGS": "-M virt,gic-version=3"},
    {"QEMU_ARGS": "-M virt,virtualization=on"}, {"CPU": "cortex-a53"},
])
def test_restart_shapes(arch, boot, knobs):
    if arch == "riscv64" and "SMP" not in knobs:
        pytest.skip("a shape of arm64")
    machine = boot(arch, **knobs)
    who = re.search(r"^(cpu +.*)$", machine.banner, re.M)[1]
    entry = re.search(r"entry Image.*", machine.banner)[0]
    for _ in range(2):
        _, said = restarted(machine, "restart")
        assert who in said and entry in said
    assert "#: end verdict=pass" in machine.answer("run boot.*,hotplug.cycle")
