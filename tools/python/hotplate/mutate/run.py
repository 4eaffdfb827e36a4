# SPDX-License-Identifier: BSD-2-Clause
"""Generate mistakes in C files; report which tests notice each.

The files are those of the kernel; a mistake that no test notices survives.

  tools/hotplate mutate run FILE...|DIR=NAME [SAMPLE=n SEED=n] [WORKERS=n] [SHARD=i/n] [KEEP=yes]
  tools/hotplate mutate list FILE...|DIR=NAME [SAMPLE=n SEED=n]
  tools/hotplate mutate survivors [GLOB]
  tools/hotplate mutate score
  tools/hotplate mutate record [RESULTS...]
  tools/hotplate mutate page

`run` makes each mutant of each file (mutate/operators.py has the kinds), builds it
in a scratch tree and asks until somebody notices (judge.py has the order).  The first run of an
image takes the lines of tests: with DIR= of every test, some minutes; of files, of tests of each
group until enough of them execute the places that are changed.  A survivor of such a run is asked
again by a run with DIR=.  DIR= is a group of directories (draw.py) or any directory; SAMPLE=n
takes n of all its mutants, drawn by SEED (1 without) and printed before anything is built; of
files, n of each.  The outcomes are kept in build/mutate/results.jsonl for this very source, so a
second `run` continues.  KEEP=yes also takes what
an older source noticed of a file that is as it was: a new test takes nothing back.
Mutants that are the same code, that no compiler takes, and those of tests/mutants/equivalent,
which has the proofs, count for nothing.  `survivors` lists what nobody noticed, `score` the share
that was, by directory; `record` keeps the draws of these results, which may be of several machines
(SHARD=), in tests/mutants/draws, and `page` prints the page of the site.

Exit status: 0 all were noticed, 1 some survived, 4 set-up.
"""
import contextlib
import os
import queue
import random
import re
from collections.abc import Iterator
from fnmatch import fnmatch

from hotplate import TOP, fail
from hotplate.command import usage
from hotplate.mutants.state import state
from hotplate.mutants.tree import Tree
from hotplate.mutants.worker import crew
from hotplate.mutate import cover, page, source
from hotplate.mutate.draw import Draw, draw, group
from hotplate.mutate.judge import Control, judge, take
from hotplate.mutate.ledger import Ledger, head, newest, told
from hotplate.mutate.programs import Shelf
from hotplate.mutate.source import Mutant

FORMS = {
    "WORKERS": r"[1-9]\d?",
    "SAMPLE": r"[1-9]\d*",
    "SEED": r"\d+",
    "SHARD": r"([1-9]\d*)/([1-9]\d*)",
    "KEEP": r"yes|no",
    "DIR": r"[^/].*",
}


class Scratch(Tree):
    @contextlib.contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        self.made.clear()
        with open(os.path.join(self.path, mutant.path), "wb") as f:
            f.write(source.changed(mutant))
        try:
            yield
        finally:
            self.made.clear()
            self.renew(mutant.path)


Queue = queue.SimpleQueue[Mutant | None]
Known = dict[str, cover.Cover]


def work(
    todo: Queue, tree: Scratch, ledger: Ledger, known: Known, control: Control, originals: dict
) -> None:
    tree.lay()
    while (mutant := todo.get()) is not None:
        with tree.changed(mutant):
            ledger.add(mutant, judge(mutant, tree, known, control, originals))


def run(chosen: list[Mutant], jobs: int, keep: bool, drawn: Draw | None) -> int:
    now = state()
    ledger = Ledger(now, keep, drawn is not None)
    equal = source.equivalents()
    if drawn:
        ledger.draw(drawn)
    owed = [m for m in chosen if source.key(m) not in ledger.known and head(m) not in equal]
    if owed:
        ask(owed, jobs, keep, ledger)
    keys = {source.key(m) for m in chosen if head(m) not in equal}
    return page.tally([row for key, row in ledger.known.items() if key in keys])


