# SPDX-License-Identifier: BSD-2-Clause
"""The paths of one thread: an instruction is executed with concrete values, and a load forks for
each value that it may read.  Each event has the earlier loads on which it depends, as masks."""
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from hotplate.litmus.form import Insn, Thread, Unknown

MASK = (1 << 64) - 1
PAGE = 0x100000  # it contains one location
UNROLL = 2  # times that a path takes a backward branch, as herd7 does
CONSTANT = 1000  # the same of a path that has not yet accessed memory
READS = 4096  # values of one load, beyond which the test is refused


@dataclass(frozen=True)
class Val:
    """A value, the loads that it depends on (`dep`), and those that only chose it (`pick`, which
    contains `dep`)."""

    value: int = 0
    dep: int = 0
    pick: int = 0


ZERO = Val()


@dataclass(frozen=True)
class Event:
    """A load (R), a store (W), or a barrier (F) with its name."""

    kind: str
    at: int = 0
    size: int = 0
    value: int = 0
    order: frozenset[str] = frozenset()  # A Q L of Arm, aq rl of RISC-V; X, amo, noret
    name: str = ""
    addr: int = 0
    data: int = 0
    ctrl: int = 0
    paddr: int = 0
    pdata: int = 0
    pctrl: int = 0
    last: int = -1  # R: the latest own store to these bytes
    mem: int = 0  # R: what that store depends on
    pmem: int = 0
    read: int = -1  # W: the load of the same atomic access, or of the pair

    def overlaps(self, other: "Event") -> bool:
        return self.at < other.at + other.size and other.at < self.at + self.size


@dataclass
class State:
    """Where a path is."""

    regs: dict[str, Val]
    events: list[Event] = field(default_factory=list)
    pc: int = 0
    ctrl: int = 0
    pctrl: int = 0
    monitor: int = -1  # the load exclusive that a store exclusive may pair with
    back: int = 0  # backward branches taken

    def copy(self) -> "State":
        return replace(self, regs=dict(self.regs), events=list(self.events))


@dataclass(frozen=True)
class Trace:
    """A path that has ended."""

    events: tuple[Event, ...]
    regs: dict[str, Val]


Stores = dict[tuple[int, int], set[int]]  # (address, size): values
Step = Iterator[State]
Handler = Callable[["Machine", State, list[str], int], Step]
Decoder = Callable[[str], tuple[Handler, list[str]] | None]


class Memory:
    """The initial bytes of the locations."""

    def __init__(self) -> None:
        self.bytes: dict[int, int] = {}
        self.valid: set[int] = set()

    def put(self, at: int, size: int, value: int) -> None:
        for n in range(size):
            self.bytes[at + n] = value >> 8 * n & 255

    def get(self, at: int, size: int) -> int:
        return sum(self.bytes.get(at + n, 0) << 8 * n for n in range(size))


