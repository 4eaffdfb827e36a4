# SPDX-License-Identifier: BSD-2-Clause
"""digest - identify the code and the machine of an outcome.

Both cover executed code only: they omit debug information, build ids, the version, and the image's
line numbers, which ASSERT() and similar macros have in the code.  So the outcomes stay valid when
only comments change."""
import hashlib
import re
import struct

from hotplate.barriers.patch import Flat
from hotplate.build.imagesum import IMAGE_VA
from hotplate.program.asm import Insn, disassemble

SHT_NOTE, SHT_NOBITS, SHF_ALLOC = 7, 8, 2
# assert_failed() has the line as its second argument, test_fail() as its third
CONSTANT = {"mov": re.compile(r"w[12], #(0x[0-9a-f]+)"), "li": re.compile(r"a[12],(\d+)$")}


def short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def of_program(path: str) -> str:
    """The loaded sections of an ELF file, without notes."""
    with open(path, "rb") as f:
        elf = f.read()
    (table,) = struct.unpack_from("<Q", elf, 0x28)
    size, number = struct.unpack_from("<2H", elf, 0x3A)
    kept = []
    for i in range(number):
        kind, flags, _, at, length = struct.unpack_from("<I4Q", elf, table + i * size + 4)
        if flags & SHF_ALLOC and kind not in (SHT_NOTE, SHT_NOBITS):
            kept.append(elf[at : at + length])
    return short(b"".join(kept))


def is_line(insn: Insn) -> bool:
    """The second or third argument of a call, if it is the number of its own line."""
    pattern = CONSTANT.get(insn.op)
    match = pattern.match(insn.args) if pattern else None
    return bool(match and int(match[1], 0) == insn.line)


def of_image(flat: Flat, elf: str, arch: str) -> str:
    """Only the code: the rest of the image has the version, and addresses that depend on its length
    (a tree with changes has a version that is one letter longer)."""
    code = bytearray(flat.bytes[: flat.text_end])
    for function in disassemble(elf, arch):
        for insn in function.insns:
            if is_line(insn):
                at = insn.at - IMAGE_VA
                code[at : at + insn.size] = bytes(insn.size)
    return short(bytes(code[flat.edges[1] * 8 :]))
