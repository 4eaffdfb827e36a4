# SPDX-License-Identifier: BSD-2-Clause
"""Compute symbol table, build id and checksums of a linked image.

  readelf -sW ELF | tools/hotplate imagesum FLAT DIRECTORY

FLAT is the content of ELF and begins at IMAGE_VA.  A file of DIRECTORY is
written for each section that the linker reserved (linker/kernel.lds.S):

  symtab_hp  functions of .text, for backtraces (kern/symbols.c).  A name of
             functions in two files is written as `file.c:name`
  pe_debug   the section as in FLAT, with the first 16 bytes of the build id as
             the GUID of its record, for readers of the PE header
             (boot/efi/header.inc)
  image_sum  two words: the sum of boot-only code, and the sum of everything
             else except these two words and the PE header.  boot/intact.c
             compares the running image with them
"""
import os
import re
import struct
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from hotplate import fail
from hotplate.command import usage

IMAGE_VA = 0xFFFFFFFF80000000
MASK = (1 << 64) - 1
EDGES = ("pe_header_start", "pe_header_end", "init_start", "init_end", "image_sum")
NO_CODE = re.compile(r"[.$]|(image_start|text_end|(idmap|init)_(start|end))$")


def hash_u64(h: int, v: int) -> int:  # lib/hash.h
    h = ((h ^ v) * 0xFF51AFD7ED558CCD) & MASK
    h ^= h >> 32
    h = (h * 0xC4CEB9FE1A85EC53) & MASK
    return h ^ (h >> 29)


def total(words: Sequence[int]) -> int:
    a = b = 0
    for word in words:
        a += word
        b += a
    return hash_u64(hash_u64(0, a & MASK), b & MASK)


def sums(words: Sequence[int], edges: Sequence[int]) -> tuple[int, int]:
    """The sum of boot-only code, and of everything else; the edges are those of EDGES, in words."""
    pe, pe_end, start, end, own = edges
    rest = [*words[:pe], *words[pe_end:start], *words[end:own], *words[own + 2 :]]
    return total(words[start:end]), total(rest)


def read_symbols(lines: Iterable[str]) -> tuple[dict[str, int], dict[int, tuple[str, str]]]:
    """Offset of each global symbol; name and file of each function or label of .text.

    Of several at one offset the first remains.
    """
    text, file = "", ""
    symbols: dict[str, int] = {}
    code: dict[int, tuple[str, str]] = {}
    for line in lines:
        words = line.split()
        if len(words) != 8 or not words[0].endswith(":") or words[0] == "Num:":
            continue
        value, kind, bind, section, name = words[1], words[3], words[4], words[6], words[7]
        at = int(value, 16) - IMAGE_VA
        if kind == "SECTION" and name == ".text":
            text = section
        elif kind == "FILE":
            file = name
        if bind != "LOCAL":
            file = ""
            symbols[name] = at
        if section == text and kind in ("FUNC", "NOTYPE") and not NO_CODE.match(name):
            code.setdefault(at, (name, file))
    return symbols, code


def table(code: dict[int, tuple[str, str]], room: int) -> bytes:
    """Content of .symtab_hp (kern/symbols.c), filled up with zeros."""
    times = Counter(name for name, _ in code.values())
    offsets = sorted(code)
    names, places = b"", []
    for at in offsets:
        name, file = code[at]
        places.append(len(names))
        names += (file + ":" + name if times[name] > 1 and file else name).encode() + b"\0"
    made = struct.pack("<%dI" % (1 + 2 * len(offsets)), len(offsets), *offsets, *places) + names
    if len(made) > room:
        fail(
            "the table of symbols has %d bytes, and linker/kernel.lds.S reserves %d:"
            " raise SYMBOL_BYTES" % (len(made), room)
        )
    return made.ljust(room, b"\0")


def main(words: list[str]) -> int:
    if len(words) != 2:
        usage(__doc__)
    flat, directory = words
    with open(flat, "rb") as f:
        image = bytearray(f.read())
    symbols, code = read_symbols(sys.stdin)
    if not code:
        fail("standard input is no output of readelf -sW with the symbols of an image")

    def at(name: str) -> int:
        return symbols[name] if name in symbols else fail("the image has no symbol " + name)

    def write(name: str, content: bytes) -> None:
        with open(os.path.join(directory, name), "wb") as out:
            out.write(content)

    first, last = at("ksyms"), at("ksyms_end")
    image[first:last] = table(code, last - first)
    write("symtab_hp", image[first:last])
    # A GUID is stored as little-endian numbers of 4, 2 and 2 bytes, then 8 bytes.
    note, debug = at("build_id_note"), at("pe_debug")
    struct.pack_into(
        "<IHH8s", image, debug + 32 + 4, *struct.unpack_from(">IHH8s", image, note + 16)
    )
    size = 32 + -(-struct.unpack_from("<I", image, debug + 16)[0] // 8) * 8
    write("pe_debug", image[debug : debug + size])
    content = struct.unpack("<%dQ" % (len(image) // 8), image)
    write("image_sum", struct.pack("<2Q", *sums(content, [at(name) // 8 for name in EDGES])))
    return 0
