# SPDX-License-Identifier: BSD-2-Clause
"""Litmus tests with translation tables (VMSA), or that modify code, as a bare program of arm64.

Each location is a page of its own at WINDOW; the entry of its last level is in the page at LEAVES,
and its frame is where a test without tables has the location.  Before each round every entry is
broken, then made.  A fault ends the thread, as `-variant vmsa,fatal` of herd7 has it, unless
Variant= has another word of HOW, or the thread has a handler.  Code that a thread can modify, as it
has the address of its label, is restored before each round."""
import re
from collections.abc import Iterator

from hotplate.litmus import aarch64, bare, form, log, show
from hotplate.litmus.form import Array, Code, Fault, Int, Is, Label, Name, Of, Place, Prop, Pte
from hotplate.litmus.form import Reg, Test, Unknown, Value
from hotplate.litmus.model import BASE, SIZES, STEP

WINDOW, LEAVES, MIDDLE, SAVED = 0x80000000, 0x44200000, 0x44201000, 0x44202000
CACHES = {"IDC": ("idc=1",), "DIC": ("dic=1", "idc=1")}  # CacheType=; DIC implies IDC
VALID, PLAIN, EL0, READONLY, AF, DBM = 1, 0x306, 1 << 6, 1 << 7, 1 << 10, 1 << 51
USUAL = VALID | PLAIN | EL0 | AF
FRAME = 0xFFFFFFFFF000
FIELDS = {"valid": VALID, "af": AF, "dbm": DBM, "el0": EL0}
SHARED = {"NSH": 0, "OSH": 2, "ISH": 3}  # bits 9:8 of an entry
SHARED |= {"Non-shareable": 0, "Outer-shareable": 2, "Inner-shareable": 3}
WRITE_BACK = ("Normal", "iWB", "oWB", "Inner-write-back", "Outer-write-back")
CODE = {"NOP": 0xD503201F, "RET": 0xD65F03C0, "ISB": 0xD5033FDF}
CODE |= {f"B .+{4 * n}": 0x14000000 + n for n in range(1, 16)}
# Instructions that only such a test has.
ALONE = ("TLBI", "DC", "IC", "B", "BL", "BR", "BLR", "RET", "SVC", "ADR", "ERET", "UDF")
IALLU = re.compile(r"\bIC IALLU\b", re.I)  # for herd7 one of all CPUs, as HCR_EL2.FB makes it
HA, HD = 1 << 39, 1 << 40  # of TCR_EL1
# What a fault of a thread does (arm64.s): herd7's words of Variant=.  herd7 discards executions in
# which an access that is repeated faults again; here that is the same fault.
HOW = {"fatal": "ended", "precise": "ended", "skip": "skipped", "faulttonext": "skipped"}
HOW |= {"handled": "again", "imprecise": "again"}
# In a CPU's area: what a fault does, where its next record is kept, where the thread ends, how
# often it may fault, and the records: ESR, FAR and ELR.
AT_FAULT, NEXT, END, LEFT, RECORD, RECORDS = 32, 40, 48, 1008, 1024, 4
TTHM = re.compile(r"(?:P(\d+):)?(HA|HD)$")
STATUS = {"MMU:Translation": 1, "MMU:AccessFlag": 2, "MMU:Permission": 3}  # ESR_EL1.DFSC, bits 5:2
HIT = 0x20, 0x21, 0x24, 0x25  # ESR_EL1.EC of an instruction or data abort


def system(value: Value | Fault) -> Value | Fault:
    """pte_x and phy_x are older names of PTE(x) and PA(x)."""
    if isinstance(value, Of) and value.kind == "TTD":
        return Of("PTE", value.args)
    if isinstance(value, Name) and value.name.startswith(("pte_", "phy_")):
        return Of("PTE" if value.name.startswith("pte_") else "PA", (Name(value.name[4:]),))
    return value


def has_tables(test: Test) -> bool:
    """Is it a test of AArch64 with page table entries, TLBIs, faults, or code as data?"""
    values: list[object] = [v for item in test.init for v in (item.place, item.value)]
    for atom in [*form.atoms(test.prop), *(p for p, _ in test.shown)]:
        values += [atom] if not isinstance(atom, Is) else [atom.place, atom.value]
    code = (insn.text for thread in test.threads for insn in thread.code)
    return test.arch == "AArch64" and (
        any(isinstance(system(v), (Of, Pte, Fault)) for v in values)  # type: ignore[arg-type]
        or any(thread.name.endswith(".F") for thread in test.threads)
        or any(isinstance(item.value, (Code, Label)) for item in test.init)
        or any(text.upper().startswith("TLBI") for text in code)
    )


