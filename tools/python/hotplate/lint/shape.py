# SPDX-License-Identifier: BSD-2-Clause
"""Sizes of functions and files, first lines, and number formats.

A function has at most 60 lines, the median function at most 12, a file at most
700; the SPDX line is first; no TODO or commented code.  C prints u64 as %lx, a
range by range_text(), and names a return code err."""
import re
import statistics
from collections.abc import Iterator

from hotplate.command import no_words
from hotplate.lint.core import OURS, Lint, read, tree, under

FUNCTION, MEDIAN, FILE = 60, 12, 700
HEADED = (".c", ".h", ".S", ".py", ".mk", ".sh", "Makefile")
C_LINE = "/* SPDX-License-Identifier: BSD-2-Clause */"
FORMS = (
    (
        re.compile(r"\bunsigned long long\b|%[-0-9.*# ]*ll[dxuX]|\b\d\w*u?ll\b", re.I),
        "u64 is %lx and ul",
    ),
    (re.compile(r"0x%lx\+(0x)?%l"), "a range is %s and range_text().text"),
    (re.compile(r"^\t+int ((r|rc|ret|error)\b( =|;)|code =)"), "a return code is err"),
    (
        re.compile(r"^\s*(/?\*+|//)(.*\S -E[A-Z0-9]+| \S+( \S+)*( \S+){3}[^\s.:;!?)*/]) {2,}\w"),
        "each row of a list has a line of its own",
    ),
)
HOME = ("lib/printf.c", "tests/host/lib/main.c", "lib/shim/limits.h")
TODO = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|#\s*if 0")


def functions(path: str, lines: list[str]) -> Iterator[tuple[int, int]]:
    """(name line, length) of each column-0 brace pair that follows a parameter list."""
    start = None
    for number, text in enumerate(lines, 1):
        if text == "{" and number > 1 and lines[number - 2].rstrip().endswith(")"):
            start = number
        elif start and re.match(r"^}", text):
            yield start - 1, number - start - 1
            start = None


def head(path: str, lines: list[str], lint: Lint) -> None:
    first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
    c = path.endswith((".c", ".h", ".S"))
    if C_LINE.strip("/* ") not in first or c and first != C_LINE:
        lint.report(path, 1, "the first line is not the SPDX line")


def main(words: list[str]) -> int:
    no_words(words)
    lint, lengths = Lint("shape"), []
    files = [
        p
        for p in tree()
        if p.endswith(HEADED) or under(p, "tools", ".ci") and not p.endswith(".txt")
    ]
    for path in files:
        lines = read(path)
        head(path, lines, lint)
        if len(lines) - 1 > FILE:
            lint.report(path, FILE, "%d lines, at most %d" % (len(lines) - 1, FILE))
        if path != "tools/python/hotplate/lint/shape.py" and under(path, *OURS):
            for number, text in enumerate(lines, 1):
                if TODO.search(text):
                    lint.report(path, number, "not allowed: " + text.strip()[:60])
        if path.endswith((".c", ".h")):
            for number, text in enumerate(lines, 1):
                for form, sentence in FORMS:
                    if form.search(text) and path not in HOME:
                        lint.report(path, number, sentence)
            for number, length in functions(path, lines):
                lengths.append(length)
                if length > FUNCTION:
                    lint.report(
                        path, number, "a function of %d lines, at most %d" % (length, FUNCTION)
                    )
    median = statistics.median(lengths or [0])
    if median > MEDIAN:
        lint.report(".", 0, "the median function has %g lines, at most %d" % (median, MEDIAN))
    return lint.done("%d files, %d functions, median %g lines" % (len(files), len(lengths), median))
