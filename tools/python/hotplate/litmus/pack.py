# SPDX-License-Identifier: BSD-2-Clause
"""Write a set of litmus tests, which the kernel runs as the tests litmus.file/NAME: their code,
initial values and allowed states (the format is in tests/litmus/set.h).

The code of a CPU is a function that gets the address of its seat, saves there the registers that
the C ABI preserves and that its threads name, and uses no stack."""
import os
import shlex
import struct
import tempfile
from collections.abc import Iterator, Sequence

from hotplate import fail
from hotplate.command import warn
from hotplate.litmus import bare, form, log, model, read, show, vmsa
from hotplate.litmus.build import TOOLS, Builder
from hotplate.litmus.form import Is, Name, Prop, Reg, Test, Unknown
from hotplate.litmus.trace import MASK, PAGE

# As in tests/litmus/set.h.
MAGIC, VERSION = b"HPLITMUS", 2
TESTS, NAME, TEXT, CPUS, PLACES, AREA, CODE, STATES = 4096, 80, 4096, 8, 32, 65536, 32768, 4096
DEPTH = 32
EQUAL, SAME, NOT, AND, OR = range(5)
MEMORY = 0xFFFFFFFF
QUANTIFIERS = {"exists": 0, "~exists": 1, "forall": 2, "": 2}
HEAD, TEST = "<8sII8sQII", "<28I"
ROUNDS = 1000
DELAY = 150  # rounds of two instructions
FIRST, LAST = 32 * 8, 64 * 8  # in a seat
Span = tuple[int, int]  # of the code of a CPU: its entry, and the end of its threads
OTHER = (1 << 40) + (5 << 32)  # distance of a second base, which no 32-bit value holds


class Function:
    """The code of the CPUs of tests, of one architecture."""

    head: tuple[str, ...] = ()
    origin = 0  # address of the first byte
    argument = ""
    registers: tuple[str, ...] = ()  # those that may be free, in the order of their use
    preserved: tuple[str, ...] = ()
    load = store = move = count = ""

    def lines(self, laid: "Packed", number: int, cpu: int) -> list[str]:
        named = {name.lower(): value for name, value in laid.named(cpu).items()}
        if "sp" in named:
            raise Unknown("SP in a thread", 0)
        free = [name for name in self.registers if name not in named]
        if not free:
            raise Unknown("a thread that names all registers", 0)
        base, used = free[0], {*named, *free[:2]}
        saved = [name for name in self.preserved if name in used]
        lines = [".balign 64", f"F{number}_{cpu}:"]
        lines += [self.store.format(r, self.argument, 8 * int(r[1:])) for r in saved]
        lines += [self.move.format(base, self.argument)] if base != self.argument else []
        lines += [self.load.format(r, base, FIRST + 8 * int(r[1:])) for r in named]
        lines += [*laid.body(number, cpu), f"D{number}_{cpu}:"]
        if free[1:]:  # a load may still be late when the first result is used
            lines += self.count.format(free[1], DELAY).split("\n")
        for n, place in enumerate(laid.observed(cpu)):
            register = laid.register(place.name).lower()
            lines.append(self.store.format(register, base, LAST + 8 * n))
        saved = [r for r in saved if r != base] + [r for r in saved if r == base]
        return lines + [self.load.format(r, base, 8 * int(r[1:])) for r in saved] + ["ret"]


class Arm64(Function):
    head, origin = (".arch armv8.4-a",), 0x40200000
    argument, registers = "x0", tuple(f"x{n}" for n in range(31))
    preserved = tuple(f"x{n}" for n in range(18, 31))
    load, store, move = "ldr {}, [{}, #{}]", "str {}, [{}, #{}]", "mov {}, {}"
    count = "mov {0}, #{1}\n1: sub {0}, {0}, #1\ncbnz {0}, 1b"


