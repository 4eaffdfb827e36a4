# SPDX-License-Identifier: BSD-2-Clause
"""PCIe cards whose memory is not RAM but device memory: not cacheable, with its struct pages elsewhere (ENGINE 6)."""
import re

import pytest

from conftest import ARCHES
from devices.pcie import GiB, MiB, Outside

pytestmark = pytest.mark.tier("ci")


@pytest.fixture
def outside(boot):
    def start(arch, words="bar-is-ram=off", **knobs):
        return Outside(boot(arch, monitor=True, NODES=1, PCIE_SLOTS=3, ARGS=words, **knobs))
    return start


def plug_and_add(o, slot, size):
    card = o.plug(slot, size)
    range_, outcome, _ = o.outcome("add")
    assert outcome == "ok"
    return card, range_


def test_come_and_go(arch, outside):
    """Cards down to a sub-section; the memory can become raw and back, but not RAM; every CPU is invalidated before
    the slot is powered off."""
    o = outside(arch)
    before, cards = o.digest(), []
    for slot, size in ((1, GiB), (2, 2 * MiB)):
        card, range_ = plug_and_add(o, slot, size)
        cards.append(card)
        assert "as device memory, not cacheable, in no zone, memmap=host" in o.last
        assert "%s node 0, dax, memmap=host, not cacheable" % range_ in o.machine.answer("devices")
        assert range_.split("+")[0] not in o.machine.answer("blocks")
        there = o.digest()
        assert "is memory of a bus, and no RAM" in o.machine.answer("device kmem " + range_).replace("\n", " ")
        assert o.digest() == there
        o.machine.answer("device raw " + range_)
        o.machine.answer("device dax " + range_)
    o.all_leave(cards, before)


@pytest.mark.sample("arm64")
def test_in_use(arch, outside):
    """Memory that the operator added in its place keeps the slot on; without it the card is removed."""
    o = outside(arch)
    before = o.digest()
    card, range_ = plug_and_add(o, 1, 256 * MiB)
    o.machine.answer("device remove " + range_)
    o.machine.answer("device add %s memmap=host" % range_)
    his = o.digest()
    o.request_removal(card)
    assert o.outcome("remove")[1:] == ("refused", "-EPERM")
    assert "was not added by pcie" in o.last and "slot 1 stays on" in o.last
    assert o.digest() == his
    o.machine.answer("device remove " + range_)
    o.free()
    o.take(card)
    assert o.digest() == before


@pytest.mark.tier("test")
def test_word(arch, outside):
    """The argument counts when a card is plugged: a card that was added as RAM is removed as RAM.  Struct pages in
    device memory are refused."""
    o = outside(arch, "pcie.memmap=device")
    before = o.digest()
    o.plug(1, 256 * MiB)
    assert o.outcome("add")[1] == "ok" and "online as Movable" in o.last
    o.machine.answer("bar-is-ram=off")
    card = o.plug(2, 256 * MiB)
    assert o.outcome("add")[1:] == ("refused", "-EINVAL")
    assert "memmap=device: memory of a bus holds no struct pages; there is host" in o.last
    o.request_removal(card)
    o.q.event("DEVICE_DELETED", device=card)
    o.machine.answer("pcie.memmap=host")
    card, _ = plug_and_add(o, 3, 256 * MiB)
    assert "as device memory" in o.last
    o.machine.answer("bar-is-ram=on")
    o.take("card1")
    o.take(card)
    assert o.digest() == before


def test_reset(arch, outside):
    o = outside(arch)
    _, range_ = plug_and_add(o, 1, 256 * MiB)
    o.q.execute("system_reset")
    assert o.outcome("add")[:2] == (range_, "ok") and "as device memory" in o.last
    o.take("card1")


@pytest.mark.skipif("arm64" not in ARCHES, reason="a window of 512 GiB is arm64's")
def test_too_much(outside):
    """512 GiB need 8 GiB of struct pages in old memory: refused with the need and the free memory."""
    o = outside("arm64", SMP="2")
    before = o.digest()
    card = o.plug(1, 512 * GiB)
    assert o.outcome("add")[1:] == ("refused", "-ENOMEM")
    assert re.search(r"needs \d+ KiB of old memory .* KiB are free", o.last)
    o.request_removal(card)
    o.q.event("DEVICE_DELETED", device=card)
    assert o.digest() == before
