# SPDX-License-Identifier: BSD-2-Clause
"""A machine with slots for DIMMs: QMP on the host's side, the prompt on the guest's."""
import re
import time

from conftest import PATIENCE

EVENT = re.compile(r"#: event (\d+) src=(\S+) op=(\S+) range=(\S+) node=(\d+) outcome=(\S+) code=(\S+) ost=(\S+)\s")


class Dimms:
    """A machine with slots for DIMMs, and the output of both sides."""

    def __init__(self, boot, slots=4, **knobs):
        words = {"ACPI": str(slots), "NODES": "1", "MEM": "512M", "SMP": "2", "ARGS": "withhold=none"}
        words.update(knobs)
        self.machine = boot("arm64", monitor=True, **words)
        self.qmp = self.machine.qmp
        self.printed = ""

    def events(self, count):
        """Wait until `count` `#: event` lines of adds and removals were printed; returns all of them."""
        until = time.monotonic() + PATIENCE
        while len(EVENT.findall(self.printed)) < count:
            assert time.monotonic() < until, self.printed[-1500:]
            self.printed += self.machine.unread_output()
        found = EVENT.findall(self.printed)
        assert len(found) == count, found
        return found

    def answer(self, line):
        before, printed = self.machine.before_and_answer(line)
        self.printed += before + printed
        return printed

    def digest(self):
        return re.search(r"digest ([0-9a-f]{8}):.*?free [0-9a-f]{16}", self.answer("digest"), re.S)[0]

    def ost(self, source, status, **data):
        return self.qmp.event("ACPI_DEVICE_OST", timeout=PATIENCE,
                              **data)["info"].items() >= {"source": source, "status": status}.items()

    def ost_reports(self):
        """(source, status) of every _OST so far, in order."""
        found = []
        while True:
            self.qmp.execute("query-status")
            data = self.qmp.taken("ACPI_DEVICE_OST", {})
            if data is None:
                return found
            found.append((data["info"]["source"], data["info"]["status"]))

    def wait_deleted(self, name):
        self.qmp.event("DEVICE_DELETED", timeout=PATIENCE, device=name)
        self.qmp.backend_del(name)

    def interrupts(self):
        return int(re.search(r"GED .* (\d+) interrupts", self.answer("acpi"))[1])
