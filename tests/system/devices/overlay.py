# SPDX-License-Identifier: BSD-2-Clause
"""Overlays of the device tree, through the channel of tools/hotplate overlay: helpers, and scenarios that QEMU and
the worst machine run."""
import os
import re
import subprocess

import pytest

NODE1 = {"arm64": 0x80000000, "riscv64": 0xC0000000}
MIB = 1 << 20


@pytest.fixture
def channel(tmp_path):
    """The file that is the memory of node 1: sparse, on tmpfs if possible."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(tmp_path)
    path = os.path.join(base, "hotplate-test-%d" % os.getpid())
    with open(path, "wb") as f:
        f.truncate(1 << 30)
    yield path
    os.unlink(path)


def tool(path, *words):
    done = subprocess.run(["tools/hotplate", "overlay", path] + list(words), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def word(machine, line="digest"):
    return re.search(r"digest ([0-9a-f]{8})", machine.answer(line))[1]


def without_map(machine):
    """The parts of the digest that are equal after each power-on: the map has the CPUs' stacks, and the boot CPU
    varies."""
    return re.findall(r"(registry|refs|free) ([0-9a-f]{16})", machine.answer("digest"))


OVERLAY = """/dts-v1/; /plugin/;
/ { fragment@0 { target-path = "/"; __overlay__ {
        %s: dimm@%x { device_type = "memory"; reg = <0 0x%x 0 0x%x>; numa-node-id = <1>; };
    }; }; %s };"""


def overlay_file(path, label, at, size, rest=""):
    done = subprocess.run(["dtc", "-q", "-@", "-I", "dts", "-O", "dtb"], check=True, capture_output=True,
                          input=(OVERLAY % (label, at, at, size, rest)).encode())
    path.write_bytes(done.stdout)
    return str(path)


def overlay_by_channel(arch, boot, channel):
    machine = boot(arch, CHANNEL=channel)
    assert "channel at 0x" in " ".join(machine.banner.split())  # the line may be wrapped
    where, span = "0x%x+256M" % NODE1[arch], "digest 0x%x+256M" % NODE1[arch]
    before = word(machine)
    status, printed = tool(channel, "add", where, "1")
    assert status == 0 and printed.startswith("overlay 1: online as Movable"), printed
    event = machine.until_prompt()  # printed below an empty prompt, which is printed again
    assert "#: event 1 src=overlay op=add range=%s node=1 outcome=ok code=0" % where in event
    by_overlay = word(machine, span)
    status, printed = tool(channel, "remove", "1")
    assert status == 0 and "removed" in printed, printed
    assert "op=remove range=%s node=1 outcome=ok" % where in machine.until_prompt()
    assert word(machine) == before
    # the operator's add and online of the same range ends in the same state (S1-32)
    machine.answer("add %s node=1" % where)
    machine.answer("online %s" % where)
    assert word(machine, span) == by_overlay
    status, printed = tool(channel, "remove", "1")
    assert status == 1 and "does not exist" in printed


def overlay_refusals(arch, boot, channel, tmp_path):
    """Boot memory, random bytes, a truncated blob: one line each, and the machine continues."""
    machine = boot(arch, CHANNEL=channel)
    before = word(machine)
    boot_memory = NODE1[arch] - 256 * MIB
    status, printed = tool(channel, "add", "0x%x+128M" % boot_memory)
    assert status == 1 and "boot memory" in printed, printed
    good = subprocess.run(["tools/hotplate", "overlay", "blob", "0x%x+128M" % NODE1[arch], "1"], capture_output=True,
                          check=True).stdout
    for name, data in (("rubbish", os.urandom(300)), ("cut", good[:-20]), ("none", good[:40])):
        path = tmp_path / name
        path.write_bytes(data)
        status, printed = tool(channel, "add", str(path))
        assert status == 1 and printed.startswith("refused"), (name, printed)
    for _ in range(4):
        machine.until_prompt()
    assert word(machine) == before
    assert "refused" in machine.answer("events")


def overlays_on_overlays(arch, boot, channel, tmp_path):
    """An overlay that refers to a label of another has to be removed first; a third one can be removed at any
    time."""
    machine = boot(arch, CHANNEL=channel)
    before, size, base = word(machine), 128 * MIB, NODE1[arch]
    refers = "fragment@1 { target = <&low>; __overlay__ { note = \"seen\"; }; };"
    files = [overlay_file(tmp_path / "low", "low", base, size),
             overlay_file(tmp_path / "high", "high", base + size, size, refers),
             overlay_file(tmp_path / "other", "other", base + 2 * size, size)]
    status, printed = tool(channel, "add", files[1])
    assert status == 1 and "cannot be applied" in printed, printed
    machine.until_prompt()
    for n, file in enumerate(files):
        status, printed = tool(channel, "add", file)
        assert status == 0 and printed.startswith("overlay %d: online" % (n + 1)), printed
        machine.until_prompt()
    assert len(re.findall(r"^overlay \d ", machine.answer("overlay"), re.M)) == 3
    status, printed = tool(channel, "remove", "1")
    assert status == 1 and "overlay 2 refers to overlay 1 and must be removed first" in printed, printed
    machine.until_prompt()
    for n in ("3", "2", "1"):
        status, printed = tool(channel, "remove", n)
        assert status == 0 and "removed" in printed, printed
        machine.until_prompt()
    assert word(machine) == before


def overlay_while_a_test_runs(arch, boot, channel):
    """The event waits for the end of the test, which counts memory and handles events itself."""
    machine = boot(arch, CHANNEL=channel)
    machine.send("run hotplug.in_use\r")
    machine.child.expect("KTAP version")
    status, printed = tool(channel, "add", "0x%x+128M" % (NODE1[arch] + 512 * MIB), "1")
    assert status == 0, printed
    text = machine.until_prompt() + machine.until_prompt()  # then, below an empty prompt, the event
    assert text.index("#: result pass") < text.index("#: event 1 src=overlay op=add"), text
    assert "#: end verdict=pass" in text


def typing_is_not_disturbed(arch, boot, channel):
    """An event while a line is being typed is answered at once and printed at the end of the line."""
    machine = boot(arch, CHANNEL=channel)
    machine.send("dig")
    machine.child.expect_exact("dig")
    status, _ = tool(channel, "add", "0x%x+128M" % NODE1[arch], "1")
    assert status == 0
    machine.send("est\r")
    printed = machine.until_prompt().replace("\r", "")
    first, rest = printed.split("\n", 1)
    assert first == "est", printed
    assert rest.index("#: event 1") < rest.index("digest ")
