# SPDX-License-Identifier: BSD-2-Clause
"""Apply known mistakes, one at a time; report which tests notice.

  tools/hotplate mutants run [M=GLOB,...] [WORKERS=n] [SHARD=i/n] [SAMPLE=n SEED=n]
  tools/hotplate mutants list [M=GLOB,...]
  tools/hotplate mutants show NAME
  tools/hotplate mutants check
  tools/hotplate mutants page [RESULTS...]

An entry of tests/mutants/*.txt is one mistake: its effect, its edits, and the judges that have to
notice it (tools/python/hotplate/mutants/mutant.py has the form).  `run` builds each mutant in a
scratch tree and runs its judges; it also runs each judge once on the tree without a mutant, where a
failure is a false alarm.  The outcomes are kept in build/mutants/results.jsonl and remain valid
while the sources that the judge depends on are the same (state.py), so a second `run` continues.
SAMPLE=n takes n mutants, chosen by SEED.  `show` prints the mutant as a patch of this tree.
`check` verifies that every entry can be read, that every edit finds its place, and that the tests
of tests/system that are judges exist.  `page` prints the page of the site from the results, which
may be of several machines (SHARD=).

Exit status: 0 every judge noticed and none gave a false alarm, 1 otherwise, 4 set-up.
"""
import difflib
import os
import queue
import random
import re
import threading
from collections.abc import Iterable

from hotplate import TOP, fail
from hotplate.command import usage
from hotplate.mutants import options, page, state
from hotplate.mutants.judge import Outcome, run_judge
from hotplate.mutants.ledger import Log, Row
from hotplate.mutants.mutant import Judge, Mutant, mutants
from hotplate.mutants.tree import SCRATCH, NotBuilt, Tree, alone, changed
from hotplate.mutants.worker import crew

RESULTS = os.path.join(SCRATCH, "results.jsonl")
Queue = queue.SimpleQueue[Mutant | None]
CONTROL = ""  # the name of the tree without a mutant


class Ledger(Log):
    """Outcomes that still hold, by mutant and judge.  A judge that could not judge is run again."""

    def __init__(self, judges: Iterable[Judge]) -> None:
        super().__init__(RESULTS)
        now = {j.line: state.of(j) for j in judges}
        self.known: page.Known = {}
        for row in self.rows():
            if row["state"] == now.get(row["judge"]) and row["verdict"] != "error":
                self.known[page.key(row)] = page.outcome(row)

    def add(self, name: str, digest: str, judge: Judge, outcome: Outcome) -> None:
        self.known[digest, judge.line] = outcome
        row: Row = {"name": name, "digest": digest, "judge": judge.line}
        self.write(row | {"state": state.of(judge)} | outcome._asdict())


class Control:
    """Trees without a mutant, one for each worker; each judge runs once."""

    def __init__(self, ledger: Ledger, jobs: int) -> None:
        self.ledger, self.lock = ledger, threading.Lock()
        self.running: dict[str, threading.Lock] = {}  # by judge
        self.trees: queue.SimpleQueue[Tree] = queue.SimpleQueue()
        for n in range(jobs):
            tree = Tree("control.%d" % n)
            tree.lay()
            self.trees.put(tree)

    def outcome(self, judge: Judge) -> Outcome:
        with self.lock:
            running = self.running.setdefault(judge.line, threading.Lock())
        with running:
            known = self.ledger.known.get((CONTROL, judge.line))
            if known is None:
                tree = self.trees.get()
                try:
                    known = built(judge, tree)
                finally:
                    self.trees.put(tree)
                self.ledger.add(CONTROL, CONTROL, judge, known)
            return known


def built(judge: Judge, tree: Tree) -> Outcome:
    try:
        return run_judge(judge, tree)
    except NotBuilt as error:
        return Outcome("error", str(error), 0.0)


def owed(mutant: Mutant, ledger: Ledger) -> list[Judge]:
    return [j for j in mutant.judges if (mutant.digest, j.line) not in ledger.known]


