# SPDX-License-Identifier: BSD-2-Clause
"""The boot words that a kernel knows, from the table of arguments in its ELF file
(kern/args_table.c, kern/args.c): a card with another word would fail at the board."""
import os
import struct

from hotplate import fail

ROW = struct.Struct("<QI4xQQQB7x")  # struct arg of kern/args.h
FLAG = 0  # ARG_FLAG
SECTION, SYMBOL = struct.Struct("<IIQQQQIIQQ"), struct.Struct("<IBBHQQ")
PROGBITS, SYMTAB = 1, 2


class Elf:
    """The initialised data of a linked image, by symbol."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as f:
            self.data = f.read()
        (at,) = struct.unpack_from("<Q", self.data, 0x28)
        size, number = struct.unpack_from("<HH", self.data, 0x3A)
        self.sections = [SECTION.unpack_from(self.data, at + n * size) for n in range(number)]

    def offset(self, address: int) -> int:
        for _, kind, _, start, at, size, *_ in self.sections:
            if kind == PROGBITS and start <= address < start + size:
                return int(address - start + at)
        raise ValueError("no data at 0x%x" % address)

    def text(self, offset: int) -> str:
        return self.data[offset : self.data.index(b"\0", offset)].decode("ascii")

    def symbol(self, name: str) -> bytes:
        for section in self.sections:
            if section[1] != SYMTAB:
                continue
            names = self.sections[section[6]][4]
            table = self.data[section[4] : section[4] + section[5]]
            for at, _, _, _, value, size in SYMBOL.iter_unpack(table):
                if self.text(names + at) == name:
                    start = self.offset(value)
                    return self.data[start : start + size]
        raise ValueError("no symbol " + name)


def check(words: list[str], elf: str) -> None:
    """Refuse the first word that this kernel does not know, or that lacks its value."""
    if not os.path.exists(elf):
        fail("%s is not built: it has the table of boot arguments" % elf)
    kernel = Elf(elf)
    rows = {
        kernel.text(kernel.offset(name)): (kind == FLAG, of_source != 0)
        for name, kind, _, _, _, of_source in ROW.iter_unpack(kernel.symbol("arg_table"))
    }
    foreign = {
        kernel.text(kernel.offset(at))
        for (at,) in struct.iter_unpack("<Q", kernel.symbol("args_foreign"))
    }
    for word in words:
        name, sign, value = word.partition("=")
        source, dot, key = name.partition(".")
        if source in foreign:
            continue
        known = rows.get(key) if dot and source and sign else rows.get(name)
        if known is None or (dot and not known[1]):
            fail("ARGS=: %s is no boot argument; `help args` at the prompt lists them" % word)
        if not value and (sign or not known[0]):
            fail("ARGS=: %s needs a value" % word)
