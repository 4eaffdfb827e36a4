# SPDX-License-Identifier: BSD-2-Clause
"""PCIe slots: cards with memory are plugged and unplugged by QMP, and the guest answers each time."""
import re
import time

import pytest

from conftest import ARCHES, PATIENCE
from devices.pcie import GiB, MiB, Outside, SLOTS

pytestmark = pytest.mark.tier("ci")


@pytest.fixture
def outside(boot):
    def start(arch, **knobs):
        return Outside(boot(arch, monitor=True, NODES=1, PCIE_SLOTS=SLOTS, **knobs))
    return start


WAYS = [way for way in (("arm64", "INTx", {}), ("arm64", "MSI-X", {"ARGS": "irq=msi"}), ("riscv64", "INTx", {}),
                        ("riscv64", "INTx", {"AIA": "aplic"}), ("riscv64", "MSI-X", {"AIA": "aplic-imsic"}),
                        ("riscv64", "INTx", {"AIA": "aplic-imsic", "ARGS": "pcie.irq=intx"}))
        if way[0] in ARCHES]


@pytest.mark.parametrize("machine,how,knobs", WAYS, ids=lambda v: "-".join(v.values()) if isinstance(v, dict) else v)
def test_cards_come_and_go(machine, how, knobs, outside):
    o = outside(machine, **knobs)
    assert re.search(r"PCIe:\s+3\s+slots,\s+0\s+in\s+use,\s+%s\b" % how, o.machine.banner)
    before = o.digest()
    for _ in range(3):
        a, b = o.plug(1, 256 * MiB), None
        assert o.outcome("add")[1] == "ok"
        b = o.plug(2, GiB)
        range_, outcome, _ = o.outcome("add")
        assert outcome == "ok" and range_.endswith("+1G")
        o.take(a)
        a = o.plug(3, 128 * MiB)
        assert o.outcome("add")[1] == "ok"
        o.take(b)
        o.take(a)
        assert "memory BAR" not in o.machine.answer("pci")
    # each was plugged and removed by an interrupt, not by polling
    assert sum(int(n) for n in re.findall(r"PCI +(\d+)$", o.machine.answer("interrupts"), re.M)) >= 3 * 6
    printed = o.machine.answer("events")
    assert "STALE" not in printed and "still reads" not in printed
    assert o.digest() == before


@pytest.mark.sample("riscv64")
def test_card_in_use_stays(arch, outside):
    """An unmovable page keeps the card: the reason is printed, and nothing changes.  After the operator has removed
    the memory, the card can be removed."""
    o = outside(arch)
    empty = o.digest()
    o.plug(2, 256 * MiB)
    range_ = o.outcome("add")[0]
    assert "cannot move" in o.machine.answer("pin " + range_)
    before = o.digest()
    o.request_removal("card1")
    _, outcome, code = o.outcome("remove")
    assert (outcome, code) == ("refused", "-EBUSY")
    assert "slot 2 stays on: block" in o.last and "used by pin" in o.last
    assert o.digest() == before
    o.machine.answer("unpin")
    o.machine.answer("offline " + range_)
    o.machine.answer("remove " + range_)
    o.free()
    o.take("card1")
    assert o.digest() == empty


def test_functions(arch, outside):
    """Cards of several functions: with more memory BARs than the table can hold, the last is left out with one line,
    and the other functions of its card are added, used and removed."""
    o = outside(arch)
    before = o.digest()
    cards = []
    for slot, count, used in ((1, 8, 8), (2, 7, 7), (3, 2, 1)):
        cards.append((o.plug_functions(slot, count), used))
        if used < count:
            o.expect_sentence("there are 16 memory BARs already: left out; the card's other functions are used", prompt=False)
        for n in reversed(range(used)):
            assert o.outcome("add", prompt=not n)[1] == "ok"
    assert len(re.findall(r"^0\d:00\.\d .*memory BAR", o.machine.answer("pci"), re.M)) == 17
    for card, used in reversed(cards):
        o.take_functions(card, used)
    printed = o.machine.answer("events")
    assert "STALE" not in printed and "still reads" not in printed
    assert "memory BAR" not in o.machine.answer("pci")
    assert o.digest() == before


def test_absurd_and_unmappable(arch, outside):
    """A card larger than the window is powered off with one line; one beyond the linear map is refused."""
    o = outside(arch)
    before = o.digest()
    card = o.plug(1, 1 << 40)
    o.expect_sentence("slot 1: 1048576 MiB do not fit into the 64-bit window")
    o.q.event("DEVICE_DELETED", device=card)  # QEMU ejects a card that the guest powers off
    card = o.plug(2, 256 * MiB)
    assert o.outcome("add")[1] == "ok"
    o.take(card)
    assert o.digest() == before


