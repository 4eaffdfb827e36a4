# SPDX-License-Identifier: BSD-2-Clause
"""patch - a copy of an Image with other instructions in it, and sums that agree with them: a
kernel that finds a wrong sum reports it (boot/intact.c), and that is no failure of order."""
import struct
import subprocess

from hotplate import fail
from hotplate.barriers.find import TOOLS, Place
from hotplate.build.imagesum import EDGES, IMAGE_VA, sums


class Flat:
    """An Image, and the places of its sums."""

    def __init__(self, image: str, elf: str, arch: str) -> None:
        with open(image, "rb") as f:
            self.bytes = f.read()
        text = subprocess.run(
            [TOOLS[arch] + "nm", elf], check=True, capture_output=True, text=True
        ).stdout
        at = {n: int(a, 16) for a, _, n in (s.split(" ", 2) for s in text.splitlines())}
        self.edges = [(at[name] - IMAGE_VA) // 8 for name in EDGES]
        self.text_end = at["text_end"] - IMAGE_VA
        self.end = (at["data_pristine_end"] - IMAGE_VA) // 8
        if self.sums(self.bytes) != self.stored():
            fail("%s and %s are not of one link" % (image, elf))

    def stored(self) -> tuple[int, int]:
        own = self.edges[4] * 8
        first, second = struct.unpack_from("<2Q", self.bytes, own)
        return first, second

    def sums(self, image: bytes) -> tuple[int, int]:
        return sums(struct.unpack_from("<%dQ" % self.end, image), self.edges)

    def without(self, place: Place) -> bytes:
        return self.changed(dict(zip(place.at, place.words)))

    def changed(self, words: dict[int, int]) -> bytes:
        """With these instructions, by address."""
        image = bytearray(self.bytes)
        for at, word in words.items():
            struct.pack_into("<I", image, at - IMAGE_VA, word)
        struct.pack_into("<2Q", image, self.edges[4] * 8, *self.sums(image))
        return bytes(image)