Record = tuple[int, int, int]  # ESR, FAR, ELR


class Tables(bare.Laid):
    """A test with translation tables or code as data.  No model here knows it: `litmus compare`
    has the verdicts that are published."""

    def __init__(self, test: Test, path: str = "") -> None:
        super().__init__(test, path)
        self.names: dict[str, int] = {}
        self.sizes: dict[str, int] = {}
        self.memory: dict[str, bytes] = {}
        self.pointers: dict[str, str] = {}  # locations with the address of a label
        self.code: list[str] = []  # labels whose addresses threads have
        self.entries: dict[str, int] = {}
        self.hardware = self.updates()
        self.how = "ended"
        self.handlers = {t.proc: t for t in test.threads if t.name.endswith(".F")}
        self.check()
        self.regs = [{} for _ in test.threads]
        for item in test.init:
            self.initialised(item)
        self.code = sorted(set(self.code))
        self.seen = self.observables()
        for name in self.names:
            self.entries.setdefault(name, self.descriptor(Pte(()), name))

    def handled(self) -> bool:
        """May a thread continue after a fault?"""
        return bool(self.handlers) or self.how != "ended"

    def updates(self) -> dict[int, int]:
        """The updates of tables by hardware, by CPU (TTHM of the header)."""
        found: dict[int, int] = {}
        for word in re.split(r"[\s,]+", self.test.header("TTHM")):
            match = TTHM.match(word)
            if word and not match:
                raise Unknown(f"TTHM={self.test.header('TTHM')}", 0)
            for cpu in range(self.cpus) if word else ():
                if match and (not match[1] or int(match[1]) == cpu):
                    found[cpu] = found.get(cpu, 0) | (HA if match[2] == "HA" else HA | HD)
        return found

    def check(self) -> None:
        for word in re.split(r"[\s,]+", self.test.header("Variant").lower()):
            if word not in ("", "vmsa", "kvm", "self", "ifetch", *HOW):
                raise Unknown(f"Variant={self.test.header('Variant')}", 0)
            self.how = HOW.get(word, self.how)
        for word in self.test.header("CacheType").upper().split():
            self.words = max(self.words, CACHES[word], key=len)
        if self.test.header("EL0"):
            raise Unknown("threads at EL0", 0)
        for thread in self.test.threads:
            for insn in thread.code:
                op = insn.text.partition(" ")[0].upper()
                if insn.text and op not in ALONE and not aarch64.decode(insn.text):
                    raise Unknown(f"instruction {insn.text}", insn.line)
                if thread.proc in self.handlers and op == "SVC":
                    raise Unknown("SVC in a thread with a fault handler", insn.line)

    def index(self, name: str) -> int:
        if any(name in self.labels(thread.proc) for thread in self.test.threads):
            raise Unknown("a page table entry of code", 0)
        return self.names.setdefault(name, len(self.names))

    def frame(self, name: str) -> int:
        return BASE[True] + self.index(name) * STEP

    def descriptor(self, pte: Pte, name: str = "") -> int:
        """The entry; fields that the file leaves out have their usual value."""
        word, frame = USUAL, self.frame(name) if name else -1
        for key, values in pte.fields:
            text = values[0] if values else ""
            if key == "oa":
                inner = re.fullmatch(r"(?:phy_|PA\()(\w+)\)?", text)
                if not inner:
                    raise Unknown(f"oa:{text}", 0)
                frame = self.frame(inner[1])
            elif key == "attrs":
                for one in values:
                    if one in SHARED:
                        word = word & ~(3 << 8) | SHARED[one] << 8
                    elif one not in WRITE_BACK:
                        raise Unknown(f"attribute {one} of a page table entry", 0)
            elif key == "db" and text in ("0", "1"):
                word = word & ~READONLY | (0 if text == "1" else READONLY)
            elif key in FIELDS and text in ("0", "1"):
                word = word & ~FIELDS[key] | (FIELDS[key] if text == "1" else 0)
            else:
                raise Unknown(f"{key} in a page table entry", 0)
        if frame < 0:
            raise Unknown("a page table entry without oa in a register", 0)
        return word | frame

    def value(self, value: Value | None, of: str = "") -> int:
        value = system(value) if value is not None else Int(0)  # type: ignore[assignment]
        if isinstance(value, Int):
            return value.value & (1 << 64) - 1
        if isinstance(value, Code) and value.text in CODE:
            return CODE[value.text]
        if isinstance(value, Pte) and not value.kind:
            return self.descriptor(value, of)
        if isinstance(value, Name) and not value.tag:
            size = self.sizes.get(value.name, 4)
            return WINDOW + (self.index(value.name) << 12) + size * (value.index or 0)
        if isinstance(value, Label) and value.name in self.labels(value.proc):
            return self.label(value.proc, value.name)
        if isinstance(value, Of) and value.kind == "PTE" and isinstance(value.args[0], Name):
            return LEAVES + 8 * self.index(value.args[0].name)
        raise Unknown(f"the value {show.show_value(value)}", 0)  # type: ignore[arg-type]

    def pointer(self, value: Value | None) -> bare.Word:
        if isinstance(value, Label) and value.name in self.labels(value.proc):
            self.code.append(f"{value.proc}_{value.name}")
            return self.code[-1]
        return self.value(value)

    def symbol(self, word: bare.Word) -> bare.Word:
        return f"L{self.number}_{word}" if isinstance(word, str) else word

    def named(self, cpu: int) -> dict[str, bare.Word]:
        return {name: self.symbol(word) for name, word in super().named(cpu).items()}

    def initialised(self, item: form.Init) -> None:
        place = system(item.place)
        if isinstance(place, Reg):
            for n, thread in enumerate(self.test.threads):
                if thread.proc == place.proc:
                    self.regs[n][self.register(place.name)] = self.pointer(item.value)
        elif isinstance(place, Of) and place.kind == "PTE" and isinstance(place.args[0], Name):
            name = place.args[0].name
            self.entries[name] = self.value(item.value, name)
        elif isinstance(place, Name):
            self.index(place.name)
            size = 8 if "*" in item.type else SIZES.get(item.type, 4)
            if isinstance(item.value, Label):
                self.pointers[place.name] = str(self.pointer(item.value))
                return
            self.sizes[place.name] = size
            values = item.value.items if isinstance(item.value, Array) else [item.value]
            values = [*values, *[None] * ((item.size or 1) - len(values))]
            self.memory[place.name] = b"".join(
                (self.value(value) & (1 << 8 * size) - 1).to_bytes(size, "little")
                for value in values
            )
        else:
            raise Unknown(f"the initial value of {show.show_value(item.place)}", 0)

    def observables(self) -> list[Place | Fault]:
        if self.test.filter is not None:
            raise Unknown("a filter", 0)
        found: dict[Place | Fault, None] = {}
        for atom in [*(p for p, _ in self.test.shown), *form.atoms(self.test.prop)]:
            place = atom.place if isinstance(atom, Is) else atom
            if isinstance(atom, Is):
                self.value(atom.value, "x")  # is it known?
            place = system(place)  # type: ignore[arg-type,assignment]
            if isinstance(place, Of) and place.kind != "PTE":
                raise Unknown(f"the final value of {show.show_value(place)}", 0)
            if isinstance(place, Name):
                self.index(place.name)
            found[place] = None  # type: ignore[index]
        return list(found)

    def observed(self, cpu: int) -> list[Reg]:
        return [p for p in self.seen if isinstance(p, Reg) and p.proc == cpu]

    def is_code(self, name: str) -> bool:
        return int.from_bytes(self.memory.get(name, b""), "little") in CODE.values()

    def initial(self) -> list[tuple[int, bare.Word]]:
        """The entries are broken; the data are stored to the frames."""
        found: list[tuple[int, bare.Word]] = [(LEAVES + 8 * n, 0) for n in self.names.values()]
        found += [(self.frame(name), self.symbol(at)) for name, at in self.pointers.items()]
        for name in self.names.keys() - self.pointers.keys():
            found += [(self.frame(name) + at, word) for at, word in self.data(name)]
        return found

    def data(self, name: str) -> Iterator[tuple[int, int]]:
        """Offset and value of each initial doubleword of a location."""
        data = self.memory.get(name, bytes(8))
        for at in range(0, len(data), 8):
            yield at, int.from_bytes(data[at : at + 8], "little")

    def reset(self, program: bare.Program) -> list[str]:
        lines = ["dsb ish", "tlbi vmalle1is", "dsb ish"]
        for name in self.names:
            # Instructions that were stored (D7.5.9, B2.7.4.2).  No run of this machine has failed
            # without these: no CPU fetches from the frame before the first store.
            if self.is_code(name):
                lines += [*program.constant("x0", self.frame(name)), "dc cvau, x0", "dsb ish",
                          "ic ialluis"]  # fmt: skip
        for name, n in self.names.items():
            lines += program.put(LEAVES + 8 * n, self.entries[name])
        for n, label in enumerate(self.code):
            lines += [*program.constant("x1", SAVED + 4 * n), "ldr w0, [x1]"]
            lines += [*program.constant("x1", self.symbol(label)), "str w0, [x1]", "dc cvau, x1"]
        if self.code:
            lines += ["dsb ish", "ic ialluis"]
        return [*lines, "dsb ish", "isb"]

    def once(self, cpu: int) -> list[str]:
        """The table of the window, and what hardware updates on this CPU."""
        lines = ["mrs x0, tcr_el1", f"bic x0, x0, #{HA | HD:#x}"]
        if self.hardware.get(cpu):
            lines.append(f"orr x0, x0, #{self.hardware[cpu]:#x}")
        lines += ["msr tcr_el1, x0", "isb", "tlbi vmalle1", "dsb nsh", "isb"]
        if cpu:
            return lines
        program = bare.Arm64([self], 1)
        for n, label in enumerate(self.code):  # what the threads may modify
            lines += [*program.constant("x1", self.symbol(label)), "ldr w0, [x1]"]
            lines += [*program.constant("x1", SAVED + 4 * n), "str w0, [x1]"]
        pages = [*program.constant("x0", LEAVES | 3), *program.constant("x1", MIDDLE)]
        return [*lines, *pages, "str x0, [x1]", "add x0, x1, #3", "adrp x1, table",
                "str x0, [x1, #16]", "dsb ish", "isb"]  # fmt: skip

    def before(self, number: int, cpu: int) -> list[str]:
        """In every second round each CPU has used all entries that an access does not change; no
        thread begins before all have."""
        program, lines = bare.Arm64([self], 1), ["dsb sy", "isb", "ldr x0, [sp]"]
        lines.append(f"tbz x0, #0, .Lcold{number}_{cpu}")
        for name, n in self.names.items():
            if self.entries[name] & (VALID | AF) == VALID | AF:
                lines += [*program.constant("x1", WINDOW + (n << 12)), "ldr w0, [x1]"]
        lines += [f".Lcold{number}_{cpu}:", "bl meet", "isb"]
        how = f"F{number}_{cpu}" if cpu in self.handlers else self.how
        lines += [f"adrp x0, {how}", f"add x0, x0, :lo12:{how}", f"str x0, [sp, #{AT_FAULT}]",
                  f"adr x0, .Lend{number}_{cpu}", f"str x0, [sp, #{END}]", "mov x0, #1000",
                  f"str x0, [sp, #{LEFT}]", f"str xzr, [sp, #{RECORD - 8}]",
                  f"add x0, sp, #{RECORD}", f"str x0, [sp, #{NEXT}]"]  # fmt: skip
        return [*lines, *(f"str xzr, [x0, #{8 * n}]" for n in range(3 * RECORDS))]

    def body(self, number: int, cpu: int) -> list[str]:
        """A handler is after its thread, which ends before it; the first instructions give x28 and
        x29 the values that they have in the thread."""
        lines = [IALLU.sub("ic ialluis", line) for line in super().body(number, cpu)]
        end = [f"b .Lend{number}_{cpu}"]
        if any(label.startswith(f"{cpu}_") for label in self.code):  # other CPUs may be here
            named = {name for n in range(self.cpus) for name in self.named(n)}
            free = [f"x{n}" for n in range(31) if f"X{n}" not in named]
            if not free:
                raise Unknown("threads that name all registers", 0)
            end = [f"ldr {free[0]}, [sp, #{END}]", f"br {free[0]}"]
            lines += end
        if cpu in self.handlers:
            lines += [*end, f"F{number}_{cpu}:", "ldr x28, [sp, #16]", "ldr x29, [sp, #24]"]
            lines += [*self.instructions(self.handlers[cpu], number), *end]
        return lines

    def faults(self) -> dict[int, int]:
        """How many records of each CPU's faults a state has."""
        ended = {p.proc: 1 for p in self.seen if isinstance(p, Fault)}
        others = range(self.cpus) if self.how != "ended" else self.handlers
        return ended | {cpu: RECORDS for cpu in others}

    def collected(self) -> list[tuple[int, int]]:
        found, counts = [], [0] * self.cpus
        for place in self.seen:
            if isinstance(place, Reg):
                found.append((self.register_at(place.proc, counts[place.proc]), 8))
                counts[place.proc] += 1
            elif isinstance(place, Of):
                found.append((self.value(place), 8))
            elif isinstance(place, Name):
                size = self.sizes.get(place.name, 4)
                found.append((self.frame(place.name) + size * (place.index or 0), size))
        for cpu, count in self.faults().items():
            area = bare.RAM["AArch64"] + bare.AREA + cpu * bare.STRIDE
            found += [(area + NEXT, 8), *((area + RECORD + 8 * n, 8) for n in range(3 * count))]
        return found

    def faulted(self, fault: Fault, record: Record) -> bool:
        esr, far, elr = record
        if fault.kind == "UndefinedInstruction":
            return elr == self.label(fault.proc, fault.label) and not esr >> 26
        if not esr or esr >> 26 not in HIT:
            return False
        if fault.label and self.label(fault.proc, fault.label) != elr:
            return False
        if fault.place is not None and self.value(fault.place) >> 12 != far >> 12:
            return False
        return not fault.kind or STATUS.get(fault.kind.removeprefix("D-")) == esr >> 2 & 15

    def judged(self, values: list[int]) -> tuple[log.State, bool] | None:
        words = iter(values)
        state: dict[Place | Fault, int] = {}
        for place in self.seen:
            state[place] = 0 if isinstance(place, Fault) else next(words)
        for cpu, count in self.faults().items():
            lost = not next(words)  # it had more faults than there are records
            records = [(next(words), next(words), next(words)) for _ in range(count)]
            if lost or any(self.nested(cpu, record) for record in records):
                return None
            for place in self.seen:
                if isinstance(place, Fault) and place.proc == cpu:
                    state[place] = any(self.faulted(place, record) for record in records)
        items = tuple(self.item(place, value) for place, value in state.items())
        return items, self.satisfies(self.test.prop, state)

    def nested(self, cpu: int, record: Record) -> bool:
        """Is it a fault in a handler, with which herd7 discards the execution?"""
        first = self.symbols.get(f"F{self.number}_{cpu}", 0)
        size = 4 * len(self.handlers[cpu].code) if cpu in self.handlers else 0
        return bool(record[0]) and first <= record[2] - 8 < first + size

    def item(self, place: Place | Fault, value: int) -> str:
        if isinstance(place, Fault):
            return ("" if value else "~") + show.show_fault(place) + ";"
        if place in self.entries_in or isinstance(place, Of):
            return log.item(place, self.entry(value))
        return log.item(place, self.address_of(value))

    @property
    def entries_in(self) -> set[Place]:
        """Registers that the condition compares with an entry."""
        atoms = (a for a in form.atoms(self.test.prop) if isinstance(a, Is))
        return {a.place for a in atoms if isinstance(a.value, Pte)}

    def label(self, proc: int, name: str) -> int:
        return self.symbols.get(f"L{self.number}_{proc}_{name}", 0)

    def address_of(self, value: int) -> str:
        for proc in range(self.cpus) if value else ():
            for name in sorted(self.labels(proc)):
                if value == self.label(proc, name):
                    return show.show_final(Label(proc, name))
        for name, n in self.names.items():
            if value == WINDOW + (n << 12):
                return name
        return str(value)

    def entry(self, word: int) -> str:
        """As herd7 prints an entry; fields that have their usual value are left out."""
        frames = {self.frame(name): name for name in self.names}
        frame = word & FRAME
        parts = ["oa:" + (f"PA({frames[frame]})" if frame in frames else hex(frame))]
        shared = [key for key, bits in SHARED.items() if bits == word >> 8 & 3]
        if word >> 8 & 3 != PLAIN >> 8:
            parts.append(f"attrs:({(shared or ['?'])[0]})")
        for key, bit in FIELDS.items():
            if (word ^ USUAL) & bit:
                parts.append(f"{key}:{int(bool(word & bit))}")
        if word & READONLY:
            parts.insert(len(parts), "db:0")
        return f"({', '.join(parts)})" if word else "0"

    def satisfies(self, prop: Prop, state: dict[Place | Fault, int]) -> bool:
        if isinstance(prop, Is):
            place = system(prop.place)
            of = place.args[0].name if isinstance(place, Of) else ""  # type: ignore[union-attr]
            expected = self.value(prop.value, of)
            actual = state[place]  # type: ignore[index]
            if isinstance(prop.value, Int):
                return (actual - expected) & 0xFFFFFFFF == 0
            return actual == expected
        if isinstance(prop, Fault):
            return bool(state[prop])
        if isinstance(prop, form.Not):
            return not self.satisfies(prop.of, state)
        if isinstance(prop, form.Implies):
            return not self.satisfies(prop.left, state) or self.satisfies(prop.right, state)
        if isinstance(prop, form.And):
            return all(self.satisfies(p, state) for p in prop.of)
        return any(self.satisfies(p, state) for p in prop.of)
