# SPDX-License-Identifier: BSD-2-Clause
"""operators - the changes of a C file, one place at a time.

  drop        a statement that calls, assigns, counts, breaks or continues is left out
  negate      a condition is negated
  bound       one side of an order comparison is one more or one less
  arguments   two neighbouring arguments of one type are swapped
  calls       two neighbouring statements, both calls, are swapped
  weaken      acquire, release and acq_rel become relaxed; `drop` removes a store of a page table
              entry, and a barrier that is a statement of its own

The syntax tree is clang's.  A statement that is a whole macro call can be left out; no other edit
is within a macro call, because the text there is not the code that it makes.  No edit changes the
number of lines.
"""
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from clang import cindex

Kind = cindex.CursorKind
LOOPS = (Kind.WHILE_STMT, Kind.FOR_STMT, Kind.DO_STMT)
ORDER = ("<", "<=", ">", ">=")
WEAKER = re.compile(r"\b(atomic_\w+?)_(acquire|release|acq_rel)\b(?=\()")
FAULTY = cindex.Diagnostic.Error


class Edit(NamedTuple):
    operator: str
    line: int  # first line of the statement or expression, from 1
    last: int
    function: str
    start: int  # bytes
    end: int
    new: bytes
    change: str


class Unit:
    """One file, parsed."""

    def __init__(self, path: str, flags: list[str]) -> None:
        with open(path, "rb") as f:
            self.text = f.read()
        options = cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD
        self.tree = cindex.Index.create().parse(path, args=flags, options=options)
        self.path = path
        self.errors = [d.spelling for d in self.tree.diagnostics if d.severity >= FAULTY]
        self.macros = [
            self.extent(c)
            for c in self.tree.cursor.get_children()
            if c.kind == Kind.MACRO_INSTANTIATION and self.here(c)
        ]

    def here(self, c: Any) -> bool:
        return c.location.file is not None and c.location.file.name == self.path

    @staticmethod
    def extent(c: Any) -> tuple[int, int]:
        return c.extent.start.offset, c.extent.end.offset

    def made(self, start: int, end: int) -> bool:
        """Is one of its ends inside a macro call?  No, if the call is all of it or is within it."""
        for first, last in self.macros:
            inside = first <= start and end <= last
            across = first < start < last or first < end < last
            if (inside and (first, last) != (start, end)) or across:
                return True
        return False

    def whole(self, c: Any) -> bool:
        """Is it one macro call?"""
        start, end = self.extent(c)
        return any(first <= start and end <= last for first, last in self.macros)

    def of(self, c: Any) -> str:
        start, end = self.extent(c)
        return self.text[start:end].decode()


def below(c: Any) -> list[Any]:
    return list(c.get_children())


def plain(c: Any) -> Any:
    """The expression without the nodes that clang adds around it."""
    while c.kind in (Kind.UNEXPOSED_EXPR, Kind.PAREN_EXPR):
        inner = below(c)
        if len(inner) != 1:
            break
        c = inner[0]
    return c


def drops(c: Any) -> bool:
    """Is it a statement whose value is unused?"""
    c = plain(c)
    if c.kind in (Kind.CALL_EXPR, Kind.COMPOUND_ASSIGNMENT_OPERATOR, Kind.BREAK_STMT):
        return True
    if c.kind == Kind.CONTINUE_STMT:
        return True
    if c.kind == Kind.UNARY_OPERATOR:
        return any(t.spelling in ("++", "--") for t in c.get_tokens())
    if c.kind == Kind.CSTYLE_CAST_EXPR:
        return False
    return c.kind == Kind.BINARY_OPERATOR and sign(c)[0] == "="


def sign(c: Any) -> tuple[str, int]:
    """The operator of a binary expression, and its offset."""
    left, right = below(c)[:2]
    for token in c.get_tokens():
        at = token.extent.start.offset
        if left.extent.end.offset <= at < right.extent.start.offset and token.spelling != "(":
            if token.spelling != ")":
                return token.spelling, at
    return "", 0


def statements(c: Any) -> list[Any]:
    """Those of a block, and the single one that an if or a loop has."""
    children = below(c)
    if c.kind == Kind.COMPOUND_STMT:
        return children
    if c.kind == Kind.IF_STMT:
        return children[1:]
    if c.kind in (Kind.WHILE_STMT, Kind.FOR_STMT):
        return children[-1:]
    if c.kind == Kind.DO_STMT:
        return children[:1]
    if c.kind in (Kind.CASE_STMT, Kind.DEFAULT_STMT, Kind.LABEL_STMT):
        return children[-1:]
    return []


