# SPDX-License-Identifier: BSD-2-Clause
"""Check that a scheme passes the tests that its promises name.

  tools/hotplate scheme AXIS/NAME ARCH...

In the source tree `make scheme` builds the images first.

The image states what the scheme promises, and which tests check that
(`promises AXIS/NAME` at the prompt); they run with AXIS=NAME.  A promise is
kept if none of its tests fails and at least one could have failed on this
machine.  An emulator does not show missing barriers, and has no walk caches:
for these a program of the host judges the instructions of a back end
(tests/host/tlb_ARCH).  A scheme that declares itself unsafe must break a
promise.  With MACHINE=worst the tests run on the worst legal machine; for a
test that fails there, the command line is printed that explains the failure.

Exit status: 0 every promise is kept (unsafe: one is broken), 1 otherwise, 4
set-up or unknown scheme.  The knobs of tools/hotplate run, IMAGE= (with
{arch}) and EXTRA= are read from the environment.
"""
import dataclasses
import fcntl
import os
import re
import shlex
import subprocess
import sys

from hotplate import BUILD, INSTALLED, NO_SOURCES, PROGRAM, SETUP, TOOL, fail
from hotplate.command import usage, warn
from hotplate.results import output

RUN = [sys.executable, PROGRAM, "run"]
QUIET = {
    k: v
    for k, v in os.environ.items()
    if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "ARGS", "SHOW")
}


class Absent(Exception):
    """This image, or this machine, has no such scheme."""


@dataclasses.dataclass
class Promise:
    name: str
    tests: list[str]
    row: str
    host: str | None


def environment(arch: str, **knobs: str) -> dict[str, str]:
    image = os.environ.get("IMAGE", BUILD + "/{arch}/Image").replace("{arch}", arch)
    return dict(QUIET, IMAGE=image, **knobs)


def log_of(arch: str) -> str:
    return os.path.join(os.path.dirname(environment(arch)["IMAGE"]), "scheme.log")


def query(scheme: str, arch: str) -> tuple[list[Promise], bool]:
    """The promises of the scheme, and whether it is declared unsafe, from the image."""
    done = subprocess.run(
        RUN + ["--arch", arch],
        input="promises %s\nq\n" % scheme,
        env=environment(arch),
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
    )
    text = done.stdout.replace("\r", "")
    head = output.records(text, "scheme")
    if not head:
        reason = re.search(r"^promises: (?:-E\w+: )?(.*(?:\n {2,}.*)*)", text, re.M)
        if not reason:
            fail(
                "%s: no answer from the image: %s"
                % (arch, (done.stderr.strip() or "?").split("\n")[-1])
            )
        raise Absent(" ".join(reason[1].split()))
    found = [
        Promise(r.keys["name"], r.keys["tests"].split(","), r.keys["row"], r.keys.get("host"))
        for r in output.records(text, "promise")
    ]
    return found, head[0].keys["unsafe"] == "yes"


def words_of(scheme: str, promises: list[Promise]) -> str:
    """Boot arguments that run each test of the promises with this scheme."""
    axis, _, name = scheme.partition("/")
    tests = list(dict.fromkeys(t for p in promises for t in p.tests))
    return "%s=%s run=%s exit" % (axis, name, ",".join(tests))


def story_line(arch: str, words: str) -> str:
    """The command line of tools/hotplate story for the same run."""
    same = [k + "=" + os.environ[k] for k in ("SMP", "MEM", "NODE1", "WORST") if k in os.environ]
    image = environment(arch)["IMAGE"]
    line = [TOOL, "story", "ARCH=" + arch, "IMAGE=" + image, *same, "ARGS=" + words]
    return " ".join(shlex.quote(w) for w in line)


def run(arch: str, words: str) -> list[tuple[str, str, str]]:
    """(test, outcome, could) of each test."""
    log = log_of(arch)
    done = subprocess.run(
        RUN + ["--arch", arch, "--quiet", "--log", log],
        env=environment(arch, ARGS=words),
        check=False,
        capture_output=True,
        text=True,
    )
    text = output.read(log)
    found = [
        (r.words[1].partition("/")[2], r.words[0], r.keys.get("could", "yes"))
        for r in output.records(text, "result")
    ]
    if not found:
        fail("%s: %s" % (arch, done.stderr.strip().split("\n")[-1] or "no test ran"))
    return found


