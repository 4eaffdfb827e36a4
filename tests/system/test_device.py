# SPDX-License-Identifier: BSD-2-Clause
"""Memory of devices at the prompt: its cost is printed first; a terabyte on a machine of a few GiB (CATALOGUE S1-27,
S1-28, S1-40)."""
import re


def digest(machine):
    return re.search(r"digest ([0-9a-f]{8}):", machine.answer("digest"))[1]


def test_terabyte(arch, boot):
    """1 TiB in compounds of 1 GiB: 8 MiB of memmap and 8192 level-0 tables, printed before; used at both ends;
    removed without a trace."""
    machine = boot(arch, MEM="1G", NODE1="1T", SMP="2")
    before = digest(machine)
    printed = machine.answer("device add node 1 compound=1G memmap=host")
    cost, _, after = printed.partition("device   ")
    assert "1 TiB in compounds of 1 GiB: memmap 8 MiB of 16 GiB, host" in cost, printed
    assert "8192 of level 0, 16 of level 1" in cost, printed
    assert re.search(r"tables 32\d{3} KiB, in all 41\d{3} KiB of old memory", cost), printed
    assert re.search(r"^0x\w+\+1T node 1, dax, memmap=host, compounds of 1 GiB +ok", after), printed
    assert "memmap 2048 pages; tables +82" in after, printed
    assert " node 1, dax, memmap=host, compounds of 1 GiB" in machine.answer("devices")
    assert "overlaps the device range" in machine.answer("device add node 1")
    assert "ok" in machine.answer("device remove node 1")
    assert digest(machine) == before
    assert "#: end verdict=pass" in machine.answer("run devmem.terabyte")


def test_modes(arch, boot):
    """Raw, dax, kmem and back at the prompt; 4 GiB with the memmap in the range (S1-27); an impossible change is
    refused in one line."""
    machine = boot(arch, MEM="1G", NODE1="4G", SMP="2")
    before = digest(machine)
    printed = machine.answer("device add node 1")
    where = re.search(r"^device +(0x\w+\+4G) node 1, dax, memmap=device", printed, re.M)[1]
    assert "memmap 64 MiB, device" in printed and "memmap 16384 pages" in printed, printed
    assert re.search(r"of the\s+vmemmap\s+32;", printed), printed
    dax = digest(machine)
    assert "kmem" in machine.answer("device kmem " + where)
    assert re.search(r"offline +- +device: in block", machine.answer("blocks"))
    assert "blocks" in machine.answer("online " + where)
    assert "is online, not offline" in machine.answer("device dax " + where)
    machine.answer("offline " + where)
    assert "dax" in machine.answer("device dax " + where)
    assert digest(machine) == dax
    assert "raw" in machine.answer("device raw " + where)
    assert "is raw already" in machine.answer("device raw " + where)
    assert "is free again" in machine.answer("device remove " + where)
    assert digest(machine) == before
    for line, message in (("device", "there is add, remove"), ("device add", "which range"),
                          ("device raw " + where, "no device range"), ("devices", "no memory belongs"),
                          ("device add %s memmap=block" % where, "has no blocks"),
                          ("device add %s compound=3M" % where, "a power of two from")):
        assert message in machine.answer(line), line