class Riscv64(Function):
    head, origin = (".option norelax", ".option norvc"), 0x80200000
    argument = "x10"
    registers = tuple(f"x{n}" for n in (*range(10, 18), 5, 6, 7, *range(28, 32), *range(18, 28)))
    registers += ("x9", "x8", "x1", "x4", "x3", "x2")
    preserved = tuple(f"x{n}" for n in (1, 2, 3, 4, 8, 9, *range(18, 28)))
    load, store, move = "ld {0}, {2}({1})", "sd {0}, {2}({1})", "mv {}, {}"
    count = "li {0}, {1}\n1: addi {0}, {0}, -1\nbnez {0}, 1b"


FUNCTIONS: dict[str, type[Function]] = {"AArch64": Arm64, "RISCV": Riscv64}


class Packed(bare.Modelled):
    """A test, its allowed states, and what limits of the format it keeps."""

    def __init__(self, test: Test, path: str) -> None:
        super().__init__(test, path)
        self.at = self.enumerator.setting.at
        self.area = max(len(self.at), 1) * bare.STRIDE
        self.allowed = self.enumerator.result().states
        sequential = model.Enumerator(test, rules=model.Rules.sequential(test.arch))
        self.weak = set(self.allowed) - set(sequential.result().states)
        self.refuse()
        self.refuse_addresses()

    def value(self, value: int, at: dict[str, int] | None = None) -> tuple[int, bool]:
        """A value, or its offset in the area and True.  `at`: of another model."""
        for n, first in enumerate((at or self.at).values()):
            if first <= value < first + bare.STRIDE:
                return n * bare.STRIDE + value - first, True
        return value & MASK, False

    def refuse_addresses(self) -> None:
        """The kernel has the locations at other addresses and distances: no final state depends on
        them, and every access is in the page of its location."""
        for trace in (trace for traces in self.enumerator.traces() for trace in traces):
            for event in trace.events:
                last = self.value(event.at + event.size - 1) if event.size else (0, True)
                if event.kind != "F" and not (self.value(event.at)[1] and last[1]):
                    raise Unknown("an access outside the first 4096 bytes of a location", 0)
        first, distance = self.enumerator.setting.first + OTHER, 3 * PAGE
        other = model.Enumerator(self.test, first=first, distance=distance)
        found = {tuple(self.value(v, other.setting.at) for v in s) for s in other.result().states}
        if found != {tuple(map(self.value, state)) for state in self.allowed}:
            raise Unknown("a final state that depends on an address", 0)

    def refuse(self) -> None:
        """The limits of tests/litmus/set.h."""
        name = self.test.name
        if not name.isascii() or not name.isprintable() or set(name) & set(" #*,/?"):
            raise Unknown(f"the name {name}", 0)
        condition = show.show_prop(self.test.prop)
        over = (
            (len(name), NAME, "characters in the name"),
            (len(condition), TEXT - 10, "characters in the condition"),
            (max(map(len, self.at), default=0), NAME - 10, "in a location"),
            (self.cpus, CPUS, "CPUs"),
            (len(self.places), PLACES, "places"),
            (self.area, AREA, "bytes of locations"),
            (len(self.allowed), STATES, "allowed states"),
            (max(map(depth, (self.test.prop, self.test.filter))), DEPTH, "levels of a condition"),
        )
        for number, most, what in over:
            if number > most:
                raise Unknown(f"{number} {what}, of at most {most}", 0)
        if not self.allowed:
            raise Unknown("a test without a final state", 0)


