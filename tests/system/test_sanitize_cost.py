# SPDX-License-Identifier: BSD-2-Clause
"""The cost of sanitize=on for a removal of memory, in instructions, which repeat exactly."""
import re

import pytest

from conftest import unattended

CPU = {"arm64": "cortex-a72", "riscv64": "rv64"}
MOST = 10
MOST_OF_A_PAGE = 12  # that migrates: its events cost the sanitizer 7,500 instructions (riscv64: 12,700)
PATHS = ("hotplug.offline_remove_1g", "hotplug.offline_remove_1g_4k", "hotplug.migrate_4k")


def counted(arch, words):
    _, text, printed = unattended(arch, "cost", 300, SMP="1", CPU=CPU[arch], QEMU_ARGS="-icount shift=0",
                                  ARGS="%sbench=%s exit" % (words, ",".join(PATHS)))
    found = dict(re.findall(r"^# bench (hotplug\.\S+) (\d+) instructions", text, re.M))
    assert set(PATHS) <= set(found), printed + text[-2000:]
    assert "# SANITIZE" not in text
    return {name: int(found[name]) for name in PATHS}


@pytest.mark.tier("full")
def test_at_most_so_many_times(arch):
    off, on = counted(arch, ""), counted(arch, "sanitize=on ")
    for name in PATHS:
        most = MOST_OF_A_PAGE if name == "hotplug.migrate_4k" else MOST
        assert off[name] < on[name] <= most * off[name], (name, off[name], on[name])
