# SPDX-License-Identifier: BSD-2-Clause
"""asm - program text as the lints of the linked image read it: functions, instructions with their
line of source, and paths between them.  order.py decodes how an instruction orders accesses."""
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Callable

from hotplate.lint.core import Lint

Test = Callable[["Insn"], object]
Bad = Callable[["Insn | None"], object]

PREFIX = {
    "arm64": ("aarch64-linux-gnu-",),
    "riscv64": ("riscv64-linux-gnu-", "riscv64-unknown-elf-"),
}
SYMBOL = re.compile(r"^([0-9a-f]{8,16}) <([^>]+)>:$")
INSN = re.compile(r"^ *([0-9a-f]+):\t([0-9a-f]{8}|[0-9a-f]{4}) +\t(\S+)\s*(.*)$")
LINE = re.compile(r"^(\S.*):(\d+)(?: \(discriminator \d+\))?$")
COMMENT = re.compile(r"\s(//|# ).*")
RELOCATION = re.compile(r"^\s+[0-9a-f]+: (R_\S+)\s+([^\s+]+)")
TARGET = re.compile(r"(?:^|[, ])([0-9a-f]+) <([^>+]+)(?:\+0x[0-9a-f]+)?>")


class Insn:
    """Address, word and its bytes, mnemonic and operands; source file and line; the symbol of its
    relocation."""

    __slots__ = ("at", "word", "size", "op", "args", "file", "line", "calls")

    def __init__(self, at: int, word: str, op: str, args: str, where: tuple[str, int]) -> None:
        self.at, self.word, self.size = at, int(word, 16), len(word) // 2
        self.op, self.args = op, args
        self.calls: str | None = None
        self.file, self.line = where


class Function:
    def __init__(self, name: str, arch: str) -> None:
        self.name, self.arch = name, arch
        self.insns: list[Insn] = []
        self.index: dict[int, int] = {}

    def add(self, insn: Insn) -> None:
        self.index[insn.at] = len(self.insns)
        self.insns.append(insn)

    def files(self) -> set[str]:
        return {i.file for i in self.insns}

    def target(self, i: int) -> int | None:
        """Index of the target of a branch; None: the target is outside the function."""
        match = TARGET.search(self.insns[i].args)
        return self.index.get(int(match[1], 16)) if match else None

    def after(self, i: int) -> list[int]:
        """Indices of the successors; EXIT for a return or a jump out of the function."""
        flow = flow_of(self.insns[i], self.arch)
        following = [i + 1] if i + 1 < len(self.insns) else []
        if flow == "next" or flow == "call":
            return following
        if flow == "stop":
            return []
        if flow == "return":
            return [EXIT]
        to = self.target(i)
        jump = [EXIT if to is None else to]
        return jump if flow == "jump" else jump + following

    def escapes(self, start: int, barrier: Test, bad: Bad) -> int | None:
        """An instruction after `start` for which bad() holds and that some path reaches without
        barrier(), or EXIT (bad(None)); None: every path has the barrier first."""
        return self._search(self.after(start), self.after, barrier, bad)

    def _search(
        self, todo: list[int], step: Callable[[int], list[int]], barrier: Test, bad: Bad
    ) -> int | None:
        todo, seen = list(todo), set()
        while todo:
            i = todo.pop()
            if i in seen:
                continue
            seen.add(i)
            if i == EXIT:
                if bad(None):
                    return EXIT
                continue
            if barrier(self.insns[i]):
                continue
            if bad(self.insns[i]):
                return i
            todo += step(i)
        return None

    def before(self) -> dict[int, list[int]]:
        """For each index its predecessors; EXIT is the entry of the function."""
        found: dict[int, list[int]] = {i: [] for i in range(len(self.insns))}
        found[0].append(EXIT)
        for i in range(len(self.insns)):
            for to in self.after(i):
                if to != EXIT:
                    found[to].append(i)
        return found

    def unguarded(self, end: int, barrier: Test, bad: Bad) -> int | None:
        """Like escapes(), backwards: an instruction before `end` with no barrier() between."""
        before = self.before()
        return self._search(before[end], before.__getitem__, barrier, bad)


