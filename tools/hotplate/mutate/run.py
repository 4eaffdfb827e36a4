# SPDX-License-Identifier: BSD-2-Clause
"""Mutants that nobody thought of, of a C file of the kernel: which are noticed, which survive.

  tools/mutate run FILE... [SAMPLE=n SEED=n] [WORKERS=n]
  tools/mutate list FILE...
  tools/mutate survivors [GLOB]
  tools/mutate score

`run` makes each mutant of each file (tools/hotplate/mutate/operators.py has the kinds), builds it
in a scratch tree and asks until somebody notices (judge.py has the order).  The first run of an
image takes the lines of every test, some minutes.  SAMPLE=n takes n of each file, chosen by SEED.
What was run is kept in build/mutate/results.jsonl for this very source: a second `run` goes on.
Mutants that are the same code, that no compiler takes, and those of tests/mutants/equivalent.txt,
which has the proofs, count for nothing.  `survivors` lists what nobody noticed, `score` the share
that was, by directory.

Exit status: 0 all were noticed, 1 some survived, 4 set-up.
"""
import contextlib
import json
import os
import queue
import random
import re
import threading
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

from hotplate import TOP, fail
from hotplate.command import usage
from hotplate.mutants.tree import Tree, state
from hotplate.mutate import cover, source
from hotplate.mutate.judge import WARNINGS, Control, Verdict, judge
from hotplate.mutate.source import Mutant

RESULTS = os.path.join(cover.DIRECTORY, "results.jsonl")
COUNTED = ("noticed", "survived")


class Scratch(Tree):
    @contextlib.contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        with open(os.path.join(self.path, mutant.path), "wb") as f:
            f.write(source.changed(mutant))
        try:
            yield
        finally:
            self.renew(mutant.path)


class Ledger:
    def __init__(self, now: str) -> None:
        self.now, self.lock = now, threading.Lock()
        self.known = {row["key"]: row for row in rows() if row["state"] == now}

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        row: dict[str, Any] = {"key": source.key(mutant), "state": self.now, "path": mutant.path}
        row |= {"line": mutant.edit.line, "name": mutant.name} | verdict._asdict()
        with self.lock:
            self.known[row["key"]] = row
            with open(RESULTS, "a", encoding="utf-8") as f:
                f.write(json.dumps(row) + "\n")
        where = "%s:%d: %s" % (mutant.path, mutant.edit.line, mutant.name)
        print("%-9s %s%s" % (verdict.what, where, told(row)), flush=True)


def told(row: dict[str, Any]) -> str:
    said = ": ".join(x for x in (row["by"], row["why"]) if x)
    return " (%s)" % said if said else ""


def rows() -> list[dict[str, Any]]:
    if not os.path.exists(RESULTS):
        return []
    with open(RESULTS, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


Queue = queue.SimpleQueue[Mutant | None]
Known = dict[str, cover.Cover]


def work(todo: Queue, tree: Scratch, ledger: Ledger, known: Known, control: Control) -> None:
    tree.lay()
    while (mutant := todo.get()) is not None:
        with tree.changed(mutant):
            ledger.add(mutant, judge(mutant, tree, known, control))


class Worker(threading.Thread):
    """What goes wrong in it goes wrong in the program."""

    def __init__(self, *words: Any) -> None:
        super().__init__(daemon=True)
        self.words = words
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            work(*self.words)
        except BaseException as error:
            self.error = error


def run(chosen: list[Mutant], jobs: int) -> int:
    ledger = Ledger(state())
    arches = sorted({a for m in chosen for a in m.arches})
    known = {a: cover.take(a, jobs, cover.tests(a)) for a in arches}
    tree = Scratch("mutate.control")
    tree.lay()
    for arch in arches:
        tree.make("ARCH=" + arch, WARNINGS, "image")
    control = Control(tree)
    equal = source.equivalents()
    todo: Queue = queue.SimpleQueue()
    owed = [m for m in chosen if source.key(m) not in ledger.known and head(m) not in equal]
    for mutant in owed:
        todo.put(mutant)
    workers = []
    for n in range(min(jobs, len(owed))):
        todo.put(None)
        workers.append(Worker(todo, Scratch("mutate.%d" % n), ledger, known, control))
        workers[-1].start()
    for worker in workers:
        worker.join()
        if worker.error:
            raise worker.error
    keys = {source.key(m) for m in chosen}
    return tally([row for key, row in ledger.known.items() if key in keys])


def head(mutant: Mutant) -> str:
    return "%s: %s" % (mutant.path, mutant.name)


def share(found: list[dict[str, Any]]) -> str:
    good = sum(row["what"] == "noticed" for row in found)
    every = sum(row["what"] in COUNTED for row in found)
    return "%d of %d noticed%s" % (good, every, ", %d %%" % (100 * good // every) if every else "")


def tally(found: list[dict[str, Any]]) -> int:
    same = sum(row["what"] == "same" for row in found)
    unbuilt = sum(row["what"] == "unbuilt" for row in found)
    print("mutate: %s; %d are the same code, %d are not built" % (share(found), same, unbuilt))
    return 1 if any(row["what"] == "survived" for row in found) else 0


def words_of(given: list[str]) -> tuple[list[str], dict[str, str]]:
    found = dict(word.split("=", 1) for word in given if "=" in word)
    files = [word for word in given if "=" not in word]
    for key, form in (("WORKERS", r"[1-9]\d?"), ("SAMPLE", r"[1-9]\d*"), ("SEED", r"\d+")):
        if key in found and not re.fullmatch(form, found[key]):
            fail(f"{key}={found[key]}: not a number that serves")
    if not files or set(found) - {"WORKERS", "SAMPLE", "SEED"}:
        usage(__doc__)
    for path in files:
        if not os.path.isfile(os.path.join(TOP, path)):
            fail(f"{path}: no such file")
    return files, found


def choose(files: list[str], given: dict[str, str]) -> list[Mutant]:
    flags = {arch: source.database(arch) for arch in source.TARGET}
    chosen = []
    for path in files:
        found = source.mutants(path, flags)
        if "SAMPLE" in given:
            chance = random.Random("%s %s" % (given.get("SEED", "1"), path))
            found = chance.sample(found, min(int(given["SAMPLE"]), len(found)))
        chosen += found
    return chosen


def newest() -> list[dict[str, Any]]:
    """The last verdict of each mutant, of whatever source."""
    return list({row["key"]: row for row in rows()}.values())


def score() -> int:
    by: dict[str, list[dict[str, Any]]] = {}
    for row in newest():
        by.setdefault(os.path.dirname(row["path"]), []).append(row)
    for name in sorted(by):
        print("%-24s %s" % (name, share(by[name])))
    return tally(newest())


def main(words: list[str]) -> int:
    if words == ["score"]:
        return score()
    if words[:1] == ["survivors"] and len(words) < 3:
        for row in newest():
            if row["what"] == "survived" and fnmatch(row["path"], (words[1:] or ["*"])[0]):
                print("%s:%d: %s%s" % (row["path"], row["line"], row["name"], told(row)))
        return 0
    if words[:1] not in (["run"], ["list"]):
        usage(__doc__)
    files, given = words_of(words[1:])
    chosen = choose(files, given)
    if words[0] == "list":
        for m in chosen:
            print("%s:%d: %s" % (m.path, m.edit.line, m.name))
        return 0
    return run(chosen, int(given.get("WORKERS", "1")))
