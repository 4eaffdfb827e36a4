# SPDX-License-Identifier: BSD-2-Clause
"""page - scores: to the screen, to tests/mutants/draws, and as a page of the site."""
import os

from hotplate import fail
from hotplate.mutants import data
from hotplate.mutants.generated import source
from hotplate.mutants.generated.draw import GROUPS, Group
from hotplate.mutants.generated.ledger import Row, draws, newest
from hotplate.mutants.generated.search import KINDS, NO_END
from hotplate.mutants.mutant import DIRECTORY
from hotplate.mutants.page import cell

COUNTED = ("noticed", "survived")
DRAWS = os.path.join(DIRECTORY, "draws")
TEXT = """# Generated mistakes, and how many of them were noticed

`make mutate` generates mistakes from the syntax tree of C files: a statement is left out, a
condition is negated, a bound is changed by one, two arguments or two calls are swapped, a memory
order is relaxed (operators.py in tools/python/hotplate/mutants/generated).  A directory is judged
by a sample, which a seed draws from all mutants of all its files before one is built.  The judges
run on each mutant, the cheapest first, until one notices (search.py, there): `calm`, the worst
legal machine without adversaries; `host`, a program of tests/host; `sanitize`, as calm with
sanitize=on; `lint`, tools/hotplate lint text; `worst`, that machine with all adversaries; `qemu`,
tests of the directory on QEMU; `system`, a test of tests/system.  A judge that fails on the tree
without a mutant gives no verdict.

Counted are mutants that are built and that change something: not those whose code is the same on
every architecture, nor those with a proof in tests/mutants/equivalent.  Score is noticed of
counted.  "No end" is how many of the noticed exceeded their bound of instructions or of time.
Mutants are of C files, not of headers.

The survivors of a draw get tests, so its score includes later repairs.  A draw by another
seed, whose survivors have no test yet, measures the tests.

"""
COLUMNS = (
    "directory",
    "files",
    "mutants",
    "drawn",
    "not built",
    "same code",
    "proved",
    "counted",
    "noticed",
    "score",
    "goal",
    *KINDS,
    "no end",
    "seed",
)


def share(found: list[Row]) -> str:
    good = sum(row["what"] == "noticed" for row in found)
    every = sum(row["what"] in COUNTED for row in found)
    return "%d of %d noticed%s" % (good, every, ", %d %%" % (100 * good // every) if every else "")


def tally(found: list[Row]) -> int:
    same = sum(row["what"] == "same" for row in found)
    unbuilt = sum(row["what"] == "unbuilt" for row in found)
    print("mutate: %s; %d are the same code, %d are not built" % (share(found), same, unbuilt))
    return 1 if any(row["what"] == "survived" for row in found) else 0


def proved(row: Row, equal: dict[str, str]) -> bool:
    return "%s: %s" % (row["path"], row["name"]) in equal


def score() -> int:
    equal = source.equivalents()
    found = [row for row in newest() if not proved(row, equal)]
    by: dict[str, list[Row]] = {}
    for row in found:
        by.setdefault(os.path.dirname(row["path"]), []).append(row)
    for name in sorted(by):
        print("%-24s %s" % (name, share(by[name])))
    return tally(found)


def cells(group: Group, drawn: Row, known: dict[str, Row], equal: dict[str, str]) -> list[str]:
    """The row of a draw.  A proof counts whether or not the mutant was run."""
    keys = [c["key"] for c in drawn["chosen"] if c["head"] not in equal]
    found = [known[key] for key in keys if key in known]
    what = [row["what"] for row in found]
    noticed = [row for row in found if row["what"] == "noticed"]
    counted = len(noticed) + what.count("survived")
    row = [drawn["files"], drawn["mutants"], len(drawn["chosen"])]
    row += [what.count("unbuilt"), what.count("same"), len(drawn["chosen"]) - len(keys)]
    row += [counted, len(noticed)]
    row.append("%d %%" % (100 * len(noticed) // counted) if counted else "-")
    row.append("%d %%" % group.goal if group.goal else "-")
    row += [sum(r["by"].split()[0] == kind for r in noticed) for kind in KINDS]
    row += [sum(r["why"] == NO_END for r in noticed), drawn["seed"]]
    if len(found) < len(keys):
        row[2] = "%d, %d not run" % (row[2], len(keys) - len(found))
    return [title(group), *map(str, row)]


def title(group: Group) -> str:
    """The directories of the group."""
    names = [x.removesuffix("/*") for x in group.globs]
    without = [x.removesuffix("/*") for x in group.without]
    shown = ", ".join("`%s`" % n for n in names)
    return shown + (" without " + ", ".join("`%s`" % n for n in without) if without else "")


def recorded() -> tuple[list[list[str]], list[str]]:
    """tests/mutants/draws: the rows of draws, and the survivors."""
    rows = [line.split("\t") for line in data.read(DRAWS)]
    return [r for r in rows if len(r) > 1], [r[0] for r in rows if len(r) == 1]


def record(paths: list[str]) -> int:
    """Add the draws of these results to the file, or replace those of the same group and seed."""
    known = {row["key"]: row for row in newest(paths, True)}
    drawn, equal = draws(paths), source.equivalents()
    if not drawn:
        fail("no draw: tools/hotplate mutate run DIR=NAME makes one")
    groups = [(g, drawn[which]) for g in GROUPS for which in sorted(drawn) if which[0] == g.name]
    new = [cells(group, row, known, equal) for group, row in groups]
    old, survivors = recorded()
    replaced = {(row[0], row[-1]) for row in new}
    rows = [row for row in old if (row[0], row[-1]) not in replaced] + new
    heads = {c["head"]: known.get(c["key"]) for _, row in groups for c in row["chosen"]}
    kept = [h for h in survivors if h not in heads and h not in equal]
    kept += [h for h, r in heads.items() if r and r["what"] == "survived" and h not in equal]
    data.write(DRAWS, ["\t".join(row) for row in rows] + kept)
    return 0


def text() -> list[str]:
    rows, survivors = recorded()
    out = [*TEXT.split("\n"), "| %s |" % " | ".join(COLUMNS), "|%s" % ("---|" * len(COLUMNS))]
    out += ["| %s |" % " | ".join(row) for row in rows]
    out += ["", "Survivors of these draws:" if survivors else "No mutant survived.", ""]
    return out + ["* " + cell(head) for head in survivors]
