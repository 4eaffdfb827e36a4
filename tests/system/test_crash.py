# SPDX-License-Identifier: BSD-2-Clause
"""Crashes on purpose (tests/crash): the report, the verdict, the end line, the exit status."""
import re

import pytest

import hpresult
from conftest import unattended

CRASHES = {  # name: (what the report must say, a symbol its backtrace must have)
    "read_null": ("read of 0x0", "test_crash_read_null"),
    "write_text": ("write to 0xffffffff8", "test_crash_write_text"),
    "jump_wild": ("fetch from 0x1000|instruction .*0x1000", "run_one|test_crash_jump_wild"),
    "stack_overflow": ("stack overflow", "dig"),
    "assertion": (r"cpus_online_nr\(\) > 4711 \(0x4, 0x1267\)", "test_crash_assertion"),
    "on_another_cpu": ("CRASH on CPU [123]: .*0x2000", "fault_there"),
    "write_after_free": ("a free page was written", "test_crash_write_after_free"),
    "lock_order": (r"lock order: .*hotplug.* wanted while test zone", "out_of_order"),
    "hang": ("takes no interrupt", "watchdog_check"),
}


@pytest.mark.tier("test")
@pytest.mark.parametrize("name", sorted(CRASHES))
def test_crash(arch, name):
    says, symbol = CRASHES[name]
    status, text, said = unattended(arch, "crash-" + name, 240,
                                    ARGS="hang=3s run=crash.%s exit" % name)
    assert status == 1, said + text[-2000:]
    assert re.search("^# CRASH on CPU .*", text, re.M), text[-2000:]
    assert re.search(says, text), text[-3000:]
    assert re.search(r"#   (%s)\+0x" % symbol, text), text[-3000:]
    seen = set(re.findall(r"backtrace of CPU (\d)", text))
    assert seen == set("0123") or (name == "hang" and len(seen) >= 3), seen
    assert hpresult.records(text, "end")[-1].keys["verdict"] == "error"
    assert text.count("# hotplate: end") == 1
    found, _ = hpresult.cases(text)
    assert [c.directive for c in found] == ["ERROR"], found


def test_crash_only_by_name(arch, suite):
    """No other glob selects them."""
    cases, _ = suite(arch, "crash-none", ARGS="run=boot.*,crash* exit")
    assert not [c for c in cases if "/crash." in c.path]
