# SPDX-License-Identifier: BSD-2-Clause
"""Every barrier is needed: take one at a time out of the image, and see what fails.

  tools/barriers run ARCH [SHARD=i/n] [PLACE=GLOB] [SEEDS=n] [FORMS=all]
  tools/barriers list ARCH
  tools/barriers page

`run` boots the image without each place on the worst legal machine, with the tests of its file
(barriers/rules.py), by seeds 1 to n (1), until one of them fails.  The unchanged image goes first:
it has to pass by the same seeds, and tells which places are executed at all.  FORMS=all takes
weaker forms as well, not only whole removals.  What was run is kept in build/barriers/ARCH.json
for this very image: a second `run` goes on.  `page` writes docs/BARRIERS.md from those files.
"""
import hashlib
import json
import os
from collections.abc import Iterable
from fnmatch import fnmatch
from typing import Any

from hotplate import BUILD, fail
from hotplate.barriers import page
from hotplate.barriers.boot import Outcome, boot
from hotplate.barriers.find import Place, places
from hotplate.barriers.patch import Flat
from hotplate.barriers.rules import Choice, choice
from hotplate.barriers.weaken import Form
from hotplate.build.imagesum import IMAGE_VA
from hotplate.command import usage

ARCHES = ("arm64", "riscv64")
WHOLE = ("removed", "plain")


def digest(flat: Flat) -> str:
    """Of the code alone: the version and the build id change with every commit."""
    return hashlib.sha256(flat.code()).hexdigest()[:16]


class Ledger:
    """What is known of one image: its places, which of them the unchanged image executed with
    which tests, and the outcome of every run."""

    def __init__(self, arch: str) -> None:
        self.arch = arch
        self.image = os.path.join(BUILD, arch, "Image")
        self.elf = os.path.join(BUILD, arch, "hotplate.elf")
        self.directory = os.path.join(BUILD, "barriers")
        self.path = os.path.join(self.directory, arch + ".json")
        self.flat = Flat(self.image, self.elf, arch)
        self.data: dict[str, Any] = {}

    def open(self) -> "Ledger":
        now = digest(self.flat)
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as f:
                self.data = json.load(f)
        if self.data.get("image") != now:
            found = places(self.elf, self.arch)
            self.data = {"image": now, "places": found, "control": {}, "runs": {}}
            self.write()
        return self

    def write(self) -> None:
        os.makedirs(self.directory, exist_ok=True)
        with open(self.path + ".new", "w", encoding="utf-8") as f:
            json.dump(self.data, f, indent=0)
        os.replace(self.path + ".new", self.path)

    def places(self) -> list[Place]:
        return [
            Place(p[0], p[1], Form(*p[2]), tuple(p[3]), tuple(p[4]), tuple(p[5]))
            for p in self.data["places"]
        ]

    def control(self, chosen: Choice, seed: int) -> dict[str, Any]:
        """The unchanged image: which halfwords were executed, and instructions."""
        key = "%s %s seed=%d" % (chosen.set, chosen.words, seed)
        known: dict[str, Any] | None = self.data["control"].get(key)
        if known is None:
            out = os.path.join(self.directory, self.arch + ".reach")
            more = ["reach=" + out] if seed == 1 else []
            got = boot(self.arch, self.image, chosen, seed, more)
            if got.verdict != "pass":
                fail("the unchanged image, %s: %s %s" % (key, got.verdict, got.why))
            known = {"millions": got.millions, "reached": self.reached(out) if more else []}
            self.data["control"][key] = known
            self.write()
        return known

    def reached(self, path: str) -> list[int]:
        """Addresses of places that were executed."""
        with open(path, "rb") as f:
            done = f.read()
        os.remove(path)
        every = {a for p in self.places() for a in p.at}
        return sorted(a for a in every if done[(a - IMAGE_VA) // 2])


def one(ledger: Ledger, place: Place, seeds: int) -> str:
    """Run what was not run, until something fails; a line about it."""
    chosen = choice(place.file, ledger.arch)
    runs = ledger.data["runs"].setdefault(place.name, {})
    if not set(place.at) & set(ledger.control(chosen, 1)["reached"]):
        runs["reached"] = False
        return "not executed by %s" % chosen.set
    runs["reached"], last = True, ""
    for seed in range(1, seeds + 1):
        known = runs.get(str(seed))
        if known is None or known[0] == "none":
            known = list(without(ledger, place, chosen, seed))
            if known[0] == "error":
                fail("%s: %s" % (place.name, known[1]))
            runs[str(seed)] = known
            ledger.write()
        last = "seed %d: %s %s (%d M)" % (seed, *known)
        if known[0] == "fail":
            break
    return last


def without(ledger: Ledger, place: Place, chosen: Choice, seed: int) -> Outcome:
    """Bounded by twice the instructions that the unchanged image needs."""
    path = os.path.join(ledger.directory, "%s-%d.image" % (ledger.arch, os.getpid()))
    steps = 2 * ledger.control(chosen, seed)["millions"] + 100
    try:
        with open(path, "wb") as f:
            f.write(ledger.flat.without(place))
        return boot(ledger.arch, path, chosen, seed, ["steps=%d" % steps])
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
    asked = words_of(words, {"SHARD": "1/1", "PLACE": "*", "SEEDS": "1", "FORMS": "whole"})
    shard, _, shards = asked["SHARD"].partition("/")
    i, n, seeds = number(shard), number(shards), number(asked["SEEDS"])
    ledger = Ledger(arch).open()
    for place in ledger.places()[i - 1 :: n]:
        if asked["FORMS"] != "all" and place.form.how not in WHOLE:
            continue
        if fnmatch(place.name, asked["PLACE"]):
            print("%s %s: %s" % (arch, place.name, one(ledger, place, seeds)), flush=True)
    ledger.write()
    return 0


def show(arch: str) -> int:
    for place in Ledger(arch).open().places():
        print("%s  (%d) %s" % (place.name, len(place.at), " ".join(place.functions)))
    return 0


def main(words: list[str]) -> int:
    if words == ["page"]:
        return page.write([Ledger(a).open() for a in ARCHES])
    if len(words) < 2 or words[1] not in ARCHES:
        usage(__doc__)
    if words[0] == "list" and len(words) == 2:
        return show(words[1])
    if words[0] != "run":
        usage(__doc__)
    return run(words[1], words[2:])
