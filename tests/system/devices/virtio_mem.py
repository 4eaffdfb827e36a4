# SPDX-License-Identifier: BSD-2-Clause
"""A machine with a virtio-mem device, resized by QMP."""
import re
import time

from conftest import PATIENCE

MIB = 1 << 20


class Device:
    """A machine with a virtio-mem device, and both of its sides."""

    def __init__(self, boot, **knobs):
        words = {"VIRTIO_MEM": "2G", "NODES": "1", "MEM": "512M", "ARGS": "withhold=none"}
        words.update(knobs)
        self.machine = boot("arm64", monitor=True, **words)
        self.qmp = self.machine.qmp

    def resize(self, mib, name="vm0"):
        self.qmp.execute("qom-set", path="/machine/peripheral/" + name, property="requested-size", value=mib * MIB)

    def plugged(self):
        return [d["data"]["size"] // MIB for d in self.qmp.execute("query-memory-devices")]

    def wait(self, mib):
        until = time.monotonic() + PATIENCE
        while self.plugged() != [mib]:
            assert time.monotonic() < until, self.plugged()
            time.sleep(0.05)

    def size(self, mib, name="vm0"):
        self.resize(mib, name)
        self.wait(mib)

    def command(self, line):
        return self.machine.before_and_answer(line)[1]

    def digest(self):
        return re.search(r"digest ([0-9a-f]{8}):", self.command("digest"))[1]
