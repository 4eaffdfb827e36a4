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
from hotplate.litmus import bare, log, read, show, vmsa
from hotplate.litmus.build import TOOLS, Builder
from hotplate.litmus.form import Prop, Unknown
from hotplate.litmus.loaded import NAME, Loaded, Packed, PackedTables, calls, postfix

# As in tests/litmus/set.h.
MAGIC, VERSION = b"HPLITMUS", 2
TESTS, CODE = 4096, 32768
QUANTIFIERS = {"exists": 0, "~exists": 1, "forall": 2, "": 2}
HEAD, TEST = "<8sII8sQII", "<32I"
ROUNDS = 1000
DELAY = 150  # rounds of two instructions
FIRST, LAST = 32 * 8, 64 * 8  # in a seat
Span = tuple[int, int]  # of the code of a CPU: its entry, and the end of its threads


class Function:
    """The code of the CPUs of tests, of one architecture."""

    head: tuple[str, ...] = ()
    origin = 0  # address of the first byte
    argument = ""
    registers: tuple[str, ...] = ()  # those that may be free, in the order of their use
    preserved: tuple[str, ...] = ()
    load = store = move = count = ""
    link = ""  # the register with the return address

    def lines(self, laid: Loaded, number: int, cpu: int) -> list[str]:
        named = {name.lower(): value for name, value in laid.named(cpu).items()}
        if "sp" in named:
            raise Unknown("SP in a thread", 0)
        lost = {self.link} if calls(laid, cpu) else set()
        free = [name for name in self.registers if name not in {*named, *lost}]
        if not free:
            raise Unknown("a thread that names all registers", 0)
        base, used = free[0], {*named, *lost, *free[:2]}
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
    preserved, link = tuple(f"x{n}" for n in range(18, 31)), "x30"
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


class Packer(Builder):
    """Assembles the code of tests."""

    def source(self, tests: list[bare.Laid]) -> tuple[str, list[int]]:
        function = FUNCTIONS[self.arch]()
        lines = [*function.head, ".globl _start", "_start:"]
        owner = [-1] * len(lines)
        for number, laid in enumerate(tests):
            assert isinstance(laid, (Packed, PackedTables))
            for cpu in range(laid.cpus):
                some = function.lines(laid, number, cpu)
                lines, owner = lines + some, owner + [number] * len(some)
            lines, owner = lines + [".balign 64", f"E{number}:"], owner + [-1, -1]
        return "\n".join(lines) + "\n", owner

    def code(self, tests: list[Loaded]) -> Iterator[tuple[Loaded, bytes, list[Span]]]:
        """The tests that the assembler accepts, each with its code and that of each CPU."""
        with tempfile.TemporaryDirectory() as folder:
            built = self.assembled(list(tests), folder)
            if not built:
                return
            with open(os.path.join(folder, "litmus.bin"), "rb") as file:
                whole = file.read()
        origin = FUNCTIONS[self.arch].origin
        for number, laid in enumerate(built):
            assert isinstance(laid, (Packed, PackedTables))
            first, end = (laid.symbols[name] for name in (f"F{number}_0", f"E{number}"))
            if end - first > CODE:
                warn(f"{laid.path}: left out: {end - first} bytes of code")
                continue
            code = whole[first - origin : end - origin]
            laid.first = first
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

    def values(self, laid: Loaded, items: Iterator[tuple[int, bare.Word]]) -> tuple[int, int]:
        """Initial values, by register or by offset."""
        rows = []
        for at, value in items:
            rows.append((*laid.stored(int(value)), at))
        return self.rows("<QII", rows)

    def cpus(self, laid: Loaded, spans: list[Span]) -> tuple[int, int]:
        rows = []
        for cpu, span in enumerate(spans):
            named = ((int(name[1:]), value) for name, value in laid.named(cpu).items())
            rows.append((*span, *self.values(laid, named)))
        return self.rows("<IIII", rows)

    def places(self, laid: Loaded) -> tuple[int, int]:
        rows = [(*spot, *self.text(label)) for label, spot in laid.spots()]
        return self.rows("<8I", rows)

    def locations(self, laid: Loaded) -> tuple[int, int]:
        rows = [(*row, *self.text(name)) for name, row in laid.locations()]
        return self.rows("<QQQIIII", rows)

    def states(self, laid: Loaded) -> tuple[int, int]:
        data = b""
        for state in sorted(laid.allowed):
            row = [laid.stored(value) for value in state]
            bits = sum(1 << n for n, (_, address) in enumerate(row) if address)
            numbers = [number for number, _ in row]
            data += struct.pack(f"<{2 + len(row)}Q", bits, state in laid.weak, *numbers)
        return self.put(data, len(laid.allowed))

    def condition(self, laid: Loaded, prop: Prop | None) -> tuple[int, int]:
        return self.rows("<IIQII", list(postfix(laid, prop)) if prop is not None else [])

    def add(self, laid: Loaded, code: bytes, spans: list[Span], rounds: int) -> None:
        test = laid.test
        quantifier = test.quantifier or "forall"
        texts = (
            test.name,
            log.KINDS[test.quantifier],
            f"{quantifier} ({show.show_prop(test.prop)})",
            test.header("Hash")[:NAME],
        )
        parts = [self.text(text) for text in texts]
        tail = [
            self.locations(laid),
            self.values(laid, laid.values()),
            self.cpus(laid, spans),
            self.places(laid),
            self.states(laid),
            self.condition(laid, test.prop),
            self.condition(laid, test.filter),
            self.put(code, len(code)),
        ]
        numbers = (QUANTIFIERS[test.quantifier], rounds, laid.shown, laid.area)
        fixed = (*numbers, laid.tables, *laid.verdicts, 0)
        flat = [n for pair in parts for n in pair], [n for pair in tail for n in pair]
        self.tests.append(struct.pack(TEST, *flat[0], *fixed, *flat[1]))

    def bytes(self, arch: str) -> bytes:
        size = self.first + len(self.data)
        at = struct.calcsize(HEAD)
        head = struct.pack(HEAD, MAGIC, VERSION, 0, arch.encode(), size, at, len(self.tests))
        return head + b"".join(self.tests) + bytes(self.data)


def known(paths: list[str], arch: str) -> Iterator[Loaded]:
    """The tests of an architecture that the kernel can run; a line for each of the others."""
    names: dict[str, str] = {}
    for path in (name for where in paths for name in read.files(where)):
        try:
            test = read.read(path)
            if test.arch != arch:
                continue
            if test.name in names:
                raise Unknown(f"the name {test.name}, which {names[test.name]} has", 0)
            yield PackedTables(test, path) if vmsa.has_tables(test) else Packed(test, path)
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
