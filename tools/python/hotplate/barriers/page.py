# SPDX-License-Identifier: BSD-2-Clause
"""page - the page of barriers, from the runs of this host or from tests/mutants/barriers, which
keeps the outcomes of hours.  A place is called needed only with a failing run."""
import os
import re
from collections.abc import Iterable
from typing import Any, Protocol

from hotplate.barriers.find import Place
from hotplate.barriers.rules import RULES
from hotplate.barriers.sets import SETS
from hotplate.barriers.unshown import blind
from hotplate.mutants import data
from hotplate.mutants.mutant import DIRECTORY
from hotplate.program.places import PLACES

RECORDED = os.path.join(DIRECTORY, "barriers")
HEAD = """# Barriers, one at a time

Each place of the linked image that orders something, in arch/, kern/, mm/ and drivers/virtio, was
taken out of a copy of the image (all copies that were inlined from that line together), and the
copy booted on the worst legal machine with sets of tests that execute it. The unchanged image
passes the same tests with the same seeds; a run ends after twice its instructions. The shape is 4
CPUs, 256 MiB, and a withheld node of 256 MiB, unless the set has another one.

* **shown**: what failed, with the set, the seed, and how many million instructions of all CPUs the
  run had, from power-on.
* **not shown**: it was executed, and these seeds of these sets passed without it. That is no proof
  that it is not needed: few seeds, short tests. **Cited**: why nothing failed, by the manual or by
  what the machine is.
* **not executed** by the unchanged image in the sets of its file (first seed): removing it can
  change nothing there. **Cited**: why none of them executes it.
* **not run** yet: `make barriers` continues.
* **Forms** of an instruction have a part of its effect: "as ir,iorw" is a FENCE with these sets,
  "of one ASID" an SFENCE.VMA with an operand, "of its own CPU's domain" a DMB or DSB as NSH. Where
  nothing failed without the whole, nothing can with a part of it: the form is not run, and has no
  row.
* **Earlier**: not run yet with this code and this machine (the digest of its program); the row is
  that of an earlier one.

Citations are comments at the barriers; "MODEL.md NAME" in one is a row of the last table of
machine/MODEL.md.
"""


class Known(Protocol):
    arch: str
    data: dict[str, Any]

    def places(self) -> list[Place]: ...


def protocol(place: Place) -> str:
    """Where lint text demands it."""
    named = {function for function, _, _ in PLACES.get(place.file, ())}
    return "; lint text has it as part of a protocol" if named & set(place.functions) else ""


def shown(runs: dict[str, Any]) -> str:
    """The cell, if a run failed."""
    for key, (what, said, millions) in runs.items():
        if what == "fail":
            name, seed = key.split()
            after = ", %d M" % millions if millions else ""
            return "**shown**: %s (`%s`, seed %s%s)" % (said, name, seed, after)
    return ""


def escaped(cell: str) -> str:
    """A cell of Markdown; emphasis stays."""
    text = re.sub(r"[|<]", r"\\\g<0>", cell)
    return re.sub(r"(?<!\*)\*(?!\*)", r"\\*", text)


def passed(runs: dict[str, Any]) -> str:
    seeds: dict[str, int] = {}
    for key in runs:
        seeds[key.split()[0]] = seeds.get(key.split()[0], 0) + 1
    return ", ".join("`%s` %d" % known for known in seeds.items())


def verdict(place: Place, known: dict[str, Any] | None) -> tuple[str, str]:
    """A class, and the cell."""
    why = blind(place.file, place.functions, *place.form[:3])
    cited = CITED + why if why else ""
    runs = {key: run for key, run in (known or {}).items() if key != "reached"}
    if shown(runs):
        return "shown", shown(runs)
    if known and not known["reached"]:
        return "cited" if why else "not executed", "not executed" + cited
    if not runs:
        return "not run", "not run"
    if any(run[0] == "none" for run in runs.values()):
        return "not run", "not run: no verdict within this host's time"
    cell = "not shown by seeds of %s" % passed(runs)
    return "cited" if why else "not shown", cell + cited


def current(place: Place, known: Known) -> tuple[str, str]:
    """A place that was not run yet has the verdict of an earlier image or machine; a form that of
    its whole, if nothing failed without that, unless both are earlier ones and it was shown."""
    got = verdict(place, known.data["runs"].get(place.name))
    if got[0] != "not run":
        return got
    before = verdict(place, known.data["earlier"].get(place.name))
    if not place.whole:
        whole = next(p for p in known.places() if p.whole and p.instruction == place.instruction)
        of_whole, cell = current(whole, known)
        if of_whole not in ("shown", "not run"):
            if before[0] != "shown" or not cell.startswith(EARLIER):
                return of_whole, AS_WHOLE
    return got if before[0] == "not run" else (before[0], EARLIER + before[1])


