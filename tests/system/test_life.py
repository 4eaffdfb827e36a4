# SPDX-License-Identifier: BSD-2-Clause
"""The life of a virtual machine with memory in its slots: snapshots, migration and resets while the memory is online
and while it is removed, and the memory that the host gets back."""
import os
import re
import time

import pytest

from conftest import ARCHES, PATIENCE
from devices.dimms import Dimms
from devices.snapshots import disk_for_snapshots
from devices.virtio_mem import Device

pytestmark = [pytest.mark.tier("ci"),
              pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")]
WHERE, SIZE = 0x80000000, 256
COLD = "-object memory-backend-ram,id=m-d0,size=%dM -device pc-dimm,id=d0,memdev=m-d0,addr=0x%x,slot=0" % (SIZE, WHERE)


class Life(Dimms):
    """One DIMM d0, in use by movable pages."""

    def plug(self):
        self.qmp.dimm_add("d0", SIZE, addr=WHERE, slot=0)

    def use(self):
        assert "are in use and can move" in self.answer("use 0x%x+%dM" % (WHERE, SIZE)), self.printed[-500:]

    def unuse(self):
        assert "each as it was written" in self.answer("unuse"), self.printed[-500:]

    def leave(self):
        self.qmp.dimm_del("d0")
        self.qmp.event("ACPI_DEVICE_OST", timeout=PATIENCE, info={
            "device": "d0", "source": 3, "status": 0x84, "slot": "0", "slot-type": "DIMM"})

    def catch(self):
        """Stop the machine while d0 is being removed; if the removal was faster, try again."""
        for _ in range(10):
            self.leave()
            self.qmp.execute("stop")
            if self.qmp.taken("DEVICE_DELETED", {"device": "d0"}) is None:
                return
            self.qmp.backend_del("d0")
            self.plug()
            self.qmp.execute("cont")
            self.qmp.event("ACPI_DEVICE_OST", timeout=PATIENCE, info={
                "device": "d0", "source": 1, "status": 0, "slot": "0", "slot-type": "DIMM"})
            self.unuse()
            self.use()
        assert False, "never stopped during the removal"

    def left(self):
        """The removal continues if it was stopped; no trace remains."""
        self.printed = ""
        self.qmp.execute("cont")
        assert self.events(1)[0][2:6:3] == ("remove", "ok")
        self.wait_deleted("d0")
        self.unuse()

    def back(self, snapshot):
        """loadvm, for which the devices of the snapshot have to exist."""
        self.qmp.execute("stop")
        self.plug()
        assert not self.qmp.hmp("loadvm " + snapshot)
        self.printed = ""


@pytest.fixture
def life(boot):
    def start(**knobs):
        return Life(boot, **knobs)
    return start


def test_snapshots(life, tmp_path):
    """savevm with the DIMM online and during its removal, loadvm of both: each continues from there."""
    d = life()
    disk_for_snapshots(d.qmp, str(tmp_path / "snapshots.qcow2"))
    before = d.digest()
    d.plug()
    d.events(1)
    d.use()
    online = d.digest()
    assert not d.qmp.hmp("savevm online")
    d.catch()
    assert not d.qmp.hmp("savevm leaving")
    d.left()
    assert d.digest() == before
    d.back("leaving")
    d.left()
    assert d.digest() == before
    d.back("online")
    d.qmp.execute("cont")
    assert d.digest() == online
    d.leave()
    d.left()
    assert d.digest() == before


def test_migrate_while_leaving(life, tmp_path):
    """Migrate to a file in the middle of a removal; the restored machine completes it."""
    d = life()
    before = d.digest()
    d.plug()
    d.events(1)
    d.use()
    d.catch()
    file = tmp_path / "state"
    d.qmp.migrate(file, PATIENCE)
    again = life(QEMU_ARGS=COLD + " -incoming 'exec:cat %s'" % file)
    again.printed = again.machine.banner
    assert again.events(1)[0][2:6:3] == ("remove", "ok")
    again.wait_deleted("d0")
    again.unuse()
    assert again.digest() == before


def test_reset_while_leaving(life):
    """system_reset in the middle of a removal: the next boot finds the DIMM like any that was present at power on."""
    d = life()
    d.plug()
    d.events(1)

    def reset():
        d.qmp.execute("system_reset")
        d.qmp.execute("cont")
        d.machine.child.expect_exact("ready ")
        d.printed = d.machine.until_prompt()
        assert [e[2:6:3] for e in d.events(1)] == [("add", "ok")]
        assert "cold" in d.answer("acpi")
        return d.digest()
    cold = reset()
    d.use()
    d.catch()
    assert reset() == cold
    d.use()
    d.leave()
    d.left()


def resident(pid, path):
    """KiB of a file's mapping that are resident; None: the file is not mapped."""
    with open("/proc/%d/smaps" % pid, encoding="ascii", errors="replace") as f:
        found = re.findall(r"^[0-9a-f]+-[0-9a-f]+ .*%s.*\n(?:.*\n)*?Rss: +(\d+) kB" % re.escape(path), f.read(), re.M)
    return sum(map(int, found)) if found else None


@pytest.fixture
def backend(tmp_path):
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(tmp_path)
    path = os.path.join(base, "hotplate-given-back-%d" % os.getpid())
    yield path
    if os.path.exists(path):
        os.unlink(path)


def test_host_has_dimm_back(life, backend):
    """QEMU may delete the backend of an ejected DIMM, and so free all memory that the guest had used."""
    d = life()
    d.qmp.execute("object-add", **{"qom-type": "memory-backend-file", "id": "m-d0", "size": SIZE << 20,
                                   "mem-path": backend, "share": True, "discard-data": True})
    d.qmp.execute("device_add", driver="pc-dimm", id="d0", memdev="m-d0")
    d.events(1)
    d.use()
    pid = d.machine.child.pid
    assert resident(pid, backend) > 30 << 10
    d.unuse()
    d.leave()
    d.events(2)
    d.wait_deleted("d0")
    until = time.monotonic() + PATIENCE
    while resident(pid, backend):  # QEMU unmaps it a moment later
        assert time.monotonic() < until
        time.sleep(0.05)
    assert os.stat(backend).st_blocks == 0


def test_host_has_virtio_mem_back(boot, backend):
    """Every part that the guest unplugs is discarded: the backing file has no block any more."""
    d = Device(boot, VIRTIO_MEM="", QEMU_ARGS="-m 512M,maxmem=4G -object memory-backend-file,id=vmem0,size=1G,"
               "share=on,mem-path=%s -device virtio-mem-pci,id=vm0,memdev=vmem0,requested-size=0,block-size=2M" % backend)
    pid, before = d.machine.child.pid, resident(d.machine.child.pid, backend)
    d.size(256)
    assert "are in use and can move" in d.command("use 0x80000000+256M")
    assert resident(pid, backend) > 30 << 10
    assert "each as it was written" in d.command("unuse")
    d.size(0)
    assert resident(pid, backend) == before
    assert os.stat(backend).st_blocks == 0
