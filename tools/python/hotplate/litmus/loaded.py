# SPDX-License-Identifier: BSD-2-Clause
"""What a set of litmus tests has of a test, as tests/litmus/set.h describes it: a test that the
model knows, with the states that it allows, or one with translation tables and its verdict.

The addresses and entries of the latter are those of the bare program (vmsa.py), and the kernel
translates them into its own."""
import re
from collections.abc import Iterator

from hotplate.litmus import bare, form, log, model, show, vmsa
from hotplate.litmus.form import Fault, Is, Name, Of, Place, Prop, Pte, Reg, Test, Unknown, Value
from hotplate.litmus.trace import MASK, PAGE

NAME, TEXT, CPUS, PLACES, AREA, STATES, DEPTH = 80, 4096, 8, 32, 65536, 4096, 32
EQUAL, SAME, NOT, AND, OR = range(5)
NUMBER, ADDRESS, ENTRY_AT, ENTRY = range(4)  # of an initial value
REGISTER, MEMORY, LAST_ENTRY, FAULT = range(4)  # of a place
ANY = 0xFFFFFFFF
VERDICTS = {"": 0, "Allowed": 1, "Forbidden": 2, "Required": 3}
KINDS = {"MMU:Translation": 1, "MMU:Permission": 2, "MMU:AccessFlag": 3}  # enum trap_kind
OTHER = (1 << 40) + (5 << 32)  # distance of a second base, which no 32-bit value holds
PAGE_NUMBER = re.compile(r"LSR (X\d+), ?(X\d+), ?#?12$", re.I)
CALL = re.compile(r"BLR (X\d+)$", re.I)


def limits(laid: bare.Laid, area: int, places: int, states: int, names: list[str]) -> None:
    """The limits of tests/litmus/set.h."""
    test = laid.test
    name = test.name
    if not name.isascii() or not name.isprintable() or set(name) & set(" #*,/?"):
        raise Unknown(f"the name {name}", 0)
    over = (
        (len(name), NAME, "characters in the name"),
        (len(show.show_prop(test.prop)), TEXT - 10, "characters in the condition"),
        (max(map(len, names), default=0), NAME - 10, "in a location"),
        (laid.cpus, CPUS, "CPUs"),
        (places, PLACES, "places"),
        (area, AREA, "bytes of locations"),
        (states, STATES, "allowed states"),
        (max(map(depth, (test.prop, test.filter))), DEPTH, "levels of a condition"),
    )
    for number, most, what in over:
        if number > most:
            raise Unknown(f"{number} {what}, of at most {most}", 0)


