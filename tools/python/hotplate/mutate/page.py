# SPDX-License-Identifier: BSD-2-Clause
"""page - scores: to the screen, and by directory the second half of docs/MUTANTS.md."""
import os

from hotplate import fail
from hotplate.mutants.page import GENERATED, PAGE, cell
from hotplate.mutate import source
from hotplate.mutate.draw import GROUPS, Group
from hotplate.mutate.judge import KINDS, NO_END
from hotplate.mutate.ledger import Row, draws, newest

COUNTED = ("noticed", "survived")
TEXT = """
# Mistakes that nobody thought of

`make mutate` generates mistakes from the syntax tree of C files: a statement left out, a condition
negated, a bound one more or one less, two arguments or two calls swapped, a memory order relaxed
(tools/python/hotplate/mutate/operators.py).  A directory is judged by a sample, drawn by seed from
all mutants of all its files before one is built.  Each is built, and judges are asked, the cheapest
first, until one notices (tools/python/hotplate/mutate/judge.py): `calm`, the worst legal machine
without adversaries; `host`, a program of tests/host; `sanitize`, as calm with sanitize=on; `lint`,
tools/hotplate lint text; `worst`, that machine with all adversaries; `qemu`, tests about the
directory on QEMU; `system`, a test of tests/system.  A judge that comes later may notice as well:
it was not asked.  What a judge says of the tree without a mutant is no verdict.

Counted are mutants that are built and change something: neither those whose code is the same on
every architecture, nor those with a proof in tests/mutants/equivalent.txt.  Score is noticed of
counted; where some of a draw were not run, of those that were.  "No end" is how many of the noticed
exceeded their bound of instructions or of time.  Mutants are of C files, not of headers.

Survivors of a draw get tests, so its score says what was done since.  A draw by another seed, whose
survivors had none, says what the tests are worth where nobody looked.

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


def line(group: Group, drawn: Row, known: dict[str, Row], equal: dict[str, str]) -> str:
    """A group's row.  A proof counts whether or not the mutant was run."""
    keys = [c["key"] for c in drawn["chosen"] if c["head"] not in equal]
    found = [known[key] for key in keys if key in known]
    what = [row["what"] for row in found]
    noticed = [row for row in found if row["what"] == "noticed"]
    counted = len(noticed) + what.count("survived")
    cells = [drawn["files"], drawn["mutants"], len(drawn["chosen"])]
    cells += [what.count("unbuilt"), what.count("same"), len(drawn["chosen"]) - len(keys)]
    cells += [counted, len(noticed)]
    cells.append("%d %%" % (100 * len(noticed) // counted) if counted else "-")
    cells.append("%d %%" % group.goal if group.goal else "-")
    cells += [sum(row["by"].split()[0] == kind for row in noticed) for kind in KINDS]
    cells += [sum(row["why"] == NO_END for row in noticed), drawn["seed"]]
    if len(found) < len(keys):
        cells[2] = "%d, %d not run" % (cells[2], len(keys) - len(found))
    return "| %s |" % " | ".join([title(group), *map(str, cells)])


def title(group: Group) -> str:
    """What it has, as a reader finds it."""
    names = [x.removesuffix("/*") for x in group.globs]
    without = [x.removesuffix("/*") for x in group.without]
    shown = ", ".join("`%s`" % n for n in names)
    return shown + (" without " + ", ".join("`%s`" % n for n in without) if without else "")


def lines(paths: list[str]) -> list[str]:
    known = {row["key"]: row for row in newest(paths, True)}
    drawn, equal = draws(paths), source.equivalents()
    shown = [(g, drawn[which]) for g in GROUPS for which in sorted(drawn) if which[0] == g.name]
    out = ["| %s |" % " | ".join(COLUMNS), "|%s" % ("---|" * len(COLUMNS))]
    out += [line(group, row, known, equal) for group, row in shown]
    keys = {c["key"] for _, row in shown for c in row["chosen"]}
    left = [
        row
        for key, row in known.items()
        if key in keys and row["what"] == "survived" and not proved(row, equal)
    ]
    out += ["", "Survivors of these draws:" if left else "No mutant of these draws survived.", ""]
    out += ["* `%s`: %s" % (row["path"], cell(row["name"])) for row in left]
    states = sorted({known[key]["state"] for key in keys if key in known})
    return out + ["", "Sources: %s." % ", ".join(states)]


def write(paths: list[str]) -> int:
    if not draws(paths):
        fail("no draw: tools/hotplate mutate run DIR=NAME makes one")
    with open(PAGE, encoding="utf-8") as f:
        before = f.read().partition(GENERATED)[0].rstrip("\n")
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(before + "\n\n" + GENERATED + TEXT + "\n".join(lines(paths)) + "\n")
    return 0
