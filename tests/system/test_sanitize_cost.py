# SPDX-License-Identifier: BSD-2-Clause
"""The cost of sanitize=on for a removal of memory, in instructions, which repeat exactly."""
import re

import pytest

from conftest import unattended

CPU = {"arm64": "cortex-a72", "riscv64": "rv64"}
# The sanitizer reads each of the 262,144 leaves in the tables that a removal unhooks.  The events of a page that migrates
# cost it 7,500 instructions (riscv64: 12,700).
MOST = {"hotplug.offline_remove_1g": 10, "hotplug.offline_remove_1g_4k": 15, "hotplug.migrate_4k": 12}


def counted(arch, words):
    _, text, printed = unattended(arch, "cost", 300, SMP="1", CPU=CPU[arch], QEMU_ARGS="-icount shift=0",
                                  ARGS="%sbench=%s exit" % (words, ",".join(MOST)))
    found = dict(re.findall(r"^# bench (hotplug\.\S+) (\d+) instructions", text, re.M))
    assert set(MOST) <= set(found), printed + text[-2000:]
    assert "# SANITIZE" not in text
    return {name: int(found[name]) for name in MOST}


@pytest.mark.tier("full")
def test_at_most_so_many_times(arch):
    off, on = counted(arch, ""), counted(arch, "sanitize=on ")
    for name, most in MOST.items():
        assert off[name] < on[name] <= most * off[name], (name, off[name], on[name])
