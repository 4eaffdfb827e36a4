# SPDX-License-Identifier: BSD-2-Clause
"""The files of the tree, and the reports of every lint: FILE:LINE: sentence, status 1."""
import os
import re
import subprocess
from collections.abc import Iterator

from hotplate import INSTALLED, NO_SOURCES, fail

OURS = (
    "lib",
    "mm",
    "kern",
    "arch",
    "drivers",
    "tests",
    "tlblab",
    "shell",
    "boot",
    "linker",
    "tools",
    "mk",
    "machine",
)


def tree(*suffixes: str) -> list[str]:
    """Paths of the project, also those not committed yet; without git, all files but those of
    build/."""
    if INSTALLED:
        fail(NO_SOURCES)
    try:
        out = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        out = [
            os.path.join(d, f)[2:]
            for d, _, fs in os.walk(".")
            for f in fs
            if not d.startswith(("./build", "./.git"))
        ]
    paths = sorted({p for p in out if p and os.path.isfile(p)})
    return [p for p in paths if not suffixes or p.endswith(suffixes)]


def c_files() -> list[str]:
    return tree(".c", ".h")


def read(path: str) -> list[str]:
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read().split("\n")


def under(path: str, *tops: str) -> bool:
    return path.startswith(tuple(t + "/" for t in tops))


CATALOGUE = "docs/CATALOGUE.md"
TEST = re.compile(r"^TEST\(\s*([a-z0-9_]+)\s*,\s*([a-z0-9_]+)\s*,(.*?)^{", re.S | re.M)


def tests_in(source: str) -> Iterator[tuple[str, str, int]]:
    """(name, the TEST() macro's arguments, line) of each test of the kernel in this source."""
    for match in TEST.finditer(source):
        yield match[1] + "." + match[2], match[3], source[: match.start()].count("\n") + 1


def kernel_tests() -> Iterator[tuple[str, str, str, int]]:
    """(path, name, the macro's arguments, line) of each test that is in the images."""
    for path in tree(".c"):
        if under(path, "tests") and not under(path, "tests/host", "tests/system"):
            for name, body, line in tests_in("\n".join(read(path))):
                yield path, name, body, line


def test_text(body: str, key: str) -> str | None:
    match = re.search(r"\.%s\s*=\s*((?:\"[^\"]*\"\s*)+)" % key, body)
    return "".join(re.findall(r'"([^"]*)"', match[1])) if match else None


def catalogue() -> Iterator[tuple[int, str, str | None]]:
    """(line, row, text of its column "checked by", None where the table has no such column)."""
    column = None
    for line, text in enumerate(read(CATALOGUE) if os.path.exists(CATALOGUE) else [], 1):
        cells = [c.strip() for c in text.split("|")]
        if len(cells) > 2 and cells[1] == "id":
            column = cells.index("checked by") if "checked by" in cells else None
        elif len(cells) > 2 and re.fullmatch(r"[A-Z]+\d?-\d+[a-z]?", cells[1]):
            yield line, cells[1], cells[column] if column and column < len(
                cells
            ) else None if column is None else ""


class Lint:
    def __init__(self, name: str) -> None:
        self.name, self.count = name, 0

    def report(self, path: str, line: int, sentence: str) -> None:
        self.count += 1
        print("%s:%d: %s" % (path, line, sentence))

    def done(self, checked: str) -> int:
        print(
            "%-14s %s  (%s)"
            % (self.name, "%d findings" % self.count if self.count else "ok", checked)
        )
        return 1 if self.count else 0
