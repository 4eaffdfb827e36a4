# SPDX-License-Identifier: BSD-2-Clause
"""Litmus tests as one bare program for the worst legal machine: every CPU runs the threads of its
number, test by test, and CPU 0 counts the final states and prints them.

Addresses are constants in the code, so a thread may use every register but one, by which its
results are stored: SP, or on RISC-V a register that the thread does not name.  A round of a
test stores the initial values, meets, runs the threads, and meets again."""
import os
import re

from hotplate.litmus import aarch64, log, riscv
from hotplate.litmus.form import Name, Place, Reg, Test, Thread, Unknown
from hotplate.litmus.model import Enumerator

AREA, STRIDE = 0x4000000, 0x1000  # in RAM: a page for each CPU
TUPLE = 0x4101000
DONE = 56  # in the area of a CPU: the round in which its thread has ended
FIRST = 64  # the first observed register in the area of its CPU
WORD = re.compile(r"[A-Za-z_][\w.]*")
PSEUDO = re.compile(r"l[bhwd]u?\.(aq|rl)|s[bhwd]\.(aq|rl)")  # herd7's, not of the A extension


Word = int | str  # a number, or a symbol of the program


class Laid:
    """A test, and what a program needs to know of it."""

    def __init__(self, test: Test, path: str = "") -> None:
        self.test, self.path = test, path
        self.regs: list[dict[str, Word]] = []  # of each thread
        self.symbols: dict[str, int] = {}  # of the program
        self.number = 0  # of the test in its program
        self.apart = 0  # NOPs between two instructions of a thread, if it is modelled
        self.words: tuple[str, ...] = ()  # what the machine needs to have

    @property
    def cpus(self) -> int:
        return 1 + max(thread.proc for thread in self.test.threads)

    def register(self, name: str) -> str:
        return aarch64.key(name) if self.test.arch == "AArch64" else riscv.register(name)

    def is_register(self, word: str) -> bool:
        if self.test.arch == "AArch64":
            return bool(aarch64.REGISTER.match(word))
        return word in riscv.NAMES

    def named(self, cpu: int) -> dict[str, Word]:
        """Registers that the threads of a CPU name or that are observed; their initial values."""
        found: dict[str, Word] = {}
        for n, thread in enumerate(self.test.threads):
            if thread.proc != cpu:
                continue
            words = (w for i in thread.code for w in WORD.findall(i.text.partition(" ")[2]))
            found |= {self.register(word): 0 for word in words if self.is_register(word)}
            found |= self.regs[n]
        for place in self.observed(cpu):
            found.setdefault(self.register(place.name), 0)
        return {k: v for k, v in found.items() if k not in ("XZR", "x0")}

    def observed(self, cpu: int) -> list[Reg]:
        """Registers of a CPU that the condition needs."""
        raise NotImplementedError

    def labels(self, cpu: int) -> set[str]:
        """Of a thread and of its fault handler."""
        threads = (thread for thread in self.test.threads if thread.proc == cpu)
        return {label for thread in threads for insn in thread.code for label in insn.labels}

    def instructions(self, thread: Thread, number: int) -> list[str]:
        """Labels have the number of the test and of the CPU."""
        lines, labels, before = [], self.labels(thread.proc), f"L{number}_{thread.proc}_"

        def own(match: re.Match[str]) -> str:
            return before + match[0] if match[0] in labels else match[0]

        for insn in thread.code:
            lines += [f"{before}{label}:" for label in insn.labels]
            op, _, rest = insn.text.partition(" ")
            lines.append(f"{op.replace('.aq.rl', '.aqrl')} {WORD.sub(own, rest)}")
            lines += [f".rept {self.apart}", "nop", ".endr"] if self.apart else []
        return lines

    def body(self, number: int, cpu: int) -> list[str]:
        """The instructions of a CPU's thread."""
        threads = (t for t in self.test.threads if t.proc == cpu and "." not in t.name)
        return [line for thread in threads for line in self.instructions(thread, number)]

    def initial(self) -> list[tuple[int, Word]]:
        """Address and value of each doubleword of the locations."""
        raise NotImplementedError

    def collected(self) -> list[tuple[int, int]]:
        """Address and size of each observed value."""
        raise NotImplementedError

    def judged(self, values: list[int]) -> tuple[log.State, bool] | None:
        """The state that these values are, and if the condition holds; None: the filter drops
        it."""
        raise NotImplementedError

    def once(self, cpu: int) -> list[str]:
        """Instructions of a CPU before its rounds; reset() and before() are in each round."""
        return []

    def reset(self, program: "Program") -> list[str]:
        """Instructions of CPU 0 after it has stored the initial values."""
        return []

    def before(self, number: int, cpu: int) -> list[str]:
        """Instructions of each CPU before its thread."""
        return []

    def register_at(self, proc: int, n: int) -> int:
        return RAM[self.test.arch] + AREA + proc * STRIDE + FIRST + 8 * n


