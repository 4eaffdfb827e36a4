# SPDX-License-Identifier: BSD-2-Clause
"""Remove each barrier from the image in turn; report what fails.

  tools/hotplate barriers run ARCH [PLACE=GLOB] [SEEDS=n] [MACHINES=n] [FORMS=all]
  tools/hotplate barriers list ARCH
  tools/hotplate barriers record
  tools/hotplate barriers page
  tools/hotplate barriers check

`run` boots the image without each place on the worst legal machine, with the sets of tests of its
file (barriers/sets.py), all of them by seed 1, then by seed 2, to n (1), until one fails.  The
unchanged image runs before: it has to pass by the same seeds, and shows which places are executed.
FORMS=all runs weaker forms as well, not only whole removals, of each place without which a run
failed: where none failed, none can with a part of the place.  MACHINES=n runs n machines at
once.  build/barriers/ARCH.json keeps the outcomes for this code and this machine
(barriers/digest.py): a second `run` continues, and other comments change nothing.  With another
image or machine, places that were shown run first, each with the set that showed it.  `record`
keeps the outcomes in tests/mutants/barriers, `page` prints the page of the site; a place without
a run has the row of an earlier image or machine, marked so.  `check` reads the
reasons why no run fails without a place, which are comments at the barriers (barriers/unshown.py).
"""
import json
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from typing import Any

from hotplate import BUILD, fail
from hotplate.barriers import boot, digest, page, unshown
from hotplate.barriers.find import Place, places
from hotplate.barriers.patch import Flat
from hotplate.barriers.sets import SETS, boot_words, choices
from hotplate.barriers.weaken import Form
from hotplate.build.imagesum import IMAGE_VA
from hotplate.command import usage

ARCHES = ("arm64", "riscv64")


def machine(arch: str) -> str:
    """The digest of the machine: another version may have other verdicts."""
    program = boot.program(arch)
    if not os.path.exists(program):
        fail("%s: not there; make machine builds it" % program)
    return digest.of_program(program)


def definition(name: str, arch: str) -> str:
    return " ".join([*boot.SHAPE, SETS[name].machine, *boot_words(name, arch)])


