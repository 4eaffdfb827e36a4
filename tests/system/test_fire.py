# SPDX-License-Identifier: BSD-2-Clause
"""Stress: every CPU reads, writes, executes, allocates, frees and migrates pages of hot-plugged memory (`load`) while
the hypervisor plugs and unplugs DIMMs, cards and parts of virtio-mem, several at once (V-03, V-04)."""
import re
import time

import pexpect
import pytest

from hotplate.results import output
from conftest import PATIENCE
from devices.pcie import BUSY, SLOTS, MiB, Outside

SOURCES = {"arm64": ("acpi", "pcie", "virtio-mem"), "riscv64": ("pcie",)}
EVENT = (r"#: event (\d+) src=(\S+) op=(\w+) range=(\S+) node=\d+ outcome=(\w+) code=(\S+) ost=(\S+)[\r\n]")
OPERATIONS = ("reads", "writes", "runs", "allocs", "frees", "moves", "evicted")


class Fire:
    """A machine under load, the requests to it and its answers."""

    def __init__(self, boot, arch):
        knobs = {"NODES": "1", "MEM": "512M", "ARGS": "withhold=none", "PCIE_SLOTS": str(SLOTS)}
        if arch == "arm64":
            knobs.update(ACPI="4", VIRTIO_MEM="1G")
        self.o = Outside(boot(arch, monitor=True, **knobs))
        self.machine, self.q = self.o.machine, self.o.q
        self.requested, self.answers = {}, []

    def request(self, source, op):
        self.requested[source, op] = self.requested.get((source, op), 0) + 1

    def answered(self, source, op, outcome=None):
        return sum(a[1:3] == (source, op) and outcome in (None, a[4]) for a in self.answers)

    def read_answer(self, seconds):
        """Read one answer, if it arrives in time."""
        if self.machine.child.expect([EVENT, pexpect.TIMEOUT], timeout=seconds) == 0:
            self.answers.append(self.machine.child.match.groups())

    def settle(self):
        """Wait until every request to ACPI and PCIe is answered."""
        until = time.monotonic() + PATIENCE
        while any(self.answered(*what) < nr for what, nr in self.requested.items()):
            assert time.monotonic() < until, (self.requested, self.answers[-8:])
            self.read_answer(0.5)

    def digest(self):
        return re.search(r"digest ([0-9a-f]{8}):", self.machine.before_and_answer("digest")[1])[1]


class Dimms:
    """Two DIMMs, one or both of them plugged."""
    source = "acpi"

    def __init__(self, fire):
        self.f, self.there, self.reported, self.nr = fire, [], [], 0

    def step(self, empty=False):
        if self.there and (empty or len(self.there) == 2 or self.nr % 3 == 0):
            self.f.q.dimm_del(self.there[0])
            self.f.request(self.source, "remove")
        elif not empty:
            self.there.append("d%d" % self.nr)
            self.f.q.dimm_add(self.there[-1], 128 << self.nr % 2)
            self.f.request(self.source, "add")
        self.nr += 1

    def after(self):
        """QEMU received the same: once for an add, twice (in progress, then the result) for a removal."""
        for a in [a for a in self.f.answers if a[1] == self.source][len(self.reported):]:
            wanted = {"add": [0], "remove": [0x84, 0 if a[4] == "ok" else 0x82]}[a[2]]
            if a[5] == "-EBUSY":  # found before the migration, or during it
                wanted = wanted[-1:] if self.next_status() == 0x82 else wanted
            statuses = [self.f.q.event("ACPI_DEVICE_OST", timeout=PATIENCE)["info"]["status"] for _ in wanted]
            assert statuses == wanted, a
            self.reported.append(statuses)
            if (a[2], a[4]) == ("remove", "ok"):
                removed = self.there.pop(0)
                self.f.q.event("DEVICE_DELETED", timeout=PATIENCE, device=removed)
                self.f.q.backend_del(removed)

    def next_status(self):
        data = self.f.q.event("ACPI_DEVICE_OST", timeout=PATIENCE)
        self.f.q.events.insert(0, {"event": "ACPI_DEVICE_OST", "data": data})
        return data["info"]["status"]


class Cards:
    """A card in each slot, one slot after the other."""
    source = "pcie"

    def __init__(self, fire):
        self.f, self.there, self.seen = fire, {}, 0
        self.turn, self.slot, self.free_at = 0, 0, [0.0] * (SLOTS + 1)

    def step(self, empty=False):
        self.turn += 1
        self.slot = 1 + self.turn % SLOTS
        if self.slot not in self.there and not empty:
            self.there[self.slot] = self.f.o.plug(self.slot, 128 * MiB << self.turn % 2)
            self.f.request(self.source, "add")
        elif self.slot in self.there and time.monotonic() >= self.free_at[self.slot]:
            self.f.o.request_removal(self.there[self.slot])
            self.f.request(self.source, "remove")

    def after(self):
        for a in [a for a in self.f.answers if a[1] == self.source][self.seen:]:
            self.seen += 1
            if (a[2], a[4]) == ("remove", "ok"):
                card = self.there.pop(self.slot)
                self.f.q.event("DEVICE_DELETED", timeout=PATIENCE, device=card)
                self.f.q.backend_del(card)
            elif a[2] == "remove":
                assert a[5] == "-EBUSY", a
                self.free_at[self.slot] = time.monotonic() + BUSY
            else:
                assert a[4] == "ok", a


