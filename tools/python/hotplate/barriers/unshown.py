# SPDX-License-Identifier: BSD-2-Clause
"""unshown - the reasons why no run fails without a barrier, read from the comments of the sources.

A comment has `Unshown (KINDS): REASON`, up to its end or the next marker.  In a function or
directly above one it applies to that function, in the head of a file to the whole file.  KINDS are
those of rules.RULES, "*", or what a weaker FENCE omits (PARTS).  REASON may name rows of the last
table of machine/MODEL.md, as `MODEL.md NAME`; a row with kinds and files applies to these by
itself."""
import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import lru_cache
from typing import NamedTuple

from hotplate import BUILD, TOP
from hotplate.barriers.find import SUBJECTS, Place, places
from hotplate.barriers.rules import RULES, taken
from hotplate.lint.core import tree

MODEL = "machine/MODEL.md"
HEADING = "## Barriers that no run shows"
PARTS = ("tso", "devices", "r-before", "w-before", "r-after", "w-after")
KINDS = {"*", *PARTS, *(kind for of_arch in RULES.values() for kind in of_arch)}
MARK = re.compile(r"\bUnshown \(([^)]*)\): ")
REFERENCE = re.compile(r"\bMODEL\.md ([a-z]+(?:-[a-z]+)*)")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
C_NAME = re.compile(r"([A-Za-z_]\w*)\(")
LABEL = re.compile(r"([A-Za-z_]\w*):")


class Reason(NamedTuple):
    file: str  # a path; of a row of the table a pattern
    line: int
    function: str  # "": the whole file
    kinds: tuple[str, ...]
    text: str


class Function(NamedTuple):
    name: str
    first: int  # lines from 0
    end: int


def c_functions(lines: list[str]) -> Iterator[Function]:
    """From a head in column 0 to the brace that closes it there."""
    for opened in (n for n, line in enumerate(lines) if line == "{" and n):
        first = opened - 1
        while first and not (C_NAME.search(lines[first]) and lines[first][0].isalpha()):
            first -= 1
        if first and re.fullmatch(r"[A-Za-z_][\w *]*", lines[first - 1]):
            first -= 1  # the type has a line of its own
        name = C_NAME.search(" ".join(lines[first:opened]))
        end = lines.index("}", opened) if "}" in lines[opened:] else len(lines)
        if name:
            yield Function(name[1], first, end)


def labels(lines: list[str]) -> Iterator[Function]:
    """From a label, or the .globl before it, to the next."""
    at = [(n, m[1]) for n, line in enumerate(lines) if (m := LABEL.match(line))]
    ends = [n for n, _ in at[1:]] + [len(lines)]
    for (n, name), end in zip(at, ends):
        yield Function(name, n - 1 if n and ".globl" in lines[n - 1] else n, end)


def function_at(found: list[Function], first: int, last: int) -> str | None:
    """The function that a comment is in, or directly above; "": the comment heads the file."""
    above = [f.name for f in found if f.first == last + 1]
    inside = [f.name for f in found if f.first <= first < f.end]
    if above or inside:
        return (above or inside)[0]
    return "" if first == 1 else None


