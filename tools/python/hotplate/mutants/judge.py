# SPDX-License-Identifier: BSD-2-Clause
"""judge - does a judge notice?  One run of it on a tree as it is."""
import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import NamedTuple

from hotplate.mutants.mutant import Judge
from hotplate.mutants.tree import Tree, environment

PATIENCE = 1200  # seconds; a loaded host gives a run little of itself
SPINS = 300  # seconds of one process: a loop without end needs no more patience
SAID = 16 << 20  # bytes that a judge may write, about
LOOK = 0.2  # seconds between two looks at how much it wrote
INPUTS = 100000  # that a fuzzer tries
FAILED, NO_VERDICT = 1, 2  # of tools/hotplate run
UNTIL = "until='not ok' until='# CRASH'"  # a run on the worst machine needs no more then


class Outcome(NamedTuple):
    """noticed; passed; error: the judge could not judge."""

    verdict: str
    why: str
    seconds: float  # of user time


def guard(child: subprocess.Popen[bytes], said: int, patience: int, ended: threading.Event) -> None:
    """A judge that takes or writes too much is killed.  No limit of files: a program's memory may
    be one."""
    late = time.monotonic() + patience
    while not ended.wait(LOOK):
        if time.monotonic() > late or os.fstat(said).st_size > SAID:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.killpg(child.pid, signal.SIGKILL)
            return