class Packer(Builder):
    """Assembles the code of tests."""

    def source(self, tests: list[bare.Laid]) -> tuple[str, list[int]]:
        function = FUNCTIONS[self.arch]()
        lines = [*function.head, ".globl _start", "_start:"]
        owner = [-1] * len(lines)
        for number, laid in enumerate(tests):
            assert isinstance(laid, Packed)
            for cpu in range(laid.cpus):
                some = function.lines(laid, number, cpu)
                lines, owner = lines + some, owner + [number] * len(some)
            lines, owner = lines + [".balign 64", f"E{number}:"], owner + [-1, -1]
        return "\n".join(lines) + "\n", owner

    def code(self, tests: list[Packed]) -> Iterator[tuple[Packed, bytes, list[Span]]]:
        """The tests that the assembler accepts, each with its code and that of each CPU."""
        with tempfile.TemporaryDirectory() as folder:
            built = self.assembled(list(tests), folder)
            if not built:
                return
            with open(os.path.join(folder, "litmus.bin"), "rb") as file:
                whole = file.read()
        origin = FUNCTIONS[self.arch].origin
        for number, laid in enumerate(built):
            assert isinstance(laid, Packed)
            first, end = (laid.symbols[name] for name in (f"F{number}_0", f"E{number}"))
            if end - first > CODE:
                warn(f"{laid.path}: left out: {end - first} bytes of code")
                continue
            code = whole[first - origin : end - origin]
            names = [(f"F{number}_{cpu}", f"D{number}_{cpu}") for cpu in range(laid.cpus)]
            spans = [(laid.symbols[f] - first, laid.symbols[d] - first) for f, d in names]
            yield laid, code.ljust(end - first, b"\0"), spans


class Set:
    """The bytes of a set."""

    def __init__(self, tests: int) -> None:
        self.tests: list[bytes] = []
        self.first = struct.calcsize(HEAD) + tests * struct.calcsize(TEST)
        self.data = bytearray()

    def put(self, data: bytes, number: int) -> tuple[int, int]:
        at = self.first + len(self.data)
        self.data += data + bytes(-len(data) % 8)
        return at, number

    def text(self, text: str) -> tuple[int, int]:
        return self.put(text.encode("ascii", "replace") + b"\0", len(text))

    def rows(self, kind: str, rows: Sequence[tuple[int, ...]]) -> tuple[int, int]:
        return self.put(b"".join(struct.pack(kind, *row) for row in rows), len(rows))

    def values(self, laid: Packed, items: Iterator[tuple[int, int]]) -> tuple[int, int]:
        """Initial values, by register or by offset."""
        rows = []
        for at, value in items:
            rows.append((*laid.value(value), at))
        return self.rows("<QII", rows)

    def cpus(self, laid: Packed, spans: list[Span]) -> tuple[int, int]:
        rows = []
        for cpu, span in enumerate(spans):
            named = ((int(name[1:]), value) for name, value in laid.named(cpu).items())
            rows.append((*span, *self.values(laid, named)))
        return self.rows("<IIII", rows)

    def places(self, laid: Packed) -> tuple[int, int]:
        rows, counts = [], [0] * laid.cpus
        for place in laid.places:
            label = self.text(log.item(place, "")[:-2])
            if isinstance(place, Reg):
                rows.append((place.proc, counts[place.proc], 8, 0, *label))
                counts[place.proc] += 1
            else:
                assert isinstance(place, Name)
                at = laid.value(laid.enumerator.setting.address(place))[0]
                rows.append((MEMORY, at, laid.sizes[place], 0, *label))
        return self.rows("<IIIIII", rows)

    def states(self, laid: Packed) -> tuple[int, int]:
        data = b""
        for state in sorted(laid.allowed):
            row = [laid.value(value) for value in state]
            bits = sum(1 << n for n, (_, address) in enumerate(row) if address)
            numbers = [number for number, _ in row]
            data += struct.pack(f"<{2 + len(row)}Q", bits, state in laid.weak, *numbers)
        return self.put(data, len(laid.allowed))

    def condition(self, laid: Packed, prop: Prop | None) -> tuple[int, int]:
        return self.rows("<IIQII", list(postfix(laid, prop)) if prop is not None else [])

    def add(self, laid: Packed, code: bytes, spans: list[Span], rounds: int) -> None:
        test = laid.test
        quantifier = test.quantifier or "forall"
        texts = (
            test.name,
            log.KINDS[test.quantifier],
            f"{quantifier} ({show.show_prop(test.prop)})",
            test.says("Hash")[:NAME],
        )
        parts = [self.text(text) for text in texts]
        names = [(laid.value(at)[0], at, *self.text(name)) for name, at in laid.at.items()]
        tail = [
            self.rows("<QQII", names),
            self.values(laid, ((laid.value(at)[0], value) for at, value in laid.initial())),
            self.cpus(laid, spans),
            self.places(laid),
            self.states(laid),
            self.condition(laid, test.prop),
            self.condition(laid, test.filter),
            self.put(code, len(code)),
        ]
        shown = laid.enumerator.seen
        fixed = (QUANTIFIERS[test.quantifier], rounds, shown, laid.area)
        flat = [n for pair in parts for n in pair], [n for pair in tail for n in pair]
        self.tests.append(struct.pack(TEST, *flat[0], *fixed, *flat[1]))

    def bytes(self, arch: str) -> bytes:
        size = self.first + len(self.data)
        at = struct.calcsize(HEAD)
        head = struct.pack(HEAD, MAGIC, VERSION, 0, arch.encode(), size, at, len(self.tests))
        return head + b"".join(self.tests) + bytes(self.data)


