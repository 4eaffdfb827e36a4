# SPDX-License-Identifier: BSD-2-Clause
"""edit - a change of one file, found by its text: no line numbers, and context only where the text
alone is not unique.

  @ FILE [NAME]     the lines below are of FILE; NAME: in a definition whose first lines name it
  -LINE             a line that is there and is removed
  +LINE             a line that is added
   LINE             a line that is there and stays: a place for lines that are added, or what makes
                    the others unique

The lines with - and blank form one block, which occurs exactly once in the file (in the
definition).  Comments of C do not count.  One line that is removed has a form of its own, without
its indentation:

  drop FILE [NAME]: LINE

An edit of the linked image changes the instructions of the named functions that match, as objdump
prints them; "\\n" in the expression is the end of the instruction before:

  image ARCH FUNCTION|FUNCTION: EXPRESSION => FORM

FORM is a form of barriers/weaken.py ("removed", "plain", "of one ASID"), "loads 0", or the new
word (0xd503201f).
"""
import re
from typing import NamedTuple


class NoPlace(Exception):
    """The text is not there, or more than once."""


class Edit(NamedTuple):
    path: str
    name: str  # of a definition, or ""
    lines: tuple[str, ...]  # with their sign

    @property
    def old(self) -> list[str]:
        return [line[1:] for line in self.lines if line[0] in "- "]

    @property
    def drops(self) -> bool:
        return len(self.lines) == 1 and self.lines[0].startswith("-")

    def text(self) -> list[str]:
        where = f"{self.path} {self.name}".rstrip()
        if self.drops:
            return [f"drop {where}: {self.lines[0][1:].strip()}"]
        return ["@ " + where, *self.lines]


class ImageEdit(NamedTuple):
    arch: str
    symbols: tuple[str, ...]
    pattern: str
    how: str

    def __str__(self) -> str:
        return f"image {self.arch} {'|'.join(self.symbols)}: {self.pattern} => {self.how}"


IMAGE = re.compile(r"image (arm64|riscv64) ([\w|]+): (\S.*) => (0x[0-9a-f]{8}|[a-z]\S.*)$")
PLACE = re.compile(r"@ (\S+)(?: (\w+))?$|drop (\S+?)(?: (\w+))?: (\S.*)$")


def begins(line: str) -> bool:
    return bool(PLACE.match(line)) or line.startswith("image ")


def read_image(line: str) -> ImageEdit:
    """ValueError: the line is no edit of the image."""
    match = IMAGE.match(line)
    if not match:
        raise ValueError(line)
    try:
        re.compile(match[3])
    except re.error:
        raise ValueError(line) from None
    return ImageEdit(match[1], tuple(match[2].split("|")), match[3], match[4])


def read(lines: list[str]) -> list[Edit]:
    """The edits of an entry.  ValueError: the line that is not of an edit."""
    found: list[Edit] = []
    for line in lines:
        if match := PLACE.match(line):
            path, name, dropped, within, text = match.groups()
            kept = ("-" + text,) if dropped else ()
            found.append(Edit(path or dropped, name or within or "", kept))
        elif line[:1] in ("-", "+", " ") and found:
            found[-1] = found[-1]._replace(lines=(*found[-1].lines, line))
        else:
            raise ValueError(line)
    return found


HEAD_ENDS = re.compile(r"([{;])\s*(/\*.*\*/)?$")  # of a definition, or a declaration


def definitions(text: list[str], name: str) -> list[tuple[int, int]]:
    """Ranges of lines from one in column 0 to its closing brace, in whose head the name is a
    word."""
    found, at = [], 0
    word = re.compile(r"\b%s\b" % re.escape(name))
    while at < len(text):
        if not re.match(r"[A-Za-z_]", text[at]):
            at += 1
            continue
        opened = at
        while opened < len(text) and not (last := HEAD_ENDS.search(text[opened])):
            opened += 1
        end = opened
        while end < len(text) and last and last[1] == "{" and not text[end].startswith("}"):
            end += 1
        if any(word.search(line) for line in text[at : opened + 1]):
            found.append((at, min(end + 1, len(text))))
        at = end + 1
    return found


def bare(line: str, edit: Edit) -> str:
    """Without comments of C, whose words may change; a dropped line also without indentation."""
    line = re.sub(r"\s*/\*.*?\*/", "", line).rstrip()
    return line.strip() if edit.drops else line


def places(edit: Edit, text: list[str]) -> list[int]:
    """Where the block begins."""
    old, there = [bare(x, edit) for x in edit.old], [bare(x, edit) for x in text]
    ranges = definitions(text, edit.name) if edit.name else [(0, len(text))]
    return [
        at
        for low, high in ranges
        for at in range(low, high - len(old) + 1)
        if there[at : at + len(old)] == old
    ]


def apply(edit: Edit, text: list[str]) -> list[str]:
    found = places(edit, text) if edit.old else []
    if len(found) != 1:
        block = edit.old[0].strip() if edit.old else "no line"
        there = "occurs %d times" % len(found) if found else "is not there"
        where = f"{edit.path} {edit.name}".rstrip()
        raise NoPlace(f"{where}: the block of `{block}` {there}")
    at, new = found[0], []
    for line in edit.lines:
        new += [line[1:]] if line[0] == "+" else [text[at]] if line[0] == " " else []
        at += line[0] != "+"
    return text[: found[0]] + new + text[at:]
