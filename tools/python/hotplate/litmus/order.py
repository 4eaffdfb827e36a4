# SPDX-License-Identifier: BSD-2-Clause
"""The order that a thread alone imposes on its accesses, as a mask of successors for each event.

Each rule is a function of its name in RISCV or ARM, so a test can remove one."""
from collections.abc import Callable, Iterator

from hotplate.litmus.trace import Event, Trace

Edges = Iterator[tuple[int, int]]  # an event, and a mask of events that are after it


def bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Local:
    """The events of one trace, with the sets that the rules use as masks."""

    def __init__(self, trace: Trace) -> None:
        self.events = trace.events
        self.all = (1 << len(self.events)) - 1
        self.r = self.mask(lambda e: e.kind == "R")
        self.w = self.mask(lambda e: e.kind == "W")
        self.m = self.r | self.w

    def mask(self, test: Callable[[Event], bool]) -> int:
        return sum(1 << n for n, e in enumerate(self.events) if test(e))

    def having(self, order: str) -> int:
        return self.mask(lambda e: order in e.order)

    def before(self, n: int) -> int:
        return (1 << n) - 1

    def after(self, n: int) -> int:
        return self.all & ~((2 << n) - 1)

    def stores(self) -> Iterator[tuple[int, Event]]:
        return ((n, e) for n, e in enumerate(self.events) if e.kind == "W")

    def accesses(self) -> Iterator[tuple[int, Event]]:
        return ((n, e) for n, e in enumerate(self.events) if e.kind != "F")


def around(t: Local, n: int, first: int, second: int) -> Edges:
    """Events of `first` that precede n are ordered before events of `second` that follow n."""
    for i in bits(first & t.before(n)):
        yield i, second & t.after(n)


def program_order(t: Local) -> Edges:
    for n in range(len(t.events)):
        yield n, t.after(n)


# RVWMO, "Preserved Program Order".  Rules 3 and 12 depend on what a load read: model.py.  Rules 1,
# 2 and 8 follow from the axioms there: co and fr, also those of one hart, are in the global memory
# order, and an AMO is one operation.


def fences(t: Local) -> Edges:
    sets = {"r": t.r, "w": t.w, "rw": t.m}
    for n, e in enumerate(t.events):
        if e.kind != "F":
            continue
        if e.name == "fence.tso":
            yield from around(t, n, t.r, t.m)
            yield from around(t, n, t.w, t.w)
        elif e.name.startswith("fence "):
            first, _, second = e.name[6:].partition(",")
            yield from around(t, n, sets.get(first, 0), sets.get(second, 0))


def acquires(t: Local) -> Edges:
    for n in bits(t.having("aq") & t.m):
        yield n, t.m & t.after(n)


def releases(t: Local) -> Edges:
    for n in bits(t.having("rl") & t.m):
        for i in bits(t.m & t.before(n)):
            yield i, 1 << n


def consistent(t: Local) -> Edges:
    """RCsc annotations are those of AMO, LR and SC."""
    both = (t.having("aq") | t.having("rl")) & t.having("X")
    for n in bits(both):
        yield n, both & t.after(n)


def addresses(t: Local) -> Edges:
    for n, e in t.accesses():
        for i in bits(e.addr):
            yield i, 1 << n


def data(t: Local) -> Edges:
    for n, e in t.stores():
        for i in bits(e.data):
            yield i, 1 << n


def controls(t: Local) -> Edges:
    for n, e in t.stores():
        for i in bits(e.ctrl):
            yield i, 1 << n


def address_then_store(t: Local) -> Edges:
    for n, e in t.accesses():
        for i in bits(e.addr):
            yield i, t.w & t.after(n)


Rule = Callable[[Local], Edges]
RISCV: dict[str, Rule] = {
    "ppo 4": fences,
    "ppo 5": acquires,
    "ppo 6": releases,
    "ppo 7": consistent,
    "ppo 9": addresses,
    "ppo 10": data,
    "ppo 11": controls,
    "ppo 13": address_then_store,
}


# Arm ARM B2.3: the parts of Locally-ordered-before.


def same_place(t: Local) -> Edges:
    """Locally-ordered-before: a later store to the same bytes"""
    for n, store in t.stores():
        for i, e in t.accesses():
            if i < n and e.overlaps(store):
                yield i, 1 << n


def dsb(t: Local) -> Edges:
    """DSB-ordered-before"""
    returned = t.r & ~t.having("noret")
    for n, e in enumerate(t.events):
        if e.name.startswith("dsb."):
            first = {"dsb.full": t.m, "dsb.ld": returned, "dsb.st": t.w}[e.name]
            yield from around(t, n, first, t.m)


