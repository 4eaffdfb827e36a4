# SPDX-License-Identifier: BSD-2-Clause
"""Remove each barrier from an Image of Linux in turn; report what fails.

  tools/hotplate kernels barriers VMLINUX [SEEDS=1-2] [PLACE=GLOB] [SHARD=i/n] [OUT=FILE]
  tools/hotplate kernels barriers list VMLINUX
  tools/hotplate kernels barriers table FILE...

VMLINUX is that of `kernels build LINE_INFO=yes`; the modules beside it are those
of the workloads.  A place is a barrier by its line of source
(kernels/barrier_places.py), and NOPs, or accesses without order, replace it in
all copies of the Image, which boots on the worst legal machine with all
adversaries and sanitize=1, by one seed after another until one fails.  It fails
if init's verdict is no pass, the kernel panics or warns, the machine stops or
does not end within twice the instructions of the unchanged Image, or the
sanitizer has a report that it has in no run of the unchanged Image.  The
unchanged Image runs first: only workloads and seeds by which it passes count,
and it shows which places are executed; the others do not run.  Results are lines of JSON in
OUT=FILE (build/kernels/barriers-ARCH.jsonl), with which an interrupted run
continues.  `table` prints them as Markdown, with the reasons of
linux/barriers.txt.
"""
import glob
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any, NamedTuple

from hotplate import BUILD, TOP, fail
from hotplate.command import usage
from hotplate.kernels import barrier_table, boot, history
from hotplate.kernels.barrier_places import Image, Place
from hotplate.kernels.judge import Judge, Verdict
from hotplate.kernels.places import Places
from hotplate.mutants import options

KNOBS = {"SEEDS": "1-2", "PLACE": "*", "SHARD": "1/1", "OUT": ""}
# By odd and by even seeds.  The kernel's header has not the instruction by which the machine
# recognizes Linux for arm64 (EFI is off), and its base edits mend what stops with the second words.
WORDS = {
    "arm64": ("bss=clean ttl=0 ets=1", "bss=clean ttl=1 ets=0"),
    "riscv64": ("root=1", "root=1"),
}
REPORT_AT = re.compile(r"sanitize: step \d+, CPU \d+ before (\w+)")
REPORT = re.compile(r"# SANITIZE (\w+): ")
ASIDE = ("# ", "worst: sanitize: ", "worst: virtio-mem: ")  # lines of the machine; no ends of it
MORE_STEPS = 100  # Mi, beside twice those of the unchanged Image
Row = dict[str, Any]


class Set(NamedTuple):
    """Workloads, and what they need."""

    script: str
    mem: str
    append: str
    words: str


SETS = {
    "work": Set("barriers.workloads", "512M", "", ""),
    "memory": Set(
        "barriers.memory",
        "256M",
        "memhp_default_state=online_movable",
        "mmio=1 vmem=512 sizes=256,128,384",
    ),
}


class Watch(Judge):
    """Ends the run as soon as it has failed.  known: reports of the unchanged Image; None: all."""

    def __init__(self, known: set[str] | None) -> None:
        super().__init__()
        self.known, self.reports, self.where = known, set[str](), ""

    def line(self, text: str) -> None:
        if found := REPORT_AT.match(text):
            self.where = found[1]
        elif found := REPORT.match(text):
            self.reports.add(f"{found[1]} in {self.where}")
        elif not text.startswith(ASIDE):
            super().line(text)
        self.ended |= bool(self.why())

    def why(self) -> str:
        """The reason why it has failed, before its end."""
        if self.panic:
            return "kernel panic: " + self.panic
        if self.splat:
            return "the kernel reported: " + self.splat
        if self.failed():
            return "init: " + self.failed()[0]
        news = [] if self.known is None else sorted(self.reports - self.known)
        return "sanitize: " + ", ".join(news) if news else ""

    def verdict(self, status: int) -> Verdict:
        if self.why():
            return Verdict(1, self.why())
        if status == 1 and self.init == "pass":
            status = 0  # for reports that are known
        return super().verdict(status)


