# SPDX-License-Identifier: BSD-2-Clause
"""The kinds of work that are lists of jobs.  A new kind is a function here and a row of KINDS."""
import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hotplate import BUILD, INSTALLED, NO_SOURCES, TOOL, TOP, fail
from hotplate.kernels import boot, mistakes
from hotplate.litmus import read, run
from hotplate.mutants import options
from hotplate.mutants.run import choose
from hotplate.results.tests import known

LITMUS = os.path.join(TOP, "litmus") if INSTALLED else "litmus"
FILES = run.TESTS  # litmus tests of a job: one program
BOOT = [name for name in boot.KNOBS if name not in ("SEED", "SEEDS", "SHARD", "MACHINE")]
TESTS = re.compile(r"^TESTS?\((\w+), *(\w+)", re.M)
Knobs = dict[str, str]


class Job(NamedTuple):
    """name: of its results, KIND/NAME; seconds of CPU time, 0: not known."""

    name: str
    seconds: float
    words: list[str]


def given(knob: Knobs, names: Iterable[str]) -> list[str]:
    return [f"{name}={knob[name]}" for name in names if knob[name]]


def parts(knob: Knobs) -> Iterator[str]:
    """SHARD= of each job."""
    nr = int(knob["PARTS"])
    yield from (f"{i}/{nr}" for i in range(1, nr + 1))


def costs() -> dict[str, float]:
    """What each test cost in the last `make full` here."""
    try:
        with open(os.path.join(BUILD, "full", "results.jsonl"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file.read().split("\n")[1:-1]]
    except FileNotFoundError:
        return {}
    return {row["test"]: row.get("cpu", 0) for row in rows}


def full(knob: Knobs, _: str) -> Iterator[Job]:
    pytest = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tier=full"]
    listed = subprocess.run(
        [*pytest, "--collect-only", "-k", knob["K"], "tests/system"],
        cwd=TOP,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    cost = costs()
    for test in (line for line in listed.stdout.splitlines() if "::" in line):
        name = test.removeprefix("tests/system/").replace("/", "-").replace("::", "/")
        yield Job(name, cost.get(test, 0), [*pytest, "--tb=short", test])


def test_groups() -> dict[str, list[str]]:
    """The tests of the image by group."""
    found: dict[str, list[str]] = {}
    for name in known() if INSTALLED else ():
        found.setdefault(name.partition(".")[0], []).append(name)
    for folder, _, names in os.walk(os.path.join(TOP, "tests")):
        if os.path.relpath(folder, TOP).split(os.sep)[1:2] in (["host"], ["system"]):
            continue
        for path in (os.path.join(folder, name) for name in names if name.endswith(".c")):
            with open(path, encoding="utf-8") as file:
                for group, test in TESTS.findall(file.read()):
                    found.setdefault(group, []).append(f"{group}.{test}")
    return {group: sorted(found[group]) for group in sorted(found)}


def board(knob: Knobs, _: str) -> Iterator[Job]:
    if not knob["BY"]:
        fail("BY= is needed: the command that runs boot arguments on a board, without them")
    for group in fnmatch.filter(test_groups(), knob["GROUPS"]):
        yield Job(group, 0, [*shlex.split(knob["BY"]), f"run={group}.*"])


def mutant(knob: Knobs, _: str) -> Iterator[Job]:
    for m in choose({"M": knob["M"]}):
        yield Job(m.name, 0, [TOOL, "mutants", "run", "M=" + m.name, "WORKERS=1"])


def litmus(knob: Knobs, _: str) -> Iterator[Job]:
    files = read.files(knob["LITMUS"])
    words = given(knob, run.KNOBS)
    for at in range(0, len(files), FILES):
        some = files[at : at + FILES]
        yield Job(f"{at}-{at + len(some) - 1}", 0, [TOOL, "litmus", "run", *some, *words])


def history(knob: Knobs, results: str) -> Iterator[Job]:
    for m in mistakes.chosen(knob["M"]):
        name = f"{m.arch}-{m.name}"
        words = [TOOL, "kernels", "history", "M=" + m.name, "ARCH=" + m.arch]
        words += ["SEEDS=" + (knob["SEEDS"] or "1-2"), f"OUT={results}/history/{name}.jsonl"]
        yield Job(name, 0, words)


def barriers(knob: Knobs, results: str) -> Iterator[Job]:
    if not knob["VMLINUX"]:
        fail("VMLINUX= is needed: the kernel whose barriers are removed")
    for shard in parts(knob):
        name = shard.replace("/", "of")
        words = [TOOL, "kernels", "barriers", knob["VMLINUX"], "SHARD=" + shard]
        yield Job(name, 0, [*words, f"OUT={results}/barriers/{name}.jsonl"])


def hunt(knob: Knobs, _: str) -> Iterator[Job]:
    if not knob["KERNEL"]:
        fail("KERNEL= is needed: the kernel that the seeds of SEEDS= boot")
    seeds = "SEEDS=" + (knob["SEEDS"] or "1-50")
    for shard in parts(knob):
        words = [TOOL, "worst", "--quiet", *given(knob, BOOT), seeds, "SHARD=" + shard]
        yield Job(shard.replace("/", "of"), 0, words)


class Kind(NamedTuple):
    what: str
    knobs: Knobs  # with what they are if they are not given
    jobs: Callable[[Knobs, str], Iterator[Job]]


KINDS = {
    "full": Kind("each test of `make full`, or those of pytest's -k", {"K": ""}, full),
    "board": Kind(
        "each group of tests on a board, by BY=",
        {"BY": "", "GROUPS": "*"},
        board,
    ),
    "mutants": Kind("each mistake of tests/mutants", {"M": "*"}, mutant),
    "litmus": Kind(
        f"{FILES} litmus files each",
        {"LITMUS": LITMUS} | dict.fromkeys(run.KNOBS, ""),
        litmus,
    ),
    "history": Kind("each mistake of linux/history.txt", {"M": "*", "SEEDS": ""}, history),
    "barriers": Kind("a part of the barriers of Linux", {"VMLINUX": "", "PARTS": "8"}, barriers),
    "hunt": Kind(
        "a part of the seeds of `make worst`",
        {"PARTS": "8", "SEEDS": ""} | dict.fromkeys(BOOT, ""),
        hunt,
    ),
}


WITH_SOURCES = ("full", "mutants")


def of(kind: str, knob: Knobs, results: str) -> list[Job]:
    """The jobs, each below the name of its kind."""
    if INSTALLED and kind in WITH_SOURCES:
        fail(f"{kind}: {NO_SOURCES}")
    options.read([f"SHARD=1/{knob['PARTS']}"] if "PARTS" in knob else [], options.FORMS)
    found = [job._replace(name=f"{kind}/{job.name}") for job in KINDS[kind].jobs(knob, results)]
    if not found:
        given = " ".join(f"{k}={v}" for k, v in knob.items() if v)
        fail(f"{kind}: no jobs with {given}" if given else f"{kind}: no jobs")
    return found
