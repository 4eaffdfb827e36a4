# SPDX-License-Identifier: BSD-2-Clause
"""DIMMs are plugged and unplugged through a Generic Event Device while the machine runs: the host requests by QMP,
the guest answers by _OST and ejects a DIMM only when its memory is out of use (CATALOGUE S1-29 ... S1-31, V-01 ...
V-05)."""
import itertools
import re
import subprocess
import time

import pytest

from conftest import ARCHES, PATIENCE
from hotplate.qemu.qmp import Refused
from devices.dimms import Dimms

pytestmark = [pytest.mark.tier("ci"),
              pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")]

MIB = 1 << 20


def span(event):
    base, size = event[3].split("+")
    return int(base, 16), int(size[:-1]) * {"M": MIB, "G": MIB << 10}[size[-1]]


def test_add_and_eject(boot):
    """S1-29, V-01: one interrupt; the slot's address, size and node are QEMU's; no trace."""
    d = Dimms(boot)
    before, interrupts = d.digest(), d.interrupts()
    d.qmp.dimm_add("d0", 1024)
    add, = d.events(1)
    assert d.interrupts() == interrupts + 1
    address, size, node = d.qmp.memory_devices()["d0"]
    assert span(add) == (address, size) == (address, 1024 * MIB)
    assert add[1:3] == ("acpi", "add") and add[4:] == (str(node), "ok", "0", "0x0")
    assert d.ost_reports() == [(1, 0)]
    blocks = d.answer("blocks")
    assert re.search(r"16-23 +0x80000000\+1G +0 +online +Movable", blocks), blocks
    d.qmp.dimm_del("d0")
    assert d.events(2)[1][2:] == ("remove", "0x80000000+1G", "0", "ok", "0", "0x0")
    d.wait_deleted("d0")
    assert d.ost_reports() == [(3, 0x84), (3, 0)]
    assert d.digest() == before


def test_busy(boot):
    """V-03: with an unmovable page in use the removal is refused with a code and changes nothing; a later one
    works."""
    d = Dimms(boot)
    d.qmp.dimm_add("d0", 256)
    d.events(1)
    d.answer("pin 0x80000000+256M")
    before = d.digest()
    d.ost_reports()
    d.qmp.dimm_del("d0")
    event = d.events(2)[1]
    assert event[2] == "remove" and event[5:] == ("refused", "-EBUSY", "0x82"), d.printed[-800:]
    assert d.ost_reports() == [(3, 0x84), (3, 0x82)]
    assert "d0" in d.qmp.memory_devices()
    assert d.digest() == before
    assert "online" in d.answer("blocks 16-17")
    d.answer("unpin")
    d.qmp.dimm_del("d0")
    assert d.events(3)[2][5] == "ok"
    d.wait_deleted("d0")
    assert not d.qmp.memory_devices()


@pytest.mark.parametrize("order", list(itertools.permutations((0, 1, 2))), ids=lambda o: "".join(map(str, o)))
def test_orders(boot, order):
    """S1-30: three DIMMs plugged in before power on, ejected in every order."""
    words = []
    for name, size in (("d0", 256), ("d1", 1024), ("d2", 256)):
        words.append("-object memory-backend-ram,id=m-%s,size=%dM -device pc-dimm,id=%s,memdev=m-%s" % (
            name, size, name, name))
    d = Dimms(boot, QEMU_ARGS=" ".join(words))
    assert [e[2] for e in d.events(3)] == ["add"] * 3
    assert "16-27" in d.answer("blocks"), d.printed[-800:]  # 12 blocks
    # 1536 MiB are 393216 pages, of which 6144 hold their memmap
    assert re.search(r"node 0 Movable +managed +%d " % (393216 - 6144), d.answer("meminfo")), d.printed[-800:]
    for number, slot in enumerate(order):
        d.qmp.dimm_del("d%d" % slot)
        assert d.events(4 + number)[-1][2:6:3] == ("remove", "ok")
        d.wait_deleted("d%d" % slot)
    assert d.ost_reports() == [(3, 0x84), (3, 0)] * 3
    assert not d.qmp.memory_devices()


@pytest.mark.tier("test")
def test_slots_exhausted(boot):
    """S1-31: QEMU refuses a fourth DIMM and one beyond maxmem; the guest is not notified."""
    d = Dimms(boot, slots=3, MAXMEM="1G")
    for n in range(2):
        d.qmp.dimm_add("d%d" % n, 256)
    d.events(2)
    before, interrupts = d.digest(), d.interrupts()
    with pytest.raises(Refused):
        d.qmp.dimm_add("big", 1024)
    d.qmp.dimm_add("d2", 256)
    d.events(3)
    with pytest.raises(Refused):
        d.qmp.dimm_add("d3", 256)
    d.qmp.dimm_del("d2")
    d.events(4)
    d.wait_deleted("d2")
    assert d.digest() == before and d.interrupts() == interrupts + 2


def test_spurious(boot):
    """V-02: the power button shares the interrupt; slots without a request are unchanged, and flags are acknowledged
    once."""
    d = Dimms(boot)
    d.qmp.dimm_add("d0", 256)
    d.events(1)
    before, interrupts = d.digest(), d.interrupts()
    for _ in range(3):
        d.qmp.hmp("system_powerdown")
    until = time.monotonic() + PATIENCE
    while d.interrupts() == interrupts and time.monotonic() < until:
        pass
    assert d.interrupts() > interrupts
    assert d.digest() == before and len(d.events(1)) == 1
    assert d.ost_reports() == [(1, 0)]


def test_coalesced(boot):
    """Two DIMMs that are plugged while the machine is stopped raise one interrupt; both are found."""
    d = Dimms(boot)
    interrupts = d.interrupts()
    d.qmp.execute("stop")
    d.qmp.dimm_add("d0", 256)
    d.qmp.dimm_add("d1", 512)
    d.qmp.execute("cont")
    assert [span(e)[1] for e in d.events(2)] == [256 * MIB, 512 * MIB]
    assert d.interrupts() == interrupts + 1
    d.qmp.execute("stop")
    d.qmp.dimm_del("d0")
    d.qmp.dimm_add("d2", 256)  # an add during a removal
    d.qmp.execute("cont")
    assert sorted(e[2] for e in d.events(4)[2:]) == ["add", "remove"]
    d.wait_deleted("d0")


def test_nodes(boot):
    """S1-29: _PXM gives the node, also one that has neither memory nor a CPU."""
    d = Dimms(boot, NODES="2", NODE1="512M", QEMU_ARGS="-numa node,nodeid=2", ARGS="")
    for node in (1, 2, 0):
        d.qmp.dimm_add("n%d" % node, 256, node=node)
    events = d.events(3)
    assert [e[4] for e in events] == ["1", "2", "0"]
    assert {n: v[2] for n, v in d.qmp.memory_devices().items()} == {"n0": 0, "n1": 1, "n2": 2}
    assert re.search(r"256M +2 +online", d.answer("blocks")), d.printed[-800:]
    for node in (2, 1, 0):
        d.qmp.dimm_del("n%d" % node)
    d.events(6)
    for node in (2, 1, 0):
        d.wait_deleted("n%d" % node)


def test_policy(boot):
    """S2-24: memory of ACPI has the memmap of acpi.memmap=, and stays offline with acpi.online=no; all 256 slots that
    QEMU can have are known."""
    d = Dimms(boot, slots=256, ARGS="withhold=none acpi.memmap=device acpi.online=no")
    assert "0 of 256 slots" in d.machine.banner
    d.qmp.dimm_add("d0", 256, slot=255)
    d.events(1)
    assert re.search(r"0x80000000\+256M +0 +offline +.*device", d.answer("blocks")), d.printed[-800:]
    d.qmp.dimm_del("d0")
    assert d.events(2)[1][5] == "ok"
    d.wait_deleted("d0")


def test_reset(boot):
    """system_reset with memory plugged in: it is present again, cold-plugged, and can still be ejected."""
    d = Dimms(boot)
    d.qmp.dimm_add("d0", 256)
    d.events(1)
    d.qmp.execute("system_reset")
    d.machine.until_prompt()
    d.printed = ""
    assert d.events(1)[0][2:4] == ("add", "0x80000000+256M")
    assert "cold" in d.answer("acpi")
    d.qmp.dimm_del("d0")
    d.events(2)
    d.wait_deleted("d0")


def test_migrate(boot, tmp_path):
    """To a file and back with a hot-plugged DIMM in use: the same digest, the DIMM known and ejected."""
    d = Dimms(boot)
    d.qmp.dimm_add("d0", 256)
    address = d.qmp.memory_devices()["d0"][0]
    d.events(1)
    before = d.digest()
    file = tmp_path / "state"
    d.qmp.migrate(file, PATIENCE)
    again = Dimms(boot, QEMU_ARGS="-object memory-backend-ram,id=m-d0,size=256M -device pc-dimm,id=d0,memdev=m-d0,"
                  "addr=%d,slot=0 -incoming 'exec:cat %s'" % (address, file))
    assert again.digest() == before
    again.qmp.dimm_del("d0")
    assert again.events(1)[0][2:6:3] == ("remove", "ok")
    again.wait_deleted("d0")


def test_the_script_of_the_page(boot, tmp_path):
    """The script of docs/vmm.md for QMP=PATH works as the page describes."""
    with open("docs/vmm.md", encoding="utf-8") as f:
        script = re.search(r"^```python\n(.*?)^```$", f.read(), re.M | re.S)[1]
    (tmp_path / "script.py").write_text(script)
    path = str(tmp_path / "qmp")
    machine = boot("arm64", ACPI="1", SMP="2", QMP=path)
    done = subprocess.run(["/usr/bin/python3", str(tmp_path / "script.py"), path], capture_output=True, text=True, check=False,
                          timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^(added|removed): .*'status': 0", done.stdout, re.M) == ["added", "removed"] * 3, done.stdout
    machine.off()
