# SPDX-License-Identifier: BSD-2-Clause
"""mutant - a file of tests/mutants: a head, then the smallest patch.

  Breaks:  what goes wrong, one sentence
  From:    the row of docs/MUTATIONS.md, BUGS id, or the rule or property that it breaks
  How:     what the patch does to the code
  Judge:   who has to notice, once for each: DETECTOR WORDS
  Needs:   so many kinds of detectors have to (1)
  Within:  user seconds of the host that a judge may take (60)

A line that begins with blanks goes on with the one above; one with # is a comment.  Detectors:

  qemu ARCH run=TESTS [words of the kernel] [KNOB=value of tools/hotplate run]
  worst ARCH run=TESTS [the same] [seeds=FIRST-LAST]   the worst legal machine, WORST=... its words
                                                       (with sanitize=on: the sanitizer reports it)
  host NAME [TEST]                                     a program of tests/host, built by gcc;
                                                       engine and model run one test alone
  fuzz NAME                                            a fuzzer of tests/host/fuzz
  check NAME                                           make check-NAME
  system FILE WORDS                                    tests/system/FILE, what pytest -k takes
"""
import glob
import hashlib
import os
import re
import shlex
from fnmatch import fnmatch
from typing import NamedTuple

from hotplate import TOP, fail

DIRECTORY = os.path.join(TOP, "tests", "mutants")
ARCHES = ("arm64", "riscv64")
ON_A_MACHINE = ("qemu", "worst")
# Of the collected bugs: a mutant of each needs two kinds of detectors at least.
TWICE = ("M1", "M2", "M4", "M5", "M6", "M7", "M8", "M9", "M10", "M12")
KEYS = {"Breaks": True, "From": True, "How": True, "Judge": True, "Needs": False, "Within": False}


class Judge(NamedTuple):
    detector: str
    arch: str  # of qemu and worst, else ""
    words: tuple[str, ...]
    line: str

    @property
    def sanitizer(self) -> bool:
        """Its verdict is the page-table sanitizer's, and not that of the tests which it runs."""
        return "sanitize=on" in self.words


class Mutant(NamedTuple):
    name: str
    path: str
    breaks: str
    source: str
    how: str
    judges: tuple[Judge, ...]
    needs: int
    within: int
    digest: str  # of the patch: a judge more, and what others said still holds

    def repeats(self, bug: str) -> bool:
        return bool(re.search(r"\b%s\b" % bug, self.source))


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
            fail(f"{where}: Judge: {line}: a file of tests/system, and what chooses its tests")
        return Judge(detector, "", tuple(rest), line)
    fail(f"{where}: Judge: {line}: {detector} is none of qemu, worst, host, fuzz, check, system")


def head(text: str, where: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        key = line.partition(":")[0]
        if line[:1] == "#" or not line.strip():
            continue
        if line[0] in " \t" and found:
            found[-1] = (found[-1][0], found[-1][1] + " " + line.strip())
        elif ":" in line and key in KEYS:
            found.append((key, line.partition(":")[2].strip()))
        else:
            fail(f"{where}:{number}: {line}: not a line of a mutant's head")
    return found


def number(given: dict[str, str], key: str, default: int, where: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", given.get(key, str(default))):
        fail(f"{where}: {key}: {given[key]}: a number from 1")
    return int(given.get(key, default))


def read(path: str) -> Mutant:
    where = os.path.relpath(path, TOP)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    begin = re.search(r"^(?:diff --git|---) ", text, re.M)
    if not begin:
        fail(f"{where}: no patch")
    lines = head(text[: begin.start()], where)
    given = dict(lines)
    for key, owed in KEYS.items():
        if owed and not given.get(key):
            fail(f"{where}: no line {key}:")
        if key != "Judge" and [k for k, _ in lines].count(key) > 1:
            fail(f"{where}: {key}: twice")
    return Mutant(
        os.path.basename(path)[: -len(".diff")],
        path,
        given["Breaks"],
        given["From"],
        given["How"],
        tuple(judge(text, where) for key, text in lines if key == "Judge"),
        number(given, "Needs", 1, where),
        number(given, "Within", 60, where),
        hashlib.sha256(text[begin.start() :].encode()).hexdigest()[:16],
    )


def mutants(pattern: str = "*") -> list[Mutant]:
    found = [read(p) for p in glob.glob(os.path.join(DIRECTORY, "*.diff"))]
    found.sort(key=lambda m: m.name)
    return [m for m in found if any(fnmatch(m.name, p) for p in pattern.split(","))]
