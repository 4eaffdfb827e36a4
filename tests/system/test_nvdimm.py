# SPDX-License-Identifier: BSD-2-Clause
"""Persistent memory of ACPI: NVDIMMs that are present at power on and ones that are plugged in; their contents
survive removal, another add, a reset and another machine (CATALOGUE S1-27, S2-24, X-09)."""
import os
import re
import subprocess
import time

import pytest

from conftest import ARCHES, PATIENCE
from hotplate.qemu.qmp import Refused

pytestmark = [pytest.mark.tier("ci"),
              pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")]

EVENT = re.compile(r"#: event \d+ src=(\S+) op=(\S+) range=(\S+) node=(\d+) outcome=(\S+) code=(\S+) ost=(\S+)\s")
RANGE = "0x80000000+256M"
WORDS = 256 * 256 * 8  # 8 a page


class Nvdimms:
    def __init__(self, boot, nvdimm="on", words="", **knobs):
        self.machine = boot("arm64", monitor=True, ACPI="4", NODES="1", MEM="512M", SMP="2",
                            NVDIMM=str(nvdimm), ARGS="withhold=none " + words, **knobs)
        self.qmp = self.machine.qmp
        self.printed = self.machine.banner

    def events(self, count):
        until = time.monotonic() + PATIENCE
        while len(EVENT.findall(self.printed)) < count:
            assert time.monotonic() < until, self.printed[-1500:]
            self.printed += self.machine.unread_output()
        return EVENT.findall(self.printed)

    def answer(self, line):
        before, printed = self.machine.before_and_answer(line)
        self.printed += before + printed
        return printed

    def reset(self):
        self.qmp.execute("system_reset")
        self.printed = self.machine.until_prompt()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "nvdimm"
    with open(path, "wb") as f:
        f.truncate(256 << 20)
    return path


def added(event, where=RANGE):
    return event == ("pmem", "add", where, "0", "ok", "0", "none")


@pytest.mark.tier("test")
def test_contents(boot, file):
    """The contents are intact after the operator removed and added it again, after a reset, and on another machine;
    with the memmap inside, the reserve at its front is not written."""
    d = Nvdimms(boot, file)
    assert added(*d.events(1)), d.printed
    assert "NVDIMM: 0 of 1 range in use" in d.machine.banner.replace("\n         ", " ")
    assert "%s node 0, dax, memmap=host\n" % RANGE in d.answer("devices")
    assert "words of" in d.answer("verify " + RANGE) and "have changed" in d.printed
    assert "wrote %d self-identifying words" % WORDS in d.answer("fill " + RANGE)
    assert "is free again" in d.answer("device remove " + RANGE)
    assert "dax, memmap=host" in d.answer("device add %s memmap=host" % RANGE)
    assert "%d words of %s are unchanged" % (WORDS, RANGE) in d.answer("verify " + RANGE)
    d.reset()
    assert added(*d.events(1)), d.printed
    assert "are unchanged" in d.answer("verify " + RANGE)
    d.machine.close()
    e = Nvdimms(boot, file, "pmem.memmap=device")
    assert added(*e.events(1)), e.printed
    # a reserve of 2 MiB, then 4 MiB of struct pages for 256 MiB
    assert "dax, memmap=device, data from 0x80600000" in e.answer("devices")
    printed = e.answer("verify " + RANGE)
    assert "%d words of %s are unchanged" % (WORDS - 4 * 256 * 8, RANGE) in printed
    with open(file, "rb") as f:
        f.seek((256 << 20) - 512)
        assert f.read(8) != bytes(8)
    assert os.path.getsize(file) == 256 << 20


@pytest.mark.tier("test")
def test_twice(boot, file, tmp_path):
    """The NVDIMM is also a pmem-region of the device tree, as in QEMU 11: one line reports it, and it is added once,
    also after a reset.  A region that only overlaps it is refused."""
    tree = {n: str(tmp_path / n) for n in ("with", "without")}
    for name, more in (("with", ["NVDIMM=%s" % file]), ("without", [])):
        subprocess.run(["tools/hotplate", "run", "ARCH=arm64", "ACPI=4", "NODES=1", "MEM=512M", "SMP=2",
                        "QEMU_ARGS=-machine dumpdtb=" + tree[name]] + more, check=False, capture_output=True)
    names = subprocess.run(["fdtget", "-l", tree["with"], "/"], check=True, capture_output=True, text=True).stdout
    ours = {"region@88000000": "88000000"}
    if "pmem@80000000" not in names:  # QEMU before 11
        ours["region@80000000"] = "80000000"
    for name, at in ours.items():
        node = [tree["without"], "/" + name]
        subprocess.run(["fdtput", "-c"] + node, check=True)
        subprocess.run(["fdtput", "-ts"] + node + ["compatible", "pmem-region"], check=True)
        subprocess.run(["fdtput", "-tx"] + node + ["reg", "0", at, "0", "10000000"], check=True)
    d = Nvdimms(boot, file, DTB=tree["without"])
    for life in range(2):
        found = sorted(e[2:6:3] for e in d.events(2))
        assert found == [(RANGE, "0"), ("0x88000000+256M", "-EEXIST")], d.printed
        assert re.sub(r"\s+", " ", d.printed).count("pmem-region 0x80000000+256M is listed twice: it is added by its NVDIMM") == 1
        if not life:
            d.reset()


@pytest.mark.tier("test")
def test_altmap(boot, file):
    """S1-27: all 16384 pages of memmap for 4 GiB are in the device, mapped by 32 leaves."""
    os.truncate(file, 4 << 30)
    d = Nvdimms(boot, file, "pmem.memmap=device")
    assert added(*d.events(1), where="0x80000000+4G"), d.printed
    assert "dax, memmap=device, data from 0x84200000" in d.answer("devices")  # 64 MiB after 2 MiB
    d.answer("device remove 0x80000000+4G")
    printed = d.answer("device add 0x80000000+4G memmap=device reserve=2M")
    assert "memmap 16384 pages" in printed and re.search(r"of the\s+vmemmap\s+32;", printed), printed


@pytest.mark.tier("test")
def test_hot(boot):
    """An NVDIMM plugged into a running machine is found by _FIT; QEMU cannot unplug it; restart and reset keep it and
    its contents."""
    d = Nvdimms(boot)
    d.qmp.nvdimm_add("n0", 256)
    assert added(*d.events(1)), d.printed
    assert "wrote %d self-identifying words" % WORDS in d.answer("fill " + RANGE)
    with pytest.raises(Refused, match="hot unplug is not supported"):
        d.qmp.execute("device_del", id="n0")
    d.answer("device remove " + RANGE)
    assert "dax" in d.answer("device add %s memmap=host" % RANGE)
    assert "are unchanged" in d.answer("verify " + RANGE)
    assert len(d.events(1)) == 1
    d.machine.send("restart\r")  # the tables are those of power on, so only _FIT lists it
    d.printed = d.machine.until_prompt()
    assert added(*d.events(1)), d.printed
    assert "are unchanged" in d.answer("verify " + RANGE)
    d.reset()
    assert added(*d.events(1)), d.printed
    assert "are unchanged" in d.answer("verify " + RANGE)


def test_two_at_once(boot, file):
    """One present at power on, two more plugged while the machine is stopped: one notification, each is added
    once."""
    d = Nvdimms(boot, file)
    d.events(1)
    d.qmp.execute("stop")
    d.qmp.nvdimm_add("n0", 256)
    d.qmp.nvdimm_add("n1", 512)
    d.qmp.execute("cont")
    assert sorted(e[2] for e in d.events(3)) == [RANGE, "0x90000000+256M", "0xa0000000+512M"]
    assert all(e[4] == "ok" for e in d.events(3)) and len(d.events(3)) == 3, d.printed
    d.qmp.dimm_add("d0", 256)  # a DIMM beside them, by the same interrupt
    assert d.events(4)[3][:2] == ("acpi", "add")
    assert len(d.events(4)) == 4


def test_too_large(boot):
    """If its memmap does not fit in memory, one line reports the need; inside the device it fits (S2-24)."""
    d = Nvdimms(boot, MAXMEM="80G")
    before = re.search(r"digest (\w+):", d.answer("digest"))[1]
    d.qmp.execute("object-add", **{"qom-type": "memory-backend-ram", "id": "m-big", "size": 64 << 30,
                                   "reserve": False})
    d.qmp.execute("device_add", driver="nvdimm", id="big", memdev="m-big")
    event, = d.events(1)
    assert event[4:6] == ("refused", "-ENOMEM"), d.printed
    assert re.search(r"digest (\w+):", d.answer("digest"))[1] == before
    assert "memmap 1048576 KiB" in re.sub(r"\n# ", " ", d.printed), d.printed
    e = Nvdimms(boot, words="pmem.memmap=device", MAXMEM="80G")
    e.qmp.execute("object-add", **{"qom-type": "memory-backend-ram", "id": "m-big", "size": 64 << 30,
                                   "reserve": False})
    e.qmp.execute("device_add", driver="nvdimm", id="big", memdev="m-big")
    assert e.events(1)[0][4] == "ok", e.printed
    # 1 GiB of struct pages after 2 MiB
    assert "data from 0x%x" % ((2 << 30) + (1 << 30) + (2 << 20)) in e.answer("devices")
