# SPDX-License-Identifier: BSD-2-Clause
"""The final states that a memory model allows: every candidate execution of a litmus test, and
the axioms of RVWMO or of the Armv8 model on it.

A candidate has a path of each thread, for each byte that a load reads the store that wrote it,
and for each location an order of its stores (co).  The axioms:

  RISC-V   Coherence: acyclic (po-loc | rf | co | fr)     load value axiom, for each location
           Atomic:    no store of another hart between the load and the store of an atomic access
           Model:     acyclic (ppo | rfe | co | fr)       the global memory order
  Arm      internal:  acyclic (po-loc | rf | co | fr)     B2.3.6, internal visibility requirement
           atomic:    as above
           external:  acyclic (local order | rfe | coe | fre)   B2.3.6, external visibility"""
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import permutations, product

from hotplate.litmus import aarch64, form, log, riscv
from hotplate.litmus.form import Init, Int, Is, Name, Of, Place, Prop, Reg, Test, Unknown, Value
from hotplate.litmus.order import (
    ARM,
    RISCV,
    Local,
    Rule,
    bits,
    partly,
    picked,
    program_order,
    successors,
)
from hotplate.litmus.trace import MASK, PAGE, Event, Machine, Memory, Stores, Trace, Val

SIZES = {"int8_t": 1, "uint8_t": 1, "char": 1, "int16_t": 2, "uint16_t": 2, "int": 4}
SIZES |= {"int32_t": 4, "uint32_t": 4, "unsigned": 4, "long": 8, "int64_t": 8, "uint64_t": 8}
SIZES |= {"intptr_t": 8, "uintptr_t": 8}
BASE = {True: 0x45000000, False: 0x85000000}  # of the first location, also in bare.py's programs
STEP = PAGE + 0x1000  # of locations: a machine that hashes pages keeps each of them
CANDIDATES = 3_000_000  # combinations, beyond which a test is refused
DYNAMIC = ("ppo 3", "ppo 12")
GLOBAL = ("coherence", "atomic", "external")


@dataclass
class Rules:
    """The rules of a model by name; a test removes each of them."""

    arm: bool
    local: dict[str, Rule]
    more: set[str]

    @classmethod
    def of(cls, arch: str, without: str = "") -> "Rules":
        arm = arch == "AArch64"
        more = {*GLOBAL, *(("pick-lob",) if arm else DYNAMIC)}
        local = {k: v for k, v in (ARM if arm else RISCV).items() if k != without}
        return cls(arm, local, more - {without})

    @classmethod
    def sequential(cls, arch: str) -> "Rules":
        """Sequential consistency: program order is kept whole."""
        return cls(arch == "AArch64", {"po": program_order}, set(GLOBAL))

    @classmethod
    def names(cls, arch: str) -> list[str]:
        rules = cls.of(arch)
        return [*rules.local, *sorted(rules.more)]


