# SPDX-License-Identifier: BSD-2-Clause
"""Cards with memory in PCIe slots, plugged and removed by QMP."""
import re
import time

MiB, GiB = 1 << 20, 1 << 30
SLOTS = 3
BUSY = 6  # seconds after which QEMU accepts another request of a refused removal


class Outside:
    """A machine with slots, and the hypervisor's operations on it."""

    def __init__(self, machine):
        self.machine, self.q, self.cards, self.last = machine, machine.qmp, 0, ""

    def plug(self, slot, size, **more):
        """Plug a card in slot N, or in the port of that name."""
        self.cards += 1
        card = "card%d" % self.cards
        assert size & (size - 1) == 0  # otherwise QEMU 7.2 aborts, as it does when a backend is reused
        self.q.execute("object-add", **{"qom-type": "memory-backend-ram", "id": "m-" + card, "size": size,
                                        "share": True, "reserve": False})
        bus = slot if isinstance(slot, str) else "slot%d" % slot
        self.q.execute("device_add", driver="ivshmem-plain", id=card, bus=bus, memdev="m-" + card, **more)
        return card

    def plug_functions(self, slot, count):
        """Plug one card; the slot reports presence with function 0, which is plugged last."""
        return [self.plug(slot, 2 * MiB, addr="0.%d" % fn, multifunction=not fn) for fn in reversed(range(count))]

    def take_functions(self, cards, used):
        self.request_removal(cards[-1])
        for n in reversed(range(used)):
            assert self.outcome("remove", prompt=not n)[1] == "ok"
        for card in cards:
            self.q.event("DEVICE_DELETED", device=card)
            self.q.backend_del(card)

    def all_leave(self, cards, before):
        """A card that is too small is refused beside the others; all are removed without a trace."""
        small = self.plug(3, MiB)
        assert self.outcome("add")[1:] == ("refused", "-EINVAL")
        for card in cards:
            self.take(card)
        self.request_removal(small)
        self.q.event("DEVICE_DELETED", device=small)
        printed = self.machine.answer("events")
        assert "STALE" not in printed and "still reads" not in printed
        assert self.digest() == before

    def expect_sentence(self, sentence, prompt=True):
        """Wait for a sentence of the guest, which may be wrapped, and then for its prompt."""
        self.machine.child.expect(re.escape(sentence).replace("\\ ", r"[\s#]+"))
        if prompt:
            self.machine.until_prompt()

    def outcome(self, op, prompt=True):
        self.machine.child.expect(r"#: event \d+ src=pcie op=%s range=(\S+) node=0 outcome=(\w+) "
                                  r"code=(\S+) ost=" % op)
        range_, outcome, code = self.machine.child.match.groups()
        if not prompt:
            return range_, outcome, code
        self.last = re.sub(r"[\s#]+", " ", self.machine.until_prompt())
        return range_, outcome, code

    def request_removal(self, card):
        self.q.execute("device_del", id=card)

    def take(self, card):
        """Remove the card."""
        self.request_removal(card)
        range_, outcome, _ = self.outcome("remove")
        assert outcome == "ok"
        self.q.event("DEVICE_DELETED", device=card)
        self.q.backend_del(card)
        return range_

    def free(self):
        """Wait until a refused removal may be requested again."""
        time.sleep(BUSY)

    def digest(self):
        return re.search(r"digest ([0-9a-f]{8}):", self.machine.answer("digest"))[1]
