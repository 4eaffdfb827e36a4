# SPDX-License-Identifier: BSD-2-Clause
"""boot - one run of an image on the worst legal machine, and its outcome."""
import os
import re
import subprocess
from typing import NamedTuple

from hotplate import BUILD
from hotplate.barriers.sets import SETS, boot_words

CPUS = 4
PATIENCE = 900  # seconds; a loaded host runs slowly
SHAPE = ["cpus=%d" % CPUS, "mem=256", "node1=256", "counts=1"]
# A run that has failed needs no more time.
UNTIL = ["until=not ok", "until=# CRASH"]


class Outcome(NamedTuple):
    """pass; fail: a test or the machine failed; none: no verdict within PATIENCE."""

    verdict: str
    why: str
    millions: int  # instructions of all CPUs


def program(arch: str) -> str:
    return os.path.join(BUILD, "machine", "worst-" + arch)


def line(arch: str, image: str, name: str, seed: int, more: list[str]) -> list[str]:
    args = ["withhold=node1", *boot_words(name, arch), "exit"]
    words = [program(arch), "image=" + image, "seed=%d" % seed, *SHAPE, *SETS[name].machine.split()]
    until = [] if SETS[name].crashes else UNTIL
    return words + until + more + ["args=" + " ".join(args)]


def judge_crashes(status: int, console: str, output: str, crashes: int) -> Outcome:
    """Tests that crash on purpose: the machine reports each with a backtrace of every CPU, and
    continues."""
    got = judge(status, "", output)
    wanted = {
        r"^ *not ok \d+ [^\r\n]+ # ERROR crash: ": crashes,
        r"^# CRASH on CPU \d+: ": crashes,
        r"^# backtrace of CPU \d+, busy with: [^\r\n]+\r?\n#   \S+\+0x": crashes * CPUS,
        r"^# crashes %d   restarts %d, and 0 by firmware" % (crashes, crashes): 1,
        r"^#: end verdict=error": 1,
    }
    if status:
        return got
    for pattern, n in wanted.items():
        found = len(re.findall(pattern, console, re.M))
        if found != n:
            return Outcome("fail", "%d times, wanted %d: %s" % (found, n, pattern), got.millions)
    return Outcome("pass", "", got.millions)


def judge(status: int, console: str, output: str) -> Outcome:
    """The outcome of a machine that has ended.  A run without a closing verdict has failed."""
    count = re.search(r"^worst: (\d+) M instructions", output, re.M)
    millions = int(count[1]) if count else 0
    told = [s for s in output.splitlines() if s.startswith("worst: ")]
    told = [s[7:] for s in told if " M instructions, " not in s and "as requested" not in s]
    failed = re.search(r"^ *(not ok \d+ [^\r\n]+|# CRASH [^\r\n]+)", console, re.M)
    if status == 4:
        return Outcome("error", told[0] if told else "status 4", millions)
    if failed:
        because = re.search(r"^ *# FAIL (.*?)\r?$", console, re.M)
        test = re.sub(r"^not ok \d+ |^# ", "", failed[1])
        why = "%s: %s" % (test, because[1]) if because and test[:5] != "CRASH" else test
        return Outcome("fail", why, millions)
    if status:
        return Outcome("fail", told[0] if told else "status %d" % status, millions)
    if not re.search(r"^#: end verdict=pass", console, re.M):
        return Outcome("fail", "it ended without a verdict", millions)
    return Outcome("pass", "", millions)


def boot(arch: str, image: str, name: str, seed: int, more: list[str]) -> Outcome:
    try:
        done = subprocess.run(
            line(arch, image, name, seed, more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return Outcome("none", "not within %d seconds of this host" % PATIENCE, 0)
    console = done.stdout.decode("utf-8", "replace")
    output = done.stderr.decode("utf-8", "replace")
    if SETS[name].crashes:
        return judge_crashes(done.returncode, console, output, SETS[name].crashes)
    return judge(done.returncode, console, output)
