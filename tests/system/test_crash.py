# SPDX-License-Identifier: BSD-2-Clause
"""Crashes on purpose (tests/crash): the report, the verdict, the tests after it, the exit status."""
import re

import pytest

from hotplate.results import output
from conftest import unattended
from devices.crashes import BY_FIRMWARE, CRASHES


@pytest.mark.tier("ci")
@pytest.mark.parametrize("name", sorted(CRASHES))
def test_crash(arch, name):
    pattern, symbol = CRASHES[name]
    status, text, printed = unattended(arch, "crash-" + name, 240,
                                       ARGS="hang=3s run=crash.%s exit" % name)
    assert status == 1, printed + text[-2000:]
    assert re.search("^# CRASH on CPU .*", text, re.M), text[-2000:]
    assert re.search(pattern, text), text[-3000:]
    assert re.search(r"#   (%s)\+0x" % symbol, text), text[-3000:]
    seen = set(re.findall(r"backtrace of CPU (\d)", text))
    assert seen == set("0123") or (name == "hang" and len(seen) >= 3), seen
    assert output.records(text, "end")[-1].keys["verdict"] == "error"
    assert text.count("# hotplate: end") == 1
    found, wrong = output.cases(text)
    assert not wrong, wrong
    assert [c.directive for c in found] == ["ERROR"], found


@pytest.mark.tier("ci")
def test_every_crash_in_one_run(arch):
    """Each is a verdict, the run continues with the next test, the frame is complete; a CPU that hangs causes a reset
    by firmware.  Tests before and after pass, and no state remains."""
    status, text, printed = unattended(arch, "crash-all", 400,
                                       ARGS="hang=3s seed=5 overlay.memmap=host pcie.online=no "
                                       "run=crash.*,boot.*,hotplug.cycle exit")
    assert status == 1, printed + text[-2000:]
    found, wrong = output.cases(text)
    assert not wrong, wrong
    crashed = [c for c in found if c.path.split("/")[1].startswith("crash.")]
    others = [c for c in found if c not in crashed]
    assert len(crashed) >= len(CRASHES)
    assert all(c.directive == "ERROR" and c.reason.startswith("crash: ") for c in crashed), crashed
    assert {"crash." + n for n in CRASHES} <= {c.path.split("/")[1] for c in crashed}
    assert len(others) > 5 and all(output.outcome(c) in ("pass", "skip") for c in others), others
    assert len(re.findall("^# CRASH on CPU", text, re.M)) == len(crashed)
    assert len(output.records(text, "failure")) == len(crashed)
    for once in ("^#: run ", "^KTAP version 1", "^#: end verdict=error", "^# hotplate: end"):
        assert len(re.findall(once, text, re.M)) == 1, once
    lives = [int(n) for n in re.findall(r"^# life (\d+) of", text, re.M)]
    assert lives == list(range(2, len(crashed) + 2))
    counts = re.search(r"^# crashes (\d+)   restarts (\d+), and (\d+) by firmware", text, re.M)
    assert [int(n) for n in counts.groups()] == [len(crashed), len(crashed) - BY_FIRMWARE, BY_FIRMWARE]
    for what in ("the image in memory differs", "the device tree in memory was changed"):
        assert "# not entered again, but reset by firmware: %s" % what in text
    for block in text.split("# reproduce:")[1:]:
        first, more = block.split("\n")[:2]
        assert "seed=0x5" in first and more.endswith("overlay.memmap=host pcie.online=no"), block[:300]


@pytest.mark.tier("ci")
def test_crash_at_the_prompt(arch, boot):
    """After a run at the prompt that crashed, the prompt returns with the settings before the run."""
    machine = boot(arch)
    machine.answer("memmap=host")
    printed = machine.answer("run crash.read_null,crash.on_another_cpu,crash.in_aml memmap=device")
    assert len(re.findall(r"^  not ok \d \S+ # ERROR crash: ", printed, re.M)) == 3
    assert "#: end verdict=error tests=3" in printed
    assert re.search(r"^  memmap +host", machine.answer("0"), re.M)
    assert "Totals: pass:0 fail:0 xfail:0 xpass:0 skip:0 error:3" in machine.answer("report")
    assert "crash.read_null" in machine.answer("show failure 3")
    assert "#: end verdict=pass" in machine.answer("run boot.*,acpi.slot,acpi.crimes/read-ram")


def test_crash_only_by_name(arch, suite):
    """No other glob selects them."""
    cases, _ = suite(arch, "crash-none", ARGS="run=boot.*,crash* exit")
    assert not [c for c in cases if "/crash." in c.path]
