# SPDX-License-Identifier: BSD-2-Clause
"""Files of lab/ are valid for labgrid and LAVA.

Every target of labgrid environments is built (names of drivers, their
arguments, bindings).  LAVA jobs pass LAVA's own schema without unknown keys,
and match our results by the pattern of docs/OUTPUT.md.

The lint needs python3-labgrid and lava-common; it reports those that are not
installed, and skips their files.  It accesses no hardware.
"""
import os
import subprocess
import warnings

from hotplate import fail
from hotplate.lint.core import Lint, read, tree

SCHEMA = "/usr/share/lava-common/lava-schema.py"
MONITOR = {
    "start": "#: run format=1",
    "end": "# hotplate: end",
    "pattern": r"[\r\n] *#: result (?P<result>pass|fail|skip|xfail|xpass|error) "
    r"(?P<test_case_id>[^ \r\n]+)"
    r"(?= [^\r\n]*[\r\n])",
    "fixupdict": {
        "pass": "pass",
        "fail": "fail",
        "skip": "skip",
        "xfail": "pass",
        "xpass": "fail",
        "error": "fail",
    },
}


def line_of(path: str, word: str) -> int:
    return next((n for n, text in enumerate(read(path), 1) if word in text), 1)


def environment(path: str, lint: Lint) -> int:
    """The number of targets.  A misspelt attribute is only a warning of labgrid: an error here."""
    import labgrid  # pylint: disable=import-outside-toplevel

    warnings.simplefilter("error", UserWarning)
    try:
        env = labgrid.Environment(path)
        names = list(env.config.get_targets())
    except Exception as why:  # its classes have no common base  pylint: disable=broad-except
        lint.report(path, 1, str(why).split("\n", maxsplit=1)[0])
        return 0
    for name in names:
        try:
            env.get_target(name)
        except Exception as why:  # pylint: disable=broad-except
            lint.report(
                path,
                line_of(path, "  %s:" % name),
                "target %s: %s" % (name, str(why).split("\n", maxsplit=1)[0]),
            )
    return len(names)


def job(path: str, lint: Lint) -> None:
    import yaml  # pylint: disable=import-outside-toplevel

    done = subprocess.run(
        ["/usr/bin/python3", SCHEMA, "job", "--strict", path],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lint.report(path, 1, " ".join((done.stdout + done.stderr).split("\n")[1:])[:300].strip())
        return
    with open(path, encoding="utf-8") as f:
        monitors = [
            m for a in yaml.safe_load(f)["actions"] for m in a.get("test", {}).get("monitors", [])
        ]
    for monitor in monitors:
        for key, want in MONITOR.items():
            if monitor.get(key) != want:
                lint.report(
                    path,
                    line_of(path, key + ":"),
                    "%s is %r, docs/OUTPUT.md has %r" % (key, monitor.get(key), want),
                )
    if not monitors:
        lint.report(path, 1, "no monitor: LAVA would record no results")


def main(words: list[str]) -> int:
    for word in words:
        if not os.path.isfile(word):
            fail(f"{word}: no such file")
    lint, checked = Lint("lab"), []
    paths = words or [p for p in tree(".yaml") if p.startswith("lab/")]
    jobs = [p for p in paths if os.path.basename(p).startswith("lava")]
    try:
        import labgrid  # noqa: F401  pylint: disable=import-outside-toplevel,unused-import

        checked.append("%d targets" % sum(environment(p, lint) for p in paths if p not in jobs))
    except ImportError:
        checked.append("no targets: python3-labgrid is not installed")
    if os.path.exists(SCHEMA):
        for path in jobs:
            job(path, lint)
        checked.append("%d jobs" % len(jobs))
    else:
        checked.append("no jobs: lava-common is not installed")
    return lint.done(", ".join(checked))