def one(mutant: Mutant, tree: Tree, ledger: Ledger, control: Control) -> None:
    """Run each judge on the tree without a mutant first: one that gives a false alarm does not
    judge the mutant.  An image is built once for all judges of the mutant."""
    fit = []
    for judge in owed(mutant, ledger):
        before = control.outcome(judge)
        if before.verdict == "passed":
            fit.append(judge)
        elif before.verdict == "error":
            ledger.add(mutant.name, mutant.digest, judge, before)
    if not fit:
        return
    try:
        with tree.mutated(mutant):
            for judge in fit:
                ledger.add(mutant.name, mutant.digest, judge, built(judge, tree))
    except NotBuilt as error:  # an edit has no place
        for judge in owed(mutant, ledger):
            ledger.add(mutant.name, mutant.digest, judge, Outcome("error", str(error), 0.0))


def work(todo: Queue, tree: Tree, ledger: Ledger, control: Control) -> None:
    tree.lay()
    while (mutant := todo.get()) is not None:
        one(mutant, tree, ledger, control)
        print(page.line(mutant, ledger.known), flush=True)


def run(chosen: list[Mutant], jobs: int) -> int:
    jobs = min(jobs, len(chosen))
    with alone():
        ledger = Ledger(j for m in chosen for j in m.judges)
        control = Control(ledger, jobs)
        crew(work, chosen, [(Tree(str(n)), ledger, control) for n in range(jobs)])
    return page.tally(chosen, ledger.known)


def words_of(given: list[str]) -> dict[str, str]:
    forms = options.FORMS | {"M": r".*"}
    if any(word.partition("=")[0] not in forms or "=" not in word for word in given):
        usage(__doc__)
    return options.read(given, forms)


def choose(given: dict[str, str]) -> list[Mutant]:
    found = mutants(given.get("M", "*"))
    if not found:
        fail(f"M={given.get('M', '*')}: no mutant of tests/mutants")
    found = options.shard(found, given)
    if "SAMPLE" in given:
        found = random.Random(int(given.get("SEED", "1"))).sample(
            found, min(int(given["SAMPLE"]), len(found))
        )
    return found


def absent(judge: Judge) -> list[str]:
    """The names of tests in a judge of tests/system that its file does not have; or its words, if
    they name no test: a keyword may select none."""
    if judge.detector != "system":
        return []
    name, *chosen = judge.words
    try:
        with open(os.path.join(TOP, "tests", "system", name), encoding="utf-8") as f:
            text = f.read()
    except OSError:
        return [name]
    tests = re.findall(r"\btest_\w+", " ".join(chosen))
    if not tests:
        return [" ".join(chosen)]
    return [t for t in tests if not re.search(rf"^def {t}", text, re.M)]


def check() -> int:
    bad, found = [], mutants()
    for mutant in found:
        for judge in mutant.judges:
            bad += [f"{mutant.where}: Judge: {judge.line}: there is no {t}" for t in absent(judge)]
        try:
            changed(mutant)
        except NotBuilt as error:
            bad.append(str(error))
    print("\n".join(bad or ["mutants        ok  (%d mutants have their place)" % len(found)]))
    return 1 if bad else 0


def show(name: str) -> int:
    """As a patch."""
    for mutant in mutants(name) or fail(f"{name}: no mutant of this name"):
        print("".join(f"{e}\n" for e in mutant.image), end="")
        for path, text in changed(mutant).items():
            with open(os.path.join(TOP, path), encoding="utf-8", newline="") as f:
                lines = f.read().splitlines(True), text.decode().splitlines(True)
            print("".join(difflib.unified_diff(*lines, "a/" + path, "b/" + path)), end="")
    return 0


def main(words: list[str]) -> int:
    if words == ["check"]:
        return check()
    if words[:1] == ["page"]:
        print("\n".join(page.text(words[1:])))
        return 0
    if words[:1] == ["show"] and len(words) == 2:
        return show(words[1])
    if words[:1] == ["list"]:
        for mutant in choose(words_of(words[1:])):
            print("%-28s %s" % (mutant.name, mutant.breaks))
        return 0
    if words[:1] != ["run"]:
        usage(__doc__)
    given = words_of(words[1:])
    return run(choose(given), int(given.get("WORKERS", "1")))