class Parts:
    """virtio-mem requests another size, whether or not the last one has been reached."""
    source = "virtio-mem"
    sizes = (130, 512, 2, 0, 386, 126)

    def __init__(self, fire):
        self.f, self.turn = fire, 0

    def step(self, empty=False):
        size = 0 if empty else self.sizes[self.turn % len(self.sizes)]
        self.turn += 1
        self.f.q.execute("qom-set", path="/machine/peripheral/vm0", property="requested-size", value=size * MiB)

    def after(self):
        pass

    there = property(lambda self: [d for d in self.f.q.execute("query-memory-devices")
                                   if d["type"] == "virtio-mem" and d["data"]["size"]])


KINDS = {"acpi": Dimms, "pcie": Cards, "virtio-mem": Parts}


def wave(f, kinds, empty=False):
    for k in kinds:
        k.step(empty)
    f.settle()
    for k in kinds:
        k.after()


def empty(f, kinds):
    until = time.monotonic() + PATIENCE
    while any(k.there for k in kinds):
        assert time.monotonic() < until, [k.there for k in kinds]
        wave(f, kinds, empty=True)
        f.read_answer(0.2)


def enough(f, kinds):
    """Has each source added and removed memory, and was a request refused?"""
    return (all(f.answered(k.source, op, "ok") > 1 for k in kinds for op in ("add", "remove")) and
            any(f.answered(k.source, "remove", "refused") for k in kinds))


def load(f, kinds, seconds):
    """Load the machine for `seconds`, and until each source has added and removed memory; returns its counts."""
    first = len(f.answers)
    f.machine.send("load 1h\r")
    until = time.monotonic() + seconds
    while time.monotonic() < until or not enough(f, kinds):
        assert time.monotonic() < until + PATIENCE, (f.requested, f.answers[-8:])
        wave(f, kinds)
    empty(f, kinds)
    f.read_answer(1)
    f.machine.send("\x03")
    f.machine.child.expect(r"# devices: (\d+) events answered, (\d+) of them refused")
    events = [int(n) for n in f.machine.child.match.groups()]
    during = f.answers[first:]
    assert events == [len(during), sum(a[4] == "refused" for a in during)] and events[0]
    printed = f.machine.until_prompt()
    keys = output.records(printed, "load")[0].keys
    assert keys["verdict"] == "pass", printed
    return keys


def under_fire(boot, arch, seconds):
    f = Fire(boot, arch)
    kinds = [KINDS[s](f) for s in SOURCES[arch]]
    for _ in range(2):  # table pages for blocks at these addresses stay
        wave(f, kinds)
    empty(f, kinds)
    f.machine.unread_output(0.5)
    before, done = f.digest(), dict.fromkeys(OPERATIONS, 0)
    until = time.monotonic() + seconds + PATIENCE
    while not all(done.values()):  # it is random whether a page must be migrated
        assert time.monotonic() < until, done
        keys = load(f, kinds, seconds)
        done = {op: done[op] + int(keys[op]) for op in OPERATIONS}
    for what, nr in f.requested.items():
        assert f.answered(*what) == nr, "each is answered once: %s" % (what,)
    assert len({a[0] for a in f.answers}) == len(f.answers), "and no event twice"
    assert f.q.taken("ACPI_DEVICE_OST", {}) is None, "QEMU received another _OST"
    assert f.digest() == before
    print(done, {(k.source, op, how): f.answered(k.source, op, how) for k in kinds
                 for op in ("add", "remove") for how in ("ok", "refused")})
    printed = f.machine.before_and_answer("events")[1]
    assert "STALE" not in printed and "still reads" not in printed


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")
def test_under_fire(arch, boot):
    under_fire(boot, arch, 15)


@pytest.mark.tier("full")
@pytest.mark.long
def test_under_fire_for_minutes(arch, boot):
    under_fire(boot, arch, 180)


@pytest.mark.tier("ci")
def test_load_command(arch, boot):
    """Without events; without memory for it; with wrong arguments."""
    machine = boot(arch, SMP="2")
    printed = machine.answer("load 3s")
    assert "# no device added or removed memory" in printed and re.search(r"added and removed [1-9]\d* times", printed)
    keys = output.records(printed, "load")[0].keys
    assert keys["verdict"] == "pass", printed
    counts = re.search(r"load passed: 2 CPUs made (\d+) reads, (\d+) writes and (\d+) calls in .*?memory, none wrong; "
                       r"(\d+) pages .*?, (\d+) of them for a removal", printed.replace("\n# ", " "))
    assert counts, printed
    moved = int(keys["moves"]) + int(keys["evicted"])
    assert [int(n) for n in counts.groups()] == [int(keys[k]) for k in ("reads", "writes", "runs")] + [moved, int(keys["evicted"])]
    assert "10s without" in machine.answer("load soon")
    machine = boot(arch, NODES="1", ARGS="withhold=none")
    printed = machine.answer("load 100ms")
    assert "verdict=vacuous" in printed and "load passed" not in printed and "no hot-plugged memory" in printed