class Runs:
    """The file of results: of one Image, its places, and each run."""

    def __init__(self, image: Image, out: str, places: list[list[Any]]) -> None:
        self.image, self.out = image, out
        digest = hashlib.sha256(image.bytes).hexdigest()[:16]
        head: Row = {"arch": image.arch, "version": image.version, "image": digest}
        head["places"] = places
        rows = barrier_table.rows(out) if os.path.exists(out) else []
        if rows and rows[0] != head:
            fail(f"{out} has the results of another Image, or of other places: another OUT=")
        self.rows: dict[tuple[str, str, int], Row] = {}
        for row in rows[1:]:
            self.rows[barrier_table.key(row)] = row
        if not rows:
            os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
            self.write(head)

    def write(self, row: Row) -> None:
        with open(self.out, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def add(self, row: Row) -> Row:
        self.rows[barrier_table.key(row)] = row
        self.write(row)
        return row

    def known_reports(self) -> set[str]:
        return {r for row in self.rows.values() for r in row.get("reports", ())}

    def shown(self, name: str) -> bool:
        return any(key[0] == name and row["failed"] for key, row in self.rows.items())


def scratch(image: Image, suffix: str) -> str:
    directory = os.path.join(BUILD, "kernels", "barriers")
    os.makedirs(directory, exist_ok=True)
    return os.path.join(directory, f"{image.arch}-{os.getpid()}{suffix}")


def command(image: Image, path: str, name: str, seed: int, steps: int) -> list[str]:
    of_set = SETS[name]
    given = {
        "WORKLOADS": os.path.join(TOP, "linux", of_set.script),
        "MODULES": os.path.dirname(os.path.abspath(image.path)),
        "MEM": of_set.mem,
        "APPEND": ("nokaslr " + of_set.append).strip(),
        "SEED": str(seed),
        "WORST": f"{WORDS[image.arch][seed % 2 == 0]} {of_set.words} sanitize=1 counts=1",
    }
    knob = boot.knobs([], given)
    words = boot.line(knob, image.arch, path, boot.initrd_of(knob, path, image.kernel))
    words = [w for w in words if not w.startswith("steps=")]
    return [*words, f"steps={steps}", "elf=" + scratch(image, ".map")]


def booted(image: Image, words: list[str], known: set[str] | None) -> tuple[Watch, Row]:
    log, watch, begin = scratch(image, ".log"), Watch(known), time.monotonic()
    verdict = watch.verdict(boot.run(words, watch, log, True, Places()))
    row = {"failed": bool(verdict.status), "how": verdict.sentence}
    row |= {"millions": history.instructions(log), "seconds": round(time.monotonic() - begin, 1)}
    return watch, row


def unchanged(runs: Runs, places: list[Place], name: str, seed: int) -> Row:
    """The run of the unchanged Image, and the places that it executed."""
    known = runs.rows.get((barrier_table.UNCHANGED, name, seed))
    if known:
        return known
    image, reach = runs.image, scratch(runs.image, ".reach")
    path = boot.kept(image.arch + "-%s.Image", image.bytes)
    words = command(image, path, name, seed, history.STEPS[image.arch] * 4)
    watch, row = booted(image, [*words, "reach=" + reach], None)
    row |= {"place": barrier_table.UNCHANGED, "set": name, "seed": seed}
    row |= {"reports": sorted(watch.reports), "executed": []}
    if not row["failed"]:
        done = boot.read(reach)
        os.unlink(reach)
        if not image.reaches(image.symbols["start_kernel"], done):
            fail(f"reach= of the unchanged Image has not start_kernel: not at {image.base:x}?")
        row["executed"] = [p.name for p in places if image.executed(p, done)]
    print(f"{image.arch} unchanged, {name}, seed {seed}: {row['how']} ({row['millions']} Mi, "
          f"{row['seconds']} s), {len(row['executed'])} places, {row['reports']}", flush=True)
    return runs.add(row)


def without(runs: Runs, place: Place, name: str, seed: int) -> Row:
    """Bounded by twice the instructions of the unchanged Image."""
    image, path = runs.image, scratch(runs.image, ".image")
    steps = 2 * runs.rows[barrier_table.UNCHANGED, name, seed]["millions"] + MORE_STEPS
    with open(path, "wb") as file:
        file.write(image.without(place))
    _, row = booted(image, command(image, path, name, seed, steps), runs.known_reports())
    os.unlink(path)
    return runs.add({"place": place.name, "set": name, "seed": seed, **row})


def plan(runs: Runs, places: list[Place], seeds: list[int]) -> Iterator[tuple[Place, str, int]]:
    """All places by the first seed, then by the next.  A set runs the places that no earlier set
    executes."""
    for seed in seeds:
        for name in SETS:
            sound = not runs.rows[barrier_table.UNCHANGED, name, seed]["failed"]
            for place in places if sound else ():
                if first_set(runs.rows, place.name) == name:
                    yield place, name, seed


def first_set(rows: dict[tuple[str, str, int], Row], place: str) -> str:
    """The first one that executes the place, by any seed; "": none does."""
    for name in SETS:
        known = [r for key, r in rows.items() if key[:2] == (barrier_table.UNCHANGED, name)]
        if any(place in row["executed"] for row in known):
            return name
    return ""


def listed(place: Place) -> list[Any]:
    return [place.name, place.form.kind, len(place.at), list(place.functions[:2])]


def run(path: str, given: dict[str, str]) -> int:
    image = Image(path)
    places = image.places()
    wanted = [p for p in places if fnmatch(p.name, given["PLACE"])]
    wanted = options.shard(wanted, given)
    if not wanted:
        fail(f"PLACE={given['PLACE']}: no such place (tools/hotplate kernels barriers list {path})")
    out = given["OUT"] or os.path.join(BUILD, "kernels", f"barriers-{image.arch}.jsonl")
    runs = Runs(image, out, [listed(p) for p in places])
    boot.make(image.arch, False, True)
    with open(scratch(image, ".map"), "w", encoding="ascii") as file:
        file.write(image.map)
    try:
        remove(runs, places, wanted, history.seeds(given["SEEDS"]))
    finally:
        for left in glob.glob(glob.escape(scratch(image, "")) + ".*"):
            os.unlink(left)
    return 0


def remove(runs: Runs, places: list[Place], wanted: list[Place], seeds: list[int]) -> None:
    """The runs that the file does not have."""
    first = [unchanged(runs, places, name, seed) for seed in seeds for name in SETS]
    if all(row["failed"] for row in first):
        fail(f"the unchanged Image fails: {first[0]['how']}")
    for place, name, seed in plan(runs, wanted, seeds):
        if (place.name, name, seed) in runs.rows or runs.shown(place.name):
            continue
        row = without(runs, place, name, seed)
        seen = "fails" if row["failed"] else "passes"
        print(f"{runs.image.arch} {place.name}: {name}, seed {seed}: {seen}: {row['how']} "
              f"({row['millions']} Mi, {row['seconds']} s)", flush=True)


def show(path: str) -> int:
    for place in Image(path).places():
        print(f"{place.name}  ({len(place.at)}) {' '.join(place.functions[:4])}")
    return 0


def main(words: list[str]) -> int:
    if len(words) > 1 and words[0] == "table":
        print(barrier_table.text(words[1:]))
        return 0
    if len(words) == 2 and words[0] == "list":
        return show(words[1])
    if not words or "=" in words[0] or words[0] in ("list", "table"):
        usage(__doc__)
    given = dict(KNOBS)
    for word in words[1:]:
        name, eq, value = word.partition("=")
        if not value or name not in KNOBS:
            fail("%r is not one of %s" % (word, " ".join(n + "=" for n in KNOBS)))
        given[name] = value
    options.read(["SHARD=" + given["SHARD"]], options.FORMS)
    history.seeds(given["SEEDS"])
    return run(words[0], given)