class Finder:
    """All edits of a unit, in the order of the text."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.function = ""
        self.found: list[Edit] = []

    def add(self, operator: str, c: Any, start: int, end: int, new: str, change: str) -> None:
        unit = self.unit
        old = unit.text[start:end]
        if unit.made(*unit.extent(c)):
            return
        lines = old.count(b"\n") - new.count("\n")
        if lines < 0:
            return
        text = new.encode() + b"\n" * lines
        first, last = c.extent.start.line, c.extent.end.line
        self.found.append(
            Edit(operator, first, last, self.function, start, end, text, " ".join(change.split()))
        )

    def drop(self, c: Any) -> None:
        if not drops(c) and not (c.kind == Kind.DO_STMT and self.unit.whole(c)):
            return
        start, end = self.unit.extent(c)
        if self.unit.text[end : end + 1] == b";":
            self.add("drop", c, start, end, "", "without " + self.unit.of(c))

    def negate(self, c: Any) -> None:
        start, end = self.unit.extent(c)
        self.add("negate", c, start, end, "!(%s)" % self.unit.of(c), "not " + self.unit.of(c))

    def bound(self, c: Any) -> None:
        operator, _ = sign(c)
        right = below(c)[1]
        if "*" in right.type.spelling or self.unit.made(*self.unit.extent(right)):
            return
        start, end = self.unit.extent(right)
        for more in (" + 1", " - 1") if operator in ORDER else ():
            new = "(%s)%s" % (self.unit.of(right), more)
            change = "%s%s in %s" % (self.unit.of(right), more, self.unit.of(c))
            self.add("bound", c, start, end, new, change)

    def arguments(self, c: Any) -> None:
        given = list(c.get_arguments())
        for one, two in zip(given, given[1:]):
            a, b = plain(one), plain(two)
            same = a.type.get_canonical().spelling == b.type.get_canonical().spelling
            if not same or self.unit.of(one) == self.unit.of(two):
                continue
            if self.unit.made(*self.unit.extent(one)) or self.unit.made(*self.unit.extent(two)):
                continue
            first, last = self.unit.extent(one), self.unit.extent(two)
            between = self.unit.text[first[1] : last[0]].decode()
            new = self.unit.of(two) + between + self.unit.of(one)
            change = "%s and %s swapped in %s" % (
                self.unit.of(one),
                self.unit.of(two),
                self.unit.of(c),
            )
            self.add("arguments", c, first[0], last[1], new, change)

    def calls(self, block: list[Any]) -> None:
        for one, two in zip(block, block[1:]):
            if plain(one).kind != Kind.CALL_EXPR or plain(two).kind != Kind.CALL_EXPR:
                continue
            first, last = self.unit.extent(one), self.unit.extent(two)
            if self.unit.made(*last) or self.unit.of(one) == self.unit.of(two):
                continue
            between = self.unit.text[first[1] : last[0]].decode()
            new = self.unit.of(two) + between + self.unit.of(one)
            change = "%s behind %s" % (self.unit.of(one), self.unit.of(two))
            self.add("calls", one, first[0], last[1], new, change)

    def weaken(self, c: Any) -> None:
        """By the text: the names are those of macros."""
        start, end = self.unit.extent(c)
        for found in WEAKER.finditer(self.unit.text[start:end].decode()):
            at = start + found.start()
            line = self.unit.text[:at].count(b"\n") + 1
            new = found[1] + "_relaxed"
            change = "%s instead of %s" % (new, found[0])
            where = (line, line, self.function, at, start + found.end())
            self.found.append(Edit("weaken", *where, new.encode(), change))

    def visit(self, c: Any) -> None:
        if self.unit.whole(c):
            return
        children = below(c)
        for s in statements(c):
            self.drop(s)
        if c.kind == Kind.COMPOUND_STMT:
            self.calls(children)
        if c.kind in (Kind.IF_STMT, Kind.WHILE_STMT, Kind.CONDITIONAL_OPERATOR):
            self.negate(children[0])
        elif c.kind == Kind.DO_STMT:
            self.negate(children[1])
        elif c.kind == Kind.FOR_STMT and len(children) == 4:
            self.negate(children[1])
        elif c.kind == Kind.BINARY_OPERATOR and len(children) == 2:
            self.bound(c)
        elif c.kind == Kind.CALL_EXPR:
            self.arguments(c)
        for child in children:
            self.visit(child)

    def all(self) -> list[Edit]:
        for c in self.unit.tree.cursor.get_children():
            if c.kind == Kind.FUNCTION_DECL and c.is_definition() and self.unit.here(c):
                self.function = c.spelling
                self.weaken(c)
                self.visit(c)
        seen: dict[tuple[int, int, bytes], Edit] = {}
        for edit in self.found:
            seen.setdefault((edit.start, edit.end, edit.new), edit)
        return sorted(seen.values(), key=lambda e: (e.start, e.end, e.new))


def edits(path: str, flags: list[str]) -> Iterator[Edit]:
    unit = Unit(path, flags)
    if unit.errors:
        raise ValueError(unit.errors[0])
    yield from Finder(unit).all()