class Ledger:
    """The results of one image on one machine: its places, which of them the unchanged image
    executed with each set, and the outcome of every run.  For other images and machines: the set
    that showed a place, which runs first, and the outcomes, for the page."""

    def __init__(self, arch: str) -> None:
        self.arch = arch
        self.image = os.path.join(BUILD, arch, "Image")
        self.elf = os.path.join(BUILD, arch, "hotplate.elf")
        self.directory = os.path.join(BUILD, "barriers")
        self.path = os.path.join(self.directory, arch + ".json")
        self.flat = Flat(self.image, self.elf, arch)
        self.data: dict[str, Any] = {}
        self.changes = threading.Lock()  # of data
        self.controls = threading.Lock()  # one thread runs the unchanged image

    def open(self) -> "Ledger":
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as f:
                self.data = json.load(f)
        with open(self.elf, "rb") as elf:
            build = digest.short(elf.read())
        rebuilt = build != self.data.get("build")
        image = digest.of_image(self.flat, self.elf, self.arch) if rebuilt else self.data["image"]
        now = {"image": image, "machine": machine(self.arch)}
        known = {key: self.data.get(key, {}) for key in ("hints", "sets", "earlier")}
        if any(self.data.get(key) != value for key, value in now.items()):
            found = places(self.elf, self.arch)
            runs = {n: r for n, r in self.data.get("runs", {}).items() if "reached" in r}
            names = renamed(self.places(), found)
            earlier = {**known["earlier"], **runs}.items()
            known["earlier"] = {names.get(n, n): of_place for n, of_place in earlier}
            self.data = {**now, "places": found, "control": {}, "runs": {}}
        elif rebuilt:
            self.move(places(self.elf, self.arch))
        self.data.update(known, build=build)
        self.forget_changed()
        return self

    def move(self, found: list[Place]) -> None:
        """The same code in other lines: the outcomes of an instruction move to its new line."""
        runs = {(p.at, p.form.how): self.data["runs"].get(p.name) for p in self.places()}
        known = {p.name: runs.get((p.at, p.form.how)) for p in found}
        self.data["runs"] = {name: outcomes for name, outcomes in known.items() if outcomes}
        self.data["places"] = found

    def forget_changed(self) -> None:
        """Remove the outcomes of sets that have other tests or words now, or were removed."""
        now = {name: definition(name, self.arch) for name in SETS}
        gone = {n for n, was in self.data["sets"].items() if now.get(n) != was}
        runs = [*self.data["runs"].values(), *self.data["earlier"].values()]
        for known in [self.data["control"], *runs]:
            for key in [k for k in known if k.split()[0] in gone]:
                del known[key]
        self.data["sets"] = now

    def write(self) -> None:
        """The caller holds `changes`, or is the only thread."""
        os.makedirs(self.directory, exist_ok=True)
        with open(self.path + ".new", "w", encoding="utf-8") as f:
            json.dump(self.data, f, indent=0)
        os.replace(self.path + ".new", self.path)

    def places(self) -> list[Place]:
        return [
            Place(p[0], p[1], Form(*p[2]), tuple(p[3]), tuple(p[4]), tuple(p[5]))
            for p in self.data.get("places", [])
        ]

    def spared(self, place: Place) -> bool:
        """A form of a place without which nothing failed, and none that was shown before."""
        whole = next(p for p in self.places() if p.whole and p.instruction == place.instruction)
        known = page.verdict(whole, self.data["runs"].get(whole.name))[0]
        return known not in ("shown", "not run") and steady(place) not in self.data["hints"]

    def control(self, name: str, seed: int) -> dict[str, Any]:
        """The unchanged image: which places were executed, and instructions."""
        key = "%s %d" % (name, seed)
        with self.controls:
            known: dict[str, Any] | None = self.data["control"].get(key)
            if known is None:
                known = self.unchanged(name, seed)
                with self.changes:
                    self.data["control"][key] = known
                    self.write()
        return known

    def unchanged(self, name: str, seed: int) -> dict[str, Any]:
        out = os.path.join(self.directory, self.arch + ".reach")
        more = ["reach=" + out] if seed == 1 else []
        got = boot.boot(self.arch, self.image, name, seed, more)
        if got.verdict != "pass":
            fail("the unchanged image, %s, seed %d: %s %s" % (name, seed, got.verdict, got.why))
        return {"millions": got.millions, "reached": self.reached(out) if more else []}

    def reached(self, path: str) -> list[int]:
        """Addresses of places that were executed."""
        with open(path, "rb") as f:
            done = f.read()
        os.remove(path)
        every = {a for p in self.places() for a in p.at}
        return sorted(a for a in every if done[(a - IMAGE_VA) // 2])

    def reaches(self, name: str, place: Place) -> bool:
        """A set of the place's file that executes it."""
        of_file = name in choices(place.file, self.arch)
        return of_file and bool(set(place.at) & set(self.control(name, 1)["reached"]))


def steady(place: Place) -> str:
    """The place under a name that other lines of its file do not change."""
    return " ".join([place.file, ",".join(place.functions), place.form.what, place.form.how])


def renamed(old: Iterable[Place], new: Iterable[Place]) -> dict[str, str]:
    """Names of one link and of another, whose lines are others: the nth of a steady name stays."""
    groups: tuple[dict[str, list[Place]], ...] = ({}, {})
    for group, found in zip(groups, (old, new)):
        for place in sorted(found, key=lambda p: p.line):
            group.setdefault(steady(place), []).append(place)
    both = ((group, groups[1].get(name, [])) for name, group in groups[0].items())
    return {a.name: b.name for was, now in both if len(was) == len(now) for a, b in zip(was, now)}


def plan(ledger: Ledger, place: Place, seeds: int) -> Iterator[tuple[str, int]]:
    """The set that showed it runs first, before the unchanged image has run the other sets."""
    name, seed = ledger.data["hints"].get(steady(place), ("", 0))
    first = (name, seed)
    if ledger.reaches(name, place):
        yield first
    sets = [n for n in choices(place.file, ledger.arch) if ledger.reaches(n, place)]
    every = ((name, seed) for seed in range(1, seeds + 1) for name in sets)
    yield from (run for run in every if run != first)


def one(ledger: Ledger, place: Place, seeds: int) -> str:
    """Run the remaining sets until one fails; returns a line for the user."""
    with ledger.changes:
        runs = ledger.data["runs"].setdefault(place.name, {})
    last = "not executed"
    for name, seed in plan(ledger, place, seeds):
        key = "%s %d" % (name, seed)
        known = runs.get(key)
        if known is None or known[0] == "none":
            known = list(without(ledger, place, name, seed))
            if known[0] == "error":
                fail("%s: %s" % (place.name, known[1]))
        with ledger.changes:
            runs[key], runs["reached"] = known, True
            if known[0] == "fail":
                ledger.data["hints"][steady(place)] = [name, seed]
            ledger.write()
        last = "%s: %s %s (%d M)" % (key, *known)
        if known[0] == "fail":
            break
    if last == "not executed":
        with ledger.changes:
            runs["reached"] = False
            ledger.write()
    return last


def without(ledger: Ledger, place: Place, name: str, seed: int) -> boot.Outcome:
    """Bounded by twice the instructions that the unchanged image needs."""
    own = "%s-%d-%d.image" % (ledger.arch, os.getpid(), threading.get_ident())
    path = os.path.join(ledger.directory, own)
    steps = 2 * ledger.control(name, seed)["millions"] + 100
    try:
        with open(path, "wb") as f:
            f.write(ledger.flat.without(place))
        return boot.boot(ledger.arch, path, name, seed, ["steps=%d" % steps])
    finally:
        os.remove(path)


def words_of(words: Iterable[str], known: dict[str, str]) -> dict[str, str]:
    for word in words:
        name, _, value = word.partition("=")
        if name not in known or not value:
            usage(__doc__)
        known[name] = value
    return known


def number(text: str) -> int:
    return int(text) if text.isdigit() and int(text) else fail("%s is no number from 1" % text)


def run(arch: str, words: list[str]) -> int:
    asked = words_of(words, {"PLACE": "*", "SEEDS": "1", "MACHINES": "1", "FORMS": "whole"})
    seeds, machines = number(asked["SEEDS"]), number(asked["MACHINES"])
    ledger = Ledger(arch).open()
    wanted = [p for p in ledger.places() if fnmatch(p.name, asked["PLACE"])]
    if not wanted:
        listed = "tools/hotplate barriers list " + arch
        fail("PLACE=%s: no place of %s (%s)" % (asked["PLACE"], arch, listed))
    ledger.write()  # makes the directory, where boots write, too
    wanted.sort(key=lambda p: steady(p) not in ledger.data["hints"])

    def told(place: Place) -> None:
        spared = not place.whole and ledger.spared(place)
        said = "nothing failed without the whole" if spared else one(ledger, place, seeds)
        print("%s %s: %s" % (arch, place.name, said), flush=True)

    for whole in (True, False) if asked["FORMS"] == "all" else (True,):
        with ThreadPoolExecutor(machines) as pool:
            for _ in pool.map(told, [p for p in wanted if p.whole == whole]):
                pass
    return 0


def known_of(arch: str) -> bool:
    """Something was run.  (Its image may not be there.)"""
    return os.path.exists(os.path.join(BUILD, "barriers", arch + ".json"))


def show(arch: str) -> int:
    for place in Ledger(arch).open().places():
        print("%s  (%d) %s" % (place.name, len(place.at), " ".join(place.functions)))
    return 0


def main(words: list[str]) -> int:
    if words in (["page"], ["record"]):
        ledgers = [Ledger(a).open() for a in ARCHES if known_of(a)]
        if words == ["record"]:
            return page.record(ledgers)
        print(page.text(ledgers, page.recorded()), end="")
        return 0
    if words == ["check"]:
        return unshown.check()
    if len(words) < 2 or words[1] not in ARCHES:
        usage(__doc__)
    if words[0] == "list" and len(words) == 2:
        return show(words[1])
    if words[0] != "run":
        usage(__doc__)
    return run(words[1], words[2:])
