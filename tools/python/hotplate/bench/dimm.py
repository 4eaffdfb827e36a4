# SPDX-License-Identifier: BSD-2-Clause
"""Plug and unplug a DIMM for the benchmark dimm.slot_1g.

  tools/hotplate bench-dimm SOCKET LOG

This is the part of the host: it plugs a DIMM of 1 GiB and unplugs it over QMP,
each time the log reports that the machine waits for it.  It ends with the
machine.
"""
import re
import time

from hotplate.command import usage
from hotplate.qemu.qmp import Monitor

WAITS = re.compile(rb"# bench dimm\.slot_1g waits for the host: (\w+)")


def obey(monitor: Monitor, order: bytes, n: int) -> None:
    if order == b"add":
        monitor.dimm_add("bench%d" % n, 1024)
    else:
        monitor.dimm_del("bench%d" % n)
        monitor.event("DEVICE_DELETED", timeout=600, device="bench%d" % n)


def main(words: list[str]) -> int:
    if len(words) != 2:
        usage(__doc__)
    try:
        serve(*words)
    except (EOFError, OSError):
        pass  # the machine is off
    return 0


def serve(path: str, log: str) -> None:
    monitor, done = Monitor(path), 0
    while True:
        monitor.execute("query-status")  # raises an error once the machine is off
        with open(log, "rb") as f:
            waits = WAITS.findall(f.read())
        if len(waits) > done:
            obey(monitor, waits[done], done // 2)
            done += 1
        time.sleep(0.05)
