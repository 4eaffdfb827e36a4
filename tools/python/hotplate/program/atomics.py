# SPDX-License-Identifier: BSD-2-Clause
"""atomics - every atomic access of lib/atomic.h has, in the linked image, the order that its name
promises, and every exclusive pair or read-modify-write belongs to a line that names an order.

The line of source of an instruction names the order.  atomic-probe checks every operation of the
header in the same way, used or not."""
import os
import re

from hotplate.lint.core import read
from hotplate.program.order import FULL, LOAD, OWES, STORE, access, fence_orders, fulfils, together
from hotplate.program.asm import Function, Image

NAME = re.compile(r"\batomic_(\w+?)_(relaxed|acquire|release|acq_rel|seq_cst)\(")
ASSEMBLER = (".S", ".inc")  # the source is the instruction


class Source:
    """The operations that a line of the tree names: [(operation, order)]."""

    def __init__(self) -> None:
        self.files: dict[str, list[str]] = {}

    def names(self, path: str, line: int) -> list[tuple[str, str]]:
        if path not in self.files:
            self.files[path] = read(path) if os.path.isfile(path) else []
        lines = self.files[path]
        return NAME.findall(lines[line - 1]) if 0 < line <= len(lines) else []


def read_modify_write(image: Image, source: Source, function: Function) -> int:
    """Check each against the order that its line names.  Returns their number."""
    count = 0
    for i, insn in enumerate(function.insns):
        what = access(insn, function.arch)
        if not what or not what.atomic or insn.file.endswith(ASSEMBLER):
            continue
        count += 1
        orders = [
            o
            for operation, o in source.names(insn.file, insn.line)
            if operation not in ("load", "store", "fence")
        ]
        if not orders:
            image.report(
                insn.file,
                insn.line,
                "%s of %s at %x is atomic, and the line names no order"
                % (insn.op, function.name, insn.at),
            )
        elif all(fulfils(function, i, o) for o in orders):
            image.report(
                insn.file,
                insn.line,
                "%s of %s at %x must be %s and has no %s"
                % (insn.op, function.name, insn.at, orders[0], fulfils(function, i, orders[0])),
            )
    return count


def has(function: Function, places: list[int], operation: str, order: str) -> bool | None:
    """Whether one of these instructions is the operation, with its order.  None: the compiler
    left only other parts of the line in this function."""
    arch = function.arch
    if operation == "fence":
        owed = FULL if order == "seq_cst" else OWES[order]
        return together((function.insns[i] for i in places), arch) & owed == owed or None
    kind = LOAD if operation == "load" else STORE
    found = [i for i in places if (a := access(function.insns[i], arch)) and a.kind & kind]
    if found:
        return any(not fulfils(function, i, order) for i in found)
    # The compiler merged the accesses of several lines and kept the fence of each line.
    return any(fence_orders(function.insns[i], arch) & OWES[order] for i in places) or None


def plain(image: Image, source: Source) -> int:
    """Check loads, stores and fences by line: each function that has the access has its order.
    Returns the number of lines."""
    verdicts: dict[tuple[tuple[str, int], str, str], list[bool | None]] = {}
    for function in image.functions:
        lines: dict[tuple[str, int], list[int]] = {}
        for i, insn in enumerate(function.insns):
            lines.setdefault((insn.file, insn.line), []).append(i)
        for where, places in lines.items():
            for operation, order in source.names(*where):
                if order == "relaxed" or operation not in ("load", "store", "fence"):
                    continue
                verdict = has(function, places, operation, order)
                if verdict is False:
                    image.report(
                        where[0],
                        where[1],
                        "atomic_%s_%s in %s at %x does not have that order"
                        % (operation, order, function.name, function.insns[places[0]].at),
                    )
                verdicts.setdefault((where, operation, order), []).append(verdict)
    for (where, operation, order), seen in verdicts.items():
        if all(v is None for v in seen):
            image.report(
                where[0],
                where[1],
                "no instruction of that line is atomic_%s_%s" % (operation, order),
            )
    return len(verdicts)


def check(image: Image) -> int:
    """Returns the number of accesses that were checked."""
    source = Source()
    return sum(read_modify_write(image, source, f) for f in image.functions) + plain(image, source)
