# SPDX-License-Identifier: BSD-2-Clause
"""page - docs/BARRIERS.md, from what was run.  A place is called needed only with a failing run."""
import os
import re
from collections.abc import Iterable
from typing import Any, Protocol

from hotplate.barriers.find import Place
from hotplate.barriers.rules import RULES, blind
from hotplate.barriers.sets import SETS
from hotplate.program.places import PLACES

PATH = "docs/BARRIERS.md"
HEAD = """<!-- SPDX-License-Identifier: BSD-2-Clause -->
<!-- Written by tools/hotplate barriers page. -->
# Barriers, one at a time

Each place of the linked image that orders something, in arch/, kern/, mm/ and drivers/virtio, was
taken out of a copy of the image (all copies that were inlined from that line together), and the
copy booted on the worst legal machine ([WORST.md](WORST.md), "Barriers, one at a time") with sets
of tests that execute it. The unchanged image passes the same tests with the same seeds; a run is
given up after twice its instructions. The shape is 4 CPUs, 256 MiB, and a node of 256 MiB that is
withheld, where the set says nothing else.

* **shown**: what failed, with the set, the seed, and how many million instructions of all CPUs the
  run had, from power-on.
* **not shown**: it was executed, and these seeds of these sets passed without it. That is no proof
  that it is not needed: few seeds, short tests. **Cited**: why nothing failed, by the manual or by
  what the machine is.
* **not executed** by the unchanged image in the sets of its file (first seed): removing it can
  change nothing there. **Cited**: why none of them comes there.
* **not run** yet: `make barriers` goes on.
* **Forms** of an instruction do a part of what it does: "as ir,iorw" is a FENCE with these sets,
  "of one ASID" an SFENCE.VMA with an operand, "of its own CPU's domain" a DMB or DSB as NSH. Where
  nothing failed without the whole, nothing can with a part of it: the form is not run, and has no
  row.
* **Earlier**: not run yet with this code and this machine (the digest of its program); the row is
  that of an earlier one.
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
            said = said.replace("|", "\\|").replace("*", "\\*").replace("<", "\\<")
            name, seed = key.split()
            after = ", %d M" % millions if millions else ""
            return "**shown**: %s (`%s`, seed %s%s)" % (said, name, seed, after)
    return ""


def passed(runs: dict[str, Any]) -> str:
    seeds: dict[str, int] = {}
    for key in runs:
        seeds[key.split()[0]] = seeds.get(key.split()[0], 0) + 1
    return ", ".join("`%s` %d" % known for known in seeds.items())


def verdict(place: Place, known: dict[str, Any] | None) -> tuple[str, str]:
    """A class, and the cell."""
    why = blind(place.file, place.functions, *place.form[:3])
    cited = ". **Cited**: " + why if why else ""
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
        cell,
    )


EARLIER = "**Earlier**: "
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


def section(page: str, arch: str) -> list[str]:
    """As an earlier page has it."""
    found = re.search(r"^## %s\n(?:(?!## ).*\n)*" % arch, page, re.M)
    return ["", *found[0].rstrip("\n").split("\n")] if found else []


def text(ledgers: Iterable[Known], before: str = "") -> str:
    """What nothing is known of here stays as it was before."""
    lines = [HEAD + "\nThe tests of each set:\n", "| set | tests | boot arguments, machine |"]
    lines.append("|---|---|---|")
    for name, s in SETS.items():
        more = " ".join(w for w in (s.boot, s.machine) if w)
        more = "`%s`" % more if more else ""
        lines.append("| `%s` | `%s` | %s |" % (name, s.tests.replace(",", ", "), more))
    known = {ledger.arch: ledger for ledger in ledgers}
    for arch in sorted(RULES):
        lines += table(known[arch]) if arch in known else section(before, arch)
    return "\n".join(lines) + "\n"


def write(ledgers: Iterable[Known]) -> int:
    before = ""
    if os.path.exists(PATH):
        with open(PATH, encoding="utf-8") as f:
            before = f.read()
    page = text(ledgers, before)
    with open(PATH, "w", encoding="utf-8") as f:
        f.write(page)
    return 0