def marks(comment: str) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Offset, kinds and reason of each marker."""
    stars = re.compile(r"\n[ \t]*\*")
    plain = stars.sub(lambda m: " " * len(m[0]), comment.removesuffix("*/"))
    found = list(MARK.finditer(plain))
    for mark, end in zip(found, [m.start() for m in found[1:]] + [len(plain)]):
        text = " ".join(plain[mark.end() : end].split()).removesuffix(".")
        yield mark.start(), tuple(mark[1].split()), text


def of_text(file: str, text: str) -> Iterator[tuple[Reason, str]]:
    """Each marker, and its mistake ("": none)."""
    if "Unshown" not in text:
        return
    lines = text.split("\n")
    found = list(labels(lines) if file.endswith(".S") else c_functions(lines))
    for comment in COMMENT.finditer(text):
        first = text.count("\n", 0, comment.start())
        last = text.count("\n", 0, comment.end())
        for offset, kinds, why in marks(comment[0]):
            function = function_at(found, first, last)
            line = text.count("\n", 0, comment.start() + offset) + 1
            yield Reason(file, line, function or "", kinds, why), wrong(kinds, function)


def wrong(kinds: Iterable[str], function: str | None) -> str:
    unknown = [k for k in kinds if k not in KINDS]
    if unknown or not kinds:
        return "%s is no kind: %s" % (" ".join(unknown) or "()", " ".join(sorted(KINDS)))
    if function is None:
        return "it is neither at a function nor in the head of the file"
    return ""


def rows(text: str) -> dict[str, Reason]:
    """The rows of the table of MODEL.md, by name."""
    found = {}
    lines = text.split("\n")
    for n in range(lines.index(HEADING) + 1, len(lines)):
        cells = [cell.strip() for cell in lines[n].replace("`", "").strip("|").split(" | ")]
        if len(cells) == 4 and re.fullmatch(r"[a-z-]*[a-z]", cells[0]) and cells[0] != "name":
            kinds, why = tuple(cells[1].split()), cells[3].removesuffix(".")
            found[cells[0]] = Reason(cells[2], n + 1, "", kinds, why)
    return found


def read(path: str) -> str:
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


@lru_cache
def of_model() -> dict[str, Reason]:
    return rows(read(MODEL))


@lru_cache
def of_file(file: str) -> tuple[Reason, ...]:
    if not os.path.exists(os.path.join(TOP, file)):
        return ()  # of an earlier image
    return tuple(reason for reason, bad in of_text(file, read(file)) if not bad)


def candidates(file: str, functions: Iterable[str]) -> Iterator[list[Reason]]:
    """Those of the functions, then of the file, then of the machine."""
    yield [r for r in of_file(file) if r.function and r.function in functions]
    yield [r for r in of_file(file) if not r.function]
    yield [r for r in of_model().values() if any(fnmatch(file, p) for p in r.file.split())]


def blind(file: str, functions: Iterable[str], kind: str, what: str = "", how: str = "") -> str:
    """The reason of a place: one for the omitted part of a FENCE precedes one for the whole."""
    every = list(candidates(file, tuple(functions)))
    for names in ({taken(what, how)}, {kind, "*"}):
        for reasons in every:
            fitting = [r.text for r in reasons if names & set(r.kinds)]
            if fitting:
                return "; ".join(dict.fromkeys(fitting))
    return ""


def findings(texts: dict[str, str], model: dict[str, Reason]) -> Iterator[str]:
    """The mistakes of the markers of these files, and of the names of rows in them."""
    used: set[str] = set()
    for file, text in texts.items():
        for reason, bad in of_text(file, text):
            names = set(REFERENCE.findall(reason.text))
            used |= names
            problems = [bad] if bad else []
            problems += ["%s has no row %s" % (MODEL, name) for name in sorted(names - set(model))]
            yield from ("%s:%d: %s" % (file, reason.line, problem) for problem in problems)
    for name, row in model.items():
        if name not in used and not row.file:
            yield "%s:%d: no marker names the row %s" % (MODEL, row.line, name)


def idle(reasons: Iterable[Reason], places: Iterable[Place]) -> Iterator[str]:
    """Markers whose function, or file, has no instruction of a kind that they name, in no image."""
    known: dict[str, list[tuple[tuple[str, ...], set[str]]]] = {}
    for p in places:
        kinds = {p.form.kind, "*", taken(p.form.what, p.form.how)}
        known.setdefault(p.file, []).append((p.functions, kinds))
    for r in reasons:
        fitting = (k for names, k in known.get(r.file, ()) if not r.function or r.function in names)
        there = set().union(*fitting)
        for kind in (k for k in r.kinds if k not in there):
            where = r.function or "the file"
            yield "%s:%d: no image has an instruction of %s in %s" % (r.file, r.line, kind, where)


def check() -> int:
    """`tools/hotplate barriers check`: the markers, and their instructions if images are built."""
    texts = {path: read(path) for path in tree(".c", ".h", ".S") if path.startswith(SUBJECTS)}
    bad = list(findings(texts, of_model()))
    reasons = [r for file in texts for r in of_file(file)]
    elves = {arch: os.path.join(BUILD, arch, "hotplate.elf") for arch in RULES}
    if all(os.path.exists(elf) for elf in elves.values()):
        bad += idle(reasons, (p for arch, elf in elves.items() for p in places(elf, arch)))
    for line in bad:
        print(line)
    if not bad:
        files = len({r.file for r in reasons})
        print("barriers       ok  (%d reasons in %d files)" % (len(reasons), files))
    return int(bool(bad))
