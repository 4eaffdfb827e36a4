# SPDX-License-Identifier: BSD-2-Clause
"""linux/history.txt: mistakes that Linux had and mended, as edits of its source by place.

  [NAME] the mistake, one sentence
  Arch: arm64 or riscv64
  Mended: the hash of the commit, at least 12 digits ("none" for Class: base)
  Class: its subject ("base": an edit that every kernel gets)
  Machine: WORDS or a reason     words of the machine that it needs (optional)
  Append: WORDS                  boot arguments that it needs (optional)
  Workload: REASON               why the default workloads cannot reach it (optional)
  Objects: DIR/ INSTRUCTION SYMBOL   the objects that it can change (optional)
  @ FILE, drop FILE: the edits (mutants/edit.py)
"""
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import NamedTuple

from hotplate import TOP, fail
from hotplate.mutants import edit
from hotplate.mutants.edit import Edit, NoPlace

LIST = os.path.join(TOP, "linux", "history.txt")
ARCHES = ("arm64", "riscv64")
KEYS = ("Arch", "Mended", "Class", "Machine", "Append", "Workload", "Objects")
NAME = re.compile(r"\[([a-z0-9-]+)\] (\S.*)")


class Mistake(NamedTuple):
    name: str
    what: str
    arch: str
    mended: str
    kind: str
    machine: str
    append: str
    workload: str
    objects: str
    edits: tuple[Edit, ...]

    @property
    def base(self) -> bool:
        return self.kind == "base"

    @property
    def words(self) -> list[str]:
        """Words of the machine, if Machine: has words and not a reason."""
        given = self.machine.split()
        return given if all("=" in w for w in given) else []


def entry(lines: list[str], where: str) -> Mistake:
    named = NAME.fullmatch(lines[0]) or fail(f"{where}: {lines[0]}: an entry begins with [NAME]")
    where = f"{where}: [{named[1]}]"
    first = next((n for n, line in enumerate(lines) if edit.begins(line)), len(lines))
    given = dict.fromkeys(KEYS, "")
    for line in lines[1:first]:
        key, colon, text = line.partition(":")
        if not colon or key not in KEYS or given[key]:
            fail(f"{where}: {line}: not a line of the head of a mistake, or its second")
        given[key] = text.strip()
    if given["Arch"] not in ARCHES or not given["Class"]:
        fail(f"{where}: Arch: or Class: is missing")
    least = "none" if given["Class"] == "base" else "[0-9a-f]{12,40}"
    if not re.fullmatch(least, given["Mended"]):
        fail(f"{where}: Mended: {given['Mended']}: not {least}")
    try:
        edits = tuple(edit.read(lines[first:]))
    except ValueError as error:
        fail(f"{where}: {error}: not a line of an edit")
    if not edits or any(not e.lines for e in edits):
        fail(f"{where}: no edit")
    arch, mended, kind, machine, append, workload, objects = (given[key] for key in KEYS)
    head = (arch, mended, kind, machine, append, workload, objects)
    return Mistake(named[1], named[2], *head, edits)


def entries(path: str) -> Iterator[Mistake]:
    """An entry ends where the next line begins with [ or the file ends."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    name, begin = os.path.relpath(path, TOP), 0
    held: list[str] = []
    for number, line in enumerate([*lines, "["], 1):
        if line.startswith("[") and held:
            yield entry(held, f"{name}:{begin}")
            held = []
        if line.strip() and line[0] != "#" and line != "[":
            begin = begin if held else number
            held.append(line)


def mistakes(path: str = LIST) -> list[Mistake]:
    found = list(entries(path))
    names = [m.name for m in found]
    for name in names:
        if names.count(name) > 1:
            fail(f"{os.path.relpath(path, TOP)}: [{name}]: twice")
    return found


def chosen(pattern: str, arch: str = "") -> list[Mistake]:
    """Those of the list, without the base, whose name a pattern of `A,B` matches."""
    patterns = pattern.split(",")
    return [
        m
        for m in mistakes()
        if not m.base and arch in ("", m.arch) and any(fnmatch(m.name, p) for p in patterns)
    ]


def applied(wanted: list[Mistake], source: str) -> dict[str, str]:
    """The texts of the files that these change, by their path in the source."""
    texts: dict[str, str] = {}
    for m in wanted:
        for e in m.edits:
            if e.path not in texts:
                try:
                    with open(os.path.join(source, e.path), encoding="utf-8") as file:
                        texts[e.path] = file.read()
                except OSError as error:
                    fail(f"[{m.name}]: {e.path}: {error.strerror}")
            try:
                texts[e.path] = "\n".join(edit.apply(e, texts[e.path].split("\n")))
            except NoPlace as why:
                fail(f"[{m.name}]: {why}")
    return texts
