# SPDX-License-Identifier: BSD-2-Clause
"""Apply a device tree overlay to a running kernel, or revert it.

  tools/hotplate overlay FILE add BLOB.dtbo
      any overlay
  tools/hotplate overlay FILE add ADDR+SIZE [NODE] [pmem]
      an overlay that adds this memory: RAM, or a pmem-region
  tools/hotplate overlay FILE remove NUMBER
      reverts the overlay with this number
  tools/hotplate overlay blob ADDR+SIZE [NODE] [pmem] > X.dtbo
      only makes the overlay

FILE is the memory of the channel (docs/vmm.md): the file of CHANNEL=FILE of
tools/hotplate run.  The answer of the kernel is printed.  Exit status: 0 done,
1 refused, 2 no answer, 4 the request was not sent.
"""
import mmap
import os
import re
import struct
import sys
import time

from hotplate import fail
from hotplate.command import usage

MAGIC, BLOB, SIZE = 0x31504F48, 0x1000, 64 << 10
# Request: sequence, operation, value.  Reply: magic, sequence, code, number, sentence.
REQUEST, REPLY = 0x0, 0x40
OPERATIONS = {"add": 1, "remove": 2}
PATIENCE = float(os.environ.get("HOTPLATE_PATIENCE", "60"))
UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def number(text: str) -> int:
    match = re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)([KMGT]?)", text)
    if not match:
        fail("%r is no number" % text)
    return int(match[1], 0) << UNITS[match[2]]


class Tree:
    """The three blocks of a flattened device tree (specification, chapter 5)."""

    def __init__(self) -> None:
        self.structure, self.strings = b"", b""

    def begin(self, name: str) -> None:
        self.structure += struct.pack(">I", 1) + self.padded(name.encode() + b"\0")

    def end(self) -> None:
        self.structure += struct.pack(">I", 2)

    def prop(self, name: str, value: bytes) -> None:
        self.structure += struct.pack(">III", 3, len(value), len(self.strings)) + self.padded(value)
        self.strings += name.encode() + b"\0"

    @staticmethod
    def padded(data: bytes) -> bytes:
        return data + b"\0" * (-len(data) % 4)

    def blob(self) -> bytes:
        structure = self.structure + struct.pack(">I", 9)
        at = 40 + 16
        total = at + len(structure) + len(self.strings)
        head = struct.pack(
            ">10I",
            0xD00DFEED,
            total,
            at,
            at + len(structure),
            40,
            17,
            16,
            0,
            len(self.strings),
            len(structure),
        )
        return head + b"\0" * 16 + structure + self.strings


def memory_overlay(ranges: list[tuple[int, int, int]], pmem: bool = False) -> bytes:
    """An overlay of memory nodes, or of pmem-regions: [(address, bytes, NUMA node)].  The nodes are
    named dimm@, since a name that the tree already has would replace the properties of that node.
    """
    tree = Tree()
    for name in ("", "fragment@0"):
        tree.begin(name)
    tree.prop("target-path", b"/\0")
    tree.begin("__overlay__")
    for address, size, node in ranges:
        tree.begin("%s@%x" % ("pmem" if pmem else "dimm", address))
        if pmem:
            tree.prop("compatible", b"pmem-region\0")
        else:
            tree.prop("device_type", b"memory\0")
        tree.prop("reg", struct.pack(">QQ", address, size))
        tree.prop("numa-node-id", struct.pack(">I", node))
        tree.end()
    for _ in range(3):
        tree.end()
    return tree.blob()


def blob_of(words: list[str]) -> bytes:
    if "+" in words[0] and not os.path.exists(words[0]):
        address, size = map(number, words[0].split("+", 1))
        node = [number(w) for w in words[1:] if w != "pmem"] + [0]
        return memory_overlay([(address, size, node[0])], "pmem" in words[1:])
    if not os.path.exists(words[0]):
        fail("%s is neither ADDR+SIZE nor a file" % words[0])
    with open(words[0], "rb") as f:
        return f.read()


class Channel:
    """The last 64 KiB of the file.  Words are written whole, the sequence number last: pack_into()
    writes zero bytes first, which the kernel would take for a sequence number."""

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as f:
            size = os.fstat(f.fileno()).st_size
            if size < SIZE:
                fail("%s: %d bytes are no memory of a machine (CHANNEL=)" % (path, size))
            self.memory = mmap.mmap(f.fileno(), SIZE, offset=size - SIZE)
        self.request_words = memoryview(self.memory)[REQUEST : REQUEST + 12].cast("I")

    def words(self, at: int, n: int) -> tuple[int, ...]:
        return struct.unpack_from("<%dI" % n, self.memory, at)

    def request(self, operation: str, value: int, blob: bytes = b"") -> tuple[int, int, str] | None:
        """Send a request: (code, number, sentence), or None without a reply."""
        until = time.monotonic() + PATIENCE
        while self.words(REPLY, 1)[0] != MAGIC:
            if time.monotonic() > until:
                return None
            time.sleep(0.05)
        self.memory[BLOB : BLOB + len(blob)] = blob
        sequence = (self.words(REPLY, 2)[1] + 1) & 0xFFFFFFFF
        self.request_words[1] = OPERATIONS.get(operation, 0)
        self.request_words[2] = value
        self.request_words[0] = sequence
        while self.words(REPLY, 2)[1] != sequence:
            if time.monotonic() > until:
                return None
            time.sleep(0.02)
        code, nr = struct.unpack_from("<iI", self.memory, REPLY + 8)
        sentence = (
            bytes(self.memory[REPLY + 16 : REPLY + 16 + 184])
            .split(b"\0")[0]
            .decode("ascii", "replace")
        )
        return code, nr, sentence


def main(words: list[str]) -> int:
    if len(words) < 2:
        usage(__doc__)
    if words[0] == "blob":
        sys.stdout.buffer.write(blob_of(words[1:]))
        return 0
    if len(words) < 3 or words[1] not in OPERATIONS:
        usage(__doc__)
    blob = blob_of(words[2:]) if words[1] == "add" else b""
    if len(blob) > SIZE - BLOB:
        fail("%d bytes are too many for the channel" % len(blob))
    answer = Channel(words[0]).request(words[1], len(blob) if blob else number(words[2]), blob)
    if answer is None:
        print("no answer: does the banner show channel=, and is the machine at its prompt?")
        return 2
    code, nr, sentence = answer
    print("overlay %d: %s" % (nr, sentence) if not code else "refused (%d): %s" % (code, sentence))
    return 1 if code else 0
