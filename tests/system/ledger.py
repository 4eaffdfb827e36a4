# SPDX-License-Identifier: BSD-2-Clause
"""Cost and result of each test, and the tests that an interrupted `make full` need not repeat.

`--ledger FILE` keeps a line of JSON for each test, after one that identifies the images, tools and tests for which
they are valid; with any others the file is started anew.  A test that passed or was skipped is not run again.
CPU seconds are those of the children that a test waited for (QEMU, compilers), so they are its cost also on a busy
machine.
"""
import glob
import hashlib
import json
import os
import resource

import pytest

from hotplate.results import output


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def identity(arches):
    """A hash that changes with everything that can change a result."""
    sums = hashlib.sha256()
    for name in sorted(glob.glob("tests/system/*.py") + glob.glob("tests/host/**", recursive=True) +
                       glob.glob("tools/**", recursive=True) + glob.glob("boards/*/board.mk") +
                       ["build/%s/Image" % a for a in arches]):
        if os.path.isfile(name) and not name.endswith(".pyc"):
            with open(name, "rb") as f:
                sums.update(name.encode() + b"\0" + hashlib.sha256(f.read()).digest())
    return sums.hexdigest()[:16]


def read(path, key):
    """{test: entry} of the file if it is valid for `key`; the last line may be truncated."""
    entries = {}
    try:
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n")[:-1]
    except FileNotFoundError:
        return None
    if not lines or json.loads(lines[0]).get("key") != key:
        return None
    for line in lines[1:]:
        entry = json.loads(line)
        entries[entry["test"]] = entry
    return entries


class Ledger:
    """In the process that selects and reports tests: the only one, or the one that has workers."""

    def __init__(self, path, arches):
        self.path, self.arches, self.entries, self.now = path, arches, {}, {}
        self.key = key = identity(arches) if path else None
        old = read(path, key) if path else {}
        if old is None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(json.dumps({"key": key}) + "\n")
        self.entries = old or {}
        self.kept = sorted(t for t, e in self.entries.items() if e["outcome"] in ("passed", "skipped"))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session):
        if self.kept:
            session.config.pluginmanager.getplugin("terminalreporter").write_line(
                "%d results are kept from %s; RESUME=no starts over" % (len(self.kept), self.path))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):  # a worker of xdist starts
        node.workerinput["kept"] = self.kept

    def pytest_runtest_logreport(self, report):
        entry = self.now.setdefault(report.nodeid, {"test": report.nodeid, "outcome": "passed", "s": 0})
        entry["s"] = round(entry["s"] + report.duration, 2)
        if report.outcome != "passed" and entry["outcome"] != "failed":
            entry["outcome"] = report.outcome
        if report.when != "teardown":
            return
        entry.update(report.user_properties)
        self.entries[report.nodeid] = self.now.pop(report.nodeid)
        if self.path and identity(self.arches) == self.key:  # else the images were rebuilt meanwhile
            with open(self.path, "a", encoding="utf-8") as f:
                f.write(json.dumps(entry) + "\n")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        if self.kept and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter, config):
        write_line = terminalreporter.write_line
        if self.kept:
            write_line("%d results were kept, not run again" % len(self.kept))
        if config.getoption("durations") is not None:
            for line in costs(self.entries.values(), config.getoption("durations")):
                write_line(line)
        table = shapes(self.entries.values())
        for line in table:
            write_line(line)
        if table and self.path:
            with open(os.path.join(os.path.dirname(self.path), "shapes.txt"), "w", encoding="utf-8") as f:
                f.write("\n".join(table) + "\n")


def costs(entries, most):
    dearest = sorted(entries, key=lambda e: -e.get("cpu", 0))
    yield "%7.1f s of CPU, %.1f s in %d tests" % (sum(e.get("cpu", 0) for e in dearest),
                                                 sum(e["s"] for e in dearest), len(dearest))
    for e in dearest[:most or None]:
        yield "%7.1f s of CPU %7.1f s  %s" % (e.get("cpu", 0), e["s"], e["test"])


COLUMNS = ("ok", "not ok", "skip", "xfail", "could", "CPU s")


def shape_row(found):
    """The row of the table for a run of one shape."""
    kinds = [output.outcome(c) for c in found]
    return {"ok": kinds.count("pass"), "skip": kinds.count("skip"), "xfail": kinds.count("xfail"),
            "not ok": len(kinds) - sum(kinds.count(k) for k in ("pass", "skip", "xfail"))}


def could(text):
    """The percentage of the tests that ran which could have failed on this machine."""
    printed = [r.keys.get("could") for r in output.records(text, "result") if r.words[0] != "skip"]
    return 100 * printed.count("yes") // max(1, len(printed))


def shapes(entries):
    rows = sorted((e["shape"], e) for e in entries if "shape" in e)
    if not rows:
        return []
    out = ["%-34s" % "shape" + "".join("%8s" % c for c in COLUMNS)]
    for name, e in rows:
        out.append("%-34s" % name + "%8d%8d%8d%8d%7d%%" % tuple(e["found"][c] for c in COLUMNS[:5]) +
                   "%8.0f" % e["cpu"])
    cells = [sum(e["found"][c] for _, e in rows) for c in COLUMNS[:4]]
    out.append("%-34s" % ("%d shapes" % len(rows)) + "%8d%8d%8d%8d" % tuple(cells) + "%16.0f" % sum(
        e["cpu"] for _, e in rows))
    return out
