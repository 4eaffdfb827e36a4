# SPDX-License-Identifier: BSD-2-Clause
"""The symbols of an Image, from the tables that the kernel has for its own messages.

scripts/kallsyms.c of Linux writes them: names are strings of tokens, with a table of 256 tokens and
an index of it; every 256th name has a marker.  Addresses are 32 bits each: offsets from a base that
is stored beside them (before the names until 6.3, after the index since), or since 7.0 from their
own place.  The tables have no header, so they are found by their form."""
import array
import struct
from typing import NamedTuple

DIGITS = b"0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00"  # tokens 48 to 57 are themselves
TOKENS = 256
MARKED = 256  # names between two markers
BYTES = (2 * MARKED, 80 * MARKED)  # of these names
# Link addresses of _text: KIMAGE_VADDR of arm64 (to 6.4, since), KERNEL_LINK_ADDR of riscv.
BASES = (0xFFFF800008000000, 0xFFFF800080000000, 0xFFFFFFFF80000000)


class Symbol(NamedTuple):
    address: int
    kind: str  # as nm prints it
    name: str


def aligned(at: int, to: int) -> int:
    return -(-at // to) * to


def number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def token_table(data: bytes) -> tuple[list[bytes], int, int] | None:
    """The tokens, the place of the table, and the end of its index."""
    at = data.find(DIGITS)
    while at >= 0:
        first = at
        for _ in range(ord("0")):
            first = data.rfind(b"\0", 0, max(first - 1, 0)) + 1
        tokens, places, end = [], [], first
        for _ in range(TOKENS):
            stop = data.index(b"\0", end)
            tokens.append(data[end:stop])
            places.append(end - first)
            end = stop + 1
        for index in {aligned(end, 2), aligned(end, 4), aligned(end, 8)}:
            if data[index : index + 2 * TOKENS] == struct.pack("<256H", *places):
                return tokens, first, index + 2 * TOKENS
        at = data.find(DIGITS, at + 1)
    return None


def marker_table(data: bytes, end: int) -> tuple[int, list[int]] | None:
    """The longest run of numbers that rise as markers do, before the table of tokens."""
    start = max(0, end - (8 << 20)) & ~3
    words = array.array("I", data[start : end - (end - start) % 4])
    best, i = (0, 0), 0
    while i < len(words) - 1:
        j = i + 1
        while j < len(words) and BYTES[0] < words[j] - words[j - 1] < BYTES[1]:
            j += 1
        if words[i] == 0 and j - i > best[1] - best[0]:
            best = (i, j)
        i = j
    return (start + 4 * best[0], list(words[best[0] : best[1]])) if best[1] else None


def names_at(data: bytes, at: int, n: int, markers: list[int], end: int) -> list[bytes] | None:
    """n strings of tokens that agree with the markers; None: there are no names here."""
    found, place = [], at
    for i in range(n):
        if i % MARKED == 0 and place - at != markers[i // MARKED]:
            return None
        length, place = data[place], place + 1
        if length & 0x80:
            length, place = length & 0x7F | data[place] << 7, place + 1
        found.append(data[place : place + length])
        place += length
        if place > end:
            return None
    return found


def name_table(data: bytes, end: int, markers: list[int]) -> tuple[int, list[bytes]] | None:
    """Where the names begin, after their number; the markers are at `end`."""
    last = end - markers[-1]
    low, high = (len(markers) - 1) * MARKED, len(markers) * MARKED
    for at in range(last & ~3, max(8, last - BYTES[1] * 4), -4):
        for gap in (4, 8):
            n = number(data, at - gap)
            names = names_at(data, at, n, markers, end) if low < n <= high else None
            if names:
                return at, names
    return None


def base_of(data: bytes) -> int:
    """The base to which most of the pointers in the image belong."""
    words = array.array("Q", data[: len(data) & ~7])[::16]
    counts = {b: sum(0 <= w - b < len(data) for w in words) for b in BASES}
    return max(counts, key=lambda b: counts[b])


def rising(offsets: list[int], size: int) -> bool:
    """Offsets from _text: most are in order and inside the image and its BSS."""
    inside = sum(0 <= o < 2 * size for o in offsets)
    ordered = sum(a <= b for a, b in zip(offsets, offsets[1:]))
    return min(inside, ordered) > 0.95 * len(offsets)


def offsets_of(data: bytes, names_start: int, n: int, index_end: int) -> list[int] | None:
    after = aligned(index_end, 8)
    before = aligned(names_start - 16, 8) - aligned(4 * n, 8)
    for at in (after, aligned(index_end, 4), before, before - 8, before + 8):
        if at < 0 or at + 4 * n > len(data):
            continue
        plain = list(struct.unpack_from(f"<{n}I", data, at))
        if rising(plain, len(data)):
            return plain
        own = [at + 4 * i + v for i, v in enumerate(struct.unpack_from(f"<{n}i", data, at))]
        if rising(own, len(data)):
            return own
    return None


def expand(name: bytes, tokens: list[bytes]) -> str:
    return b"".join(tokens[c] for c in name).decode("ascii", "replace")


def symbols(data: bytes) -> list[Symbol]:
    """In the order of addresses; none if the image has no such tables."""
    table = token_table(data)
    markers = marker_table(data, table[1]) if table else None
    names = name_table(data, *markers) if markers else None
    if not table or not names:
        return []
    offsets = offsets_of(data, names[0], len(names[1]), table[2])
    if not offsets:
        return []
    base = base_of(data)
    texts = [expand(name, table[0]) for name in names[1]]
    return sorted(Symbol(base + o, t[:1], t[1:]) for o, t in zip(offsets, texts))
