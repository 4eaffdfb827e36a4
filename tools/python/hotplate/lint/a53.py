# SPDX-License-Identifier: BSD-2-Clause
"""No instruction sequence of Cortex-A53 errata 835769 and 843419.

The lint reads the program text of arm64's image.

  tools/hotplate lint a53 [ELF]      build/arm64/hotplate.elf

835769: a 64-bit multiply-accumulate directly after a load or store on which it
does not depend.

843419: an ADRP in the last two words of a 4 KiB page, a load or store (if of a
pair: a store), and in one of the next two words a load or store at an
immediate offset from the register of the ADRP.
"""
import os
import re
import struct
import subprocess
from collections.abc import Iterator, Sequence
from hotplate import BUILD, TOP, fail


def is_memory(w: int) -> bool:
    return w & 0x0A000000 == 0x08000000


def is_load(w: int) -> bool:
    """A load of general registers; pairs and exclusives have an L bit."""
    if w & 0x3B000000 == 0x18000000:  # literal
        return True
    if w & 0x3A000000 == 0x28000000 or w & 0x3F000000 == 0x08000000:
        return bool(w >> 22 & 1)
    return bool(w >> 22 & 3)


def loads_pair(w: int) -> bool:
    return w & 0x3A000000 == 0x28000000 and bool(w >> 22 & 1)


def accumulates(w: int) -> bool:
    """MADD, MSUB and their long forms, of 64 bits, with an Ra that is not the zero register."""
    return w & 0xFF000000 == 0x9B000000 and (w >> 21 & 7) in (0, 1, 5) and (w >> 10 & 31) != 31


def depends(load: int, mac: int) -> bool:
    written = {load & 31} | ({load >> 10 & 31} if load & 0x3A000000 == 0x28000000 else set())
    return bool(written & {mac >> 5 & 31, mac >> 16 & 31, mac >> 10 & 31})


def bad_835769(words: Sequence[int], i: int) -> bool:
    if i + 1 >= len(words) or not is_memory(words[i]) or not accumulates(words[i + 1]):
        return False
    return not (is_load(words[i]) and depends(words[i], words[i + 1]))


def at_immediate(w: int, base: int) -> bool:
    return w & 0x3B000000 == 0x39000000 and w >> 5 & 31 == base


def bad_843419(words: Sequence[int], i: int, address: int) -> bool:
    if (
        address & 0xFFF not in (0xFF8, 0xFFC)
        or words[i] & 0x9F000000 != 0x90000000
        or i + 3 >= len(words)
    ):
        return False
    base = words[i] & 31
    if not is_memory(words[i + 1]) or loads_pair(words[i + 1]):
        return False
    return at_immediate(words[i + 2], base) or at_immediate(words[i + 3], base)


def text_of(elf: str) -> tuple[int, tuple[int, ...]]:
    """(address, words) of .text."""
    sections = subprocess.run(
        ["readelf", "-SW", elf], capture_output=True, text=True, check=True
    ).stdout
    found = re.findall(r"\] \.text +PROGBITS +(\w+) (\w+) (\w+)", sections)
    if not found:
        fail(f"{elf} has no .text")
    address, offset, size = (int(x, 16) for x in found[0])
    with open(elf, "rb") as f:
        f.seek(offset)
        return address, struct.unpack("<%dI" % (size // 4), f.read(size // 4 * 4))


def found(address: int, words: Sequence[int]) -> Iterator[tuple[int, int]]:
    for i, _ in enumerate(words):
        at = address + 4 * i
        if bad_835769(words, i):
            yield at, 835769
        if bad_843419(words, i, at):
            yield at, 843419


def main(words: list[str]) -> int:
    elf = words[0] if words else os.path.join(TOP, BUILD, "arm64/hotplate.elf")
    address, code = text_of(elf)
    bad = list(found(address, code))
    for at, number in bad:
        print("%s: 0x%x: the sequence of Cortex-A53 erratum %d" % (elf, at, number))
    if bad:
        return 1
    print("a53            ok  (%d instructions)" % len(code))
    return 0
