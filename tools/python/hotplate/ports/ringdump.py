# SPDX-License-Identifier: BSD-2-Clause
"""Print the kernel log out of a dump of the memory of a machine.

  tools/hotplate ringdump FILE...
      raw memory (JTAG `dump_image`, QEMU `pmemsave`) or the output of `md`
      of U-Boot (`md.b`, `md.l`, `md.q`); - is standard input
  tools/hotplate ringdump --address ELF [BASE]
      the address of the log of an image that runs at BASE (0x..; the console
      prints it as `image at`); without BASE its offset in the image

The log (kern/log.c) begins at a multiple of 64 bytes with a magic number.  A
dump of 64 KiB from there on is enough; a shorter one is reported.  Exit
status:  0 printed, 1 no log found, 2 the log is not whole.
"""
import re
import struct
import subprocess
import sys

from hotplate import fail
from hotplate.command import Arguments, usage

MAGIC = b"HOTPLATE-LOG-1\0\0"
HEAD, BYTES = 64, 65536
TEXT = BYTES - HEAD
# "40200000: 4c504f48 2d455441 ...    HOTPLATE-": address, then words of one width
LINE = re.compile(rb"^([0-9a-f]{8,16}): ((?:[0-9a-f]{2,16} ){1,16})", re.M)


def from_text(data: bytes) -> bytes | None:
    """The bytes of U-Boot's md, by their addresses; bytes that it did not print are zero."""
    found = [(int(m[1], 16), m[2].split()) for m in LINE.finditer(data.replace(b"\r", b""))]
    if not found:
        return None
    first, out = found[0][0], bytearray()
    for at, words in found:
        row = b"".join(int(w, 16).to_bytes(len(w) // 2, "little") for w in words)
        if at < first or at - first > 64 << 20:
            continue
        out.extend(bytes(max(0, at - first + len(row) - len(out))))
        out[at - first : at - first + len(row)] = row
    return bytes(out)


def is_head(data: bytes, at: int) -> bool:
    """Whether the kernel can have written this head: the program text has the magic as well."""
    if at + HEAD > len(data):
        return False
    size, where, written = struct.unpack_from("<3Q", data, at + 16)
    return size == TEXT and written < 1 << 40 and where == written % TEXT


def heads(data: bytes) -> list[int]:
    """Offsets of the magic, that of a ring first; an excerpt may have another alignment."""
    at, found = data.find(MAGIC), []
    while at >= 0:
        found.append(at)
        at = data.find(MAGIC, at + 1)
    return sorted(found, key=lambda at: (not is_head(data, at), at % 64 != 0, at))


def readable(raw: bytes) -> str:
    """As the next boot prints it: a byte that is no text becomes a question mark."""
    return "".join(chr(b) if b == 10 or 32 <= b <= 126 else "?" for b in raw)


def decode(data: bytes) -> tuple[str | None, str | None]:
    """(text, its defect or None); (None, reason) without a ring."""
    found = heads(data)
    if not found:
        return None, "no ring: the magic HOTPLATE-LOG-1 is not in these %d bytes" % len(data)
    at = found[0]
    head = data[at : at + HEAD]
    if len(head) < HEAD:
        return None, "the dump ends %d bytes into the ring's head" % len(head)
    size, where, written = struct.unpack_from("<3Q", head, 16)
    if not is_head(data, at):
        return None, "the head at 0x%x is torn: size %d, next byte at %d, %d written" % (
            at,
            size,
            where,
            written,
        )
    text = data[at + HEAD : at + BYTES]
    have = min(written, TEXT)
    lost = have - min(have, len(text))
    text = text + b"\0" * (TEXT - len(text)) if lost else text
    raw = text[:have] if written < TEXT else text[where:] + text[:where]
    wrong = "the dump ends %d bytes before the ring does" % lost if lost else None
    if written > TEXT:
        raw = raw[raw.find(b"\n") + 1 :]  # the start of the oldest line is overwritten
        print(
            "ringdump: the ring has wrapped, %d earlier bytes are lost" % (written - len(raw)),
            file=sys.stderr,
        )
    return readable(raw), wrong


def address(elf: str, base: int | None) -> None:
    """Print the address of the ring, from the symbols of the ELF file."""
    out = subprocess.run(["nm", elf], capture_output=True, text=True, check=True).stdout
    where = {
        m[2]: int(m[1], 16)
        for m in re.finditer(r"^([0-9a-f]+) \w (log_ring|image_start)$", out, re.M)
    }
    if len(where) != 2:
        fail("%s has no symbol log_ring: not an image of hotplate" % elf)
    at = where["log_ring"] - where["image_start"]
    print("0x%x" % (at + base) if base is not None else "image+0x%x" % at)


def read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    with open(name, "rb") as f:
        return f.read()


def arguments() -> Arguments:
    arg = Arguments(__doc__)
    arg.add_argument("--address", metavar="ELF")
    arg.add_argument("words", nargs="*", metavar="FILE")
    return arg


def main(words: list[str]) -> int:
    given = arguments().parse_args(words)
    if given.address:
        address(given.address, int(given.words[0], 0) if given.words else None)
        return 0
    if not given.words:
        usage(__doc__)
    status = 0
    for name in given.words:
        data = read(name)
        text, wrong = decode(data if MAGIC in data else from_text(data) or data)
        if text is not None:
            sys.stdout.write(text)
        if wrong:
            print("ringdump: %s: %s" % (name, wrong), file=sys.stderr)
            status = max(status, 1 if text is None and "no ring" in wrong else 2)
    return status
