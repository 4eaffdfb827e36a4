# SPDX-License-Identifier: BSD-2-Clause
"""image - edits of the linked image: instructions become other instructions of the same size, and
the checksums of the image agree with them (barriers/patch.py)."""
import functools
import os
import re
from collections.abc import Iterable

from hotplate.barriers.find import TOOLS
from hotplate.barriers.patch import Flat
from hotplate.barriers.weaken import forms
from hotplate.mutants.edit import ImageEdit, NoPlace
from hotplate.program.asm import Function, Insn, disassemble


def zero(word: int) -> int:
    """LD of riscv64 as LI 0, into the same register."""
    return word & 31 << 7 | 0x13


@functools.lru_cache(maxsize=2)
def functions(elf: str, arch: str, _: float) -> list[Function]:
    return disassemble(elf, arch, TOOLS[arch])


def word_of(insn: Insn, edit: ImageEdit) -> int:
    """The new instruction."""
    if edit.how.startswith("0x"):
        return int(edit.how, 16)
    known = {form.how: form.word for form in forms(insn, edit.arch)}
    if edit.arch == "riscv64" and insn.op == "ld" and insn.size == 4:
        known["loads 0"] = zero(insn.word)
    if edit.how not in known:
        raise NoPlace(f"{edit}: {insn.op} {insn.args} has the forms {', '.join(known)}")
    return known[edit.how]


def places(elf: str, edit: ImageEdit) -> dict[int, int]:
    """The new word at each address.  A pattern of two lines is of an instruction and of the one
    before it."""
    found, lines = {}, edit.pattern.count(r"\n") + 1
    for function in functions(elf, edit.arch, os.path.getmtime(elf)):
        if function.name not in edit.symbols:
            continue
        shown = [f"{i.op} {i.args}".strip() for i in function.insns]
        for n, insn in enumerate(function.insns):
            if re.fullmatch(edit.pattern, "\n".join(shown[max(0, n + 1 - lines) : n + 1])):
                found[insn.at] = word_of(insn, edit)
    if not found:
        raise NoPlace(f"{edit}: no such instruction")
    return found


def write(built: str, edits: Iterable[ImageEdit], folder: str) -> str:
    """Write the changed copy of the image in `built` to `folder`, beside a link to its ELF file;
    return its path."""
    edits = list(edits)
    elf, path = os.path.join(built, "hotplate.elf"), os.path.join(folder, "Image")
    words = {at: word for e in edits for at, word in places(elf, e).items()}
    flat = Flat(os.path.join(built, "Image"), elf, edits[0].arch)
    os.makedirs(folder, exist_ok=True)
    link = os.path.join(folder, "hotplate.elf")
    if not os.path.lexists(link):
        os.symlink(os.path.abspath(elf), link)
    with open(path, "wb") as f:
        f.write(flat.changed(words))
    return path