class Packed(bare.Modelled):
    """A test, its allowed states, and what limits of the format it keeps."""

    tables, verdicts, first = 0, (0, 0), 0  # first: address of the code

    def __init__(self, test: Test, path: str) -> None:
        super().__init__(test, path)
        self.at = self.enumerator.setting.at
        self.area = max(len(self.at), 1) * bare.STRIDE
        self.shown = self.enumerator.seen
        self.allowed = self.enumerator.result().states
        sequential = model.Enumerator(test, rules=model.Rules.sequential(test.arch))
        self.weak = set(self.allowed) - set(sequential.result().states)
        limits(self, self.area, len(self.places), len(self.allowed), list(self.at))
        if not self.allowed:
            raise Unknown("a test without a final state", 0)
        self.refuse_addresses()

    def stored(self, value: int, at: dict[str, int] | None = None) -> tuple[int, int]:
        """A value, or its offset in the area, and its kind.  `at`: of another model."""
        for n, first in enumerate((at or self.at).values()):
            if first <= value < first + bare.STRIDE:
                return n * bare.STRIDE + value - first, ADDRESS
        return value & MASK, NUMBER

    def refuse_addresses(self) -> None:
        """The kernel has the locations at other addresses and distances: no final state depends on
        them, and every access is in the page of its location."""
        for trace in (trace for traces in self.enumerator.traces() for trace in traces):
            for event in trace.events:
                ends = [event.at, event.at + event.size - 1] if event.size else [event.at]
                if event.kind != "F" and any(self.stored(at)[1] != ADDRESS for at in ends):
                    raise Unknown("an access outside the first 4096 bytes of a location", 0)
        first, distance = self.enumerator.setting.first + OTHER, 3 * PAGE
        other = model.Enumerator(self.test, first=first, distance=distance)
        found = {tuple(self.stored(v, other.setting.at) for v in s) for s in other.result().states}
        if found != {tuple(map(self.stored, state)) for state in self.allowed}:
            raise Unknown("a final state that depends on an address", 0)

    def values(self) -> Iterator[tuple[int, int]]:
        """Offset in the area and value of each initial doubleword."""
        return ((self.stored(at)[0], int(value)) for at, value in self.initial())

    def locations(self) -> Iterator[tuple[str, tuple[int, int, int, int, int]]]:
        """Name; offset in the area, address in the model, entry, is it a page of code, unused."""
        for name, at in self.at.items():
            yield name, (self.stored(at)[0], at, 0, 0, 0)

    def spots(self) -> Iterator[tuple[str, tuple[int, int, int, int, int, int]]]:
        """Label of each place; its kind, CPU, place, bytes, page, and if it has an entry."""
        counts = [0] * self.cpus
        for place in self.places:
            label = log.item(place, "")[:-2]
            if isinstance(place, Reg):
                yield label, (REGISTER, place.proc, counts[place.proc], 8, 0, 0)
                counts[place.proc] += 1
            else:
                assert isinstance(place, Name)
                at = self.stored(self.enumerator.setting.address(place))[0]
                yield label, (MEMORY, 0, at, self.sizes[place], 0, 0)

    def place(self, place: Place | Fault) -> int:
        return self.places.index(place)  # type: ignore[arg-type]

    def wanted(self, atom: Is) -> tuple[int, int]:
        """The value that a place is compared with, and its kind."""
        return self.stored(self.enumerator.setting.number(atom.value))  # type: ignore[arg-type]


class PackedTables(vmsa.Tables):
    """A test with translation tables.  Its pages are not accessible at EL0, and its pages of code
    cannot be written (SCTLR_EL1.WXN)."""

    tables, first = 1, 0
    allowed, weak = dict[tuple[int, ...], int](), set[tuple[int, ...]]()

    def __init__(self, test: Test, path: str) -> None:
        super().__init__(test, path)
        self.area, self.shown = len(self.names) << 12, len(self.seen)
        expect = test.header("Expect")
        self.verdicts = VERDICTS[expect], VERDICTS[test.header("ETS2") or expect]
        if self.handled():
            raise Unknown("a fault ends its thread in the kernel", 0)
        if self.code:
            raise Unknown("code as data", 0)
        self.pages = {name for name in self.names if self.is_code(name)}
        limits(self, self.area, self.shown, 0, list(self.names))
        if self.hardware:
            raise Unknown("TTHM: the kernel has no updates of tables by hardware", 0)
        atoms = (a for a in form.atoms(test.prop) if isinstance(a, Is))
        if any(isinstance(a.value, Pte) and "el0" in dict(a.value.fields) for a in atoms):
            raise Unknown("el0 in the condition: the kernel has no pages of EL0", 0)
        self.refuse_code()

    def refuse_code(self) -> None:
        """No access by an address of a page of code, as far as the initial values show it."""
        addresses = [vmsa.WINDOW + (self.names[name] << 12) for name in self.pages]
        for n, thread in enumerate(self.test.threads):
            held = {r for r, value in self.regs[n].items() if value in addresses}
            for insn in thread.code:
                operand = re.search(r"\[(\w+)", insn.text)
                if operand and self.register(operand[1]) in held:
                    raise Unknown("an access to a page of code", insn.line)

    def stored(self, value: int) -> tuple[int, int]:
        """A value, or what the kernel makes it of, and its kind."""
        pages = len(self.names)
        if 0 <= value - vmsa.WINDOW < pages << 12:
            return value - vmsa.WINDOW, ADDRESS
        if 0 <= value - vmsa.LEAVES < 8 * pages:
            return (value - vmsa.LEAVES) // 8, ENTRY_AT
        frames = {self.frame(name) for name in self.names}
        return value, ENTRY if value & vmsa.FRAME in frames else NUMBER

    def values(self) -> Iterator[tuple[int, int]]:
        for name, n in self.names.items():
            yield from (((n << 12) + at, word) for at, word in self.data(name))

    def locations(self) -> Iterator[tuple[str, tuple[int, int, int, int, int]]]:
        for name, n in self.names.items():
            yield name, (n << 12, self.frame(name), self.entries[name], name in self.pages, 0)

    def spots(self) -> Iterator[tuple[str, tuple[int, int, int, int, int, int]]]:
        counts = [0] * self.cpus
        for place in self.seen:
            if isinstance(place, Fault):
                yield show.show_fault(place), self.fault(place)
                continue
            label, entry = log.item(place, "")[:-2], place in self.entries_in
            if isinstance(place, Reg):
                yield label, (REGISTER, place.proc, counts[place.proc], 8, 0, entry)
                counts[place.proc] += 1
            elif isinstance(place, Of):
                yield label, (LAST_ENTRY, 0, self.stored(self.value(place))[0], 8, 0, 1)
            else:
                assert isinstance(place, Name)
                size = self.sizes.get(place.name, 4)
                at = (self.index(place.name) << 12) + size * (place.index or 0)
                yield label, (MEMORY, 0, at, size, 0, entry)

    def fault(self, fault: Fault) -> tuple[int, int, int, int, int, int]:
        """Its CPU, its instruction, its kind, and its page."""
        at, page = ANY, ANY
        if fault.label:
            at = self.symbols[f"L{self.number}_{fault.proc}_{fault.label}"] - self.first
        if fault.place is not None:
            page = (self.value(fault.place) - vmsa.WINDOW) >> 12
        kind = fault.kind.removeprefix("D-")
        if kind and kind not in KINDS:
            raise Unknown(f"the fault {fault.kind}", 0)
        return FAULT, fault.proc, at, KINDS.get(kind, 0), page, 0

    def place(self, place: Place | Fault) -> int:
        return self.seen.index(vmsa.system(place))  # type: ignore[arg-type]

    def wanted(self, atom: Is) -> tuple[int, int]:
        place = vmsa.system(atom.place)
        of = place.args[0].name if isinstance(place, Of) else ""  # type: ignore[union-attr]
        value: Value = atom.value
        return self.value(value, of), NUMBER

    def body(self, number: int, cpu: int) -> list[str]:
        """The operand of a TLBI has no bits of the address but VA[55:12], which in a kernel's half
        are a translation table level hint (FEAT_TTL) or an ASID above."""
        self.number = number
        return [
            PAGE_NUMBER.sub(r"ubfx \1,\2,#12,#44", line) for line in super().body(number, cpu)
        ]