class Machine:
    """Executes one thread."""

    def __init__(
        self, thread: Thread, decode: Decoder, regs: dict[str, Val], memory: Memory, arm: bool
    ) -> None:
        self.arm, self.regs, self.memory = arm, regs, memory
        self.labels = {label: n for n, insn in enumerate(thread.code) for label in insn.labels}
        self.code: list[tuple[Handler, list[str], int] | None] = []
        for insn in thread.code:
            self.code.append(self.decoded(insn, decode))
        self.others: Stores = {}
        self.cut = False

    def decoded(self, insn: Insn, decode: Decoder) -> tuple[Handler, list[str], int] | None:
        if not insn.text:
            return None
        try:
            found = decode(insn.text)
        except ValueError:
            found = None
        if not found:
            raise Unknown(f"instruction {insn.text}", insn.line)
        return (*found, insn.line)

    def target(self, label: str, line: int) -> int:
        if label not in self.labels:
            raise Unknown(f"a branch to {label}", line)
        return self.labels[label]

    def traces(self, others: Stores) -> list[Trace]:
        """All paths, when other threads store these values."""
        self.others = others
        done, todo = [], [State(dict(self.regs))]
        while todo:
            state = todo.pop()
            if state.pc >= len(self.code):
                done.append(Trace(tuple(state.events), state.regs))
                continue
            found = self.code[state.pc]
            state.pc += 1
            if found is None:
                todo.append(state)
                continue
            handler, args, line = found
            try:
                todo += handler(self, state, args, line)
            except (ValueError, IndexError):  # only the handler reads the operands
                raise Unknown(f"operands {', '.join(args)}", line) from None
        return done

    def branch(self, state: State, label: str, taken: bool, on: Val, line: int) -> Step:
        """A branch, conditional on a value."""
        state.ctrl |= on.dep
        state.pctrl |= on.pick
        if taken:
            target = self.target(label, line)
            if target < state.pc:
                state.back += 1
                if state.back > (UNROLL if state.events else CONSTANT):
                    self.cut = True
                    return
            state.pc = target
        yield state

    def fence(self, state: State, name: str) -> Step:
        state.events.append(Event("F", name=name, ctrl=state.ctrl, pctrl=state.pctrl))
        yield state

    def values(self, state: State, at: int, size: int) -> set[int]:
        """The values that a load may read: of the latest own store, or of other threads."""
        own = bytearray(self.memory.get(at, size).to_bytes(size, "little"))
        cuts = {0, size}
        for event in state.events:
            if event.kind == "W" and event.at < at + size and at < event.at + event.size:
                cuts |= {max(event.at - at, 0), min(event.at + event.size - at, size)}
                for n in range(event.size):
                    if 0 <= event.at + n - at < size:
                        own[event.at + n - at] = event.value >> 8 * n & 255
        near = []
        for (a, s), values in self.others.items():
            if a < at + size and at < a + s:
                near.append((a - at, s, values))
                cuts |= {max(a - at, 0), min(a - at + s, size)}
        edges, parts, count = sorted(cuts), [], 1
        for low, high in zip(edges, edges[1:]):
            part = {int.from_bytes(own[low:high], "little")}
            for a, s, values in near:
                if a <= low and high <= a + s:
                    part |= {v >> 8 * (low - a) & (1 << 8 * (high - low)) - 1 for v in values}
            parts.append({v << 8 * low for v in part})
            count *= len(part)
        if count > READS:
            raise Unknown(f"a load with {count} values", 0)
        return {sum(bits) for bits in product(*parts)}

    def load(
        self, state: State, addr: Val, size: int, order: frozenset[str]
    ) -> Iterator[tuple[State, Val, int]]:
        """A state, its value and the number of the event, for each value that may be read."""
        at = addr.value & MASK
        if at // PAGE not in self.memory.valid:
            return
        if at % size:
            yield from self.load_bytes(state, addr, size, order)
            return
        last, mem, pmem = -1, 0, 0
        for n, e in enumerate(state.events):
            if e.kind == "W" and e.at < at + size and at < e.at + e.size:
                last, mem, pmem = n, e.addr | e.data, e.paddr | e.pdata
        index = len(state.events)
        dep, pick = 1 << index, 1 << index
        if self.arm:  # through the registers of the address, and through memory
            dep, pick = dep | addr.dep | mem, pick | addr.pick | pmem
        event = Event(
            "R", at, size, 0, order, "", addr.dep, 0, state.ctrl, addr.pick, 0, state.pctrl,
            last, mem, pmem,
        )  # fmt: skip
        for value in sorted(self.values(state, at, size)):
            new = state.copy()
            new.events.append(replace(event, value=value))
            yield new, Val(value, dep, pick), index

    def load_bytes(
        self, state: State, addr: Val, size: int, order: frozenset[str]
    ) -> Iterator[tuple[State, Val, int]]:
        """A misaligned load is one of each byte, in no order (RVWMO, "Memory Model Primitives";
        DDI 0487, B2.2.1)."""
        if order:
            raise Unknown("a misaligned access that orders others", 0)
        found = [(state, Val(0), -1)]
        for n in range(size):
            byte = replace(addr, value=addr.value + n)
            found = [
                (new, Val(low.value | v.value << 8 * n, low.dep | v.dep, low.pick | v.pick), index)
                for old, low, _ in found
                for new, v, index in self.load(old, byte, 1, order)
            ]
            if len(found) > READS:
                raise Unknown(f"a load with {len(found)} values", 0)
        yield from found

    def store(
        self,
        state: State,
        addr: Val,
        size: int,
        data: Val,
        order: frozenset[str],
        read: int = -1,
        picks: int = 0,
    ) -> bool:
        """False: there is no location at this address, so the path is none."""
        at = addr.value & MASK
        if at // PAGE not in self.memory.valid:
            return False
        if at % size:
            return self.store_bytes(state, addr, size, data, order)
        state.events.append(
            Event(
                "W", at, size, data.value & (1 << 8 * size) - 1, order, "", addr.dep, data.dep,
                state.ctrl, addr.pick, data.pick | picks, state.pctrl, read=read,
            )
        )  # fmt: skip
        return True

    def store_bytes(
        self, state: State, addr: Val, size: int, data: Val, order: frozenset[str]
    ) -> bool:
        """As load_bytes()."""
        if order:
            raise Unknown("a misaligned access that orders others", 0)
        return all(
            self.store(
                state,
                replace(addr, value=addr.value + n),
                1,
                replace(data, value=data.value >> 8 * n),
                order,
            )
            for n in range(size)
        )
