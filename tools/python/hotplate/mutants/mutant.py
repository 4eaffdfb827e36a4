# SPDX-License-Identifier: BSD-2-Clause
"""mutant - the entries of tests/mutants/*.txt, one file a directory of sources.

  [NAME] the effect of the mistake, one sentence
  Rule: the rule of a manual, of ENGINE or the row of the catalogue that it breaks
  Seen: where the mistake was made in earnest
  Judge: a detector that has to notice it, one line each: DETECTOR WORDS
  Needs: how many kinds of detectors have to notice it (1)
  Within: user seconds of the host that a judge may take (60)
  @ FILE, drop FILE, image ARCH: the edits (edit.py)

Rule, Seen, Needs and Within may be absent.  A line that begins with blanks continues the one above;
a line that begins with # is a comment.  Detectors:

  qemu ARCH run=TESTS [words of the kernel] [KNOB=value of tools/hotplate run]
  worst ARCH run=TESTS [the same] [seeds=FIRST-LAST]   the worst legal machine, WORST=... its words
                                                       (with sanitize=on: the sanitizer reports it)
  host NAME [TEST]                                     a program of tests/host, built by gcc;
                                                       engine and model run one test alone
  fuzz NAME                                            a fuzzer of tests/host/fuzz
  check NAME                                           make check-NAME
  system FILE WORDS                                    tests/system/FILE, an expression of pytest
"""
import glob
import hashlib
import os
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import NamedTuple

from hotplate import TOP, fail
from hotplate.mutants import edit
from hotplate.mutants.edit import Edit, ImageEdit

DIRECTORY = os.path.join(TOP, "tests", "mutants")
ARCHES = ("arm64", "riscv64")
ON_A_MACHINE = ("qemu", "worst")
KEYS = ("Rule", "Seen", "Judge", "Needs", "Within")
NAME = re.compile(r"\[([a-z0-9.-]+)\] (.*)")


class Judge(NamedTuple):
    detector: str
    arch: str  # of qemu and worst, else ""
    words: tuple[str, ...]
    line: str

    @property
    def sanitizer(self) -> bool:
        """The verdict is that of the page-table sanitizer, not that of the tests that it runs."""
        return "sanitize=on" in self.words


class Mutant(NamedTuple):
    name: str
    where: str  # FILE:LINE of the entry
    breaks: str
    rule: str
    judges: tuple[Judge, ...]
    needs: int
    within: int
    edits: tuple[Edit, ...]
    image: tuple[ImageEdit, ...]  # of one architecture
    digest: str  # of the edits: another list of judges keeps the outcomes


def judge(line: str, where: str) -> Judge:
    try:
        words = shlex.split(line)
    except ValueError as error:
        fail(f"{where}: Judge: {line}: {error}")
    detector, rest = words[0], words[1:]
    if detector in ON_A_MACHINE:
        if not rest or rest[0] not in ARCHES:
            fail(f"{where}: Judge: {line}: the second word is arm64 or riscv64")
        if not any(w.startswith("run=") for w in rest):
            fail(f"{where}: Judge: {line}: run=TESTS is missing")
        for word in rest[1:]:
            if word.startswith("seeds=") and not re.fullmatch(r"seeds=\d+-\d+", word):
                fail(f"{where}: Judge: {line}: {word}: seeds=FIRST-LAST")
        return Judge(detector, rest[0], tuple(rest[1:]), line)
    if detector in ("host", "fuzz", "check"):
        if not 1 <= len(rest) <= (2 if detector == "host" else 1):
            fail(f"{where}: Judge: {line}: one name")
        return Judge(detector, "", tuple(rest), line)
    if detector == "system":
        if len(rest) < 2 or not re.fullmatch(r"test_\w+\.py", rest[0]):
            fail(f"{where}: Judge: {line}: a file of tests/system, and an expression for its tests")
        return Judge(detector, "", tuple(rest), line)
    fail(f"{where}: Judge: {line}: {detector} is none of qemu, worst, host, fuzz, check, system")


def head(lines: list[str], where: str) -> list[tuple[str, str]]:
    """(key, text) of the lines before the first edit; the first has the key ""."""
    found: list[tuple[str, str]] = []
    for line in lines:
        key = line.partition(":")[0]
        if match := NAME.match(line):
            found.append(("", match[2]))
        elif line[0] in " \t" and found:
            found[-1] = (found[-1][0], found[-1][1] + " " + line.strip())
        elif ":" in line and key in KEYS:
            found.append((key, line.partition(":")[2].strip()))
        else:
            fail(f"{where}: {line}: not a line of the head of a mutant")
    return found


def number(given: dict[str, str], key: str, default: int, where: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", given.get(key, str(default))):
        fail(f"{where}: {key}: {given[key]}: a number from 1")
    return int(given.get(key, default))


def entry(lines: list[str], where: str) -> Mutant:
    first = next((n for n, line in enumerate(lines) if edit.begins(line)), len(lines))
    named = NAME.match(lines[0]) or fail(f"{where}: {lines[0]}: an entry begins with [NAME]")
    where = f"{where}: [{named[1]}]"
    rows = head(lines[:first], where)
    given = dict(rows)
    for key in KEYS:
        if key not in ("Judge", "Seen") and [k for k, _ in rows].count(key) > 1:
            fail(f"{where}: {key}: twice")
    for _, sentence in rows:
        if sentence.count('"') % 2:
            fail(f"{where}: {sentence}: a quotation mark is missing")
    if "Judge" not in given:
        fail(f"{where}: no line Judge:")
    try:
        image = tuple(edit.read_image(x) for x in lines[first:] if x.startswith("image "))
        edits = tuple(edit.read([x for x in lines[first:] if not x.startswith("image ")]))
    except ValueError as error:
        fail(f"{where}: {error}: not a line of an edit")
    if not (edits or image) or any(not e.lines for e in edits):
        fail(f"{where}: no edit")
    text = "\n".join([*(line for e in edits for line in e.text()), *map(str, image)])
    judges = tuple(judge(row, where) for key, row in rows if key == "Judge")
    if image and ({e.arch for e in image} != {j.arch for j in judges}):
        fail(f"{where}: an image is judged by qemu or worst, on its architecture")
    return Mutant(
        named[1],
        where,
        given[""],
        given.get("Rule", ""),
        judges,
        number(given, "Needs", 1, where),
        number(given, "Within", 60, where),
        edits,
        image,
        hashlib.sha256(text.encode()).hexdigest()[:16],
    )


def entries(path: str) -> Iterator[Mutant]:
    """An entry ends where the next line begins with [ or the file ends."""
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    name, begin = os.path.relpath(path, TOP), 0
    held: list[str] = []
    for number_, line in enumerate([*lines, "["], 1):
        if line.startswith("[") and held:
            yield entry(held, f"{name}:{begin}")
            held = []
        if line.strip() and line[0] != "#" and line != "[":
            begin = begin if held else number_
            held.append(line)


def files() -> list[str]:
    return sorted(glob.glob(os.path.join(DIRECTORY, "*.txt")))


def mutants(pattern: str = "*") -> list[Mutant]:
    found = sorted((m for path in files() for m in entries(path)), key=lambda m: m.name)
    for one, other in zip(found, found[1:]):
        if one.name == other.name:
            fail(f"{other.where}: the name is that of {one.where}")
    return [m for m in found if any(fnmatch(m.name, p) for p in pattern.split(","))]
