# SPDX-License-Identifier: BSD-2-Clause
"""List the tests of the kernel, or those that failed in a log.

  tools/hotplate tests list [GLOB]
      tests and their claims; GLOB as in run=
  tools/hotplate tests failed LOG [WORD...]
      words for make that run the failed tests of LOG again, with the knobs
      and boot words of that run and then WORD...; status 1: none failed

A knob in the environment replaces that of the log.  EXTRA= must name the
sources that the image of the log had.
"""
import fnmatch
import os
import re
import shlex
import textwrap

from hotplate import INSTALLED, TOP, fail
from hotplate.command import usage, warn
from hotplate.results import output
from hotplate.lint.core import kernel_tests, test_text

COLUMNS = 79


def known() -> dict[str, str]:
    """{test: its claim}"""
    if not INSTALLED:
        return {name: test_text(body, "claim") or "" for _, name, body, _ in kernel_tests()}
    with open(os.path.join(TOP, "tests.txt"), encoding="utf-8") as file:  # mk/dist.mk
        listed = re.findall(r"^(\S+\.\S+)\n((?: .*\n)*)", file.read(), re.M)
    return {name: " ".join(claim.split()) for name, claim in listed}


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


BLOCK = "# reproduce: "
MORE = "#            "  # its further lines
EXTRA = "image built with EXTRA= of "


def settings(text: str) -> dict[str, str]:
    """The boot words of the run without run= and geometry=, from the `# reproduce:` blocks, which
    are the same for all failures of a run."""
    found: dict[str, str] = {}
    inside = False
    for line in output.lines(text):
        body = line.strip()
        inside = body.startswith(BLOCK) or inside and body.startswith(MORE)
        words = body.split(maxsplit=1)[1] if inside else ""
        if not inside or EXTRA in words:
            continue
        for word in words.removeprefix("reproduce: ").split():
            name, eq, value = word.partition("=")
            if not eq:
                fail("`%s` has a word that is no setting: %s" % (body, word))
            if name not in ("run", "geometry") and found.setdefault(name, value) != value:
                found[name] = several(name, found[name], value)
    return found


def several(name: str, one: str, two: str) -> str:
    """The value of a setting that differs between two failures: a test may leave fewer CPUs online;
    any other difference means different runs."""
    if name != "cpus" or not (one + two).isdigit():
        fail("failures of different runs: %s=%s and %s=%s" % (name, one, name, two))
    return str(max(int(one), int(two)))


def knobs(text: str) -> dict[str, str]:
    """The knobs of the run, from the first line of its log, or from the environment."""
    line = next((s for s in output.lines(text) if s.startswith(output.KNOBS)), output.KNOBS)
    given = dict(w.split("=", 1) for w in shlex.split(line[len(output.KNOBS) :]))
    return {name: os.environ.get(name) or value for name, value in given.items()}


def names_of_extra(text: str) -> set[str]:
    words = " ".join(r.keys["extra"] for r in output.records(text, "run") if "extra" in r.keys)
    words += "".join(" " + s.partition(EXTRA)[2] for s in output.lines(text) if EXTRA in s)
    return set(re.findall(r"([^\s:,]+):[0-9a-f]+", words))


def check_extra(path: str, wanted: set[str], given: str) -> None:
    """The names of EXTRA= must be the same; the hash may differ, since the user may have repaired
    the sources there."""
    names = {os.path.basename(os.path.abspath(d)) for d in given.split(":") if d}
    if wanted - names:
        fail(
            "%s is of an image built with EXTRA= of %s, not of %s: give EXTRA=DIR"
            % (path, ", ".join(sorted(wanted)), ", ".join(sorted(names)) or "none")
        )


def failed(path: str, more: list[str]) -> int:
    text = output.read(path)
    cases, _ = output.cases(text)
    bad = [
        c.path.partition("/") for c in cases if output.outcome(c) not in ("pass", "skip", "xfail")
    ]
    if not bad:
        warn("no test of %s failed" % path)
        return 1
    tests = dict.fromkeys(test for _, _, test in bad if test)
    if not tests:
        fail("%s: no test failed, but a geometry: %s" % (path, cases[-1].reason))
    knob = knobs(text)
    check_extra(path, names_of_extra(text), knob.get("EXTRA", os.environ.get("EXTRA", "")))
    words = ["run=" + ",".join(tests)]
    words += ["geometry=" + ",".join(dict.fromkeys(geometry for geometry, _, _ in bad))]
    words += ["%s=%s" % setting for setting in settings(text).items()]
    print(shlex.join(["%s=%s" % k for k in knob.items()] + ["ARGS=" + " ".join(words + more)]))
    return 0


def main(words: list[str]) -> int:
    if words[:1] == ["list"] and len(words) <= 2:
        return list_tests((words[1:] or ["*"])[0])
    if words[:1] == ["failed"] and len(words) > 1:
        return failed(words[1], words[2:])
    usage(__doc__)
