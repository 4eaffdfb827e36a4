# SPDX-License-Identifier: BSD-2-Clause
"""find - the barriers, invalidations and ordered accesses of a linked image, by line of source.

The image has a copy of a line for each function into which it is inlined; the copies are one place.
An instruction of arch_mb() and other PRIMITIVES is a place of the caller: of the innermost frame
outside of them."""
import os
import re
import subprocess
from typing import NamedTuple

from hotplate import TOP, fail
from hotplate.barriers.weaken import WHOLE, Form, forms
from hotplate.program.asm import Insn, disassemble

# The directories that `make barriers` examines; not the tests and the other drivers.
SUBJECTS = ("arch/", "kern/", "mm/", "drivers/virtio/")
# Functions that are a barrier and no more.  arch_counter() and the device accesses are not: what
# they order is the same wherever they are called, so each is one place.
PRIMITIVES = {"arch_mb", "arch_io_mb", "isb"}
TOOLS = {"arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-linux-gnu-"}


class Frame(NamedTuple):
    function: str
    file: str
    line: int


class Place(NamedTuple):
    file: str
    line: int
    form: Form
    functions: tuple[str, ...]
    at: tuple[int, ...]  # addresses of the copies
    words: tuple[int, ...]  # the word of each copy without the order

    @property
    def name(self) -> str:
        return "%s:%d %s %s" % (self.file, self.line, self.form.what, self.form.how)

    @property
    def whole(self) -> bool:
        return self.form.how in WHOLE

    @property
    def instruction(self) -> tuple[str, int, str]:
        """The same for all forms of a place."""
        return self.file, self.line, self.form.what


def frames(elf: str, arch: str, addresses: list[int]) -> list[list[Frame]]:
    """The chain of inlined functions at each address, the innermost first."""
    text = subprocess.run(
        [TOOLS[arch] + "addr2line", "-a", "-i", "-f", "-e", elf],
        input="\n".join("%x" % a for a in addresses),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    found: list[list[Frame]] = []
    rest = iter(text)
    for line in rest:
        if re.match(r"0x[0-9a-f]{16}$", line):
            found.append([])
        elif line:
            where = re.match(r"(.*?):(\d+|\?)", next(rest, ""))
            if not where:
                fail("addr2line: %s has no place" % line)
            number = 0 if where[2] == "?" else int(where[2])
            found[-1].append(Frame(line, os.path.relpath(os.path.join(TOP, where[1]), TOP), number))
    return found


def owner(chain: list[Frame]) -> Frame:
    for frame in chain:
        if frame.function not in PRIMITIVES:
            return frame
    return chain[-1]


def places(elf: str, arch: str) -> list[Place]:
    """In the order of files and lines; whole removals before weaker forms."""
    insns: list[Insn] = [
        i for f in disassemble(elf, arch) for i in f.insns if forms(i, arch)
    ]
    chains = frames(elf, arch, [i.at for i in insns])
    groups: dict[tuple[str, int, str, str], list[tuple[Insn, Form, str]]] = {}
    for insn, chain in zip(insns, chains):
        own = owner(chain)
        if not own.file.startswith(SUBJECTS):
            continue
        for form in forms(insn, arch):
            key = (own.file, own.line, form.what, form.how)
            groups.setdefault(key, []).append((insn, form, own.function))
    found = [
        Place(
            key[0],
            key[1],
            members[0][1],
            tuple(sorted({m[2] for m in members})),
            tuple(m[0].at for m in members),
            tuple(m[1].word for m in members),
        )
        for key, members in groups.items()
    ]
    return sorted(found, key=lambda p: (not p.whole, p.file, p.line, p.name))