def postfix(laid: Packed, prop: Prop) -> Iterator[tuple[int, ...]]:
    """The operations of a condition: operation, number, value, is it an address, second place."""
    if isinstance(prop, Is):
        place = laid.places.index(prop.place)
        if isinstance(prop.value, Reg):
            yield SAME, place, 0, 0, laid.places.index(prop.value)
        else:
            value, address = laid.value(laid.enumerator.setting.number(prop.value))
            yield EQUAL, place, value, address, 0
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


def known(paths: list[str], arch: str) -> Iterator[Packed]:
    """The tests of an architecture that the kernel can run; a line for each of the others."""
    names: dict[str, str] = {}
    for path in (name for where in paths for name in read.files(where)):
        try:
            test = read.read(path)
            if test.arch != arch:
                continue
            if vmsa.has_tables(test):
                raise Unknown("translation tables: only `litmus run` has them", 0)
            if test.name in names:
                raise Unknown(f"the name {test.name}, which {names[test.name]} has", 0)
            yield Packed(test, path)
            names[test.name] = path
        except Unknown as unknown:
            where = f"{path}:{unknown.line}" if unknown.line else path
            warn(f"{where}: left out: {unknown.construct}")


def packed(paths: list[str], machine: str, rounds: int) -> tuple[bytes, int]:
    """The set for a machine, arm64 or riscv64, and how many tests it has."""
    arch = next(name for name, tools in TOOLS.items() if tools[0] == machine)
    for path in paths:
        if not os.path.exists(path):
            fail(f"{path}: no such file or directory")
    built = list(Packer(arch).code(list(known(paths, arch))))
    if not built:
        fail(f"{' '.join(paths)}: no test for {machine} that the kernel can run")
    if len(built) > TESTS:
        fail(f"{len(built)} tests; a set has at most {TESTS}")
    made = Set(len(built))
    for laid, code, spans in built:
        made.add(laid, code, spans, rounds)
    return made.bytes(machine), len(built)


def write(paths: list[str], machine: str, rounds: int, out: str) -> int:
    """The number of tests in the set."""
    data, number = packed(paths, machine, rounds)
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    with open(out, "wb") as file:
        file.write(data)
    return number


def given(knob: dict[str, str], out: str) -> str:
    """The path of the set for `tools/hotplate run LITMUS=`, or "": a set as it is, or one that is
    made of files and directories."""
    text = knob["LITMUS"]
    if not text or knob["SHOW"] not in ("", "0"):
        return text and out
    try:
        paths = shlex.split(text)
    except ValueError as error:
        fail(f"LITMUS={text}: {error}")
    if len(paths) == 1 and os.path.isfile(paths[0]):
        with open(paths[0], "rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                return paths[0]
    write(paths, knob["ARCH"], ROUNDS, out)
    return out