def calls(laid: bare.Laid, cpu: int) -> bool:
    """Does a thread of this CPU change the link register?"""
    threads = (t for t in laid.test.threads if t.proc == cpu)
    return any(CALL.match(insn.text) for thread in threads for insn in thread.code)


Loaded = Packed | PackedTables


def postfix(laid: Loaded, prop: Prop) -> Iterator[tuple[int, ...]]:
    """The operations of a condition: operation, number, value, is it an address, second place."""
    if isinstance(prop, Is):
        place = laid.place(prop.place)
        if isinstance(prop.value, Reg):
            yield SAME, place, 0, 0, laid.place(prop.value)
        else:
            yield EQUAL, place, *laid.wanted(prop), 0
    elif isinstance(prop, Fault):
        yield EQUAL, laid.place(prop), 1, 0, 0
    elif isinstance(prop, form.Not):
        yield from postfix(laid, prop.of)
        yield NOT, 0, 0, 0, 0
    elif isinstance(prop, form.Implies):
        yield from postfix(laid, form.Or((form.Not(prop.left), prop.right)))
    else:
        assert isinstance(prop, (form.And, form.Or))
        op = AND if isinstance(prop, form.And) else OR
        if not prop.of:
            yield op, 0, 0, 0, 0
        for n, part in enumerate(prop.of):
            yield from postfix(laid, part)
            if n:
                yield op, 2, 0, 0, 0


def depth(prop: Prop | None) -> int:
    """Results on the stack of a condition, at most."""
    if isinstance(prop, (form.And, form.Or)):
        return max([1, *(depth(part) + (n > 0) for n, part in enumerate(prop.of))])
    if isinstance(prop, form.Implies):
        return max(depth(prop.left), depth(prop.right) + 1)
    return depth(prop.of) if isinstance(prop, form.Not) else 1
