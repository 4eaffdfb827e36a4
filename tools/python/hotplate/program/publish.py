# SPDX-License-Identifier: BSD-2-Clause
"""publish - contents before the pointer or leaf that shows them, in the linked image.

The engine asks its environment for the barrier (pt->env->publish()), by the duties of the format:
which store owes it is judged by tests/host/engine.  Here: the kernel's environment answers with
arch_pt_publish and arch_pt_visible; a call of publish() leads to each compare-and-exchange of a
cell and to the stores of a run, so the compiler has kept it on their side; a function of ALWAYS
passes it, whatever the duty, before it makes a leaf; and publish_owed() holds one."""
import struct
from collections.abc import Callable

from hotplate.program.asm import Function, Image, Insn, callee, flow_of, symbols
from hotplate.lint.core import read
from hotplate.program.order import STORE, access

CELL = "mm/pt/pt_cell.h"
ANSWERS = ("arch_pt_publish", "arch_pt_visible")
CALLS = {"publish", "pt_publish", "publish_owed", "pt_contents"}
OWED = "publish_owed"  # asks what the run owes; a call of publish() stands in it
# Functions that put frames with new contents into place, and what does it.
ALWAYS = {
    "pt_spots_make": {"pt_set_spots", "store_spot_tapped"},
    "map_range": {"pt_set_run", "write_run"},
}


def base(name: str | None) -> str:
    """Without what the compiler appends to clones: .constprop.0, .isra.0, .part.0, .cold."""
    return name.split(".")[0] if name else ""


def asks(function: Function, insn: Insn, lines: Callable[[Insn], str]) -> bool:
    """A call of the barrier: by name, or through a pointer in a line that says publish()."""
    if flow_of(insn, function.arch) not in ("call", "return", "jump"):
        return False
    if base(callee(insn)) in CALLS:
        return True
    return insn.op in ("blr", "br", "jalr", "jr") and "publish()" in lines(insn)


def line_reader() -> Callable[[Insn], str]:
    """line_reader()(insn): the text of its line of source."""
    files = {}

    def lines(insn: Insn) -> str:
        if insn.file not in files:
            try:
                with open(insn.file, encoding="utf-8", errors="replace") as f:
                    files[insn.file] = f.read().split("\n")
            except OSError:
                files[insn.file] = []
        return files[insn.file][insn.line - 1] if 0 < insn.line <= len(files[insn.file]) else ""

    return lines


def comes_after_call(function: Function, i: int, lines: Callable[[Insn], str]) -> bool:
    """Is there a path to i from a call of publish()?"""
    return (
        function.unguarded(
            i, lambda insn: False, lambda insn: insn is not None and asks(function, insn, lines)
        )
        is not None
    )


def installs(function: Function, lines: Callable[[Insn], str], image: Image) -> int:
    count = 0
    for i, insn in enumerate(function.insns):
        what = access(insn, function.arch) if insn.file == CELL else None
        if what and what.atomic and what.kind & STORE:
            count += 1
            if not comes_after_call(function, i, lines):
                image.say_at(
                    function, i, "stores a pointer to a table, and no publish() leads there"
                )
    return count


def owed(function: Function, lines: Callable[[Insn], str], image: Image) -> int:
    if base(function.name) != OWED:
        return 0
    if not any(asks(function, n, lines) for n in function.insns):
        image.say_at(function, 0, "holds no call of publish()")
    return 1


def runs(function: Function, lines: Callable[[Insn], str], image: Image) -> int:
    """pt_set_run(): the function that writes a run, wherever write_run() was inlined."""
    first = next(
        (
            i
            for i, n in enumerate(function.insns)
            if "write_run(pt, r)" in lines(n) or base(callee(n)) == "write_run"
        ),
        None,
    )
    if first is None:
        return 0
    if not any(asks(function, n, lines) for n in function.insns):
        image.say_at(function, first, "writes a run of cells, and there is no publish() beside it")
    return 1


def always(function: Function, lines: Callable[[Insn], str], image: Image) -> int:
    makes = ALWAYS.get(function.name)
    if not makes:
        return 0

    def shows(insn: Insn | None) -> bool:
        return insn is not None and (
            base(callee(insn)) in (makes or ())
            or (insn.file == CELL and bool(access(insn, function.arch)))
        )

    def ends(insn: Insn) -> bool:
        return base(callee(insn)) == "assert_failed" or asks(function, insn, lines)

    for i, insn in enumerate(function.insns):
        if (
            shows(insn)
            and function.unguarded(i, ends, lambda n: n is None)
            is not None
        ):
            image.say_at(
                function,
                i,
                "shows a frame whose contents are new, and some path to it has no publish()",
            )
            break
    return 1


def environment(image: Image) -> int:
    """kpt_env, a constant of pointers, holds the two functions."""
    constant, known = image.object("kpt_env"), symbols(image.path)
    held = struct.unpack("<%dQ" % (len(constant) // 8), constant)
    for name in ANSWERS:
        if known.get(name, (0, 0))[0] not in held:
            image.say("mm/kernel/kpt.c", 1, "kpt_env does not hold %s" % name)
    return len(ANSWERS)


def check(image: Image) -> int:
    """How many places were looked at."""
    lines, count = line_reader(), environment(image)
    for function in image.functions:
        if any(n.file.startswith("mm/pt/pt_") for n in function.insns):
            count += (
                installs(function, lines, image)
                + owed(function, lines, image)
                + runs(function, lines, image)
                + always(function, lines, image)
            )
    declared = "\n".join(read("mm/pt/pt.h"))
    for name in set(ALWAYS) - {f.name for f in image.functions}:
        if name + "(" in declared:
            image.say("mm/pt/pt.h", 1, "%s is not there: its publish() is not checked" % name)
    return count