class Setting:
    """The addresses and sizes of the locations, the initial memory and registers."""

    def __init__(self, test: Test, first: int, distance: int) -> None:
        self.arm = test.arch == "AArch64"
        self.first, self.distance = first or BASE[self.arm], distance
        self.at: dict[str, int] = {}
        self.size: dict[str, int] = {}
        self.regs: list[dict[str, Val]] = [{} for _ in test.threads]
        self.memory = Memory()
        self.arrays = {i.place.name for i in test.init if i.size and isinstance(i.place, Name)}
        for item in test.init:
            if isinstance(item.place, Name):
                self.declare(item.place, item)
        for item in test.init:
            self.initial(item, test)
        for atom in form.atoms(test.prop):
            if isinstance(atom, Is) and isinstance(atom.place, Name):
                self.address(atom.place)

    def register(self, name: str) -> str:
        if self.arm:
            return aarch64.key(name)
        return riscv.register(name)

    def declare(self, name: Name, item: Init) -> None:
        self.address(name)
        if item.type.endswith("*") or isinstance(item.value, Name):
            self.size[name.name] = 8
        elif item.type:
            if item.type not in SIZES:
                raise Unknown(f"type {item.type}", 0)
            self.size[name.name] = SIZES[item.type]

    def address(self, name: Name) -> int:
        if name.tag:
            raise Unknown("a tag (MTE)", 0)
        at = self.at.setdefault(name.name, self.first + len(self.at) * self.distance)
        self.memory.valid.add(at // PAGE)
        return at + (name.index or 0) * self.size.get(name.name, 4)

    def number(self, value: Value | None) -> int:
        if value is None:
            return 0
        if isinstance(value, Int):
            return value.value & MASK
        if isinstance(value, Name):
            return self.address(value)
        raise Unknown(kind_of(value), 0)

    def initial(self, item: Init, test: Test) -> None:
        if isinstance(item.place, Reg):
            for n, thread in enumerate(test.threads):
                if thread.proc == item.place.proc:
                    try:
                        name = self.register(item.place.name)
                    except ValueError:
                        raise Unknown(f"register {item.place.name}", 0) from None
                    self.regs[n][name] = Val(self.number(item.value))
        elif isinstance(item.place, Of):
            raise Unknown(kind_of(item.place), 0)
        elif isinstance(item.value, form.Array):
            size = self.size.get(item.place.name, 4)
            for n, value in enumerate(item.value.items):
                self.memory.put(self.address(item.place) + n * size, size, self.number(value))
        else:
            size = self.size.get(item.place.name, 8)
            self.memory.put(self.address(item.place), size, self.number(item.value))


def kind_of(value: Value | None) -> str:
    """A description of a value that this model does not know."""
    if isinstance(value, Of):
        return f"{value.kind}({'...' if len(value.args) > 1 else 'x'})"
    return {form.Pte: "a page table entry", form.Label: "a label as a value"}.get(
        type(value), f"a value of the kind {type(value).__name__}"
    )


@dataclass(frozen=True)
class Solution:
    """An order of the accesses to a location: edges between events, and the bytes at the end."""

    edges: tuple[tuple[int, int], ...]
    final: tuple[tuple[int, int], ...]


@dataclass
class Result:
    """The states that are allowed, each with True if it satisfies the condition."""

    test: Test
    states: dict[tuple[int, ...], bool] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    named: dict[int, str] = field(default_factory=dict)  # locations by their address
    cut: bool = False  # a loop was left after UNROLL rounds

    @property
    def verdict(self) -> str:
        """As the lists of verdicts of the herd7 catalogue have it."""
        if self.test.quantifier == "forall":
            return "Required" if all(self.states.values()) else "Not required"
        return "Allowed" if any(self.states.values()) else "Forbidden"

    def items(self, values: tuple[int, ...]) -> log.State:
        """A state; an address is the name of its location."""
        return tuple(
            log.item(place, self.named.get(value, str(value)))
            for place, value in zip(self.places, values)
        )

    def texts(self) -> list[tuple[log.State, int, bool]]:
        """The states for log.written()."""
        return [(self.items(values), 1, good) for values, good in sorted(self.states.items())]


class Candidate:
    """Paths of all threads together: events with their numbers, and the order of each thread."""

    def __init__(self, traces: tuple["Path", ...], arm: bool) -> None:
        self.traces, self.arm = traces, arm
        self.events: list[Event] = []
        self.thread: list[int] = []
        self.base: list[int] = []
        self.after: list[int] = []
        for n, path in enumerate(traces):
            start = len(self.events)
            self.base.append(start)
            self.events += path.trace.events
            self.thread += [n] * len(path.trace.events)
            self.after += [mask << start for mask in path.order]
        self.node = list(range(len(self.events)))
        if not arm:  # an AMO is one memory operation, a load and a store at once (RVWMO)
            for n, e in enumerate(self.events):
                if "amo" in e.order and e.kind == "W":
                    self.node[n] = n - 1

    def po(self, first: int, second: int) -> bool:
        return self.thread[first] == self.thread[second] and first < second

    def acyclic(self, edges: Iterable[tuple[int, int]]) -> bool:
        after = list(self.after)
        for n, mask in edges:
            after[n] |= mask
        if not self.arm:
            after = self.folded(after)
        left = (1 << len(after)) - 1
        while left:
            found = 0
            for n in bits(left):
                if not after[n] & left:
                    left ^= 1 << n
                    found = 1
            if not found:
                return False
        return True

    def folded(self, after: list[int]) -> list[int]:
        out = [0] * len(after)
        for n, mask in enumerate(after):
            to = 0
            for i in bits(mask):
                to |= 1 << self.node[i]
            out[self.node[n]] |= to & ~(1 << self.node[n])
        return out


@dataclass
class Path:
    """A path, and its order and its values that other threads need."""

    trace: Trace
    order: list[int]
    reads: frozenset[tuple[int, int, int]]  # loads of values that this thread did not store before
    stores: frozenset[tuple[int, int, int]]


def path_of(trace: Trace, rules: Rules, memory: Memory) -> Path:
    local = Local(trace)
    order = successors(local, rules.local)
    if rules.arm:
        extra = list(picked(local, order)) if "pick-lob" in rules.more else []
        for n, mask in [*extra, *partly(local, order)]:
            order[n] |= mask
    reads, own = set(), set()
    for e in trace.events:
        if e.kind == "R" and (e.at, e.size, e.value) not in own:
            if memory.get(e.at, e.size) != e.value or e.last >= 0:
                reads.add((e.at, e.size, e.value))
        elif e.kind == "W":
            own.add((e.at, e.size, e.value))
    return Path(trace, order, frozenset(reads), frozenset(own))


def clusters(events: list[Event]) -> list[list[int]]:
    """The accesses that overlap, also over others."""
    found: list[tuple[int, int, list[int]]] = []
    for n, e in enumerate(events):
        if e.kind == "F":
            continue
        low, high, members = e.at, e.at + e.size, [n]
        rest = []
        for group in found:
            if group[0] < high and low < group[1]:
                low, high = min(low, group[0]), max(high, group[1])
                members = group[2] + members
            else:
                rest.append(group)
        found = rest + [(low, high, members)]
    return [sorted(members) for _, _, members in found]


class Location:
    """All ways in which the accesses to a location, or to some that overlap, may be ordered."""

    def __init__(self, c: Candidate, members: list[int], rules: Rules, memory: Memory) -> None:
        self.c, self.members, self.rules, self.memory = c, members, rules, memory
        self.writes = [n for n in members if c.events[n].kind == "W"]
        self.reads = [n for n in members if c.events[n].kind == "R"]
        self.bytes = sorted(
            {b for n in members for b in range(c.events[n].at, c.events[n].at + c.events[n].size)}
        )
        self.units = self.divided()

    def divided(self) -> list[tuple[int, int]]:
        """The bytes in parts that every access has whole or not at all: address and size."""
        edges = {self.bytes[0], self.bytes[-1] + 1}
        for n in self.members:
            edges |= {self.c.events[n].at, self.c.events[n].at + self.c.events[n].size}
        cuts = sorted(edges)
        return [(low, high - low) for low, high in zip(cuts, cuts[1:])]

    def part(self, n: int, unit: tuple[int, int]) -> int | None:
        """The value of an event in a unit."""
        e = self.c.events[n]
        if e.at <= unit[0] and unit[0] + unit[1] <= e.at + e.size:
            return e.value >> 8 * (unit[0] - e.at) & (1 << 8 * unit[1]) - 1
        return None

    def orders(self) -> Iterator[tuple[int, ...]]:
        """Orders of the stores that agree with program order."""
        for order in permutations(self.writes):
            if "coherence" not in self.rules.more or all(
                not self.c.po(b, a)
                for i, a in enumerate(order)
                for b in order[i + 1 :]
                if self.c.events[a].overlaps(self.c.events[b])
            ):
                yield order

    def sources(self) -> list[list[tuple[int, tuple[int, int], int]]]:
        """For each load and unit the stores that it may have read; -1 is the initial value."""
        found = []
        for n in self.reads:
            for unit in self.units:
                value = self.part(n, unit)
                if value is None:
                    continue
                choices = [
                    (n, unit, w)
                    for w in self.writes
                    if self.part(w, unit) == value and not self.c.po(n, w)
                ]
                if self.memory.get(*unit) == value:
                    choices.append((n, unit, -1))
                found.append(choices)
        return found

    def coherent(self, place: dict[int, int], read: dict[tuple[int, int], int]) -> bool:
        """Each thread observes the stores of a unit in their order (co)."""
        for unit in self.units:
            latest: dict[int, int] = {}
            for n in self.members:
                if self.part(n, unit) is None:
                    continue
                thread, here = self.c.thread[n], latest.get(self.c.thread[n], -1)
                if n in place:
                    if place[n] <= here:
                        return False
                    latest[thread] = place[n]
                else:
                    position = place.get(read[n, unit[0]], -1)
                    if position < here:
                        return False
                    latest[thread] = position
        return True

    def uninterrupted(self, place: dict[int, int], read: dict[tuple[int, int], int]) -> bool:
        """No store of another thread is between the load and the store of an atomic access."""
        for w in self.writes:
            e = self.c.events[w]
            if e.read < 0:
                continue
            load = e.read + self.c.base[self.c.thread[w]]
            for unit in self.units:
                if (load, unit[0]) not in read or self.part(w, unit) is None:
                    continue
                low = place.get(read[load, unit[0]], -1)
                for other in self.writes:
                    if (
                        low < place[other] < place[w]
                        and self.c.thread[other] != self.c.thread[w]
                        and self.part(other, unit) is not None
                    ):
                        return False
        return True

    def edges(
        self, order: tuple[int, ...], read: dict[tuple[int, int], int]
    ) -> Iterator[tuple[int, int]]:
        c = self.c
        place = {w: n for n, w in enumerate(order)}

        def seen(a: int, b: int, internal: bool) -> Iterator[tuple[int, int]]:
            if internal or c.thread[a] != c.thread[b]:
                yield a, 1 << b

        inside = not self.rules.arm  # co and fr of one hart are in the global memory order
        for i, a in enumerate(order):
            for b in order[i + 1 :]:
                if c.events[a].overlaps(c.events[b]):
                    yield from seen(a, b, inside)
        for (n, at), w in read.items():
            if w >= 0:
                yield from seen(w, n, False)
            for b in order[place.get(w, -1) + 1 :]:
                e = c.events[b]
                if e.at <= at < e.at + e.size:
                    yield from seen(n, b, inside)
        if inside:
            yield from self.dynamic(read)

    def dynamic(self, read: dict[tuple[int, int], int]) -> Iterator[tuple[int, int]]:
        """The rules of preserved program order that depend on what a load read."""
        c, more = self.c, self.rules.more
        for (n, at), w in read.items():
            if w >= 0 and c.po(w, n):
                store, base = c.events[w], c.base[c.thread[w]]
                if "ppo 3" in more and store.order & {"amo", "sc"}:
                    yield w, 1 << n
                if "ppo 12" in more:
                    for i in bits(store.addr | store.data):
                        yield i + base, 1 << n

    def solutions(self) -> Iterator[Solution]:
        sources = self.sources()
        if not all(sources):
            return
        seen = set()
        for order in self.orders():
            place = {w: n for n, w in enumerate(order)}
            final = self.final(order)
            for chosen in product(*sources):
                read = {(n, unit[0]): w for n, unit, w in chosen}
                if "coherence" in self.rules.more and not self.coherent(place, read):
                    continue
                if "atomic" in self.rules.more and not self.uninterrupted(place, read):
                    continue
                solution = Solution(tuple(sorted(set(self.edges(order, read)))), final)
                if solution not in seen:
                    seen.add(solution)
                    yield solution

    def final(self, order: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        last: dict[int, int] = {}
        for w in order:
            e = self.c.events[w]
            for n in range(e.size):
                last[e.at + n] = e.value >> 8 * n & 255
        return tuple(sorted(last.items()))


class Enumerator:
    """All allowed final states of one test: by the rules of its architecture, or of those without
    one, or by others.  `first` is the address of the first location, if it is not BASE."""

    def __init__(
        self,
        test: Test,
        without: str = "",
        rules: Rules | None = None,
        first: int = 0,
        distance: int = STEP,
    ) -> None:
        if any("." in thread.name for thread in test.threads):
            raise Unknown("a fault handler", test.threads[0].code[0].line)
        self.test = test
        self.rules = rules or Rules.of(test.arch, without)
        self.setting = Setting(test, first, distance)
        decode = aarch64.decode if self.rules.arm else riscv.decode
        self.machines = [
            Machine(t, decode, regs, self.setting.memory, self.rules.arm)
            for t, regs in zip(test.threads, self.setting.regs)
        ]
        seen = self.observed(test.prop, [p for p, _ in test.shown])
        tested = self.observed(test.filter or form.TRUE, [])
        self.places = seen + tuple(p for p in tested if p not in seen)
        self.seen = len(seen)
        self.sizes: dict[Place, int] = {}

    def observed(self, prop: Prop, items: list[Place | form.Fault]) -> tuple[Place, ...]:
        for atom in form.atoms(prop):
            if isinstance(atom, form.Fault):
                raise Unknown("a fault as a final state", 0)
            items.append(atom.place)
            if isinstance(atom.value, Reg):
                items.append(atom.value)
            elif not isinstance(atom.value, (Int, Name)):
                raise Unknown(kind_of(atom.value), 0)
        found = []
        for item in items:
            if isinstance(item, form.Fault):
                raise Unknown("a fault as a final state", 0)
            if isinstance(item, Of):
                raise Unknown(kind_of(item), 0)
            if isinstance(item, Name) and item.index is None and item.name in self.setting.arrays:
                raise Unknown("an array as a final state", 0)
            found.append(item)
        return tuple(sorted(set(found), key=lambda p: (isinstance(p, Name), repr(p))))

    def traces(self) -> list[list[Trace]]:
        """The paths of each thread, until no thread stores a value that was not known."""
        stored: list[Stores] = [{} for _ in self.machines]
        bound = 2 + sum(len(m.code) for m in self.machines)
        for _ in range(bound):
            grown, found = False, []
            for n, machine in enumerate(self.machines):
                others: Stores = {}
                for i, stores in enumerate(stored):
                    for key, values in stores.items() if i != n else ():
                        others.setdefault(key, set()).update(values)
                found.append(machine.traces(others))
            for n, traces in enumerate(found):
                for trace in traces:
                    for e in trace.events:
                        if e.kind == "W":
                            values = stored[n].setdefault((e.at, e.size), set())
                            grown |= e.value not in values
                            values.add(e.value)
            if not grown:
                break
        return found

    def size(self, name: Name, events: Iterable[Event]) -> int:
        """The declared size of a location, or that of its widest access."""
        if name.name in self.setting.size:
            return self.setting.size[name.name]
        at = self.setting.address(name)
        return max([e.size for e in events if e.at == at and e.kind != "F"], default=4)

    def empty(self) -> Result:
        named = {at: name for name, at in self.setting.at.items()}
        return Result(self.test, places=self.places[: self.seen], named=named)

    def result(self) -> Result:
        rules, memory = self.rules, self.setting.memory
        paths = [[path_of(t, rules, memory) for t in traces] for traces in self.traces()]
        every = {e for group in paths for p in group for e in p.trace.events}
        self.sizes = {p: self.size(p, every) for p in self.places if isinstance(p, Name)}
        result = self.empty()
        result.cut = any(m.cut for m in self.machines)
        total = 1
        for group in paths:
            total *= len(group)
        if total > CANDIDATES:
            raise Unknown(f"{total} combinations of paths", 0)
        for chosen in product(*paths):
            self.combined(chosen, result)
        return result

    def combined(self, chosen: tuple[Path, ...], result: Result) -> None:
        """Add the states that these paths allow."""
        stores = frozenset().union(*(p.stores for p in chosen))
        sizes = {(at, size) for at, size, _ in stores}
        for path in chosen:
            for at, size, value in path.reads:
                if (at, size, value) in stores:
                    continue
                if any(a < at + size and at < a + s and (a, s) != (at, size) for a, s in sizes):
                    continue  # of more than one size: found out below
                if self.setting.memory.get(at, size) != value:
                    return
        registers = {p: self.register(chosen, p) for p in self.places if isinstance(p, Reg)}
        if len(registers) == len(self.places):
            if tuple(registers.values())[: self.seen] in result.states:
                return
        c = Candidate(chosen, self.rules.arm)
        if "external" in self.rules.more and not c.acyclic(()):
            return
        options = []
        for members in clusters(c.events):
            location = Location(c, members, self.rules, self.setting.memory)
            found = list(location.solutions())
            if "external" in self.rules.more and len(found) > 1:
                found = [s for s in found if c.acyclic(s.edges)]
            if not found:
                return
            options.append(found)
        for solutions in product(*options):
            state = self.state(registers, solutions)
            if state[: self.seen] in result.states:
                continue
            edges = [edge for s in solutions for edge in s.edges]
            if "external" in self.rules.more and not c.acyclic(edges):
                continue
            values = dict(zip(self.places, state))
            if self.test.filter is None or self.satisfies(self.test.filter, values):
                result.states[state[: self.seen]] = self.satisfies(self.test.prop, values)

    def register(self, chosen: tuple[Path, ...], reg: Reg) -> int:
        for thread, path in zip(self.test.threads, chosen):
            if thread.proc == reg.proc:
                try:
                    name = self.setting.register(reg.name)
                except ValueError:
                    raise Unknown(f"register {reg.name}", 0) from None
                return path.trace.regs.get(name, Val()).value & MASK
        raise Unknown(f"thread P{reg.proc}", 0)

    def state(self, registers: dict[Reg, int], solutions: tuple[Solution, ...]) -> tuple[int, ...]:
        last = {at: value for s in solutions for at, value in s.final}
        memory, values = self.setting.memory, []
        for p in self.places:
            if isinstance(p, Reg):
                values.append(registers[p])
                continue
            assert isinstance(p, Name)
            at = self.setting.address(p)
            values.append(
                sum(last.get(at + n, memory.get(at + n, 1)) << 8 * n for n in range(self.sizes[p]))
            )
        return tuple(values)

    def satisfies(self, prop: Prop, values: dict[Place, int]) -> bool:
        if isinstance(prop, Is):
            if isinstance(prop.value, Reg):
                return values[prop.place] == values[prop.value]
            return same(values[prop.place], self.setting.number(prop.value))
        if isinstance(prop, form.Not):
            return not self.satisfies(prop.of, values)
        if isinstance(prop, form.Implies):
            return not self.satisfies(prop.left, values) or self.satisfies(prop.right, values)
        if isinstance(prop, form.And):
            return all(self.satisfies(p, values) for p in prop.of)
        assert isinstance(prop, form.Or)
        return any(self.satisfies(p, values) for p in prop.of)


def narrow(value: int) -> int:
    """A sign extension as the 32-bit value: a file has no width of its registers."""
    return value & 0xFFFFFFFF if value >> 31 == (1 << 33) - 1 else value


def same(value: int, expected: int) -> bool:
    return narrow(value) == narrow(expected)


def allowed(test: Test, without: str = "") -> Result:
    """The states that the architecture of a test allows, or allows without one rule."""
    return Enumerator(test, without).result()
