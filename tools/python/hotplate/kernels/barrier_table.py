# SPDX-License-Identifier: BSD-2-Clause
"""The results of `kernels barriers` as Markdown, with the reasons of linux/barriers.txt.

A line of that file that begins in the first column is a place, "ARCH FILE:LINE INSTRUCTION", and
may be a pattern of the shell; the indented lines after one or several of them are the reason why no
run shows that these are needed.
"""
import json
import os
import re
from fnmatch import fnmatchcase
from typing import Any

from hotplate import TOP, fail
from hotplate.kernels import boot

REASONS = os.path.join(TOP, "linux", "barriers.txt")
UNCHANGED = "unchanged"  # the name of the Image with all barriers
CLASSES = ("shown", "not shown", "not executed", "not run")
Row = dict[str, Any]
Key = tuple[str, str, int]


def key(row: Row) -> Key:
    return row["place"], row["set"], row["seed"]


def rows(path: str) -> list[Row]:
    """The first is that of the Image."""
    found = []
    for number, line in enumerate(boot.read(path).decode().splitlines(), 1):
        try:
            row = json.loads(line)
            found.append(row)
            if number == 1:
                [str(row[name]) for name in ("arch", "version", "image", "places")]
            else:
                key(row), row["failed"], row["how"], row["millions"]
        except (ValueError, KeyError, TypeError):
            fail(f"{path}:{number}: not a result of `kernels barriers`")
    return found


def reasons(path: str = "") -> list[tuple[str, str]]:
    """(pattern, reason), of linux/barriers.txt."""
    path = path or REASONS
    found: list[tuple[str, str]] = []
    waiting: list[str] = []
    text = ""
    for number, line in enumerate([*boot.read(path).decode().splitlines(), "end"], 1):
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in " \t":
            if not waiting:
                fail(f"{path}:{number}: a reason without a place")
            text = f"{text} {line.strip()}".strip()
            continue
        if text:
            found += [(pattern, text) for pattern in waiting]
            waiting, text = [], ""
        if line != "end" and not re.match(r"(arm64|riscv64|\*) \S+:\S+ \S", line):
            fail(f"{path}:{number}: neither ARCH FILE:LINE INSTRUCTION nor an indented reason")
        waiting.append(line)
    if waiting != ["end"]:
        fail(f"{path}: the last place has no reason")
    return found


def reason(arch: str, name: str, known: list[tuple[str, str]]) -> str:
    return next((why for pattern, why in known if fnmatchcase(f"{arch} {name}", pattern)), "")


def seeds_of(runs: list[Row]) -> str:
    """`set` 1, 2"""
    sets: dict[str, list[int]] = {}
    for row in runs:
        sets.setdefault(row["set"], []).append(row["seed"])
    return "; ".join(f"`{name}` {', '.join(map(str, seeds))}" for name, seeds in sets.items())


def plain(text: str) -> str:
    """Text of a console as a cell of Markdown."""
    return re.sub(r"[|<*_`\[]", r"\\\g<0>", text)


def verdict(name: str, runs: list[Row], executed: set[str]) -> tuple[str, str]:
    """(class, cell)"""
    for row in runs:
        if row["failed"]:
            where = f"`{row['set']}`, seed {row['seed']}"
            return "shown", f"**shown**: {plain(row['how'])} ({where})"
    if runs:
        return "not shown", f"not shown by seeds of {seeds_of(runs)}"
    return ("not run",) * 2 if name in executed else ("not executed",) * 2


def merged(paths: list[str]) -> dict[str, tuple[Row, dict[Key, Row]]]:
    """By architecture: the first row, and the others; files of one Image are parts (SHARD=)."""
    found: dict[str, tuple[Row, dict[Key, Row]]] = {}
    for path in paths:
        head, *rest = rows(path) or [{}]
        if not head:
            fail(f"{path} is empty")
        own = found.setdefault(head["arch"], (head, {}))
        if own[0] != head:
            fail(f"{path} is of another Image than the file before it")
        own[1].update({key(row): row for row in rest})
    return found


def verdicts(head: Row, known: dict[Key, Row]) -> dict[str, tuple[str, str]]:
    """(class, cell) of each place."""
    executed = {n for k, r in known.items() if k[0] == UNCHANGED for n in r["executed"]}
    runs: dict[str, list[Row]] = {}
    for row in known.values():
        runs.setdefault(row["place"], []).append(row)
    names = [place[0] for place in head["places"]]
    return {name: verdict(name, runs.get(name, []), executed) for name in names}


def section(head: Row, known: dict[Key, Row], why: list[tuple[str, str]]) -> list[str]:
    arch, found = head["arch"], verdicts(head, known)
    lines = []
    for name, _, copies, functions in head["places"]:
        got, text = found[name]
        cited = reason(arch, name, why) if got in ("not shown", "not executed") else ""
        copied = f" ({copies} copies)" if copies > 1 else ""
        text += ". " + cited if cited else ""
        lines.append(f"| `{name}` | `{', '.join(functions)}`{copied} | {text} |")
    classes = [got for got, _ in found.values()]
    total = ", ".join(f"{classes.count(name)} {name}" for name in CLASSES)
    top = [f"## {arch}", "", f"Linux {head['version']}, Image {head['image']}. "]
    top[-1] += f"{len(lines)} places: {total}."
    for (name, workloads, seed), row in known.items():
        if name == UNCHANGED and row["failed"]:
            by = f"`{workloads}`, seed {seed}. {plain(row['how'])}."
            top += ["", f"Left out, since the unchanged Image fails by it: {by}"]
    top += ["", "| place | in | without it |", "| --- | --- | --- |"]
    return top + lines


def text(paths: list[str]) -> str:
    why = reasons()
    parts = ["\n".join(section(*of_arch, why)) for _, of_arch in sorted(merged(paths).items())]
    return "\n\n".join(parts)
