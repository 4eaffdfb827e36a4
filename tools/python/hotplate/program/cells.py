# SPDX-License-Identifier: BSD-2-Clause
"""cells - accesses to page-table cells, in the linked image.

Every access of a line of mm/pt/pt_cell.h is one naturally aligned access of eight bytes, so that a
walker never reads half of a cell.  Only functions of the engine contain the stores of those lines:
a store in another file bypasses the choke point, even if its types are right."""
import re

from hotplate.program.order import STORE, access
from hotplate.program.asm import Function, Image, Insn

HEADER = "mm/pt/pt_cell.h"
ENGINE = ("mm/pt/pt.c", "mm/pt/pt_", "mm/pt/fmt/", "tests/walk/")
WHOLE = {
    "arm64": {
        "ldr",
        "ldur",
        "ldar",
        "str",
        "stur",
        "stlr",
        "ldxr",
        "ldaxr",
        "stxr",
        "stlxr",
        "ldapr",
    },
    "riscv64": {"ld", "sd", "lr.d", "sc.d", "amoswap.d"},
}


def is_whole(insn: Insn, arch: str) -> bool:
    """One access of eight bytes: of an X register, or of a doubleword."""
    if insn.op.split(".aq")[0].split(".rl")[0] not in WHOLE[arch]:
        return False
    if arch == "riscv64":
        return True
    registers = insn.args.split("[")[0].split(",")
    data = [r.strip() for r in registers if r.strip()][-1]  # the first of STXR is its status
    return data.startswith("x")


def aligned(insn: Insn, arch: str) -> bool:
    """The offset, or the scaled index, is a multiple of eight; another offset splits a cell."""
    if arch == "riscv64":
        offset = insn.args.split(",")[-1].split("(")[0]
    else:
        inside = insn.args.split("[")[-1].split("]")[0]
        scaled = re.search(r", [a-z]+ #(\d+)$", inside)
        if scaled:
            return int(scaled[1]) >= 3
        offset = inside.partition("#")[2]
    try:
        return int(offset.strip() or "0", 0) % 8 == 0
    except ValueError:
        return True


def home(function: Function) -> str:
    """The file that defines a function: that of its first instruction from a .c file."""
    return next((i.file for i in function.insns if i.file.endswith(".c")), "")


def check(image: Image) -> int:
    """Returns the number of accesses that were checked."""
    count = 0
    for function in image.functions:
        for i, insn in enumerate(function.insns):
            what = access(insn, image.arch) if insn.file == HEADER else None
            if not what:
                continue
            count += 1
            if not is_whole(insn, image.arch):
                image.report_at(
                    function, i, "is not one access of eight bytes: a cell could be split"
                )
            elif not aligned(insn, image.arch):
                image.report_at(
                    function, i, "is not aligned to eight bytes: a cell could be split"
                )
            if what.kind & STORE and not home(function).startswith(ENGINE):
                image.report_at(
                    function, i, "stores to a cell outside the engine (%s)" % home(function)
                )
    return count
