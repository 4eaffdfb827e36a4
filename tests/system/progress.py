# SPDX-License-Identifier: BSD-2-Clause
"""Progress: the running test, n of N, and the remaining time by the durations of the last run
(build/system/durations.json), or by the pace of this one and HOTPLATE_SECONDS, the time on an idle machine.

Prints a line for each finished file of tests; on a terminal also a line with the test that ended last.  Failures are
printed at once and again at the end; V=1 prints a line for each test."""
import json
import os
import sys
import time

import pytest

from hotplate.build.stages import span


class Progress:
    """In the process that owns the terminal: the only one, or the one that has workers."""

    def __init__(self, path, workers, every=False):
        self.path, self.workers, self.every = path, max(workers, 1), every
        self.ids, self.done, self.took, self.files = [], set(), {}, {}
        self.terminal, self.began = sys.stdout.isatty(), time.monotonic()
        self.expected = float(os.environ.get("HOTPLATE_SECONDS", "0"))
        try:
            with open(path, encoding="utf-8") as f:
                self.last = json.load(f)
        except (OSError, ValueError):
            self.last = {}

    def begin(self, ids):
        self.ids = self.ids or list(ids)
        for nodeid in self.ids:
            self.files.setdefault(nodeid.partition("::")[0], set()).add(nodeid)

    def pytest_collection_finish(self, session):
        if not hasattr(session.config, "workerinput") and session.items:
            self.begin(i.nodeid for i in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node, ids):
        self.begin(ids)

    def left(self):
        """Remaining seconds."""
        rest = [i for i in self.ids if i not in self.done]
        known = [self.last[i] for i in rest if i in self.last]
        if len(known) * 2 >= len(rest):
            return sum(known) * len(rest) / max(len(known), 1) / self.workers
        gone = time.monotonic() - self.began
        pace = gone * len(rest) / max(len(self.done), 1)  # too long at first: the long tests are the first
        return min(pace, self.expected - gone) if self.expected > gone else pace

    def where(self):
        rest = ", about %s left" % span(self.left()) if len(self.done) < len(self.ids) else ""
        return "%d of %d%s" % (len(self.done), len(self.ids), rest)

    def print_line(self, text, stays=True):
        if self.terminal:
            sys.stdout.write("\r\x1b[K" + text[:78] + ("\n" if stays else ""))
        elif stays:
            sys.stdout.write(text + "\n")
        sys.stdout.flush()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_report_teststatus(self, report):
        """No dots: the methods below print the progress."""
        result = yield
        category, letter, word = result.get_result()
        result.force_result((category, "", ""))

    def pytest_runtest_logreport(self, report):
        self.took[report.nodeid] = self.took.get(report.nodeid, 0) + report.duration
        if report.failed:
            self.print_line("FAILED %s (%s)" % (report.nodeid.rpartition("/")[2], report.when))
        if report.when != "teardown":
            return
        self.done.add(report.nodeid)
        name = report.nodeid.partition("::")[0]
        mine = self.files.get(name, set())
        if self.every:
            self.print_line("%s %.1f s (%s)" % (report.nodeid.rpartition("/")[2], self.took[report.nodeid], self.where()))
        elif mine <= self.done:
            took = sum(self.took.get(i, 0) for i in mine)
            self.print_line("%-28s %3d %s, %s (%s)" % (os.path.basename(name), len(mine), "test" if len(mine) == 1 else "tests", span(took), self.where()))
        else:
            self.print_line("%s (%s)" % (report.nodeid.rpartition("/")[2][:44], self.where()), stays=False)

    def pytest_sessionfinish(self):
        if self.terminal:
            self.print_line("", stays=False)
        kept = {**self.last, **{i: round(s, 2) for i, s in self.took.items() if i in self.done}}
        new = "%s.%d.%d" % (self.path, os.getpid(), int(time.time()))
        with open(new, "w", encoding="utf-8") as f:
            json.dump(kept, f)
        os.replace(new, self.path)