EXIT = -1
ARM_STOP = {"udf", "hlt", "eret"}
RISCV_CONDITION = re.compile(r"^b(eq|ne|lt|ge|gt|le)u?z?$")


def flow_of(insn: Insn, arch: str) -> str:
    """next, call, jump, branch (jump or next), return, stop."""
    op, args = insn.op, insn.args
    if arch == "arm64":
        if op in ("bl", "blr"):
            return "call"
        if op == "b":
            return "jump"
        if op in ("ret", "br"):
            return "return"
        if op.startswith("b.") or op in ("cbz", "cbnz", "tbz", "tbnz"):
            return "branch"
        return "stop" if op in ARM_STOP else "next"
    if op in ("jal", "jalr", "call"):
        register = args.split(",")[0]
        return "jump" if register == "zero" else "call"
    if op in ("j", "tail"):
        return "jump"
    if op in ("ret", "jr", "mret", "sret"):
        return "return"
    if RISCV_CONDITION.match(op):
        return "branch"
    return "stop" if op in ("ebreak", "unimp") else "next"


def disassemble(path: str, arch: str, prefix: str | None = None) -> list[Function]:
    """Functions of an image or an object, in order."""
    there = [p for p in PREFIX[arch] if shutil.which(p + "objdump")]
    chosen = prefix or (there or PREFIX[arch])[0]
    lines = subprocess.run(
        [chosen + "objdump", "-d", "-l"] + (["-r"] if path.endswith(".o") else []) + [path],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    found: list[Function] = []
    where, function = ("", 0), None
    for text in lines:
        match = INSN.match(text)
        if match and function:
            # only the comment has the target of JALR
            args = match[4] if match[3] in ("jalr", "jr") else COMMENT.sub("", match[4])
            function.add(Insn(int(match[1], 16), match[2], match[3], args.strip(), where))
            continue
        match = SYMBOL.match(text)
        if match:
            if not match[2].startswith(".L"):  # labels of an object
                function, where = Function(match[2], arch), ("", 0)
                found.append(function)
            continue
        match = RELOCATION.match(text) if text.startswith("\t\t") else None
        if match and function and function.insns:
            function.insns[-1].calls = match[2]
            continue
        match = LINE.match(text)
        if match:
            where = (os.path.normpath(match[1]), int(match[2]))
    return [f for f in found if f.insns]


def callee(insn: Insn) -> str | None:
    """The name of the target of a direct call, or None."""
    if insn.calls:
        return insn.calls
    match = TARGET.search(insn.args)
    return match[2] if match else None


class Image:
    """A linked kernel, and the lint that checks it."""

    def __init__(self, path: str, arch: str, lint: Lint) -> None:
        self.path, self.arch, self.lint = path, arch, lint
        self.functions = disassemble(path, arch)

    def report(self, file: str, line: int, sentence: str) -> None:
        self.lint.report(file or self.path, line or 1, "%s: %s" % (self.path, sentence))

    def report_at(self, function: Function, i: int, sentence: str) -> None:
        insn = function.insns[i]
        self.report(
            insn.file, insn.line, "%s of %s at %x %s" % (insn.op, function.name, insn.at, sentence)
        )

    def object(self, name: str) -> bytes:
        """The bytes of a constant; empty: there is no such symbol."""
        address, size = symbols(self.path).get(name, (0, 0))
        with open(self.path, "rb") as f:
            elf = f.read()
        at = offset_of(elf, address)
        return elf[at : at + size] if at else b""


def offset_of(elf: bytes | bytearray, address: int) -> int:
    """Offset of an address in the file, by the program headers; 0: no header has it."""
    (table,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for n in range(count):
        kind, _, place, va, _, length = struct.unpack_from("<IIQQQQ", elf, table + n * size)
        if kind == 1 and va <= address < va + length:
            return place + address - va
    return 0


def symbols(path: str) -> dict[str, tuple[int, int]]:
    """name: (address, bytes)"""
    text = subprocess.run(
        ["readelf", "-sW", path], check=True, capture_output=True, text=True
    ).stdout
    found = re.findall(r"^ *\d+: ([0-9a-f]+) +(\d+) +(?:FUNC|OBJECT) .* (\S+)$", text, re.M)
    return {name: (int(at, 16), int(size)) for at, size, name in found}
