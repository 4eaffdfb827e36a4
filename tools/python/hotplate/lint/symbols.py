# SPDX-License-Identifier: BSD-2-Clause
"""No two functions of the image have the same name.

A backtrace, `break` of gdb and grep then find one function.

Exempt are functions that fill a slot of an operations table in their file
(`.probe = probe`): the image's symbol table and every backtrace print those
as file.c:name.  Third-party code is not judged.
"""
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator

from hotplate import BUILD
from hotplate.command import no_words
from hotplate.lint.core import Lint, c_files, read

Files = dict[str, list[str]]  # base name: paths
READELF = {"arm64": "aarch64-linux-gnu-readelf", "riscv64": "riscv64-linux-gnu-readelf"}


def elf_of(arch: str) -> str:
    return os.path.join(BUILD, arch, "hotplate.elf")


def functions(arch: str) -> Iterator[tuple[str, str, str]]:
    """(base name of the source, name, address) of each function; the source is "" if global."""
    elf = elf_of(arch)
    text = subprocess.run(
        [READELF[arch], "-sW", elf], capture_output=True, text=True, check=True
    ).stdout
    file = ""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 8:
            continue
        if fields[3] == "FILE":
            file = fields[7]
        elif fields[3] == "FUNC" and "." not in fields[7]:  # a dot: a part or a clone
            yield (file if fields[4] == "LOCAL" else ""), fields[7], fields[1]


def fills_slot(path: str, name: str) -> bool:
    return bool(re.search(r"\.\w+\s*=\s*%s\b" % re.escape(name), "\n".join(read(path))))


def places(files: Files, base: str, name: str) -> Iterator[tuple[str, int]]:
    """(path, line) of each file with that base name that defines the function."""
    for path in files.get(base, ()):
        for number, line in enumerate(read(path), 1):
            if re.match(r"static\b[^;={]*\b%s\(" % re.escape(name), line):
                yield path, number
                break


def main(words: list[str]) -> int:
    no_words(words)
    lint, count = Lint("symbols"), 0
    files: Files = defaultdict(list)
    archs = [arch for arch in READELF if os.path.exists(elf_of(arch))]
    for path in c_files():
        files[os.path.basename(path)].append(path)
    found: dict[str, set[str]] = defaultdict(set)
    for arch in archs:
        at: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for file, name, address in functions(arch):
            at[name].add((file, address))
        count += len(at)
        for name, where in at.items():
            if len(where) > 1:
                found[name].update(file for file, _ in where)
    for name in sorted(found):
        for base in sorted(found[name]):
            for path, number in places(files, base, name):
                if not fills_slot(path, name):
                    lint.report(
                        path, number, "%s() is also the name of a function in another file" % name
                    )
    return lint.done("%d names in %d images" % (count, len(archs)))
