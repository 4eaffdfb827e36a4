# SPDX-License-Identifier: BSD-2-Clause
"""Overlays of the device tree while the machine runs, through the channel of tools/hotplate overlay."""
import subprocess

import pytest

from conftest import ARCHES
from devices.overlay import (NODE1, MIB, channel, overlay_by_channel, overlay_refusals,  # noqa: F401 - a fixture
                             overlay_while_a_test_runs, overlays_on_overlays, tool, typing_is_not_disturbed, without_map, word)
from devices.snapshots import disk_for_snapshots


def test_overlay_by_channel(arch, boot, channel):
    overlay_by_channel(arch, boot, channel)


@pytest.mark.tier("ci")
def test_overlay_refusals(arch, boot, channel, tmp_path):
    """Boot memory, random bytes, a truncated blob: one line each, and the machine continues."""
    overlay_refusals(arch, boot, channel, tmp_path)


@pytest.mark.tier("ci")
def test_overlays_on_overlays(arch, boot, channel, tmp_path):
    """An overlay that refers to a label of another has to be removed first; a third one can be removed at any
    time."""
    overlays_on_overlays(arch, boot, channel, tmp_path)


@pytest.mark.tier("ci")
def test_overlay_while_a_test_runs(arch, boot, channel):
    """The event waits for the end of the test, which counts memory and handles events itself."""
    overlay_while_a_test_runs(arch, boot, channel)


@pytest.mark.tier("ci")
def test_typing_is_not_disturbed(arch, boot, channel):
    """An event while a line is being typed is answered at once and printed at the end of the line."""
    typing_is_not_disturbed(arch, boot, channel)


@pytest.mark.tier("ci")
def test_reset_with_memory_plugged(arch, boot, channel):
    """system_reset by the monitor: the next boot starts without the memory, and old requests are not repeated."""
    machine = boot(arch, CHANNEL=channel)
    before = without_map(machine)
    assert tool(channel, "add", "0x%x+128M" % NODE1[arch], "1")[0] == 0
    machine.until_prompt()
    machine.send("\x01c")
    machine.child.expect_exact("(qemu)")
    machine.send("system_reset\r")
    machine.child.expect_exact("(qemu)")
    machine.send("\x01c")
    machine.child.expect_exact("ready ")
    machine.until_prompt()
    assert "no event yet" in machine.answer("events")
    assert len(before) == 3 and without_map(machine) == before
    assert tool(channel, "add", "0x%x+128M" % NODE1[arch], "1")[0] == 0
    assert "outcome=ok" in machine.until_prompt()


@pytest.mark.tier("ci")
@pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")
def test_same_as_acpi(boot, channel):
    """S1-32: a DIMM and an overlay of the same size and node end in the same state."""
    machine = boot("arm64", monitor=True, ACPI="1", CHANNEL=channel)
    machine.qmp.dimm_add("d0", 256, node=1)
    machine.child.expect(r"#: event \d+ src=acpi op=add range=(0x[0-9a-f]+\+256M) node=1 outcome=ok")
    dimm = machine.child.match[1]
    machine.until_prompt()
    assert tool(channel, "add", "0x80000000+256M", "1")[0] == 0
    machine.until_prompt()
    assert word(machine, "digest 0x80000000+256M") == word(machine, "digest " + dimm)


@pytest.mark.tier("ci")
def test_savevm_with_memory_plugged(arch, boot, tmp_path):
    """savevm while an overlay's memory is online, remove it, loadvm: the memory is present again, and can be
    removed."""
    blob = tmp_path / "dimm.dtbo"
    where = "0x%x+128M" % NODE1[arch]
    blob.write_bytes(subprocess.run(["tools/hotplate", "overlay", "blob", where, "1"], capture_output=True, check=True).stdout)
    at = NODE1[arch] - 64 * MIB  # memory in use, where a debugger wrote the blob
    machine = boot(arch, monitor=True, console_irq=True,
                   QEMU_ARGS="-device loader,file=%s,addr=0x%x,force-raw=on" % (blob, at))
    disk_for_snapshots(machine.qmp, str(tmp_path / "snapshots.qcow2"))
    before = word(machine)
    printed = machine.answer("overlay 0x%x" % at)
    assert "src=overlay op=add range=%s node=1 outcome=ok" % where in printed, printed
    plugged = word(machine)
    assert not machine.qmp.hmp("savevm plugged")
    assert "outcome=ok" in machine.answer("overlay remove 1")
    assert word(machine) == before
    assert not machine.qmp.hmp("loadvm plugged")
    assert word(machine) == plugged
    assert "outcome=ok" in machine.answer("overlay remove 1")
    assert word(machine) == before
