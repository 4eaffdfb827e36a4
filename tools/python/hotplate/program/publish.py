# SPDX-License-Identifier: BSD-2-Clause
"""publish - contents before the pointer or leaf that publishes them, in the linked image.

The engine requests the barrier from its environment (pt->env->publish()), by the duties of the
format; tests/host/engine checks which stores owe it.  Rules:
  * the kernel's environment contains arch_pt_publish and arch_pt_visible;
  * every path to a compare-and-exchange of a cell has publish(), or a branch of CONDITIONS that is
    taken only if no barrier is owed;
  * the function that stores a run calls publish();
  * a function of ALWAYS calls it on every path, with any duty, before it makes a leaf."""
import re
import struct
from collections.abc import Callable

from hotplate.program.asm import EXIT, Function, Image, Insn, callee, flow_of, symbols
from hotplate.lint.core import read
from hotplate.program.order import STORE, access

CELL = "mm/pt/pt_cell.h"
BARRIERS = ("arch_pt_publish", "arch_pt_visible")
CALLS = {"publish", "publish_tapped", "pt_publish", "pt_publish_data"}
# A branch of this line of source may avoid publish(), on the side from which the code with the
# second text, or publish() itself (None), is unreachable.
CONDITIONS: tuple[tuple[str, str | None], ...] = (
    (r"if \(pt->state != PT_LIVE \|\| r->unlinked\)$", "return pt->fmt->duty("),
    (r"if \(duty & PT_DUTY_PUBLISH\)$", None),
)
# Functions that map frames with new contents, and the functions that they store with.
ALWAYS = {
    "pt_spots_make": {"pt_set_spots", "store_spot_tapped"},
    "map_range": {"map_one_run", "map_by_tables", "pt_set_run", "write_run"},
}


def base(name: str | None) -> str:
    """Without the suffix of a clone of the compiler: .constprop.0, .isra.0, .part.0, .cold."""
    return name.split(".")[0] if name else ""


def is_publish(function: Function, insn: Insn, lines: Callable[[Insn], str]) -> bool:
    """A call of the barrier: by name, or through a pointer in a line that has publish()."""
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
    """Instructions that a path without publish() reaches, although the store may owe it."""

    def ends(insn: Insn) -> bool:
        return base(callee(insn)) == "assert_failed"

    def reaches(start: int, text: str | None) -> bool:
        def found(insn: Insn | None) -> bool:
            if insn is None:
                return False
            return text in lines(insn) if text else is_publish(function, insn, lines)

        return start != EXIT and (
            found(function.insns[start])
            or function.escapes(start, ends, found) is not None
        )

    def successors(i: int) -> list[int]:
        """Successors, without those on whose side a condition excludes publish()."""
        after = function.after(i)
        for line, text in CONDITIONS:
            if len(after) == 2 and re.match(line, lines(function.insns[i]).strip()):
                owing = [to for to in after if reaches(to, text)]
                return owing or after
        return after

    todo, seen = [0], set()
    while todo:
        i = todo.pop()
        if i in seen or i == EXIT or is_publish(function, function.insns[i], lines):
            continue
        seen.add(i)
        if ends(function.insns[i]):
            continue
        todo += successors(i)
    return seen


def installs(function: Function, lines: Callable[[Insn], str], image: Image) -> int:
    found = exchanges(function)
    bare = without_call(function, lines) if found else set()
    for i in found:
        if i in bare:
            image.report_at(
                function, i, "stores a pointer to a table, and some path to it has no publish()"
            )
    return len(found)


def runs(function: Function, lines: Callable[[Insn], str], image: Image) -> int:
    """pt_set_run(): the function that writes a run, with write_run() inlined or not."""
    first = next(
        (
            i
            for i, n in enumerate(function.insns)
            if "write_run(pt, r)" in lines(n) or base(callee(n)) == "write_run"
        ),
        None,
    )
    if first is None or base(function.name) == "write_run":  # its callers are checked
        return 0
    if not any(is_publish(function, n, lines) for n in function.insns):
        image.report_at(
            function, first, "writes a run of cells, and its function does not call publish()"
        )
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
        return base(callee(insn)) == "assert_failed" or is_publish(function, insn, lines)

    for i, insn in enumerate(function.insns):
        if (
            shows(insn)
            and function.unguarded(i, ends, lambda n: n is None)
            is not None
        ):
            image.report_at(
                function,
                i,
                "maps a frame with new contents, and some path to it has no publish()",
            )
            break
    return 1


def environment(image: Image) -> int:
    """kpt_env, a constant of pointers, contains the two functions."""
    constant, known = image.object("kpt_env"), symbols(image.path)
    held = struct.unpack("<%dQ" % (len(constant) // 8), constant)
    for name in BARRIERS:
        if known.get(name, (0, 0))[0] not in held:
            image.report("mm/kernel/kpt.c", 1, "kpt_env does not contain %s" % name)
    return len(BARRIERS)


def check(image: Image) -> int:
    """Returns the number of places that were checked."""
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
            image.report(
                "mm/pt/pt.h", 1, "the image has no %s: its publish() is not checked" % name
            )
    return count
