# SPDX-License-Identifier: BSD-2-Clause
"""state - the digest of the sources that an outcome depends on: while it is the same, the outcome
holds."""
import functools
import hashlib
import os
import re

from hotplate import TOP
from hotplate.mutants.mutant import ON_A_MACHINE, Judge
from hotplate.mutants.tree import sources

TEXTS = re.compile(r"docs/|tests/mutants/[^/]*$|.*\.md$")  # no outcome depends on them
# Lints, counts and pages: they neither boot an image nor judge one.
TOOLS = "tools/python/hotplate/"
ABOUT = tuple(TOOLS + x for x in ("lint/", "docs/", "mutants/generated/", "mutants/page.py"))
PROGRAMS = "tests/host/programs.mk"


@functools.cache
def digests() -> dict[str, str]:
    found = {}
    for name in sources():
        if not TEXTS.match(name):
            with open(os.path.join(TOP, name), "rb") as f:
                text = f.read()
            for part, content in (rows(text) if name == PROGRAMS else {name: text}).items():
                found[part] = hashlib.sha256(content).hexdigest()
    return found


def rows(table: bytes) -> dict[str, bytes]:
    """The table of programs: a row counts as a file of its program's directory."""
    found = {PROGRAMS: b""}
    for line in re.findall(rb"(?:.*\\\n)*.*\n", table):
        row = re.match(rb"(USES|FUZZES|READS)_(\w+) :=", line)
        name = "" if not row else "fuzz" if row[1] == b"FUZZES" else row[2].decode()
        place = f"tests/host/{name}/row" if row else PROGRAMS
        found[place] = found.get(place, b"") + line
    return found


def state() -> str:
    """The digest of every source."""
    return without(())


@functools.cache
def without(folders: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name, text in digests().items():
        if not name.startswith(folders or ("/",)):
            digest.update(("%s %s\n" % (name, text)).encode())
    return digest.hexdigest()[:16]


def programs() -> list[str]:
    """Directories of tests/host that one program alone is built from."""
    found = [x for x in digests() if x.startswith("tests/host/") and x.endswith("/row")]
    return [x.removesuffix("row") for x in found]


def of(judge: Judge) -> str:
    """The digest without the directories that neither the judge nor its subject is made from."""
    if judge.detector in ON_A_MACHINE:
        return without(("tests/host/", "tests/system/", *ABOUT))
    if judge.detector in ("host", "fuzz"):
        own = "tests/host/%s/" % (judge.words[0] if judge.detector == "host" else "fuzz")
        others = [x for x in [*programs(), "tests/host/fuzz/"] if x != own]
        return without(("tests/system/", *others, *ABOUT))
    return without(("tests/host/",)) if judge.detector == "system" else state()
