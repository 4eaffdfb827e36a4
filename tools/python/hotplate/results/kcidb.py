# SPDX-License-Identifier: BSD-2-Clause
"""The results of a run as a report to KCIDB, the database of kernel CI systems.

It has the form of the schema 5.3 of kcidb-io: an origin is the name of a CI system, every id begins
with it, and `path` is a name in one tree of all tests.  KCIDB has no status for a known failure:
xfail is PASS, and its comment has the reason.
"""
import hashlib
import re
from typing import Any

from hotplate.results import history, output

VERSION = {"major": 5, "minor": 3}
STATUS = {
    "pass": "PASS",
    "xfail": "PASS",
    "skip": "SKIP",
    "fail": "FAIL",
    "xpass": "FAIL",
    "error": "ERROR",
}
ORIGIN = re.compile(r"[a-z0-9_]+")
NOT_IN_PATH = re.compile(r"[^a-zA-Z0-9_.-]")
COMPATIBLE = re.compile(r"\S+,\S+")
MACHINE = ("machine", "geometry", "cpus", "accel", "entry", "seed")
BUILD = ("image", "suite", "bug", "extra", "errata")


def path_of(test: str) -> str:
    """group.test/param of hotplate as a path of KCIDB; a character that it cannot have is `_`."""
    return "hotplate." + NOT_IN_PATH.sub("_", test.replace("/", "."))


def environment(header: dict[str, str], ids: list[dict[str, str]], geometry: str) -> dict[str, Any]:
    machine: dict[str, str] = next((i for i in ids if "model" in i), {})
    cpus = [i["name"].replace("_", " ") for i in ids if "name" in i]
    model = machine.get("model", "").replace("_", " ")
    made: dict[str, Any] = {"comment": "; ".join([model, *cpus]) if model else "; ".join(cpus)}
    if COMPATIBLE.fullmatch(model):
        made["compatible"] = [model]
    made["misc"] = {k: header[k] for k in MACHINE if k in header} | {"geometry": geometry}
    if "firmware" in machine:
        made["misc"]["firmware"] = machine["firmware"].replace("_", " ")
    return made


def tests(text: str, origin: str, build: str, header: dict[str, str]) -> list[dict[str, Any]]:
    ids = [r.keys for r in output.records(text, "id")]
    took = history.durations(text)
    run = hashlib.sha256(text.encode()).hexdigest()[:16]
    made = []
    for case in output.cases(text)[0]:
        geometry, _, name = case.path.partition("/")
        test: dict[str, Any] = {
            "id": f"{origin}:{run}/{case.path}",
            "build_id": build,
            "origin": origin,
            "path": path_of(name),
            "status": STATUS[output.outcome(case)],
            "environment": environment(header, ids, geometry),
        }
        if case.reason:
            test["comment"] = case.reason
        if case.path in took:
            test["duration"] = took[case.path]
        made.append(test)
    return made


def report(runs: list[str], origin: str) -> dict[str, list[dict[str, Any]] | dict[str, int]]:
    """The report of the runs of a log."""
    checkouts: dict[str, dict[str, Any]] = {}
    builds: dict[str, dict[str, Any]] = {}
    found: list[dict[str, Any]] = []
    for text in runs:
        headers = output.records(text, "run")
        if not headers:
            continue
        header = headers[0].keys
        name = "%s (%s)" % (header.get("version", "unknown"), header.get("commit", "unknown"))
        source = f"{origin}:{header.get('version')}-{header.get('commit')}"
        build = f"{origin}:{header.get('arch')}-{header.get('image')}"
        checkouts[source] = {
            "id": source,
            "origin": origin,
            "tree_name": "hotplate",
            "git_commit_name": name,
            "valid": True,
        }
        builds[build] = {
            "id": build,
            "checkout_id": source,
            "origin": origin,
            "architecture": header.get("arch", ""),
            "compiler": header.get("compiler", "").replace("_", " "),
            "status": "PASS",
            "misc": {k: header[k] for k in BUILD if k in header},
        }
        found += tests(text, origin, build, header)
    return {
        "version": VERSION,
        "checkouts": list(checkouts.values()),
        "builds": list(builds.values()),
        "tests": found,
    }
