# SPDX-License-Identifier: BSD-2-Clause
"""The life of a virtual machine with memory of a device-tree overlay: snapshots, migration and resets while the
overlay is removed.  (At rest: test_overlay.py.)"""
import subprocess

import pytest

from conftest import PATIENCE
from devices.overlay import MIB, NODE1, without_map, word
from devices.snapshots import disk_for_snapshots

pytestmark = pytest.mark.tier("ci")
SIZE = 256


class Life:
    """An overlay of SIZE MiB, in use by movable pages; a debugger put its blob into memory."""

    def __init__(self, boot, arch, directory, more=""):
        self.where, self.at = "0x%x+%dM" % (NODE1[arch], SIZE), NODE1[arch] - 64 * MIB
        blob = directory / "memory.dtbo"
        blob.write_bytes(subprocess.run(["tools/hotplate", "overlay", "blob", self.where, "1"], capture_output=True,
                                        check=True).stdout)
        self.machine = boot(arch, monitor=True, console_irq=not more, SMP=2,
                            QEMU_ARGS="-device loader,file=%s,addr=0x%x,force-raw=on%s" % (blob, self.at, more))
        self.q = self.machine.qmp

    def add(self):
        assert "src=overlay op=add range=%s node=1 outcome=ok" % self.where in self.answer("overlay 0x%x" % self.at)

    def use(self):
        assert "are in use and can move" in self.answer("use " + self.where)

    def unuse(self):
        assert "each as it was written" in self.answer("unuse")

    def answer(self, line):
        return self.machine.before_and_answer(line)[1]

    def digest(self):
        return word(self.machine)

    def catch(self):
        """Stop the machine while the overlay is being removed; if the removal was faster, try again."""
        for _ in range(20):
            self.machine.child.send("overlay remove 1\r")
            self.machine.child.expect_exact("overlay remove 1")
            self.machine.child.expect_exact("\n")
            self.q.execute("stop")
            if "#: event" not in self.machine.unread_output():
                return
            self.q.execute("cont")
            self.machine.child.send("\r")
            self.machine.until_prompt()
            self.unuse()
            self.add()
            self.use()
        assert False, "never stopped during the removal"

    def left(self, machine=None):
        """The removal continues from where it was stopped; no trace remains."""
        (machine or self.machine).child.expect(r"op=remove range=0x[0-9a-f]+\+256M node=1 outcome=ok")
        (machine or self.machine).until_prompt()
        self.unuse()


def test_snapshots(arch, boot, tmp_path):
    o = Life(boot, arch, tmp_path)
    disk_for_snapshots(o.q, str(tmp_path / "snapshots.qcow2"))
    before = o.digest()
    o.add()
    o.use()
    o.catch()
    assert not o.q.hmp("savevm leaving")
    for _ in range(2):
        o.q.execute("cont")
        o.left()
        assert o.digest() == before
        assert not o.q.hmp("loadvm leaving")
    o.q.execute("cont")
    o.left()
    o.add()
    assert "outcome=ok" in o.answer("overlay remove 1")
    assert o.digest() == before


@pytest.mark.sample("arm64")
def test_migrate_while_leaving(arch, boot, tmp_path):
    o = Life(boot, arch, tmp_path)
    before = o.digest()
    o.add()
    o.use()
    o.catch()
    file = tmp_path / "state"
    o.q.migrate(file, PATIENCE)
    again = Life(boot, arch, tmp_path, " -incoming 'exec:cat %s'" % file)
    assert "op=remove range=%s node=1 outcome=ok" % o.where in again.machine.banner
    again.unuse()
    assert again.digest() == before


def test_reset_while_leaving(arch, boot, tmp_path):
    """The next boot has the memory withheld, as at power on."""
    o = Life(boot, arch, tmp_path)
    before = without_map(o.machine)
    o.add()
    o.use()
    o.catch()
    o.q.execute("system_reset")
    o.q.execute("cont")
    o.machine.child.expect_exact("ready ")
    o.machine.until_prompt()
    assert "no event yet" in o.answer("events")
    assert len(before) == 3 and without_map(o.machine) == before
    o.add()
    o.use()
    assert "outcome=ok" in o.answer("overlay remove 1")
    o.unuse()