def dmb(t: Local) -> Edges:
    """Barrier-ordered-before: DMB"""
    returned = t.r & ~t.having("noret")
    for n, e in enumerate(t.events):
        if e.name == "dmb.full":
            yield from around(t, n, t.m, t.m)
        elif e.name == "dmb.ld":
            yield from around(t, n, returned, t.m)
        elif e.name == "dmb.st":
            yield from around(t, n, t.w, t.w)


def acquire(t: Local) -> Edges:
    """Barrier-ordered-before: LDAR, LDAPR, and the load of an atomic with acquire"""
    for n in bits((t.having("A") | t.having("Q")) & t.r):
        yield n, t.m & t.after(n)


def release(t: Local) -> Edges:
    """Barrier-ordered-before: STLR, and the store of an atomic with release"""
    for n in bits(t.having("L") & t.w):
        for i in bits(t.m & t.before(n)):
            yield i, 1 << n


def release_acquire(t: Local) -> Edges:
    """Barrier-ordered-before: a store-release, then a load-acquire that is no LDAPR"""
    for n in bits(t.having("L") & t.w):
        yield n, t.having("A") & t.r & t.after(n)


def acquire_release(t: Local) -> Edges:
    """Barrier-ordered-before: an atomic with acquire and release orders all later accesses"""
    for n, e in t.stores():
        if {"L", "amo"} <= e.order and "A" in t.events[e.read].order:
            yield n, t.m & t.after(n)


def isb(t: Local) -> Edges:
    """IFB-ordered-before: a load that a branch or an address of an access before the ISB depends
    on, also if it only picks it"""
    for n, e in enumerate(t.events):
        if e.name != "isb":
            continue
        first = e.ctrl | e.pctrl
        for i, access in t.accesses():
            first |= access.addr | access.paddr if i < n else 0
        for i in bits(first):
            yield i, t.m & t.after(n)


def local_read(t: Local) -> Edges:
    """Dependency-ordered-before: a load of what an earlier store of this thread, which depends on
    another load, wrote"""
    for n, e in enumerate(t.events):
        if e.last >= 0 and whole(t, e):
            store = t.events[e.last]
            for i in bits(store.addr | store.data):
                yield i, 1 << n


def whole(t: Local, load: Event) -> bool:
    """Did the latest own store write all bytes of the load?"""
    store = t.events[load.last]
    return store.at <= load.at and load.at + load.size <= store.at + store.size


def pick(t: Local) -> Edges:
    """Pick-ordered-before, without the dependencies of dob"""
    for n, e in t.accesses():
        for i in bits(e.paddr & ~e.addr):
            yield i, t.w & t.after(n)
        if e.kind == "W":
            for i in bits((e.paddr | e.pdata | e.pctrl) & ~(e.addr | e.data | e.ctrl)):
                yield i, 1 << n


def atomic(t: Local) -> Edges:
    """Atomic-ordered-before"""
    for n, e in t.stores():
        if e.read >= 0:
            yield e.read, 1 << n
            for i, later in enumerate(t.events):
                if later.last == n and later.order & {"A", "Q"}:
                    yield e.read, 1 << i


ARM: dict[str, Rule] = {
    "DSB-ob": dsb,
    "IFB-ob": isb,
    "lmws": same_place,
    "dob addr": addresses,
    "dob data": data,
    "dob ctrl": controls,
    "dob addr;po": address_then_store,
    "dob lmrs": local_read,
    "pob": pick,
    "aob": atomic,
    "bob DMB": dmb,
    "bob acquire": acquire,
    "bob release": release,
    "bob release;acquire": release_acquire,
    "bob acquire;release": acquire_release,
}


def picked(t: Local, order: list[int]) -> Edges:
    """pick-dep; lob; [W]: a load that picks something in an access is before each store that is
    after that access."""
    closed = list(order)
    for n in reversed(range(len(closed))):  # every edge is in program order
        for i in bits(closed[n]):
            closed[n] |= closed[i]
    for n, e in t.accesses():
        for i in bits(e.paddr | e.pdata | e.pctrl | e.pmem):
            yield i, closed[n] & t.w


def partly(t: Local, order: list[int]) -> Edges:
    """A load of which an own store wrote some bytes: those bytes, and the accesses that
    follow the load, are after the loads on which the store depends (dob lmrs)."""
    for n, e in enumerate(t.events):
        if e.last >= 0 and not whole(t, e):
            store = t.events[e.last]
            for i in bits(store.addr | store.data):
                yield i, order[n]


def successors(t: Local, rules: dict[str, Rule]) -> list[int]:
    order = [0] * len(t.events)
    for rule in rules.values():
        for n, mask in rule(t):
            order[n] |= mask
    return order