def row(place: Place, arch: str, cell: str) -> str:
    copies = " (%d copies)" % len(place.at) if len(place.at) > 1 else ""
    names = ", ".join(place.functions[:2])
    return "| %s:%d %s%s | %s, %s | %s%s | %s |" % (
        place.file,
        place.line,
        names,
        copies,
        place.form.what,
        place.form.how,
        RULES[arch][place.form.kind],
        protocol(place),
        escaped(cell),
    )


EARLIER = "**Earlier**: "
CITED = ". **Cited**: "
AS_WHOLE = "as its whole"
CLASSES = ("shown", "cited", "not shown", "not executed", "not run")


def table(known: Known) -> list[str]:
    arch = known.arch
    cells = [(p, *current(p, known)) for p in known.places()]
    count = {c: sum(got == c for _, got, _ in cells) for c in CLASSES}
    lines = [
        "",
        "## " + arch,
        "",
        "Code %s, machine %s. %d places and forms: %s; %d of these rows are earlier ones."
        " %d forms have no row: nothing failed without the whole, whose row has the reason."
        % (
            known.data["image"],
            known.data["machine"],
            len(cells),
            ", ".join("%d %s" % (n, c) for c, n in count.items()),
            sum(cell.startswith(EARLIER) for _, _, cell in cells),
            sum(cell == AS_WHOLE for _, _, cell in cells),
        ),
        "",
        "| place | without it | rule | what happened |",
        "|---|---|---|---|",
    ]
    cells = [c for c in cells if c[2] != AS_WHOLE]
    lines += [row(p, arch, cell) for p, got, cell in cells if got != "not run"]
    lines += open_ones(p for p, got, _ in cells if got == "not run")
    puzzling = [p for p, got, _ in cells if got in ("not shown", "not executed")]
    lines += ["", "### Neither shown nor cited (%s)" % arch, ""]
    lines += ["* " + p.name for p in puzzling] or ["None."]
    return lines


def open_ones(places: Iterable[Place]) -> list[str]:
    """Without a row each: files, and how many."""
    files: dict[str, int] = {}
    for place in places:
        files[place.file] = files.get(place.file, 0) + 1
    told = ", ".join("%s %d" % (f, n) for f, n in sorted(files.items()))
    return ["", "Not run yet: %s." % told] if told else []


Row = list[str]  # architecture, FILE FUNCTIONS, what, how, kind, outcome


def recorded() -> list[Row]:
    return [line.split("\t") for line in data.read(RECORDED)]


def key(p: Place, arch: str) -> Row:
    """The columns of a row that name its place; a function may have several of one form."""
    where = " ".join([p.file, ",".join(p.functions[:2])])
    return [arch, where, p.form.what, p.form.how, p.form.kind]


def rows(known: Known) -> list[Row]:
    """Without line numbers, and without the reasons, which are in the sources."""
    found = []
    for p in known.places():
        got, cell = current(p, known)
        if got != "not run" and cell != AS_WHOLE:
            outcome = cell.removeprefix(EARLIER).partition(CITED)[0]
            found.append([*key(p, known.arch), outcome])
    return found


def record(ledgers: Iterable[Known]) -> int:
    """Replace the rows of the places that were run on this host; a place that is gone has none."""
    every = recorded()
    for known in ledgers:
        order = [key(p, known.arch) for p in known.places()]
        new = rows(known)
        ran = [row[:5] for row in new]
        new += [row for row in every if row[:5] in order and row[:5] not in ran]
        new.sort(key=lambda row: order.index(row[:5]))
        every = [row for row in every if row[0] != known.arch] + new
    every.sort(key=lambda row: row[0])
    data.write(RECORDED, ["\t".join(row) for row in every])
    return 0


def section(arch: str, known: list[Row]) -> list[str]:
    """The rows that the file has."""
    lines = ["", "## " + arch, "", "Outcomes of an earlier image or machine.", ""]
    lines += ["| place | without it | rule | outcome |", "|---|---|---|---|"]
    for _, where, what, how, kind, outcome in (row for row in known if row[0] == arch):
        file, _, functions = where.partition(" ")
        why = blind(file, functions.split(","), kind, what, how)
        cited = CITED + why if why and "**shown**" not in outcome else ""
        cell = escaped(outcome + cited)
        lines.append("| %s | %s, %s | %s | %s |" % (where, what, how, RULES[arch][kind], cell))
    return lines


def text(ledgers: Iterable[Known], before: list[Row]) -> str:
    """An architecture that was not run on this host has the rows of before."""
    lines = [HEAD + "\nThe tests of each set:\n", "| set | tests | boot arguments, machine |"]
    lines.append("|---|---|---|")
    for name, s in SETS.items():
        more = " ".join(w for w in (s.boot, s.machine) if w)
        more = "`%s`" % more if more else ""
        lines.append("| `%s` | `%s` | %s |" % (name, s.tests.replace(",", ", "), more))
    known = {ledger.arch: ledger for ledger in ledgers}
    for arch in sorted(RULES):
        lines += table(known[arch]) if arch in known else section(arch, before)
    return "\n".join(lines) + "\n"