def cover_of(arch: str, owed: list[Mutant], jobs: int, keep: bool, whole: bool) -> cover.Cover:
    if whole:
        return cover.take(arch, jobs, cover.tests(arch), keep)
    places = {(m.path, m.edit.line, m.edit.last) for m in owed if arch in m.arches}
    return take(arch, jobs, keep, places)


def ask(owed: list[Mutant], jobs: int, keep: bool, ledger: Ledger) -> None:
    arches = sorted({a for m in owed for a in m.arches})
    known = {a: cover_of(a, owed, jobs, keep, ledger.whole) for a in arches}
    tree = Scratch("mutate.control")
    tree.lay()
    for arch in arches:
        tree.make("ARCH=" + arch, "image")
    control = Control(tree, Shelf(ledger.now, jobs))
    originals: dict[tuple[str, str], bytes] = {}
    trees = [Scratch("mutate.%d" % n) for n in range(min(jobs, len(owed)))]
    crew(work, owed, [(own, ledger, known, control, originals) for own in trees])


def words_of(given: list[str]) -> tuple[list[str], dict[str, str]]:
    found = dict(word.split("=", 1) for word in given if "=" in word)
    files = [word for word in given if "=" not in word]
    for key, form in FORMS.items():
        if key in found and not re.fullmatch(form, found[key]):
            fail(f"{key}={found[key]}: it does not serve")
    if set(found) - set(FORMS) or bool(files) == ("DIR" in found):
        usage(__doc__)
    for path in files:
        if not os.path.isfile(os.path.join(TOP, path)):
            fail(f"{path}: no such file")
        if not path.endswith(".c"):
            fail(f"{path}: no C file of an image")
    part, parts = found.get("SHARD", "1/1").split("/")
    if int(part) > int(parts):
        fail(f"SHARD={part}/{parts}: there is no such part")
    return files, found


def of_files(files: list[str], given: dict[str, str]) -> list[Mutant]:
    flags = {arch: source.database(arch) for arch in source.TARGET}
    chosen = []
    for path in files:
        found = source.mutants(path, flags)
        if "SAMPLE" in given:
            chance = random.Random("%s %s" % (given.get("SEED", "1"), path))
            found = chance.sample(found, min(int(given["SAMPLE"]), len(found)))
        chosen += found
    return chosen


def choose(files: list[str], given: dict[str, str]) -> tuple[list[Mutant], Draw | None]:
    """The mutants of this shard, and the draw that they are of."""
    drawn = None
    if files:
        chosen = of_files(files, given)
    else:
        sample, seed = int(given.get("SAMPLE", "0")), given.get("SEED", "1")
        drawn = draw(group(given["DIR"]), sample, seed)
        chosen = drawn.chosen
    part, of = (int(n) for n in given.get("SHARD", "1/1").split("/"))
    return chosen[part - 1 :: of], drawn


def show(chosen: list[Mutant]) -> None:
    for m in chosen:
        print("%s:%d: %s" % (m.path, m.edit.line, m.name))


def survivors(pattern: str) -> int:
    equal = source.equivalents()
    for row in newest():
        proved = "%s: %s" % (row["path"], row["name"]) in equal
        if row["what"] == "survived" and fnmatch(row["path"], pattern) and not proved:
            print("%s:%d: %s%s" % (row["path"], row["line"], row["name"], told(row)))
    return 0


def main(words: list[str]) -> int:
    if words == ["score"]:
        return page.score()
    if words == ["page"]:
        print("\n".join(page.text()))
        return 0
    if words[:1] == ["record"]:
        return page.record(words[1:])
    if words[:1] == ["survivors"] and len(words) < 3:
        return survivors((words[1:] or ["*"])[0])
    if words[:1] not in (["run"], ["list"]):
        usage(__doc__)
    files, given = words_of(words[1:])
    chosen, drawn = choose(files, given)
    if words[0] == "list":
        show(chosen)
        return 0
    if drawn:
        print("mutate: DIR=%s: %d files, %d mutants, drawn:" % (drawn.group, *drawn[3:5]))
        show(chosen)
    return run(chosen, int(given.get("WORKERS", "1")), given.get("KEEP") == "yes", drawn)