def test_less_than_a_block(arch, outside):
    """Cards of 64 and 2 MiB are added by sub-sections of 2 MiB, side by side in one block; a card smaller than a
    sub-section is refused."""
    o = outside(arch)
    before = o.digest()
    cards = []
    for slot, size, there in ((1, 64 * MiB, 64), (2, 2 * MiB, 66)):
        cards.append(o.plug(slot, size))
        range_, outcome, _ = o.outcome("add")
        assert outcome == "ok" and range_.endswith("+%dM" % (size // MiB)) and "by sub-sections" in o.last
        assert re.search(r"\+%dM +0  part " % there, o.machine.answer("blocks"))
    o.all_leave(cards, before)


@pytest.mark.skipif("arm64" not in ARCHES, reason="a window of 512 GiB is arm64's")
@pytest.mark.parametrize("words,answer", (
    ("geometry=64k-48 memmap=block", "ok"),          # 512 MiB of struct pages, on the card
    ("geometry=4k-48 memmap=host", "-ENOMEM"),       # 8 GiB of them, in 1 GiB
    ("geometry=4k-39", "-ERANGE"), ("geometry=16k-36", "-ERANGE")))
def test_all_of_the_window(words, answer, outside):
    """512 GiB in one card: added if the geometry can map it, and there is memory for its struct pages."""
    o = outside("arm64", SMP="2", ARGS=words)
    before = o.digest()
    card = o.plug(1, 512 * GiB)
    range_, outcome, code = o.outcome("add")
    assert range_.endswith("+512G")
    if answer == "ok":
        assert outcome == "ok"
        other = o.plug(2, 512 * MiB)
        o.expect_sentence("slot 2: the 64-bit window has no 512 MiB left in one piece: power off")
        o.take(card)
        assert other
    else:
        assert (outcome, code) == ("refused", answer)
        o.request_removal(card)
        o.q.event("DEVICE_DELETED", device=card)
    assert o.digest() == before


def test_beyond_the_geometry(outside):
    o = outside("arm64", ARGS="geometry=4k-39")
    before = o.digest()
    card = o.plug(1, GiB)
    _, outcome, code = o.outcome("add")
    assert (outcome, code) == ("refused", "-ERANGE")
    o.request_removal(card)
    o.q.event("DEVICE_DELETED", device=card)
    assert o.digest() == before


def test_to_the_end_of_the_window(outside):
    """riscv64: all 16 GiB of the window in one card."""
    o = outside("riscv64", MEM="1G", ARGS="memmap=block")
    card = o.plug(1, 16 * GiB)
    range_, outcome, _ = o.outcome("add")
    assert outcome == "ok" and range_.endswith("+16G")
    other = o.plug(2, 128 * MiB)
    o.expect_sentence("slot 2: the 64-bit window has no 128 MiB left in one piece: power off")
    o.take(card)
    assert other


@pytest.mark.tier("test")
@pytest.mark.parametrize("machine,how,knobs", WAYS, ids=lambda v: "-".join(v.values()) if isinstance(v, dict) else v)
def test_sixteen_slots(machine, how, knobs, boot):
    """The largest number of slots of tools/hotplate run: each has its interrupt."""
    printed = boot(machine, NODES="1", PCIE_SLOTS="16", **knobs).answer("pci")
    assert len(re.findall(r"  %s \d+ +root port, bus \w+, slot \d+ empty" % how, printed)) == 16, printed


@pytest.mark.parametrize("slot", (1, "deep1"))
def test_system_reset_with_cards(arch, slot, outside):
    o = outside(arch, QEMU_ARGS="" if slot == 1 else SWITCHES)
    o.plug(slot, 256 * MiB)
    assert o.outcome("add")[1] == "ok"
    o.q.execute("system_reset")
    assert o.outcome("add")[1] == "ok"
    o.take("card1")


def switch(name, bus, *ports, chassis):
    """A switch `name` behind a port, with ports down."""
    words = "-device x3130-upstream,id=%s,bus=%s" % (name, bus)
    for n, port in enumerate(ports, chassis):
        words += " -device xio3130-downstream,id=%s,bus=%s,chassis=%d,slot=%d" % (port, name, n, n)
    return words


SWITCHES = switch("up1", "slot1", "down1", "down2", "down3", chassis=11) + " " + \
    switch("up2", "down3", "deep1", "deep2", chassis=21)


def windows(o):
    """Check buses, windows and BARs in their current state."""
    printed = o.machine.answer("run pci.windows")
    assert re.search(r"#: result pass \S+/pci.windows ", printed), printed


def messages(o):
    """{slot of a switch: number of its messages}"""
    numbers = re.findall(r"MSI (\d+) +switch port, bus \w+, slot (\d+)", o.machine.answer("pci"))
    printed = o.machine.answer("interrupts")
    return {int(slot): int(re.search(r"^ *%s +PCI +(\d+)$" % number, printed, re.M)[1]) for number, slot in numbers}


@pytest.mark.tier("test")
@pytest.mark.parametrize("machine,how,knobs", WAYS, ids=lambda v: "-".join(v.values()) if isinstance(v, dict) else v)
def test_switches(machine, how, knobs, outside):
    """A switch behind a port, and a switch behind that: cards are plugged and removed in their slots, beside one in a
    root port.  QEMU's ports of switches have no pin, so they are polled if the controller takes no messages."""
    o = outside(machine, QEMU_ARGS=SWITCHES, **knobs)
    assert re.search(r"PCIe:\s+8\s+slots,\s+0\s+in\s+use", o.machine.banner)
    printed = o.machine.answer("pci")
    assert printed.count("switch port, bus") == 5 and len(re.findall(r"switch, bus 0\d", printed)) == 2
    assert len(messages(o)) == (5 if machine == "arm64" or how == "MSI-X" else 0)
    before = o.digest()
    windows(o)
    for ports in (("down1", 2, "deep1"), ("deep2", "down1", 3), ("down2", "deep1", "deep2")):
        cards = []
        for port, size in zip(ports, (256 * MiB, 128 * MiB, 64 * MiB)):
            cards.append(o.plug(port, size))
            assert o.outcome("add")[1] == "ok"
            windows(o)
        for card in cards:
            o.take(card)
        windows(o)
    assert all(count >= 2 or slot in (13,) for slot, count in messages(o).items())  # 13 leads to the other switch
    printed = o.machine.answer("events")
    assert "STALE" not in printed and "still reads" not in printed
    assert o.digest() == before


@pytest.mark.tier("test")
@pytest.mark.parametrize("how", ("INTx", "MSI"))
def test_interrupt_behind_switches(arch, how, outside):
    """A device behind two switches: each bridge swizzles its pin, and its interrupt is delivered (pci.arrives)."""
    o = outside(arch, QEMU_ARGS=SWITCHES + " -device edu,bus=deep2", ARGS="irq=" + how.lower(), **({"AIA": "aplic-imsic"} if arch == "riscv64" else {}))
    until = time.monotonic() + PATIENCE
    while not re.search(r"  edu$", o.machine.answer("pci"), re.M):
        assert time.monotonic() < until
    printed = o.machine.answer("run pci.arrives")
    assert re.search(r"#: result pass \S+/pci.arrives .*by=%s\b" % how, printed), printed


def test_restart_with_switches(arch, outside):
    """The next boot numbers the buses again, regardless of the numbers that the bridges have."""
    o = outside(arch, QEMU_ARGS=SWITCHES)
    card = o.plug("deep1", 128 * MiB)
    assert o.outcome("add")[1] == "ok"
    o.machine.send("restart\r")
    assert o.outcome("add")[1] == "ok"
    windows(o)
    o.take(card)


@pytest.mark.tier("test")
@pytest.mark.parametrize("way,slots,sentence", (
    ("loop", 1, "more than 8 switches: devices behind it are left out"),
    ("wide", 1, "more than 64 functions: "), ("loop", 15, "there is no bus number for the bus behind it"),
    ("wide", 16, "there is no bus for this port, nor for others after it")))
def test_loop(arch, way, slots, sentence, boot):
    """A switch that leads back to itself (pci.endless): one line for each resource that is exhausted, and the slots
    still work."""
    o = Outside(boot(arch, monitor=True, NODES="1", PCIE_SLOTS=slots))
    printed = re.sub(r"\s+", " ", o.machine.answer("run pci.endless/" + way))
    assert "#: result pass" in printed and 1 <= printed.count("pci: ") <= 2 and sentence in printed, printed
    card = o.plug(1, 128 * MiB)
    assert o.outcome("add")[1] == "ok"
    windows(o)
    o.take(card)


@pytest.mark.tier("test")
def test_switch_in_the_way(arch, outside):
    """A switch is not removed, and one that is plugged later is powered off: one line each, and the slots still
    work."""
    o = outside(arch, QEMU_ARGS=SWITCHES)
    before = o.digest()
    card = o.plug("deep1", 128 * MiB)
    assert o.outcome("add")[1] == "ok"
    for name, slot in (("up1", 1), ("up2", 13)):
        o.request_removal(name)
        o.expect_sentence("slot %d stays on: a switch cannot be unbound" % slot)
    o.q.execute("device_add", driver="x3130-upstream", id="late", bus="slot2")
    o.expect_sentence("slot 2: a bridge or switch that is plugged after boot gets no buses and addresses: power off")
    o.q.event("DEVICE_DELETED", device="late")
    o.take(card)
    other = o.plug(2, 128 * MiB)
    assert o.outcome("add")[1] == "ok"
    o.take(other)
    assert o.digest() == before


def test_beyond_the_switch(arch, outside):
    """A card larger than the switch's window is powered off; a smaller one works."""
    o = outside(arch, QEMU_ARGS=SWITCHES, ARGS="memmap=block" if arch == "riscv64" else "")
    size = 4 * GiB if arch == "riscv64" else 128 * GiB  # the deep switch has half of half of the bridge's window
    o.plug("deep1", 2 * size)
    o.expect_sentence("do not fit into the switch's 64-bit window")
    card = o.plug("down1", GiB)
    assert o.outcome("add")[1] == "ok"
    windows(o)
    o.take(card)
