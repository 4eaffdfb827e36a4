# SPDX-License-Identifier: BSD-2-Clause
"""boot-memmap=late: struct pages of free boot memory are written at the prompt (mm/memmap/memmap_late.h)."""
import re
import time

import pytest

from conftest import PATIENCE

LATE = re.compile(r"^listed after boot +(\d+) .*\n +of it (\d+) MiB on demand, (\d+) MiB at the prompt, "
                  r"(\d+) MiB not yet\n", re.M)
SHAPES = [{"SMP": 1, "MEM": "128M"}, {"SMP": 4, "MEM": "1G"}] + \
    [pytest.param({"SMP": n, "MEM": m}, marks=pytest.mark.tier("full")) for n, m in
     ((2, "512M"), (2, "2G"), (8, "1G"), (8, "4G"), (1, "4G"))]


def facts(machine, whole):
    """Facts that must not depend on the time at which struct pages are written; if not `whole`, neither on the boot
    hart that firmware selected, whose maps differ by a few tables."""
    text, digest = LATE.sub("", machine.answer("meminfo")), machine.answer("digest")
    if whole:
        return text, digest
    amounts = [int(re.search(r"^%s +(\d+)" % name, text, re.M)[1]) for name in ("free", "page tables")]
    return (sum(amounts), re.findall(r"(managed +\d+|longest run +\d+)", text),
            re.findall(r"(?:registry|refs|free) [0-9a-f]{16}", digest))


@pytest.mark.tier("ci")
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "%s-%s" % (s["SMP"], s["MEM"]))
def test_same_as_now(arch, boot, shape):
    """Counts and digest are those of a boot that wrote them all; they are written while the prompt is idle."""
    late = boot(arch, **shape)
    until = time.monotonic() + PATIENCE
    while True:
        time.sleep(1)
        text = late.answer("meminfo")
        listed = LATE.search(text)
        assert listed, text
        if not int(listed[4]) or time.monotonic() > until:
            break
    total, demand, idle, left = int(listed[1]) >> 20, *map(int, listed.groups()[1:])
    assert total > int(shape["MEM"].rstrip("MG")) * (1024 if "G" in shape["MEM"] else 1) // 4, text
    assert idle > 0 and demand + idle == total and left == 0, "the prompt did not write all that boot left: " + text
    now = boot(arch, ARGS="boot-memmap=now", **shape)
    assert "listed after boot" not in now.answer("meminfo")
    whole = arch == "arm64" or shape["SMP"] == 1
    assert facts(late, whole) == facts(now, whole)


def test_command_at_once(arch, boot):
    """A command that is typed before the prompt is printed finds all memory listed; so does one after a restart."""
    machine = boot(arch, SMP=1, MEM="2G")
    assert LATE.search(machine.answer("meminfo"))[4] == "0"
    before = machine.answer("digest")
    machine.answer("restart")
    text = machine.answer("meminfo")
    assert LATE.search(text)[4] == "0" and machine.answer("digest") == before, text
