# SPDX-License-Identifier: BSD-2-Clause
"""tests - what there is to run, from the sources, and what failed the last time.

  tools/tests list [GLOB]     tests of the kernel and their claims; GLOB as in run=
  tools/tests failed LOG      the words that run LOG's failed tests once more; status 1: none failed
"""
import fnmatch
import sys
import textwrap

from hotplate.command import NAME, usage
from hotplate.results import output
from hotplate.lint.core import kernel_tests, test_text

COLUMNS = 79


def known() -> dict[str, str]:
    """{test: its claim}"""
    return {name: test_text(body, "claim") or "" for _, name, body, _ in kernel_tests()}


def list_tests(globs: str) -> int:
    wanted = globs.split(",")
    tests = {
        n: c for n, c in sorted(known().items()) if any(fnmatch.fnmatchcase(n, g) for g in wanted)
    }
    for name, claim in tests.items():
        print(name)
        print(textwrap.fill(claim, COLUMNS, initial_indent="    ", subsequent_indent="    "))
    print("%d tests" % len(tests))
    return 0 if tests else 1


def failed(path: str) -> int:
    text = output.read(path)
    cases, _ = output.cases(text)
    bad = [
        c.path.split("/", 1) for c in cases if output.outcome(c) not in ("pass", "skip", "xfail")
    ]
    if not bad:
        print("%s: no test of %s failed" % (NAME, path), file=sys.stderr)
        return 1
    if needs := output.needs_extra(text):
        print("%s: %s%s" % (NAME, path, needs), file=sys.stderr)
    geometries = ",".join(dict.fromkeys(geometry for geometry, _ in bad))
    print("run=%s geometry=%s" % (",".join(dict.fromkeys(test for _, test in bad)), geometries))
    return 0


def main(words: list[str]) -> int:
    if words[:1] == ["list"] and len(words) <= 2:
        return list_tests((words[1:] or ["*"])[0])
    if words[:1] == ["failed"] and len(words) == 2:
        return failed(words[1])
    usage(__doc__)
