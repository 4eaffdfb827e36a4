# SPDX-License-Identifier: BSD-2-Clause
"""rows - each row of docs/MUTATIONS.md is a file of tests/mutants, or says why not.

A file names a row in From: as MUTATIONS, SECTION, "ROW" with the text of the row's first cell; a
row that stands n times in its section is named n times.  tests/mutants/LEFT_OUT has the others:

  SECTION | ROW | REASON   no file, and why
  SECTION                  prose still: its rows are not asked for
  BUGS | ID | REASON       of the collected bugs; coverage: of a review's mistakes
"""
import os
import re
from collections import Counter
from typing import NamedTuple

from hotplate import TOP, fail
from hotplate.mutants.mutant import DIRECTORY, Mutant

PROSE = os.path.join(TOP, "docs", "MUTATIONS.md")
LEFT_OUT = os.path.join(DIRECTORY, "LEFT_OUT")
ELSEWHERE = ("BUGS", "coverage")  # lists that are not in docs/MUTATIONS.md
Row = tuple[str, str]  # section, first cell


class LeftOut(NamedTuple):
    rows: list[tuple[str, str, str]]
    sections: list[str]


def rows_of(text: str) -> Counter[Row]:
    """Those of tables; the line above |--- is no row."""
    found: Counter[Row] = Counter()
    section, lines = "", text.splitlines()
    for line, below in zip(lines, [*lines[1:], ""]):
        if line.startswith("#"):
            section = line.lstrip("#").strip()
        elif line.startswith("| ") and not below.startswith("|--"):
            found[section, re.split(r"(?<!\\)\|", line)[1].strip()] += 1
    return found


def left_out(text: str) -> LeftOut:
    given = LeftOut([], [])
    for number, line in enumerate(text.splitlines(), 1):
        words = [w.strip() for w in line.split(" | ")]
        if line.startswith("#") or not line.strip():
            continue
        if len(words) == 1:
            given.sections.append(words[0])
        elif len(words) == 3 and all(words):
            given.rows.append((words[0], words[1], words[2]))
        else:
            fail(f"tests/mutants/LEFT_OUT:{number}: {line}: SECTION | ROW | REASON, or SECTION")
    return given


def named(mutant: Mutant, rows: Counter[Row]) -> tuple[list[Row], list[str]]:
    """The rows that it says it repeats, and what of it is the row of no section."""
    found, wrong = [], []
    for part in re.split(r"(?=MUTATIONS, )", mutant.source)[1:]:
        here = [r for r in rows if part.startswith('MUTATIONS, %s, "%s"' % r)]
        found += here
        if not here and any(part.startswith('MUTATIONS, %s, "' % s) for s, _ in rows):
            wrong.append(part.strip("; "))
    return found, wrong


def missing(mutants: list[Mutant], rows: Counter[Row], left: LeftOut) -> list[str]:
    """What is wrong, a line each."""
    said = Counter((section, row) for section, row, _ in left.rows)
    strange = [row for row in said if row not in rows and row[0] not in ELSEWHERE]
    bad = ["LEFT_OUT: %s: no such row: %s" % row for row in strange]
    for mutant in mutants:
        here, wrong = named(mutant, rows)
        said.update(here)
        bad += ["%s.diff: no such row: %s" % (mutant.name, w) for w in wrong]
    open_rows = [row for row in rows if said[row] < rows[row]]
    bad += [
        "MUTATIONS.md: %s: neither file nor reason: %s" % row
        for row in open_rows
        if row[0] not in left.sections
    ]
    prose = {section for section, _ in open_rows}
    bad += ["LEFT_OUT: %s: no row of it is missing" % s for s in left.sections if s not in prose]
    return bad


def known() -> tuple[Counter[Row], LeftOut]:
    with open(PROSE, encoding="utf-8") as f:
        rows = rows_of(f.read())
    with open(LEFT_OUT, encoding="utf-8") as f:
        return rows, left_out(f.read())
