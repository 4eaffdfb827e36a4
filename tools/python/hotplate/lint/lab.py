# SPDX-License-Identifier: BSD-2-Clause
"""Files of lab/ are valid for labgrid, LAVA and GitHub Actions.

Every target of labgrid environments is built (names of drivers, their
arguments, bindings).  LAVA jobs pass LAVA's own schema without unknown keys,
and match our results by the pattern of docs/OUTPUT.md.  Workflows have the
keys of GitHub's documentation, and use only inputs, axes and jobs that exist.

The lint needs python3-labgrid and lava-common; it reports those that are not
installed, and skips their files.  It accesses no hardware.
"""
import os
import re
import subprocess
import warnings
from collections.abc import Iterator
from typing import Any

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
# "Workflow syntax for GitHub Actions"; on: YAML 1.1 reads it as a truth value.
WORKFLOW = {"name", "run-name", True, "permissions", "env", "defaults", "concurrency", "jobs"}
WORK = set(
    "name permissions needs if runs-on environment concurrency outputs env defaults steps"
    " timeout-minutes strategy continue-on-error container services".split()
)
STEP = set(
    "id if name uses run working-directory shell with env continue-on-error timeout-minutes".split()
)
STRATEGY = {"matrix", "fail-fast", "max-parallel"}


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


def steps(name: str, work: dict[str, Any], jobs: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a job of a workflow."""
    yield from (f"job {name}: {key!r} is no key" for key in set(work) - WORK)
    if "runs-on" not in work:
        yield f"job {name}: no runs-on"
    needs = work.get("needs", [])
    for other in [needs] if isinstance(needs, str) else needs:
        if other not in jobs:
            yield f"job {name}: it needs {other!r}, which is no job"
    yield from (f"strategy: {key!r} is no key" for key in set(work.get("strategy", {})) - STRATEGY)
    for n, step in enumerate(work.get("steps", []), 1):
        yield from (f"step {n} of {name}: {key!r} is no key" for key in set(step) - STEP)
        if ("run" in step) == ("uses" in step):
            yield f"step {n} of {name}: it needs one of run and uses"


def workflow(path: str, lint: Lint) -> None:
    import yaml  # pylint: disable=import-outside-toplevel

    text = read(path)
    flow = yaml.safe_load("\n".join(text))
    jobs = flow.get("jobs", {})
    wrong = [f"{key!r} is no key" for key in set(flow) - WORKFLOW]
    wrong += ["no jobs"] if not jobs else []
    known = {f"inputs.{key}" for key in flow[True].get("workflow_dispatch", {}).get("inputs", {})}
    for name, work in jobs.items():
        known |= {f"matrix.{key}" for key in work.get("strategy", {}).get("matrix", {})}
        wrong += steps(name, work, jobs)
    used = re.findall(r"\$\{\{ *(.*?) *\}\}", "\n".join(text))
    wrong += [f"{name} is not declared" for name in dict.fromkeys(used) if name not in known]
    for why in wrong:
        word = re.search(r"'([\w-]+)'|^([\w.]+) is not", why)
        lint.report(path, line_of(path, word[1] or word[2]) if word else 1, why)


def main(words: list[str]) -> int:
    for word in words:
        if not os.path.isfile(word):
            fail(f"{word}: no such file")
    lint, checked = Lint("lab"), []
    paths = words or [p for p in tree(".yaml") if p.startswith("lab/")]
    jobs = [p for p in paths if os.path.basename(p).startswith("lava")]
    flows = [p for p in paths if os.path.basename(p).startswith("actions")]
    try:
        import labgrid  # noqa: F401  pylint: disable=import-outside-toplevel,unused-import

        targets = [p for p in paths if p not in jobs + flows]
        checked.append("%d targets" % sum(environment(p, lint) for p in targets))
    except ImportError:
        checked.append("no targets: python3-labgrid is not installed")
    if os.path.exists(SCHEMA):
        for path in jobs:
            job(path, lint)
        checked.append("%d jobs" % len(jobs))
    else:
        checked.append("no jobs: lava-common is not installed")
    try:
        for path in flows:
            workflow(path, lint)
        checked.append("%d workflows" % len(flows))
    except ImportError:
        checked.append("no workflows: python3-yaml is not installed")
    return lint.done(", ".join(checked))