def timed(command: list[str], tree: Tree, patience: int = PATIENCE) -> tuple[int, str, float]:
    """Its status (negative: the signal that ended it), the end of what it wrote, its user time.
    Outside of a repository: lints ask git for the files, and git has none below build/."""
    with open(os.path.join(tree.path, "build", "said.log"), "w+b") as said:
        child = subprocess.Popen(
            command,
            cwd=tree.path,
            env=dict(environment(), GIT_CEILING_DIRECTORIES=os.path.dirname(tree.path)),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        resource.prlimit(child.pid, resource.RLIMIT_CPU, (SPINS, SPINS))
        ended = threading.Event()
        watch = threading.Thread(target=guard, args=(child, said.fileno(), patience, ended))
        watch.start()
        _, status, used = os.wait4(child.pid, 0)
        ended.set()
        watch.join()  # before its file is closed
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(max(0, said.seek(0, os.SEEK_END) - SAID))
        text = said.read().decode("utf-8", "replace")
        said.truncate(0)
        return child.returncode, text, used.ru_utime


def last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"


def told(log: str) -> str:
    """The first failure of a run, or how it ended."""
    with open(log, encoding="utf-8", errors="replace") as f:
        text = f.read().replace("\r", "")
    failed = re.search(r"^ *not ok \d+ (\S+)", text, re.M)
    because = re.search(r"^ *# FAIL (.*)$", text, re.M)
    crash = re.search(r"^ *# CRASH (.*)$", text, re.M)
    if crash and (not failed or crash.start() < failed.start()):
        return "crash: " + crash[1]
    if failed:
        return failed[1] + (": " + because[1] if because else "")
    return "it ends behind: " + last(text)


def reported(log: str) -> str:
    """What the page-table sanitizer says first."""
    with open(log, encoding="utf-8", errors="replace") as f:
        found = re.search(r"^ *# (SANITIZE .*?)\r?$", f.read(), re.M)
    return found[1] if found else ""


def asked(log: str) -> bool:
    """Has a test passed?  A judge that skips all of its tests judges nothing."""
    with open(log, encoding="utf-8", errors="replace") as f:
        return any(re.match(r"\s*# Totals: (pass:[1-9]|.* xfail:[1-9])", x) for x in f)


def console(judge: Judge, tree: Tree) -> Outcome:
    """A boot by tools/hotplate run, by each seed until one fails."""
    image = tree.image(judge.arch)
    knobs = [w for w in judge.words if re.match(r"[A-Z][A-Z0-9_]*=", w)]
    seeds = [w[6:].split("-") for w in judge.words if w.startswith("seeds=")]
    boot = [w for w in judge.words if w not in knobs and not w.startswith("seeds=")]
    log = os.path.join(tree.path, "build", "judge.log")
    command = [sys.executable, "tools/hotplate", "run", "--quiet", "--log", log]
    command += ["ARCH=" + judge.arch, *(["IMAGE=" + image] if image else [])]
    rounds = [knobs]
    if judge.detector == "worst":
        own = " ".join(w[6:] for w in knobs if w.startswith("WORST="))
        knobs = [w for w in knobs if not w.startswith("WORST=")] + ["MACHINE=worst"]
        first, end = (int(n) for n in (seeds or [["1", "1"]])[0])
        words = (own + " " + UNTIL).strip()
        rounds = [knobs + ["WORST=seed=%d %s" % (n, words)] for n in range(first, end + 1)]
    seconds = 0.0
    for more in rounds:
        if os.path.exists(log):
            os.unlink(log)
        status, text, used = timed(command + more + ["ARGS=%s exit" % " ".join(boot)], tree)
        seconds += used
        if status in (FAILED, NO_VERDICT) and os.path.exists(log):
            said = reported(log) if judge.sanitizer else told(log)
            if not said:
                return Outcome("error", "the sanitizer reports nothing: " + told(log), seconds)
            return Outcome("noticed", said, seconds)
        if status:
            sentence = "tools/hotplate run: status %d: %s" % (status, last(text))
            return Outcome("error", sentence, seconds)
        if not asked(log):
            return Outcome("error", "every test was skipped", seconds)
    return Outcome("passed", "", seconds)


def program(command: list[str], tree: Tree) -> Outcome:
    """As `make host` and `make fuzz` run it: what a kernel leaves at its end is no leak."""
    command = ["env", "ASAN_OPTIONS=detect_leaks=0", *command]
    status, text, seconds = timed(command, tree)
    if not status:
        return Outcome("passed", "", seconds)
    said = [x for x in text.splitlines() if re.search(r"FAIL|ERROR|runtime error|not ok", x)]
    return Outcome("noticed", (said or [last(text)])[0].strip(), seconds)


def host(judge: Judge, tree: Tree) -> Outcome:
    path = os.path.join("build", "host", "gcc", judge.words[0])
    tree.make(path)
    return program([path, *judge.words[1:]], tree)


def fuzz(judge: Judge, tree: Tree) -> Outcome:
    """The same inputs each time: those that are kept, and so many more of one seed."""
    name = judge.words[0]
    path, found = os.path.join("build", "host", "fuzz", name), os.path.join("build", "fuzzed")
    tree.make(path)
    shutil.rmtree(os.path.join(tree.path, found), ignore_errors=True)
    os.makedirs(os.path.join(tree.path, found))
    knobs = "-seed=1 -runs=%d -timeout=30 -rss_limit_mb=1024 -verbosity=0" % INPUTS
    kept = os.path.join("tests", "host", "fuzz", "corpus-" + name)
    return program([path, *knobs.split(), "-artifact_prefix=%s/" % found, found, kept], tree)


def system(judge: Judge, tree: Tree) -> Outcome:
    """Tests of tests/system; one that was not there is no verdict."""
    name, *chosen = judge.words
    command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tier=full"]
    status, text, seconds = timed(
        [*command, os.path.join("tests", "system", name), "-k", " ".join(chosen)], tree
    )
    if not status:
        return Outcome("passed", "", seconds)
    if status != FAILED:
        return Outcome("error", "pytest: status %d: %s" % (status, last(text)), seconds)
    said = [x for x in text.splitlines() if re.match(r"E  |FAILED", x)]
    return Outcome("noticed", (said or [last(text)])[0].strip(), seconds)


def check(judge: Judge, tree: Tree) -> Outcome:
    target = "check-" + judge.words[0]
    status, text, seconds = timed(["make", "-s", "--no-print-directory", target], tree)
    if not status:
        return Outcome("passed", "", seconds)
    said = [x for x in text.splitlines() if x.strip() and not x.startswith("make")]
    return Outcome("noticed", (said or [last(text)])[0].strip(), seconds)


def ask(judge: Judge, tree: Tree) -> Outcome:
    """What the judge needs is built first: NotBuilt is no verdict."""
    if judge.detector in ("host", "fuzz"):
        return host(judge, tree) if judge.detector == "host" else fuzz(judge, tree)
    if judge.detector in ("check", "system"):
        tree.make("all")
        return check(judge, tree) if judge.detector == "check" else system(judge, tree)
    if judge.detector == "worst":
        tree.make(os.path.join("build", "machine", "worst-" + judge.arch))
    return console(judge, tree)