class Modelled(Laid):
    """A test that the enumerator knows; its addresses are those of the program."""

    def __init__(self, test: Test, path: str = "") -> None:
        super().__init__(test, path)
        self.enumerator = Enumerator(test)
        every = {e for traces in self.enumerator.traces() for t in traces for e in t.events}
        self.places = self.enumerator.places
        self.sizes = {p: self.enumerator.size(p, every) for p in self.places if isinstance(p, Name)}
        self.regs = [
            {name: val.value for name, val in regs.items()} for regs in self.enumerator.setting.regs
        ]
        self.result = self.enumerator.empty()
        for thread in test.threads:
            for insn in thread.code:
                if test.arch == "RISCV" and PSEUDO.match(insn.text):
                    op = insn.text.partition(" ")[0]
                    raise Unknown(f"instruction {op}, which no hart has", insn.line)

    def observed(self, cpu: int) -> list[Reg]:
        return [p for p in self.places if isinstance(p, Reg) and p.proc == cpu]

    def initial(self) -> list[tuple[int, Word]]:
        memory = self.enumerator.setting.memory
        found: list[tuple[int, Word]] = []
        for at in self.enumerator.setting.at.values():
            last = max([a for a in memory.bytes if at <= a < at + STRIDE], default=at)
            found += [(a, memory.get(a, 8)) for a in range(at, max(last + 1, at + 16), 8)]
        return found

    def collected(self) -> list[tuple[int, int]]:
        found, counts = [], [0] * self.cpus
        for place in self.places:
            if isinstance(place, Reg):
                found.append((self.register_at(place.proc, counts[place.proc]), 8))
                counts[place.proc] += 1
            elif isinstance(place, Name):
                found.append((self.enumerator.setting.address(place), self.sizes[place]))
        return found

    def judged(self, values: list[int]) -> tuple[log.State, bool] | None:
        state: dict[Place, int] = dict(zip(self.places, values))
        only = self.test.filter
        if only is not None and not self.enumerator.satisfies(only, state):
            return None
        return self.result.items(tuple(values)), self.enumerator.satisfies(self.test.prop, state)


RAM = {"AArch64": 0x40000000, "RISCV": 0x80000000}


