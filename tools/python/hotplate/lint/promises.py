# SPDX-License-Identifier: BSD-2-Clause
"""Each promise has tests, and a wrong scheme that breaks it.

Each PROMISE_ of mm/policy/policy.h has a row in tests/harness/promises.c, with
tests that exist, a row of the catalogue that names one of them, and a wrong
scheme in tests/system/wrong that breaks that promise alone; each scheme of the
tree promises something.
"""
import os
import re

from hotplate.command import no_words
from hotplate.lint.core import Lint, catalogue, kernel_tests, read, tree, under

POLICY, TABLE = "mm/policy/policy.h", "tests/harness/promises.c"
WRONG = "tests/system/wrong/policy/"
ROW = re.compile(
    r'\{ (PROMISE_\w+), "(\w+)", "([\w-]+)",\s*"[^"]+",\s*"([^"]+)",\s*"([^"]+)",\s*(NULL|"\w+") \}'
)
SCHEME = re.compile(r"^(?:TLB|MEMMAP|REMOVE|VMALLOC|TABLES|FRAG|NEWMAP)_SCHEME\(", re.M)


def main(words: list[str]) -> int:
    no_words(words)
    lint = Lint("promises")
    known = re.findall(r"^\t(PROMISE_\w+) = 1 << \d+,", "\n".join(read(POLICY)), re.M)
    rows = {row[0]: row[1:] for row in ROW.findall("\n".join(read(TABLE)))}
    tests, checked = {name for _, name, _, _ in kernel_tests()}, {
        row: cell or "" for _, row, cell in catalogue()
    }
    broken: dict[str, list[str]] = {}
    schemes = 0
    for path in tree(".c"):
        source = "\n".join(read(path))
        if not SCHEME.search(source) or under(path, "tests/host"):
            continue
        found = re.findall(r"\.promises\s*=\s*((?:PROMISE_\w+[\s|]*)+)", source)
        schemes += 1
        if not found:
            lint.report(path, 1, "this scheme has no promises, so no test can refuse it")
        for promise in re.findall(r"PROMISE_\w+", " ".join(found)):
            if promise not in known:
                lint.report(path, 1, "%s is not in %s" % (promise, POLICY))
        if path.startswith(WRONG) and os.path.basename(path).startswith("wrong_"):
            broken.setdefault(" ".join(found).strip(), []).append(path)
    for promise in known:
        if promise not in rows:
            lint.report(TABLE, 1, "%s has no row: nothing tests it" % promise)
            continue
        _, name, globs, row, host = rows[promise]
        for test in globs.split(","):
            if test not in tests:
                lint.report(TABLE, 1, "%s: there is no test %s" % (name, test))
        if row not in checked or not any("`%s" % t in checked[row] for t in globs.split(",")):
            lint.report(TABLE, 1, "%s: catalogue row %s names none of its tests" % (name, row))
        if promise not in broken:
            lint.report(TABLE, 1, "%s: no scheme of %s breaks it alone" % (name, WRONG))
        if host != "NULL" and not os.path.exists("tests/host/%s_arm64" % host.strip('"')):
            lint.report(TABLE, 1, "%s: there is no tests/host/%s_arm64" % (name, host.strip('"')))
    return lint.done("%d promises, %d schemes" % (len(known), schemes))
