# SPDX-License-Identifier: BSD-2-Clause
"""Generate mistakes in C files; report which tests notice each.

The files are those of the kernel; a mistake that no test notices survives.

  tools/hotplate mutate run FILE...|DIR=NAME [SAMPLE=n SEED=n] [WORKERS=n] [SHARD=i/n] [KEEP=yes]
  tools/hotplate mutate list FILE...|DIR=NAME [SAMPLE=n SEED=n]
  tools/hotplate mutate survivors [GLOB]
  tools/hotplate mutate score
  tools/hotplate mutate record [RESULTS...]
  tools/hotplate mutate page

`run` makes each mutant of each file (operators.py in mutants/generated has the kinds), builds it
in a scratch tree and runs judges until one notices it (search.py has their order).  The first run
of an image measures which lines each test executes: with DIR= of every test, some minutes; with
files, of tests of each group until enough of them execute the changed places.  A run with DIR=
judges survivors of a run of files again.  DIR= is a group of directories (draw.py) or any
directory; SAMPLE=n draws n of all its mutants by SEED (default 1) and prints them before one is
built; with files, n of each.  The outcomes are stored in build/mutate/results.jsonl and are valid
for the same source, so a second `run` continues.  KEEP=yes also uses mutants that an older source
noticed, if their file is unchanged.
Not counted are mutants with the same code, mutants that do not compile, and those with a proof in
tests/mutants/equivalent.  `survivors` lists the mutants that no judge noticed, `score` the share of
the others, by directory; `record` stores the draws of these results, which may be of several
machines (SHARD=), in tests/mutants/draws, and `page` prints the page of the site.

Exit status: 0 all were noticed, 1 some survived, 4 set-up.
"""
import os
import queue
import random
from fnmatch import fnmatch

from hotplate import TOP, fail
from hotplate.command import usage
from hotplate.mutants import options
from hotplate.mutants.generated import cover, page, source
from hotplate.mutants.generated.draw import Draw, draw, group
from hotplate.mutants.generated.ledger import Ledger, head, newest, told
from hotplate.mutants.generated.programs import Shelf
from hotplate.mutants.generated.search import Control, judge, take
from hotplate.mutants.generated.source import Mutant
from hotplate.mutants.state import state
from hotplate.mutants.tree import Tree, alone
from hotplate.mutants.worker import crew

FORMS = options.FORMS | {"KEEP": r"yes|no", "DIR": r"[^/].*"}


Queue = queue.SimpleQueue[Mutant | None]
Known = dict[str, cover.Cover]


def work(todo: Queue, tree: Tree, ledger: Ledger, known: Known, control: Control) -> None:
    tree.lay()
    while (mutant := todo.get()) is not None:
        with tree.changed({mutant.path: source.changed(mutant)}):
            ledger.add(mutant, judge(mutant, tree, known, control))


def run(chosen: list[Mutant], jobs: int, keep: bool, drawn: Draw | None) -> int:
    now = state()
    ledger = Ledger(now, keep, drawn is not None)
    equal = source.equivalents()
    if drawn:
        ledger.draw(drawn)
    owed = [m for m in chosen if source.key(m) not in ledger.known and head(m) not in equal]
    if owed:
        with alone():
            search_all(owed, jobs, keep, ledger)
    keys = {source.key(m) for m in chosen if head(m) not in equal}
    return page.tally([row for key, row in ledger.known.items() if key in keys])


def cover_of(arch: str, owed: list[Mutant], jobs: int, keep: bool, whole: bool) -> cover.Cover:
    if whole:
        return cover.take(arch, jobs, cover.tests(arch), keep)
    places = {(m.path, m.edit.line, m.edit.last) for m in owed if arch in m.arches}
    return take(arch, jobs, keep, places)


def search_all(owed: list[Mutant], jobs: int, keep: bool, ledger: Ledger) -> None:
    arches = sorted({a for m in owed for a in m.arches})
    known = {a: cover_of(a, owed, jobs, keep, ledger.whole) for a in arches}
    tree = Tree("mutate.control")
    tree.lay()
    for arch in arches:
        tree.make("ARCH=" + arch, "image")
    control = Control(tree, Shelf(ledger.now, jobs))
    trees = [Tree("mutate.%d" % n) for n in range(min(jobs, len(owed)))]
    crew(work, owed, [(own, ledger, known, control) for own in trees])


def words_of(given: list[str]) -> tuple[list[str], dict[str, str]]:
    found = options.read([word for word in given if "=" in word], FORMS)
    files = [word for word in given if "=" not in word]
    if set(found) - set(FORMS) or bool(files) == ("DIR" in found):
        usage(__doc__)
    for path in files:
        if not os.path.isfile(os.path.join(TOP, path)):
            fail(f"{path}: no such file")
        if not path.endswith(".c"):
            fail(f"{path}: no C file of an image")
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
    return options.shard(chosen, given), drawn


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