def parts(name: str, cpus: int) -> list[str]:
    """What is before and after the tests of a program, from the file of this name."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as rest:
        return rest.read().replace("CPUS", str(cpus)).split("\nTESTS\n")


class Program:
    """The source of some tests of one architecture; subclasses have its assembly."""

    arch, text, result = "", "", ""  # text: the file with the rest of the program
    loads: dict[int, str] = {}  # from the address in the second scratch register to the first
    store = ""  # the opposite, of eight bytes
    scratch = ("", "")
    again: tuple[str, ...] = ()
    every: tuple[str, ...] = ()  # registers that a thread may leave free
    ends: tuple[str, ...] = ()  # store the number of rounds that are left to DONE
    polls: tuple[str, ...] = ()  # until another CPU has stored the same

    def __init__(self, tests: list[Laid], rounds: int) -> None:
        self.tests, self.rounds = tests, rounds
        self.cpus = max(laid.cpus for laid in tests)

    def constant(self, register: str, value: Word) -> list[str]:
        raise NotImplementedError

    def call(self, function: str) -> str:
        raise NotImplementedError

    def base(self, laid: Laid, cpu: int) -> str:
        raise NotImplementedError

    def area(self, cpu: int) -> int:
        return RAM[self.arch] + AREA + cpu * STRIDE

    def put(self, address: int, value: Word) -> list[str]:
        one, two = self.scratch
        return [*self.constant(one, value), *self.constant(two, address), self.store]

    def collect(self, laid: Laid) -> list[str]:
        lines: list[str] = []
        for n, (at, size) in enumerate(laid.collected()):
            to = RAM[self.arch] + TUPLE + 8 * n
            lines += [*self.constant(self.scratch[1], at), self.loads[size]]
            lines += [*self.constant(self.scratch[1], to), self.store]
        return [*lines, *self.constant(self.result, len(laid.collected())), self.call("tally")]

    def block(self, laid: Laid, number: int, cpu: int) -> list[str]:
        """All rounds of a test on one CPU."""
        base, laid.number = self.base(laid, cpu), number
        lines = [*self.put(self.area(cpu), self.rounds), *laid.once(cpu)]
        lines.append(f".Lround{number}_{cpu}:")
        if cpu == 0:
            for at, value in laid.initial():
                lines += self.put(at, value)
            lines += laid.reset(self)
        lines += [self.call("meet"), *laid.before(number, cpu), self.call("skew")]
        lines += self.constant(base, self.area(cpu))
        for name, value in laid.named(cpu).items():
            lines += self.constant(name.lower(), value)
        lines += [*laid.body(number, cpu), f".Lend{number}_{cpu}:", *self.delay(laid, cpu)]
        for n, place in enumerate(laid.observed(cpu)):
            lines.append(self.keep(laid.register(place.name).lower(), base, FIRST + 8 * n))
        lines.append(self.call("meet"))
        if cpu == 0:
            lines += self.collect(laid)
        lines += self.constant(self.scratch[1], self.area(cpu))
        return lines + [line.replace("ROUND", f".Lround{number}_{cpu}") for line in self.again]

    def keep(self, register: str, base: str, offset: int) -> str:
        raise NotImplementedError

    def free(self, laid: Laid, cpu: int) -> list[str]:
        """Registers that a thread does not name."""
        used = {name.lower() for name in laid.named(cpu)} | {self.base(laid, cpu)}
        return [name for name in self.every if name not in used]

    def delay(self, laid: Laid, cpu: int) -> list[str]:
        """Instructions before the first use of a result, so that its load may still be late: wait,
        without a barrier, for the ends of the other threads, if all have three free registers."""
        if any(len(self.free(laid, n)) < 3 for n in range(laid.cpus)):
            return []
        free = self.free(laid, cpu)
        lines = [word.format(*free, base=self.base(laid, cpu)) for word in self.ends]
        for other in (n for n in range(laid.cpus) if n != cpu):
            lines += self.constant(free[1], self.area(other) + DONE)
            lines += [word.format(*free) for word in self.polls]
        return lines

    def source(self) -> tuple[str, list[int]]:
        """The program, and for each of its lines the test that it belongs to, or -1."""
        head, tail = parts(self.text, self.cpus)
        lines, owner = head.split("\n"), [-1] * (head.count("\n") + 1)
        for cpu in range(self.cpus):
            lines, owner = lines + [f"cpu{cpu}:"], owner + [-1]
            for number, laid in enumerate(self.tests):
                block = [self.call("clear")] if cpu == 0 else []
                block += self.block(laid, number, cpu)
                if cpu == 0:
                    count = len(laid.collected())
                    block += [*self.constant(self.result, count), self.call("report")]
                lines, owner = lines + block, owner + [number] * len(block)
            end = self.call("leave" if cpu == 0 else "stay")
            lines, owner = lines + [end], owner + [-1]
        return "\n".join(lines) + "\n" + tail, owner + [-1] * (tail.count("\n") + 1)


class Arm64(Program):
    arch, text, result = "AArch64", "arm64.s", "x0"
    scratch, store = ("x0", "x1"), "str x0, [x1]"
    loads = {1: "ldrb w0, [x1]", 2: "ldrh w0, [x1]", 4: "ldr w0, [x1]", 8: "ldr x0, [x1]"}
    again = ("ldr x0, [x1]", "sub x0, x0, #1", "str x0, [x1]", "cbnz x0, ROUND")
    every = tuple(f"x{n}" for n in range(31))
    ends = ("ldr {0}, [{base}]", f"str {{0}}, [{{base}}, #{DONE}]")
    polls = ("1: ldr {2}, [{1}]", "sub {2}, {2}, {0}", "cbnz {2}, 1b")

    def constant(self, register: str, value: Word) -> list[str]:
        if isinstance(value, str):
            return [f"adrp {register}, {value}", f"add {register}, {register}, :lo12:{value}"]
        if register == "sp":
            return [*self.constant("x0", value), "mov sp, x0"]
        parts = [(value >> shift & 0xFFFF, shift) for shift in (16, 32, 48)]
        more = [f"movk {register}, #{part}, lsl #{shift}" for part, shift in parts if part]
        return [f"movz {register}, #{value & 0xFFFF}", *more]

    def call(self, function: str) -> str:
        return f"bl {function}"

    def base(self, laid: Laid, cpu: int) -> str:
        if "SP" in laid.named(cpu):
            raise Unknown("SP in a thread", 0)
        return "sp"

    def keep(self, register: str, base: str, offset: int) -> str:
        return f"str {register}, [{base}, #{offset}]"


class Riscv64(Program):
    arch, text, result = "RISCV", "riscv64.s", "a0"
    scratch, store = ("t0", "t1"), "sd t0, (t1)"
    loads = {1: "lbu t0, (t1)", 2: "lhu t0, (t1)", 4: "lwu t0, (t1)", 8: "ld t0, (t1)"}
    again = ("ld t0, (t1)", "addi t0, t0, -1", "sd t0, (t1)", "beqz t0, 1f", "j ROUND", "1:")
    every = tuple(f"x{n}" for n in range(1, 32))
    ends = ("ld {0}, 0({base})", f"sd {{0}}, {DONE}({{base}})")
    polls = ("1: ld {2}, ({1})", "bne {2}, {0}, 1b")

    def constant(self, register: str, value: Word) -> list[str]:
        if isinstance(value, str):
            return [f"la {register}, {value}"]
        return [f"li {register}, {value - (1 << 64) if value >> 63 else value}"]

    def call(self, function: str) -> str:
        return f"call {function}"

    def base(self, laid: Laid, cpu: int) -> str:
        named = laid.named(cpu)
        for n in range(31, 0, -1):
            if f"x{n}" not in named:
                return f"x{n}"
        raise Unknown("a thread that names all registers", 0)

    def keep(self, register: str, base: str, offset: int) -> str:
        return f"sd {register}, {offset}({base})"


KINDS: dict[str, type[Program]] = {"AArch64": Arm64, "RISCV": Riscv64}
