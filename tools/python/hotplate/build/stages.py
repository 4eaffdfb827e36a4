# SPDX-License-Identifier: BSD-2-Clause
"""Run the stages of a tier or of CI, and print what each took.

  tools/hotplate stages test|part|ci [--docs]

test: make test; part: what CI runs of make full; ci: .ci/run.  Each stage prints
its wall time and the CPU time of all its processes.  The time left is an estimate
by the table of tests/README.md, which has the minutes of one run on 2 idle
cores; --docs writes it from this run.

Exit status: 0 every stage passed, 1 otherwise, 4 set-up.
"""
import os
import re
import resource
import subprocess
import time
from typing import NamedTuple

from hotplate import TOP, fail
from hotplate.command import Arguments

README = os.path.join(TOP, "tests", "README.md")
BEGIN, END = "<!-- stages %s -->\n", "<!-- end -->\n"


class Stage(NamedTuple):
    name: str
    command: list[str]
    needed: bool = False  # the other stages cannot run without it


def make(*words: str) -> list[str]:
    return [os.environ.get("MAKE", "make"), "--no-print-directory", *words]


# Both commands of README where nothing is installed: the menu's walk-through by piped keys, then
# the tests.
WALK = r"""
printf '1\n\n' | make run > walk.log 2>&1 && status=0 || status=$?
cat walk.log
[ $status = 0 ] && grep -q 'Could this run have failed' walk.log && make test
"""
STAGES = {
    "test": [
        Stage("images, simulator", make("images", "machine"), needed=True),
        Stage("programs of the host", make("host-test")),
        Stage("system tests", make("system", "TIER=test")),
    ],
    "part": [
        Stage("images, simulator", make("images", "machine"), needed=True),
        Stage("image by the embedded compiler", make("elf-compiler")),
        Stage("other kernel sources", make("sources")),
        Stage("programs of the host, fuzzers", make("host-ci")),
        Stage("system tests", make("system", "TIER=ci", "BEYOND=test")),
    ],
    "ci": [
        Stage("README's commands in a bare Debian 13", ["tools/bare-root", "13", "sh", "-c", WALK]),
        Stage("make check", make("check")),
        Stage("make full PART=ci", make("full", "PART=ci")),
    ],
}


class Took(NamedTuple):
    wall: float
    cpu: float


def span(seconds: float) -> str:
    return "%d s" % seconds if seconds < 100 else "%d min" % round(seconds / 60)


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(name: str) -> tuple[str, str, str]:
    """tests/README.md: the text before the table of these stages, the table, the text after it."""
    with open(README, encoding="utf-8") as file:
        text = file.read()
    head, begin, rest = text.partition(BEGIN % name)
    rows, end, rest = rest.partition(END)
    if not begin or not end:
        fail(f"tests/README.md has no table between {(BEGIN % name).strip()} and {END.strip()}")
    return head + begin, rows, end + rest


def expected(name: str) -> dict[str, float]:
    """Wall seconds of each stage on 2 idle cores."""
    rows = re.findall(r"^\| (.+?) \| (\d+\.\d) \|", table(name)[1], re.M)
    return {stage: 60 * float(minutes) for stage, minutes in rows}


def run_all(name: str) -> dict[str, tuple[int, Took]]:
    """Status and time of each stage that ran."""
    stages, known, done = STAGES[name], expected(name), {}
    for n, stage in enumerate(stages, 1):
        at = f"# {name} {n}/{len(stages)}: {stage.name}"
        left = sum(known.get(s.name, 0) for s in stages[n - 1 :])
        print(at + (f" (about {span(left)} left)" if left else ""), flush=True)
        began, used = time.monotonic(), cpu()
        env = dict(os.environ, HOTPLATE_SECONDS=str(known.get(stage.name, 0)))
        child = subprocess.run(stage.command, cwd=TOP, check=False, close_fds=False, env=env)
        status = child.returncode
        took = Took(time.monotonic() - began, cpu() - used)
        done[stage.name] = status, took
        verdict = "ok" if not status else f"FAILED, status {status}"
        print(f"{at}: {verdict}, {took.wall:.0f} s, {took.cpu:.0f} s of CPU", flush=True)
        if status and stage.needed:
            break
    return done


def rows(done: dict[str, tuple[int, Took]]) -> str:
    took = [t for _, t in done.values()]
    total = Took(sum(t.wall for t in took), sum(t.cpu for t in took))
    lines = ["| stage | minutes | CPU minutes |", "|---|---|---|"]
    for stage, t in [*((s, t) for s, (_, t) in done.items()), ("all", total)]:
        lines.append(f"| {stage} | {t.wall / 60:.1f} | {t.cpu / 60:.1f} |")
    return "\n".join(lines) + "\n"


def arguments() -> Arguments:
    parser = Arguments(__doc__)
    parser.add_argument("name", choices=STAGES)
    parser.add_argument("--docs", action="store_true", help="write the table of tests/README.md")
    return parser


def main(words: list[str]) -> int:
    args = arguments().parse_args(words)
    done = run_all(args.name)
    failed = [stage for stage, (status, _) in done.items() if status]
    not_run = len(STAGES[args.name]) - len(done)
    if args.docs and not failed:
        head, _, rest = table(args.name)
        with open(README, "w", encoding="utf-8") as file:
            file.write(head + rows(done) + rest)
    wall, used = (sum(t[i] for _, t in done.values()) / 60 for i in (0, 1))
    print(f"# {args.name}: {wall:.1f} min, {used:.1f} min of CPU")
    for stage in failed:
        print(f"# {args.name}: FAILED: {stage}")
    print(f"{args.name}: {len(done) - len(failed)} passed, {len(failed)} failed, {not_run} skipped")
    return 1 if failed else 0
