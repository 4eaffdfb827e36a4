# SPDX-License-Identifier: BSD-2-Clause
"""shadow=on: one byte for eight of memory in use (mm/kernel/shadow.h)."""
import pytest

from hotplate.results import output
from conftest import unattended


@pytest.mark.tier("ci")
def test_follows(arch):
    """No test of shadow.* is skipped for lack of the region, and other tests pass with it."""
    status, text, printed = unattended(arch, "shadow", 300,
                                       ARGS="shadow=on run=shadow.*,layout.*,own.*,hotplug.cycle exit")
    assert status == 0, printed + text[-3000:]
    found, wrong = output.cases(text)
    assert not wrong, wrong
    ours = [c for c in found if c.path.split("/")[1].startswith("shadow.")]
    assert len(ours) >= 8, ours
    assert not [c for c in ours if c.directive and "without shadow=on" in c.reason], ours


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_with_tables_deferred(arch):
    """Tables that are unlinked under the hotplug lock are passed to a scheme that waits when the lock is released
    (mm/kernel/kpt.h)."""
    status, text, printed = unattended(arch, "shadow-deferred", 300,
                                       ARGS="tables=defer shadow=on run=shadow.*,direct.*,hvo.*,hotplug.cycle exit")
    assert status == 0, printed + text[-3000:]
    found, wrong = output.cases(text)
    assert len([c for c in found if not c.directive]) > 40 and not wrong, wrong  # riscv64 without Svnapot skips 12
