# SPDX-License-Identifier: BSD-2-Clause
"""Compute the checksums and the build id of a linked image.

  tools/hotplate imagesum FLAT SUMS DEBUG PE PE_END INIT_START INIT_END \\
      BUILD_ID_NOTE PE_DEBUG IMAGE_SUM

Addresses are in hex; FLAT begins at IMAGE_VA.  SUMS gets two words: the sum of
boot-only code, and the sum of everything else except these two words and the
PE header.  boot/intact.c compares the running image with them.  DEBUG gets the
section of that name (boot/efi/header.inc), for readers of the PE header: the
GUID of its record is the first 16 bytes of the build id.
"""
import struct
from collections.abc import Sequence

from hotplate import fail
from hotplate.command import usage

IMAGE_VA = 0xFFFFFFFF80000000
MASK = (1 << 64) - 1


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


def address(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return fail("%s is no address in hex" % text)


def main(words: list[str]) -> int:
    if len(words) != 10:
        usage(__doc__)
    flat, out, out_debug = words[:3]
    places = [address(a) - IMAGE_VA for a in words[3:]]
    note, debug = places[4:6]
    pe, pe_end, start, end, own = [at // 8 for at in places[:4] + places[6:]]
    with open(flat, "rb") as f:
        image = bytearray(f.read())
    # A GUID is stored as little-endian numbers of 4, 2 and 2 bytes, then 8 bytes.
    struct.pack_into(
        "<IHH8s", image, debug + 32 + 4, *struct.unpack_from(">IHH8s", image, note + 16)
    )
    size = 32 + -(-struct.unpack_from("<I", image, debug + 16)[0] // 8) * 8
    with open(out_debug, "wb") as f:
        f.write(image[debug : debug + size])
    content = struct.unpack("<%dQ" % (len(image) // 8), image)
    with open(out, "wb") as f:
        f.write(
            struct.pack(
                "<2Q",
                total(content[start:end]),
                total(content[:pe] + content[pe_end:start] + content[end:own] + content[own + 2 :]),
            )
        )
    return 0
