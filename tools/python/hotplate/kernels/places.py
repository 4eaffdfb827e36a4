# SPDX-License-Identifier: BSD-2-Clause
"""Places in the source of a kernel, for the addresses that a run printed (machine/README.md)."""
import os
import re
from collections.abc import Iterable

from hotplate.results.report import SYMBOL, Elf

# Lines that machine/sanitize_report.c, mm/pt/taps/sanitize_report.c and machine/story.c print.
REPORT = re.compile(r"^(sanitize: step|#   |step \d+, CPU|  CPU \d+: |worst: )")
LIMIT = 400  # places


def has_lines(path: str) -> bool:
    """An ELF file with debug information."""
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return False
    return ".debug_line" in Elf(path, None).tool("readelf", "-SW", path)


class Places:
    def __init__(self) -> None:
        self.spots: dict[tuple[str, str], None] = {}

    def line(self, text: str) -> None:
        if REPORT.match(text) and len(self.spots) < LIMIT:
            self.spots.update(dict.fromkeys(SYMBOL.findall(text)))

    def table(self, path: str, arch: str) -> Iterable[str]:
        """A line for each place, in the order of the reports."""
        if not self.spots or not has_lines(path):
            return
        found = Elf(path, arch).places(list(self.spots))
        for (name, offset), place in found.items():
            if not place.startswith("?"):
                yield f"# {name}+0x{offset} is {place}"
