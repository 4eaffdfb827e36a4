# SPDX-License-Identifier: BSD-2-Clause
"""judge - one run of a judge on a tree: does it notice the mutant?"""
import contextlib
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import NamedTuple

from hotplate.mutants.mutant import Judge
from hotplate.mutants.tree import Tree, environment

PATIENCE = 1200  # seconds of a run: a loaded host is slow
CPU_LIMIT = 300  # seconds of one process: it ends an endless loop earlier
MAX_OUTPUT = 16 << 20  # bytes, about
POLL = 0.2  # seconds between two checks of the output
INPUTS = 100000  # that a fuzzer tries
FAILED, NO_VERDICT = 1, 2  # of tools/hotplate run
UNTIL = ("until=not ok", "until=# CRASH")  # a run on the worst machine ends at a failure
PYTEST = (sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q")
COMPLAINT = r"FAIL|ERROR|runtime error|not ok"


class Outcome(NamedTuple):
    """noticed; passed; error: the judge could not judge."""

    verdict: str
    why: str
    seconds: float  # of user time


def guard(
    child: subprocess.Popen[bytes], output: int, patience: int, ended: threading.Event
) -> None:
    """Kill a judge that runs too long or writes too much.  The size of files has no limit: the
    memory of the machine may be a file."""
    late = time.monotonic() + patience
    while not ended.wait(POLL):
        if time.monotonic() > late or os.fstat(output).st_size > MAX_OUTPUT:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.killpg(child.pid, signal.SIGKILL)
            return


def timed(
    command: list[str], tree: Tree, cpu_limit: int = CPU_LIMIT, stderr: int = subprocess.STDOUT
) -> tuple[int, str, float]:
    """Run a judge in the tree: its status (negative: the signal that ended it), the end of its
    output, its user time.  The tree is no repository: lints request the names of files from git,
    which has none below build/."""
    with open(os.path.join(tree.path, "build", "said.log"), "w+b") as output:
        child = subprocess.Popen(
            command,
            cwd=tree.path,
            env=dict(environment(), GIT_CEILING_DIRECTORIES=os.path.dirname(tree.path)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=stderr,
            start_new_session=True,
        )
        resource.prlimit(child.pid, resource.RLIMIT_CPU, (cpu_limit, cpu_limit + 5))
        ended = threading.Event()
        watch = threading.Thread(target=guard, args=(child, output.fileno(), PATIENCE, ended))
        watch.start()
        _, status, used = os.wait4(child.pid, 0)
        ended.set()
        watch.join()  # before its file is closed
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(max(0, output.seek(0, os.SEEK_END) - MAX_OUTPUT))
        text = output.read().decode("utf-8", "replace")
        output.truncate(0)
        return child.returncode, text, used.ru_utime


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def complaint(text: str, pattern: str = COMPLAINT) -> str:
    """The first line of a program's output that reports a failure, else the last line."""
    found = [x.strip() for x in text.splitlines() if re.search(pattern, x)]
    return (found or [last_line(text)])[0]


def content(log: str) -> str:
    with open(log, encoding="utf-8", errors="replace") as f:
        return f.read().replace("\r", "")


def first_failure(text: str) -> str:
    """The first failed test or crash on a console; "" without one."""
    failed = re.search(r"^ *not ok \d+ (\S+)", text, re.M)
    because = re.search(r"^ *# FAIL (.*)$", text, re.M)
    crash = re.search(r"^ *# CRASH (.*)$", text, re.M)
    if crash and (not failed or crash.start() < failed.start()):
        return "crash: " + crash[1]
    if failed:
        return failed[1] + (": " + because[1] if because else "")
    return ""


def ending(text: str) -> str:
    """The first failure of a run, or how it ended."""
    return first_failure(text) or "it ends after: " + last_line(text)


def reported(text: str) -> str:
    """The first report of the page-table sanitizer."""
    found = re.search(r"^ *# (SANITIZE .*)$", text, re.M)
    return found[1] if found else ""


def boots(judge: Judge, tree: Tree) -> Outcome:
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
        words = shlex.join([*shlex.split(own), *UNTIL])
        rounds = [knobs + ["WORST=seed=%d %s" % (n, words)] for n in range(first, end + 1)]
    seconds = 0.0
    for more in rounds:
        if os.path.exists(log):
            os.unlink(log)
        status, text, used = timed(command + more + ["ARGS=%s exit" % " ".join(boot)], tree)
        seconds += used
        if status in (FAILED, NO_VERDICT) and os.path.exists(log):
            console = content(log)
            why = reported(console) if judge.sanitizer else ending(console)
            if not why:
                why = "the sanitizer reports nothing: " + ending(console)
                return Outcome("error", why, seconds)
            return Outcome("noticed", why, seconds)
        if status:
            sentence = "tools/hotplate run: status %d: %s" % (status, last_line(text))
            return Outcome("error", sentence, seconds)
    return Outcome("passed", "", seconds)


def program(command: list[str], tree: Tree) -> Outcome:
    """As `make host` and `make fuzz` run it: memory that a kernel still has at its end is no leak.
    """
    status, text, seconds = timed(["env", "ASAN_OPTIONS=detect_leaks=0", *command], tree)
    if not status:
        return Outcome("passed", "", seconds)
    return Outcome("noticed", complaint(text), seconds)


def host(judge: Judge, tree: Tree) -> Outcome:
    path = os.path.join("build", "host", "gcc", judge.words[0])
    tree.make(path)
    return program([path, *judge.words[1:]], tree)


def fuzz(judge: Judge, tree: Tree) -> Outcome:
    """The same inputs each time: the corpus, and INPUTS more of one seed."""
    name = judge.words[0]
    path, found = os.path.join("build", "host", "fuzz", name), os.path.join("build", "fuzzed")
    tree.make(path)
    shutil.rmtree(os.path.join(tree.path, found), ignore_errors=True)
    os.makedirs(os.path.join(tree.path, found))
    knobs = "-seed=1 -runs=%d -timeout=30 -rss_limit_mb=1024 -verbosity=0" % INPUTS
    kept = os.path.join("tests", "host", "fuzz", "corpus-" + name)
    return program([path, *knobs.split(), "-artifact_prefix=%s/" % found, found, kept], tree)


def system(judge: Judge, tree: Tree) -> Outcome:
    """Tests of tests/system; a test that does not exist gives no verdict."""
    name, *chosen = judge.words
    words = ["--tier=full", os.path.join("tests", "system", name), "-k", " ".join(chosen)]
    status, text, seconds = timed([*PYTEST, *words], tree)
    if not status:
        return Outcome("passed", "", seconds)
    if status != FAILED:
        return Outcome("error", "pytest: status %d: %s" % (status, last_line(text)), seconds)
    return Outcome("noticed", complaint(text, "^(E  |FAILED)"), seconds)


def check(judge: Judge, tree: Tree) -> Outcome:
    target = "check-" + judge.words[0]
    status, text, seconds = timed(["make", "-s", "--no-print-directory", target], tree)
    if not status:
        return Outcome("passed", "", seconds)
    return Outcome("noticed", complaint(text, r"^(?!make)\s*\S"), seconds)


def run_judge(judge: Judge, tree: Tree) -> Outcome:
    """Build the files that the judge needs, and run it.  NotBuilt: there is no verdict."""
    if judge.detector in ("host", "fuzz"):
        return host(judge, tree) if judge.detector == "host" else fuzz(judge, tree)
    if judge.detector in ("check", "system"):
        tree.make("all")
        return check(judge, tree) if judge.detector == "check" else system(judge, tree)
    if judge.detector == "worst":
        tree.make(os.path.join("build", "machine", "worst-" + judge.arch))
    return boots(judge, tree)
