# SPDX-License-Identifier: BSD-2-Clause
"""source - how a file is compiled, which mutants it has, and which of them need no run.

No mutant is made of what only people read (kprintf, kputs) and of assertions: they are detectors.
"""
import functools
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from hotplate import TOP, fail

if TYPE_CHECKING:  # it imports clang, and pages of results need no parser
    from hotplate.mutants.generated.operators import Edit

TARGET = {
    "arm64": ["--target=aarch64-linux-gnu", "-mgeneral-regs-only"],
    "riscv64": ["--target=riscv64-linux-gnu", "-march=rv64imac"],
}
NO_FAULT = re.compile(
    r"(^|^without |^not | behind | swapped in )(kprintf|kputs|ASSERT|ASSERT_OP)\("
)
EQUIVALENT = os.path.join(TOP, "tests", "mutants", "equivalent")


class Mutant(NamedTuple):
    path: str
    edit: "Edit"
    name: str  # of the function, the operator and the text, not of the line
    arches: tuple[str, ...]


@functools.cache
def database(arch: str) -> dict[str, list[str]]:
    """The words for the parser, by file."""
    done = subprocess.run(
        ["make", "-s", "--no-print-directory", "compile_commands.json", "ARCH=" + arch],
        cwd=TOP,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        fail(f"compile_commands.json: {done.stderr.strip()}")
    with open(os.path.join(TOP, "compile_commands.json"), encoding="utf-8") as f:
        return {e["file"]: parser_words(arch, e["arguments"]) for e in json.load(f)}


def parser_words(arch: str, words: list[str]) -> list[str]:
    """The words that clang needs; options of code generation are for gcc."""
    kept = list(TARGET[arch])
    given = iter(words[1:])
    for word in given:
        if word == "-isystem":
            kept += [word, next(given)]
        elif word.startswith(("-I", "-D", "-std=", "-ffreestanding", "-nostdinc")):
            kept.append(word)
    return kept


def edits(path: str, flags: list[str]) -> "Iterator[Edit]":
    from hotplate.mutants.generated import operators  # pylint: disable=import-outside-toplevel

    return operators.edits(path, flags)


def mutants(path: str, flags: dict[str, dict[str, list[str]]]) -> list[Mutant]:
    arches = tuple(a for a in flags if path in flags[a])
    if not arches:
        fail(f"{path}: no C file of an image")
    found: list[Mutant] = []
    seen: dict[str, int] = {}
    try:
        every = [e for e in edits(path, flags[arches[0]][path]) if not NO_FAULT.search(e.change)]
    except ValueError as error:
        fail(f"{path}: {error}")
    for edit in every:
        name = "%s %s %s" % (edit.function, edit.operator, edit.change)
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name += " (%d)" % seen[name]
        found.append(Mutant(path, edit, name, arches))
    return found


def key(mutant: Mutant) -> str:
    return hashlib.sha256(("%s %s" % (mutant.path, mutant.name)).encode()).hexdigest()[:12]


def changed(mutant: Mutant) -> bytes:
    with open(os.path.join(TOP, mutant.path), "rb") as f:
        text = f.read()
    return text[: mutant.edit.start] + mutant.edit.new + text[mutant.edit.end :]


def equivalents(path: str = EQUIVALENT) -> dict[str, str]:
    """Mutants that are proved to change nothing: FILE: NAME, and the proof in the lines below."""
    found: dict[str, str] = {}
    if not os.path.exists(path):
        return found
    with open(path, encoding="utf-8") as f:
        head = ""
        for line in f:
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t":
                found[head] = (found[head] + " " + line.strip()).strip()
            else:
                head = line.strip()
                found[head] = ""
    for head, proof in found.items():
        if not proof:
            fail(f"{os.path.relpath(path, TOP)}: {head}: no proof")
    return found