def host(arch: str, name: str) -> str | None:
    """The reason why the program of the host refuses the instructions of the back end, or None."""
    place = os.path.join(BUILD, "host", "scheme")
    os.makedirs(place, exist_ok=True)
    with open(os.path.join(place, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = subprocess.run(
            ["make", "-s", "host-scheme-" + arch, "BUILD=" + BUILD]
            + ["EXTRA=" + os.environ.get("EXTRA", "")],
            env=QUIET,
            check=False,
            capture_output=True,
            text=True,
        )
        if built.returncode:
            fail("host-scheme-%s does not build: %s" % (arch, built.stderr.strip().split("\n")[-1]))
        done = subprocess.run(
            [os.path.join(place, "tlb_" + arch)],
            env=dict(QUIET, TLB_SCHEME=name, ASAN_OPTIONS="detect_leaks=0"),
            check=False,
            capture_output=True,
            text=True,
        )
    if not done.returncode:
        return None
    if "back ends are missing" in done.stderr:
        return "tests/host/tlb_%s does not know it (name its file in tests/host/programs.mk)" % arch
    reason = re.search(r"^not ok: (.*)", done.stderr, re.M)
    return reason[1] if reason else done.stderr.strip().split("\n")[-1]


def of_test(glob: str, results: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [r for r in results if r[0] == glob or r[0].startswith(glob + "/")]


def judge(promise: Promise, results: list[tuple[str, str, str]], on_host: str | None) -> str | None:
    """The reason why the promise is not kept, or None."""
    mine = [r for t in promise.tests for r in of_test(t, results)]
    bad = [r for r in mine if r[1] not in ("pass", "skip", "xfail")]
    if bad:
        return "%s: %s" % (
            bad[0][0],
            "it crashed or did not end" if bad[0][1] == "error" else "it failed",
        )
    missing = [t for t in promise.tests if not of_test(t, results)]
    if missing:
        return "%s: it did not run" % missing[0]
    if promise.host and on_host:
        return "tests/host/%s: %s" % (promise.host, on_host)
    if not promise.host and not any(r[1] == "pass" and r[2] != "no" for r in mine):
        return "%s: no test could have failed on this machine" % ",".join(promise.tests)
    return None


def one_arch(scheme: str, arch: str) -> bool:
    promises, unsafe = query(scheme, arch)
    if not promises:
        print("%s %s: it has no promises, so no test can refuse it: NOT OK" % (scheme, arch))
        return False
    hosts = {p.host for p in promises if p.host}
    if INSTALLED and hosts:
        fail(f"{scheme} promises what a program of the host judges: {NO_SOURCES}")
    words = words_of(scheme, promises)
    results = run(arch, words)
    on_host = {h: host(arch, scheme.partition("/")[2]) for h in hosts}
    broken = 0
    for promise in promises:
        why = judge(promise, results, on_host.get(promise.host or ""))
        broken += why is not None
        if why:
            print(
                "%s %s: promise %s (%s) is broken: %s"
                % (scheme, arch, promise.name, promise.row, why)
            )
        else:
            also = [] if not promise.host else ["tests/host/%s_%s" % (promise.host, arch)]
            print(
                "%s %s: promise %s (%s) is kept: %s"
                % (scheme, arch, promise.name, promise.row, " ".join(promise.tests + also))
            )
    failed = [r[0] for r in results if r[1] not in ("pass", "skip", "xfail")]
    if failed and os.environ.get("MACHINE") == "worst":
        print("%s %s: why %s: %s" % (scheme, arch, failed[0], story_line(arch, words)))
    if unsafe:
        print(
            "%s %s: unsafe, %s"
            % (scheme, arch, "and caught" if broken else "and nothing notices: NOT OK")
        )
        return broken > 0
    print(
        "%s %s: %s"
        % (
            scheme,
            arch,
            "REFUSED, log in " + log_of(arch)
            if broken
            else "all %d promises are kept" % len(promises),
        )
    )
    return not broken


def main(words: list[str]) -> int:
    if len(words) < 2 or not re.fullmatch(r"[a-z0-9_-]+/[A-Za-z0-9_-]+", words[0]):
        usage(__doc__)
    scheme, arches = words[0], words[1:]
    good, absent = True, []
    for arch in arches:
        try:
            good &= one_arch(scheme, arch)
        except Absent as why:
            absent.append("%s: %s" % (arch, why))
    for line in absent:
        if len(absent) < len(arches):
            print("not on " + line, file=sys.stderr)
        else:
            warn("not on " + line)
    if len(absent) == len(arches):
        axis = scheme.partition("/")[0]
        known = os.path.isdir("mm/policy/" + axis)
        template = "mm/policy/%s/template.c.in, " % axis if known else ""
        warn("to write one: %sdocs/schemes.md" % template)
        return SETUP
    return 0 if good else 1
