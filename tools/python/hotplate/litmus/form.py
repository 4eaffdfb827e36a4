# SPDX-License-Identifier: BSD-2-Clause
"""The form of a litmus test, as herd7 defines it: a header, an initial state, the instructions of
the threads, and a condition on the final state.  read.py reads and prints it."""
from collections.abc import Iterator
from dataclasses import dataclass, field


class Unknown(Exception):
    """A construct that is not known, and its line."""

    def __init__(self, construct: str, line: int) -> None:
        super().__init__(f"line {line}: {construct}")
        self.construct, self.line = construct, line


@dataclass(frozen=True)
class Int:
    value: int


@dataclass(frozen=True)
class Name:
    """A location, or its address: x, x[1], x:green (its tag)."""

    name: str
    index: int | None = None
    tag: str = ""


@dataclass(frozen=True)
class Of:
    """Something that belongs to names and numbers: PTE(x), PA(x), TAG(x), pacda(x,1)."""

    kind: str
    args: tuple["Value", ...]


@dataclass(frozen=True)
class Reg:
    proc: int
    name: str


@dataclass(frozen=True)
class Tag:
    """A tag without a name: `:green`."""

    name: str


@dataclass(frozen=True)
class Pte:
    """The content of a page table entry, or of PAR_EL1: its fields in the order of the file, and
    attributes without a value (value ())."""

    fields: tuple[tuple[str, tuple[str, ...]], ...]
    kind: str = ""


@dataclass(frozen=True)
class Label:
    proc: int
    name: str


@dataclass(frozen=True)
class Code:
    """An instruction as a value: instr:"NOP"."""

    text: str


@dataclass(frozen=True)
class Array:
    items: tuple["Value", ...]
    kind: str = ""


Value = Int | Name | Of | Reg | Tag | Pte | Label | Code | Array
Place = Name | Of | Reg


@dataclass(frozen=True)
class Init:
    """One item of the initial state.  `size` is the number of elements of an array."""

    place: Place
    value: Value | None = None
    type: str = ""
    size: int | None = None


@dataclass(frozen=True)
class Insn:
    labels: tuple[str, ...]
    text: str  # without comments; one space where the file has any
    line: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Thread:
    name: str  # P0; P0.F is the fault handler of P0
    code: tuple[Insn, ...]

    @property
    def proc(self) -> int:
        return int(self.name[1:].partition(".")[0])


@dataclass(frozen=True)
class Is:
    """place = value"""

    place: Place
    value: Value


@dataclass(frozen=True)
class Fault:
    """An access at the label faulted: at a location, and for a reason."""

    proc: int
    label: str = ""
    place: Name | Of | None = None
    kind: str = ""


@dataclass(frozen=True)
class Not:
    of: "Prop"


@dataclass(frozen=True)
class And:
    of: tuple["Prop", ...]  # () is true


@dataclass(frozen=True)
class Or:
    of: tuple["Prop", ...]  # () is false


@dataclass(frozen=True)
class Implies:
    left: "Prop"
    right: "Prop"


Prop = Is | Fault | Not | And | Or | Implies
TRUE, FALSE = And(()), Or(())


def both(*props: Prop) -> Prop:
    """The conjunction in its one form: no And in an And."""
    flat = [p for prop in props for p in (prop.of if isinstance(prop, And) else (prop,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def either(*props: Prop) -> Prop:
    flat = [p for prop in props for p in (prop.of if isinstance(prop, Or) else (prop,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def atoms(prop: Prop) -> Iterator[Is | Fault]:
    if isinstance(prop, (Is, Fault)):
        yield prop
    elif isinstance(prop, Not):
        yield from atoms(prop.of)
    elif isinstance(prop, Implies):
        yield from atoms(prop.left)
        yield from atoms(prop.right)
    else:
        for part in prop.of:
            yield from atoms(part)


@dataclass(frozen=True)
class Test:
    arch: str
    name: str
    threads: tuple[Thread, ...]
    prop: Prop = TRUE
    quantifier: str = ""  # exists, ~exists, forall; "": the file has no condition
    init: tuple[Init, ...] = ()
    info: tuple[tuple[str, str], ...] = ()
    doc: str = ""
    shown: tuple[tuple[Place | Fault, str], ...] = ()  # locations [...], with their types
    filter: Prop | None = None

    def header(self, key: str) -> str:
        """The value of a line of the header; herd ignores those that it does not know, and case."""
        return {k.lower(): value for k, value in self.info}.get(key.lower(), "")
