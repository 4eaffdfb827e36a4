# SPDX-License-Identifier: BSD-2-Clause
"""Names of tests, files and structures are unique and consistent.

Each test has a claim, a name that is unique after LAVA's folding, the group of
its directory, catalogue ids that resolve, XFAIL slugs that docs/LIMITS.md
explains, and a `.rev` above that of each erratum (docs/ERRATA.md).  No two
files of the kernel have the same name, except a file and its part in arch/
(kern/cpu.c, arch/ARCH/cpu.c); no two files of tests have the same name.  No
two structures of the kernel and its tests have the same tag, except those that
each architecture defines.
"""
import fnmatch
import os
import re

from hotplate.results import jsonl
from hotplate.command import no_words
from hotplate.lint.core import (
    CATALOGUE,
    Lint,
    c_files,
    catalogue,
    kernel_tests,
    read,
    test_text,
    under,
)
from hotplate.results.jsonl import Erratum

KINDS = {"tests": "tests", "tlblab": "tests"} | dict.fromkeys(
    ("arch", "boot", "drivers", "kern", "lib", "mm", "shell"), "kernel"
)


def revised(lint: Lint, path: str, line: int, name: str, body: str, errata: list[Erratum]) -> None:
    """An erratum withdraws a revision: the test must have a later one."""
    rev = int((re.search(r"\.rev = (\d+)", body) or [0, 1])[1])
    for row in errata:
        if fnmatch.fnmatchcase(name, row.test.partition("/")[0]) and rev <= int(row.rev):
            lint.report(
                path,
                line,
                "%s: .rev is %d, and docs/ERRATA.md withdraws %s" % (name, rev, row.rev),
            )


def namesakes(lint: Lint) -> None:
    seen: dict[tuple[str, str], str] = {}
    for path in c_files():
        top = path.split("/")[0]
        if under(path, "tests/host", "lib/shim") or top not in KINDS:
            continue
        key = (KINDS[top], os.path.basename(path))
        other = seen.setdefault(key, path)
        if other != path and not {top, other.split("/")[0]} <= {"arch", "kern"}:
            lint.report(path, 1, "has the name of %s" % other)


TAG = re.compile(r"^(?:static )?(?:const )?(?:struct|union) (\w+) \{")


def tags(lint: Lint) -> None:
    seen: dict[str, tuple[str, str]] = {}
    for path in c_files():
        if under(path, "tests/host", "lib/shim", "boot/stub"):
            continue
        arch = path.split("/")[1] if under(path, "arch") else ""
        for number, text in enumerate(read(path), 1):
            if found := TAG.match(text):
                other, of = seen.setdefault(found[1], (path, arch))
                if other != path and not (arch and of and arch != of):
                    lint.report(path, number, "struct %s is also in %s" % (found[1], other))


def main(words: list[str]) -> int:
    no_words(words)
    lint, rows, count = Lint("names"), {row for _, row, _ in catalogue()}, 0
    seen: dict[str, str] = {}
    limits = "\n".join(read("docs/LIMITS.md")) if os.path.exists("docs/LIMITS.md") else ""
    errata = jsonl.errata("docs/ERRATA.md")
    for path, name, body, line in kernel_tests():
        count += 1
        folded = re.sub(r"[^a-z0-9]", "_", name.lower())
        if folded in seen:
            lint.report(path, line, "%s is also in %s (after folding)" % (name, seen[folded]))
        seen[folded] = path
        group = name.partition(".")[0]
        if os.path.basename(os.path.dirname(path)) != group:
            lint.report(path, line, "%s is not in tests/%s" % (name, group))
        if not test_text(body, "claim"):
            lint.report(path, line, name + " has no .claim")
        for row in (test_text(body, "rows") or "").split():
            if row not in rows:
                lint.report(path, line, "%s: row %s is not in %s" % (name, row, CATALOGUE))
        revised(lint, path, line, name, body, errata)
        slug = test_text(body, "xfail")
        if slug and slug not in limits:
            lint.report(path, line, "%s: xfail %s is not in docs/LIMITS.md" % (name, slug))
    namesakes(lint)
    tags(lint)
    return lint.done("%d tests, %d catalogue rows" % (count, len(rows)))
