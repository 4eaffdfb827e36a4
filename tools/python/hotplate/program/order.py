# SPDX-License-Identifier: BSD-2-Clause
"""order - how an instruction orders memory accesses, decoded from its word, because the versions of
a disassembler differ in the names that they know.

arm64: Arm ARM, "Barriers", "Load-Acquire, Load-AcquirePC, and Store-Release", exclusives.
riscv64: unprivileged specification, FENCE and the "A" extension; RVWMO.  An LR orders later
accesses by .aq, an SC earlier ones by .rl; an SC with .aq alone or an LR with .rl alone counts as
relaxed here."""
import re
from collections.abc import Iterable
from typing import Any

from hotplate.program.asm import Function, Insn

# earlier loads before all; all before later stores; all before all;
# earlier stores before later stores
ACQUIRE, RELEASE, FULL, STORES = 1, 2, 4, 8
LOAD, STORE = 1, 2


class Access:
    """A load, a store or both; atomic (exclusive or read-modify-write), with its own ACQUIRE and
    RELEASE."""

    def __init__(self, kind: int, orders: int = 0, atomic: int = False, size: int = 8) -> None:
        self.kind, self.orders, self.atomic, self.size = kind, orders, atomic, size


def barrier(insn: Insn, arch: str) -> tuple[Any, ...] | None:
    """arm64 ("dmb"|"dsb"|"isb", option); riscv64 ("fence", predecessors, successors): i=8 o=4 r=2
    w=1; or None."""
    word = insn.word
    if arch == "arm64":
        kind = {4: "dsb", 5: "dmb", 6: "isb"}.get(word >> 5 & 7)
        return (kind, word >> 8 & 15) if kind and word & 0xFFFFF01F == 0xD503301F else None
    if insn.size == 4 and word & 0x707F == 0x0F:
        return (
            ("fence", word >> 24 & 15, word >> 20 & 15) if word >> 28 == 0 else ("fence.tso", 3, 3)
        )
    return None


def fence_orders(insn: Insn, arch: str) -> int:
    found = barrier(insn, arch)
    if not found or found[0] == "isb":
        return 0
    if arch == "arm64":
        if found[1] >> 2 == 1:  # the non-shareable domain orders nothing for other CPUs
            return 0
        return {1: ACQUIRE, 2: STORES, 3: ACQUIRE | RELEASE | FULL}.get(found[1] & 3, 0)
    if found[0] == "fence.tso":
        return ACQUIRE | RELEASE
    before, after = found[1] & 3, found[2] & 3
    orders = ACQUIRE if before & 2 and after == 3 else 0
    orders |= RELEASE if before == 3 and after & 1 else 0
    return orders | (FULL if before == after == 3 else 0)


def together(insns: Iterable[Insn], arch: str) -> int:
    """The union of the fences of one operation: gcc 16 makes a release of DMB ISHLD and ISHST."""
    orders = 0
    for insn in insns:
        orders |= fence_orders(insn, arch)
    return orders | (RELEASE if orders & ACQUIRE and orders & STORES else 0)


def _arm_access(insn: Insn) -> Access | None:
    word, op = insn.word, insn.op
    if word & 0x3F000000 == 0x08000000:  # exclusives, load-acquire and store-release
        ordered, load = word >> 15 & 1, word >> 22 & 1
        kind = LOAD if load else STORE
        orders = (ACQUIRE if load else RELEASE) if ordered else 0
        return Access(kind, orders, not word >> 23 & 1, 1 << (word >> 30))
    if word & 0x3B200C00 == 0x38200000:  # Large System Extensions
        orders = (ACQUIRE if word >> 23 & 1 else 0) | (RELEASE if word >> 22 & 1 else 0)
        return Access(LOAD | STORE, orders, True, 1 << (word >> 30))
    if re.match(r"ld(u?r|p|np|tr)", op):
        return Access(LOAD)
    if re.match(r"st(u?r|p|np|tr)", op):
        return Access(STORE)
    return None


def _riscv_access(insn: Insn) -> Access | None:
    word, op = insn.word, insn.op
    if insn.size == 4 and word & 0x7F == 0x2F:
        funct5, aq, rl = word >> 27, word >> 26 & 1, word >> 25 & 1
        kind = {2: LOAD, 3: STORE}.get(funct5, LOAD | STORE)
        if funct5 == 1 and not word >> 7 & 31:  # AMOSWAP to x0: a store of gcc 12
            return Access(STORE, RELEASE if rl else 0, False, 1 << (word >> 12 & 7))
        orders = (ACQUIRE if aq and kind & LOAD else 0) | (RELEASE if rl and kind & STORE else 0)
        return Access(kind, orders, True, 1 << (word >> 12 & 7))
    if re.match(r"l[bhwd]u?$", op):
        return Access(LOAD)
    if re.match(r"s[bhwd]$", op):
        return Access(STORE)
    return None


def access(insn: Insn, arch: str) -> Access | None:
    """The access of this instruction, or None.  The stack does not count: it is private."""
    if "[sp" in insn.args or "(sp)" in insn.args:
        return None
    return _arm_access(insn) if arch == "arm64" else _riscv_access(insn)


# ---- the order that a name promises ----

OWES = {
    "relaxed": 0,
    "acquire": ACQUIRE,
    "release": RELEASE,
    "acq_rel": ACQUIRE | RELEASE,
    "seq_cst": ACQUIRE | RELEASE,
}


def of(function: Function, i: int) -> Access:
    """The access of the instruction at i, which has one."""
    found = access(function.insns[i], function.arch)
    assert found
    return found


def acquires(function: Function, i: int) -> bool:
    """Whether the load at i is ordered before every later access, on every path."""
    arch = function.arch
    here = of(function, i)
    if here.orders & ACQUIRE:
        return True

    def is_later(insn: Insn | None) -> bool:
        if insn is None:
            return True
        what = access(insn, arch)
        return what is not None and not (here.atomic and what.atomic)

    return function.escapes(i, lambda insn: fence_orders(insn, arch) & ACQUIRE, is_later) is None


def releases(function: Function, i: int, order: int = RELEASE) -> bool:
    """Whether every earlier access is ordered before the store at i, on every path."""
    arch = function.arch
    here = of(function, i)
    if here.orders & order:
        return True

    def is_earlier(insn: Insn | None) -> bool:
        if insn is None:
            return True
        what = access(insn, arch)
        return what is not None and not (here.atomic and what.atomic)

    return function.unguarded(i, lambda insn: fence_orders(insn, arch) & order, is_earlier) is None


def fulfils(function: Function, i: int, order: str) -> str:
    """The parts of `order` that the atomic access at i lacks, or ""."""
    arch = function.arch
    what, owed, lacks = of(function, i), OWES[order], []
    if what.kind & LOAD and owed & ACQUIRE and not acquires(function, i):
        lacks.append("acquire")
    if what.kind & STORE and owed & RELEASE and not releases(function, i):
        lacks.append("release")
    # A store of seq_cst before a load of seq_cst: RCsc accesses on arm64, a
    # full fence before the load on riscv64.
    if (
        order == "seq_cst"
        and what.kind == LOAD
        and not what.atomic
        and arch == "riscv64"
        and not releases(function, i, FULL)
    ):
        lacks.append("full fence before it")
    return " and ".join(lacks)
