# SPDX-License-Identifier: BSD-2-Clause
"""The life of a virtual machine whose size virtio-mem sets: snapshots, migration and resets at rest and during a
change."""
import time

import pytest

from conftest import ARCHES, PATIENCE
from devices.snapshots import disk_for_snapshots
from devices.virtio_mem import Device

pytestmark = [pytest.mark.tier("ci"),
              pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")]
LARGE, SMALL = 1536, 130
USED = "0x%x+128M" % (0x80000000 + (LARGE - 128 << 20))  # the last block, which is removed first


class Life(Device):
    """A machine of size LARGE, with pages in use that are migrated when it shrinks."""

    def __init__(self, boot, **knobs):
        words = {"SMP": 2}
        words.update(knobs)
        super().__init__(boot, **words)

    def use(self):
        assert "are in use and can move" in self.command("use " + USED)

    def unuse(self):
        assert "each as it was written" in self.command("unuse")

    def catch(self, to):
        """Stop the machine between two sizes: it runs for a moment at a time.  If one was too long, try again."""
        for _ in range(10):
            self.wait_console()
            start, = self.plugged()
            now = start
            self.resize(to)
            until = time.monotonic() + PATIENCE
            while now == start:
                assert time.monotonic() < until
                self.qmp.execute("cont")
                self.qmp.execute("stop")
                now, = self.plugged()
            if now != to:
                assert min(start, to) < now < max(start, to)
                return now
            self.qmp.execute("cont")
            self.size(start)
        assert False, "never stopped between two sizes"

    def wait_console(self):
        """Wait for a prompt, so that no output is pending."""
        self.command("")

    def goes_on(self, to):
        self.qmp.execute("cont")
        self.wait(to)

    def audit(self):
        """The device's map of every part equals the guest's."""
        assert "result pass" in self.command("run events.virtio_mem_state")


def test_snapshots(boot, tmp_path):
    """savevm at rest, while it shrinks and while it grows; after loadvm of each the requested size is reached."""
    d = Life(boot)
    disk_for_snapshots(d.qmp, str(tmp_path / "snapshots.qcow2"))
    d.size(LARGE)  # its table pages for blocks stay
    d.size(SMALL)
    small = d.digest()
    d.size(LARGE)
    d.use()
    large = d.digest()
    assert not d.qmp.hmp("savevm rest")
    shrinking = d.catch(SMALL)
    assert not d.qmp.hmp("savevm shrinking")
    d.goes_on(SMALL)
    d.unuse()
    assert d.digest() == small
    growing = d.catch(LARGE)
    assert not d.qmp.hmp("savevm growing")
    d.goes_on(LARGE)

    def load(name, size):
        d.qmp.execute("stop")
        assert not d.qmp.hmp("loadvm " + name)
        assert d.plugged() == [size]
    load("shrinking", shrinking)
    d.goes_on(SMALL)
    d.unuse()
    assert d.digest() == small
    d.audit()
    load("growing", growing)
    d.goes_on(LARGE)
    d.audit()
    load("rest", LARGE)
    d.qmp.execute("cont")
    assert d.digest() == large
    d.size(SMALL)
    d.unuse()
    assert d.digest() == small


@pytest.mark.parametrize("begin,end", ((LARGE, SMALL), (SMALL, LARGE)))
def test_migrate_on_its_way(begin, end, boot, tmp_path):
    """Migrate to a file between two sizes; the restored machine reaches the requested one."""
    d = Life(boot)
    d.size(LARGE)
    d.size(end)
    at_end = d.digest()
    d.size(begin)
    if begin == LARGE:
        d.use()
    now = d.catch(end)
    file = tmp_path / "state"
    d.qmp.migrate(file, PATIENCE)
    again = Life(boot, QEMU_ARGS="-incoming 'exec:cat %s'" % file)
    assert min(begin, end) <= now <= max(begin, end)
    again.wait(end)
    if begin == LARGE:
        again.unuse()
    assert again.digest() == at_end
    again.audit()


@pytest.mark.parametrize("begin,end", ((LARGE, SMALL), (SMALL, LARGE)))
def test_reset_on_its_way(begin, end, boot):
    """system_reset between two sizes: the device has nothing plugged, and the next boot grows to the requested
    size."""
    d = Life(boot)

    def reset():
        d.qmp.execute("stop")  # else the next boot could plug memory before the query
        d.qmp.execute("system_reset")
        until = time.monotonic() + PATIENCE
        while d.plugged() != [0]:
            assert time.monotonic() < until
        d.qmp.execute("cont")
        d.machine.child.expect_exact("ready ")
        d.machine.until_prompt()
        d.wait(end)
        return d.digest()
    d.size(end)
    rested = reset()
    d.size(begin)
    if begin == LARGE:
        d.use()
    d.catch(end)
    assert reset() == rested
    d.audit()
    d.size(0)
