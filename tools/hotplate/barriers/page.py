# SPDX-License-Identifier: BSD-2-Clause
"""page - docs/BARRIERS.md, from what was run.  A place is called needed only with a failing run."""
from collections.abc import Iterable
from typing import Any, Protocol

from hotplate.barriers.find import Place
from hotplate.barriers.rules import RULES, SETS, blind, choice
from hotplate.program.places import PLACES

PATH = "docs/BARRIERS.md"
HEAD = """<!-- SPDX-License-Identifier: BSD-2-Clause -->
<!-- Written by tools/barriers page. -->
# Barriers, one at a time

Each place of the linked image that orders something, in arch/, kern/, mm/ and drivers/virtio, was
taken out of a copy of the image (all copies that were inlined from that line together), and the
copy booted on the worst legal machine ([WORST.md](WORST.md), "Barriers, one at a time") with the
tests of its file. The unchanged image passes the same tests with the same seeds; a run is given up
after twice its instructions. The shape is 4 CPUs, 512 MiB, and a node of 256 MiB that is withheld.

* **shown**: what failed, with the seed, and how many million instructions of all CPUs the run had,
  from power-on.
* **not shown**: it was executed, and these seeds of these tests passed without it. That is no proof
  that it is not needed: few seeds, short tests. A reason stands there where one is known.
* **not executed** by the unchanged image in the tests of its file (first seed): removing it can
  change nothing there.
* **not run** yet: `make barriers` goes on.
"""


class Known(Protocol):
    arch: str
    data: dict[str, Any]

    def places(self) -> list[Place]: ...


def protocol(place: Place) -> str:
    """Where lint-text demands it."""
    named = {function for function, _, _ in PLACES.get(place.file, ())}
    return "; lint-text has it as part of a protocol" if named & set(place.functions) else ""


def verdict(place: Place, arch: str, runs: dict[str, Any] | None) -> tuple[str, str]:
    """A class, and the cell."""
    chosen = choice(place.file, arch)
    why = blind(place.file, place.form.kind)
    if not runs or (runs["reached"] and len(runs) == 1):
        return "not run", "not run" + (": " + why if why else "")
    if not runs["reached"]:
        return "not executed", "not executed by `%s`" % chosen.set + (": " + why if why else "")
    seeds = sorted((int(s), r) for s, r in runs.items() if s != "reached")
    for seed, (what, said, millions) in seeds:
        if what == "fail":
            said = said.replace("|", "\\|").replace("*", "\\*").replace("<", "\\<")
            after = ", %d M" % millions if millions else ""
            return "shown", "**shown**: %s (seed %d%s)" % (said, seed, after)
    if any(r[0] == "none" for _, r in seeds):
        return "not run", "not run: no verdict within this host's time"
    passed = "not shown by `%s`, seed %s" % (chosen.set, ", ".join(str(s) for s, _ in seeds))
    return "not shown", passed + (": " + why if why else "")


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


CLASSES = ("shown", "not shown", "not executed", "not run")


def table(known: Known) -> list[str]:
    arch, runs = known.arch, known.data["runs"]
    cells = [(p, *verdict(p, arch, runs.get(p.name))) for p in known.places()]
    count = {c: sum(got == c for _, got, _ in cells) for c in CLASSES}
    lines = [
        "",
        "## " + arch,
        "",
        "Code %s. %d places and forms: %s."
        % (
            known.data["image"],
            len(cells),
            ", ".join("%d %s" % (n, c) for c, n in count.items()),
        ),
        "",
        "| place | without it | rule | what happened |",
        "|---|---|---|---|",
    ]
    lines += [row(p, arch, cell) for p, got, cell in cells if got != "not run"]
    lines += open_ones(p for p, got, _ in cells if got == "not run")
    puzzling = [
        p for p, got, _ in cells if got == "not shown" and not blind(p.file, p.form.kind)
    ]
    lines += ["", "### Not shown, and no reason is known (%s)" % arch, ""]
    lines += ["* " + p.name for p in puzzling] or ["None."]
    return lines


def open_ones(places: Iterable[Place]) -> list[str]:
    """Without a row each: files, and how many."""
    files: dict[str, int] = {}
    for place in places:
        files[place.file] = files.get(place.file, 0) + 1
    told = ", ".join("%s %d" % (f, n) for f, n in sorted(files.items()))
    return ["", "Not run yet: %s." % told] if told else []


def text(ledgers: Iterable[Known]) -> str:
    lines = [HEAD + "\nThe tests of each set:\n", "| set | tests |", "|---|---|"]
    lines += ["| `%s` | `%s` |" % (name, tests.replace(",", ", ")) for name, tests in SETS.items()]
    for known in ledgers:
        if known.data:
            lines += table(known)
    return "\n".join(lines) + "\n"


def write(ledgers: Iterable[Known]) -> int:
    page = text(ledgers)
    with open(PATH, "w", encoding="utf-8") as f:
        f.write(page)
    return 0
