# SPDX-License-Identifier: BSD-2-Clause
"""Devices that act while the suite runs do not make tests fail: DIMMs, cards and parts of virtio-mem are plugged and
removed during the whole `run`, no test reports them, and the devices' memory is present and online at the end (V-03,
V-07)."""
import re
import time

import pexpect
import pytest

from hotplate.results import output
from conftest import PATIENCE
from hotplate.qemu.qmp import Refused
from devices.pcie import Outside, MiB

SLOTS = 3
EACH = 0.25  # seconds between two actions
KNOBS = {"arm64": {"ACPI": "4", "VIRTIO_MEM": "1G", "PCIE_SLOTS": str(SLOTS)}, "riscv64": {"PCIE_SLOTS": str(SLOTS)}}


class Hand:
    """The hypervisor: it plugs and requests removals, one after the other, without waiting for the guest."""

    def __init__(self, machine, arch):
        self.o, self.q, self.arch = Outside(machine), machine.qmp, arch
        self.there, self.slot, self.turn = [], {}, 0  # names of DIMMs and cards

    def drop_released(self):
        """Record the devices that the guest released."""
        self.q.execute("query-status")  # also receives earlier events
        for name in list(self.there):
            if self.q.taken("DEVICE_DELETED", {"device": name}) is not None:
                self.q.backend_del(name)
                self.there.remove(name)
                self.slot.pop(name, None)

    def plug_card(self):
        free = [s for s in range(1, SLOTS + 1) if s not in self.slot.values()]
        if free:
            name = self.o.plug(free[0], 128 * MiB << self.turn % 2)
            self.slot[name] = free[0]
            self.there.append(name)

    def plug_dimm(self):
        if sum(n.startswith("d") for n in self.there) < 3:
            name = "d%d" % self.turn
            self.q.dimm_add(name, 128 << self.turn % 2)
            self.there.append(name)

    def resize(self, size):
        if self.arch == "arm64":
            self.q.execute("qom-set", path="/machine/peripheral/vm0", property="requested-size", value=size * MiB)

    def request_removal(self):
        if self.there:
            try:
                self.q.execute("device_del", id=self.there[self.turn % len(self.there)])
            except Refused:  # it is being removed, or was refused just before
                pass

    def act(self):
        self.drop_released()
        self.turn += 1
        kind = self.turn % 4
        if kind == 0:
            self.resize((512, 128, 386, 0)[self.turn // 4 % 4])
        elif kind == 1 and self.arch == "arm64":
            self.plug_dimm()
        elif kind == 3:
            self.plug_card()
        else:
            self.request_removal()


def settled(machine):
    """The output until no more events occur."""
    printed = ""
    while True:
        more = machine.unread_output(2.0)
        printed += more
        if not more:
            return printed


def empty(hand, machine):
    """Remove everything, and repeat refused requests."""
    until = time.monotonic() + PATIENCE
    hand.resize(0)
    while hand.there or any(d["data"]["size"] for d in hand.q.execute("query-memory-devices")):
        assert time.monotonic() < until, (hand.there, hand.q.execute("query-memory-devices"))
        hand.turn += 1
        hand.request_removal()
        machine.unread_output(0.5)
        hand.drop_released()
    settled(machine)


EVENT = re.compile(r"#: event \d+ src=(\S+) op=(add|remove) .*? outcome=(\w+)")


def digest(machine):
    return re.search(r"digest ([0-9a-f]{8}):", machine.before_and_answer("digest")[1])[1]


def run(machine, hand, tests):
    """The verdict of a run with active devices, and its output."""
    machine.send("run %s\r" % tests)
    printed, at = "", time.monotonic()
    while True:
        found = machine.child.expect([r"#: end verdict=\w+", pexpect.TIMEOUT], timeout=EACH)
        if not found:
            printed += machine.child.before + machine.child.after
            return printed.replace("\r", "") + machine.until_prompt()
        assert time.monotonic() < at + 5 * PATIENCE
        hand.act()


def blocks_of(machine):
    """The state of each range of memory blocks: {address: (bytes, state)}."""
    lines = re.findall(r"(0x[0-9a-f]+)\+(\d+)([MG])\s+\d+\s+(\w+)", machine.before_and_answer("blocks")[1])
    return {int(pa, 16): (int(n) * {"M": MiB, "G": 1024 * MiB}[unit], state) for pa, n, unit, state in lines}


def is_online(blocks, pa, size):
    return any(at <= pa and pa + size <= at + n and state == "online" for at, (n, state) in blocks.items())


def fire(boot, arch, tests):
    """Run tests with active devices; afterwards all devices are removed and the digest is as before."""
    machine = boot(arch, monitor=True, **KNOBS[arch])
    hand = Hand(machine, arch)
    for _ in range(32):  # table pages for blocks at these addresses stay
        hand.act()
        machine.unread_output(0.1)
    empty(hand, machine)
    before = digest(machine)
    printed = run(machine, hand, tests)
    for _ in range(4):  # on a slow host the devices act rarely in one run
        if len(EVENT.findall(printed)) <= 5:
            printed += run(machine, hand, tests)
    hand.resize(256)
    if not hand.there:
        hand.plug_card()
    settled(machine)
    hand.drop_released()
    blocks = blocks_of(machine)
    for name, (pa, size, _) in hand.q.memory_devices().items():
        if name != "vm0":
            assert is_online(blocks, pa, size), (name, hex(pa), blocks)
    events = EVENT.findall(printed)
    failed = re.findall(r"^\s*not ok .*$", printed, re.M)
    print(arch, len(events), "events while the tests ran,", output.records(printed, "end")[-1].keys, failed)
    assert len(events) > 5 and any(e[1] == "add" and e[2] == "ok" for e in events), "devices acted"
    assert {r.keys["verdict"] for r in output.records(printed, "end")} == {"pass"}, failed
    assert "left behind" not in printed
    empty(hand, machine)
    assert "STALE" not in machine.before_and_answer("events")[1]
    return machine, before


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_allocator_under_fire(arch, boot):
    """Also the struct pages of memory that a device adds between two tests are written before the next test."""
    fire(boot, arch, "alloc.*")


@pytest.mark.tier("full")
def test_hotplug_under_fire(arch, boot):
    machine, before = fire(boot, arch, "hotplug.*")
    assert digest(machine) == before


@pytest.mark.tier("full")
@pytest.mark.long
def test_everything_under_fire(arch, boot):
    fire(boot, arch, "all")  # it ends after a restart, with another map
