# SPDX-License-Identifier: BSD-2-Clause
"""The life of a virtual machine with PCIe cards: snapshots, migration and resets while a card's memory is online and
while the slot waits for its removal."""
import re
import time

import pytest

from conftest import PATIENCE
from devices.snapshots import disk_for_snapshots
from devices.pcie import BUSY, MiB, Outside

pytestmark = pytest.mark.tier("ci")
SIZE = 256
ECAM = {"arm64": 0x4010000000, "riscv64": 0x30000000}
SLOT_CONTROL = (1 << 15) + 0x54 + 0x18  # register of QEMU's root port at 00:01.0
INDICATOR, BLINKS = 0x0300, 0x0200
COLD = ("-object memory-backend-ram,id=m-card,size=%dM,share=on "
        "-device ivshmem-plain,id=card,bus=slot1,memdev=m-card,master=on" % SIZE)


class Life(Outside):
    """One card in slot 1, which migrates with the machine, in use by movable pages."""

    def __init__(self, arch, machine):
        super().__init__(machine)
        self.arch = arch

    def insert(self):
        self.q.execute("object-add", **{"qom-type": "memory-backend-ram", "id": "m-card", "size": SIZE * MiB,
                                        "share": True})
        self.q.execute("device_add", driver="ivshmem-plain", id="card", bus="slot1", memdev="m-card", master="on")

    def wait_added(self):
        range_, outcome, _ = self.outcome("add")
        assert outcome == "ok" and range_.endswith("+%dM" % SIZE)
        self.where = range_

    def use(self):
        assert "are in use and can move" in self.machine.answer("use " + self.where)

    def unuse(self):
        assert "each as it was written" in self.machine.answer("unuse")

    def blinks(self):
        printed = self.q.hmp("xp /1hx 0x%x" % (ECAM[self.arch] + SLOT_CONTROL))
        return int(printed.split(":")[1], 16) & INDICATOR == BLINKS

    def catch(self):
        """Stop the machine while the card is being removed; if the removal was faster, try again."""
        for _ in range(10):
            self.q.events.clear()
            self.request_removal("card")
            until = time.monotonic() + PATIENCE
            while not self.blinks() and not self.q.taken("DEVICE_DELETED", {"device": "card"}):
                assert time.monotonic() < until
            self.q.execute("stop")
            if self.blinks():
                return
            self.q.execute("cont")
            assert self.outcome("remove")[1] == "ok"
            self.q.backend_del("card")
            self.unuse()
            self.insert()
            self.wait_added()
            self.use()
        assert False, "never stopped during the removal"

    def left(self):
        """The removal continues from where it was stopped; no trace remains."""
        self.q.execute("cont")
        assert self.outcome("remove")[1] == "ok"
        self.q.event("DEVICE_DELETED", timeout=PATIENCE, device="card")
        self.q.backend_del("card")
        self.unuse()

    def back(self, snapshot):
        """loadvm, for which the card of the snapshot has to exist."""
        self.q.execute("stop")
        self.insert()
        assert not self.q.hmp("loadvm " + snapshot)
        self.q.events.clear()


@pytest.fixture
def life(boot):
    def start(arch, **knobs):
        words = {"NODES": 1, "MEM": "512M", "SMP": 2, "PCIE_SLOTS": 1}
        words.update(knobs)
        return Life(arch, boot(arch, monitor=True, **words))
    return start


@pytest.mark.sample("riscv64")
def test_snapshots(arch, life, tmp_path):
    """savevm with the card online and during its removal, loadvm of both: each continues from there."""
    o = life(arch)
    disk_for_snapshots(o.q, str(tmp_path / "snapshots.qcow2"))
    before = o.digest()
    o.insert()
    o.wait_added()
    o.use()
    online = o.digest()
    assert not o.q.hmp("savevm online")
    o.catch()
    assert not o.q.hmp("savevm leaving")
    o.left()
    assert o.digest() == before
    o.back("leaving")
    o.left()
    assert o.digest() == before
    o.back("online")
    o.q.execute("cont")
    assert o.digest() == online
    o.request_removal("card")
    o.left()
    assert o.digest() == before


@pytest.mark.sample("riscv64")
def test_migrate_while_leaving(arch, life, tmp_path):
    """Migrate to a file while the card is removed; the restored machine completes the removal."""
    o = life(arch)
    before = o.digest()
    o.insert()
    o.wait_added()
    o.use()
    o.catch()
    file = tmp_path / "state"
    o.q.migrate(file, PATIENCE)
    again = life(arch, QEMU_ARGS=COLD + " -incoming 'exec:cat %s'" % file)
    assert re.search(r"src=pcie op=remove range=%s node=0 outcome=ok" % re.escape(o.where), again.machine.banner)
    again.q.event("DEVICE_DELETED", timeout=PATIENCE, device="card")
    again.q.backend_del("card")
    again.unuse()
    assert again.digest() == before


@pytest.mark.sample("arm64")
def test_reset_while_leaving(arch, life):
    """system_reset while the card is removed: the next boot finds it like any that was present at power on."""
    o = life(arch)
    o.insert()
    o.wait_added()

    def reset():
        o.q.execute("system_reset")
        o.q.execute("cont")
        o.wait_added()
    reset()
    o.use()
    o.catch()
    reset()
    assert re.search(r"slot 1 on$", o.machine.answer("pci"), re.M)
    o.use()
    time.sleep(BUSY)
    o.request_removal("card")
    o.left()
