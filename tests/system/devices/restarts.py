# SPDX-License-Identifier: BSD-2-Clause
"""Restarts at the prompt: helpers, and scenarios that QEMU and the worst machine run."""
import re

RESTARTS = 4


def restarted(machine, line):
    printed = machine.answer(line)
    assert "Restarting in " in printed, printed
    life = re.search(r"^# life (\d+) of this machine: hotplate ", printed, re.M)
    assert life, printed
    return int(life[1]), printed


def in_old_log(machine, text):
    """Check the log of the previous boot; it contains prompts, so answer() would end too early."""
    machine.send("log previous\r")
    machine.child.expect("end of the log of the previous boot.*%s.*--- this boot ---" % text)
    machine.until_prompt()


def restart_at_the_prompt(arch, boot):
    """After each restart memory, CPUs and settings are as before; .data and .bss are fresh."""
    machine = boot(arch)
    blocks = machine.answer("blocks")
    machine.answer("memmap=host")
    for n in range(2, RESTARTS + 2):
        assert "ok 1 boot.data_fresh" in machine.answer("run boot.data_fresh")
        machine.answer("add node 1")
        assert machine.answer("blocks") != blocks
        life, printed = restarted(machine, "restart")
        assert life == n
        assert " 4 x " in printed and "withheld" in printed and "1 GiB in use" in printed
        assert machine.answer("blocks") == blocks
    assert "#: end verdict=pass" in machine.answer("run boot.*,hotplug.cycle")
    assert re.search(r"^  memmap +host", machine.answer("0"), re.M), "a setting was lost"
    in_old_log(machine, "Restarting in")


def reset_resumes_nothing(arch, boot):
    """A firmware reset is a first boot: the boot arguments are in force again, and the old log is kept."""
    machine = boot(arch)
    machine.answer("seed=99")
    restarted(machine, "restart")
    printed = machine.answer("reset")
    assert "# life" not in printed
    assert "seed 0x5eed0001" in printed
    in_old_log(machine, "Resetting")
