# SPDX-License-Identifier: BSD-2-Clause
"""publish - contents before the pointer or leaf that shows them, in the linked image.

The engine requests the barrier from its environment (pt->env->publish()), by the duties of the
format; tests/host/engine judges which store owes it.  Rules here: the kernel's environment holds
arch_pt_publish and arch_pt_visible; every path to a compare-and-exchange of a cell passes publish()
or a condition of QUESTIONS that says that nothing is owed; publish() is called beside the stores of
a run; a function of ALWAYS calls it on every path, whatever the duty, before it makes a leaf."""
import re
import struct
from collections.abc import Callable

from hotplate.program.asm import EXIT, Function, Image, Insn, callee, flow_of, symbols
from hotplate.lint.core import read
from hotplate.program.order import STORE, access

CELL = "mm/pt/pt_cell.h"
ANSWERS = ("arch_pt_publish", "arch_pt_visible")
CALLS = {"publish", "pt_publish", "pt_publish_data"}
# A branch of this line of source (or of its first words) may avoid publish(): on the way from which
# code of that line, or publish() itself (None), cannot be reached any more.
QUESTIONS: tuple[tuple[str, str | None], ...] = (
    (r"if \(pt->state != PT_LIVE \|\| r->unlinked\)$", "return pt->fmt->duty("),
    (r"if \(duty & PT_DUTY_PUBLISH\)$", None),
    (r"if \(tapped && !tap_barrier\(", None),  # the tap drops the barrier
)
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


def exchanges(function: Function) -> list[int]:
    """The stores of compare-and-exchanges of cells."""
    found = []
    for i, insn in enumerate(function.insns):
        what = access(insn, function.arch) if insn.file == CELL else None
        if what and what.atomic and what.kind & STORE:
            found.append(i)
    return found


def without_call(function: Function, lines: Callable[[Insn], str]) -> set[int]:
    """Instructions that some path reaches although the store may owe publish(), and without it."""

    def ends(insn: Insn) -> bool:
        return base(callee(insn)) == "assert_failed"

    def reaches(start: int, text: str | None) -> bool:
        def found(insn: Insn | None) -> bool:
            if insn is None:
                return False
            return text in lines(insn) if text else asks(function, insn, lines)

        return start != EXIT and (
            found(function.insns[start])
            or function.escapes(start, ends, found) is not None
        )

    def ways(i: int) -> list[int]:
        """Where control goes from here, but where publish() is known not to be owed."""
        after = function.after(i)
        for line, text in QUESTIONS:
            if len(after) == 2 and re.match(line, lines(function.insns[i]).strip()):
                owing = [to for to in after if reaches(to, text)]
                return owing or after
        return after

    todo, seen = [0], set()
    while todo:
        i = todo.pop()
        if i in seen or i == EXIT or asks(function, function.insns[i], lines):
            continue
        seen.add(i)
        if ends(function.insns[i]):
            continue
        todo += ways(i)
    return seen


def installs(function: Function, lines: Callable[[Insn], str], image: Image) -> int:
    found = exchanges(function)
    bare = without_call(function, lines) if found else set()
    for i in found:
        if i in bare:
            image.say_at(
                function, i, "stores a pointer to a table, and a path to it has no publish()"
            )
    return len(found)


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
                + runs(function, lines, image)
                + always(function, lines, image)
            )
    declared = "\n".join(read("mm/pt/pt.h"))
    for name in set(ALWAYS) - {f.name for f in image.functions}:
        if name + "(" in declared:
            image.say("mm/pt/pt.h", 1, "%s is not there: its publish() is not checked" % name)
    return count
