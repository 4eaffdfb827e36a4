# SPDX-License-Identifier: BSD-2-Clause
"""Two files of results side by side, and the limits of each.

Only tests that both have, of the same revision, are compared: verdicts, counts, hits over trials.
Tests that one of them lacks are listed.  Seconds are never compared.
"""
import re
from collections.abc import Iterable, Iterator

from hotplate.results import jsonl
from hotplate.results.jsonl import Entry, Erratum

COUNT = re.compile(r"\d+(/\d+)?")
OWN = (
    "kind",
    "path",
    "verdict",
    "could",
    "rev",
    "reason",
    "seed",
    "image",
    "machine",
    *jsonl.NOT_COMPARED,
)
BY_NAME = (
    "No geometry is common: tests are compared by name, " "the worst of a machine's geometries."
)
PROFILE = {  # docs/tlb.md; a run cannot show a failure of a kind without any hit
    "leaf": "stale leaves",
    "table-walk": "stale table pointers",
    "negative": "failed walks that are cached",
    "other-va": "invalidations of a wrong address",
    "other-asid": "ASID faults",
}


def plural(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")


class Side:
    """One file: its runs, and its results as name -> entry after errata."""

    def __init__(self, path: str, errata: list[Erratum]) -> None:
        self.path, self.runs, self.removed = path, jsonl.load(path), []
        self.results = {}
        for run in self.runs:
            for entry in run.results.values():
                row = jsonl.erratum_of(entry, errata)
                if row:
                    self.removed.append((entry["path"], row))
                else:
                    self.results[entry["path"]] = entry
        self.verdict = jsonl.verdict(self.runs)

    def geometries(self) -> set[str]:
        return {p.partition("/")[0] for p in self.results}

    def machine(self) -> list[str]:
        machines = []
        for run in self.runs:
            cpus = [
                "%s x %s" % (i["count"], i.get("name", "?").replace("_", " "))
                for i in run.ids
                if "cpu" in i
            ]
            machines.append(
                ", ".join(["%s %s" % (run.header["machine"], run.header.get("arch", "?"))] + cpus)
            )
        return list(dict.fromkeys(machines))  # a test run and a soak of one boot

    def ran(self) -> list[Entry]:
        return [e for e in self.results.values() if e["verdict"] != "skip"]

    def could(self) -> tuple[int, int]:
        """(tests that could have failed here, tests that ran)."""
        ran = self.ran()
        return sum(e.get("could") == "yes" for e in ran), len(ran)

    def count(self, verdict: str) -> int:
        return sum(e["verdict"] == verdict for e in self.results.values())


def unshown(side: Side) -> Iterator[str]:
    """A sentence for each kind of failure that this file cannot show."""
    for profile in (p for r in side.runs for p in r.profiles):
        for key, what in PROFILE.items():
            hits, _, trials = profile.get(key, "1/1").partition("/")
            if hits == "0":
                yield "%s: %s, never seen in %s trials" % (
                    profile.get("geometry", "?"),
                    what,
                    trials,
                )
    if not any(r.profiles for r in side.runs):
        yield "TLB faults: no test needed the TLB profile, or this file does not have it"
    if any(r.header.get("accel") == "tcg" for r in side.runs):
        yield "barrier order and physical hardware: an emulator ran it"
    for words in dict.fromkeys(r.header["errata"] for r in side.runs if "errata" in r.header):
        yield "the unmodified machine: errata=%s enabled or disabled rows of errata" % words
    if any(r.header.get("cpus") == "1" for r in side.runs):
        yield "anything between CPUs: one ran"
    could, ran = side.could()
    if could < ran:
        yield (
            f"a fault in {ran - could} of {ran} tests that ran: "
            "this machine could not have shown it "
            "(could=no, or the test reads only the order of recorded events)"
        )
    if side.count("skip"):
        yield plural(side.count("skip"), "test") + " that did not run (skipped)"


class Comparison:
    def __init__(self, one: Side, two: Side) -> None:
        self.sides = one, two
        self.by_path = bool(one.geometries() & two.geometries())
        first, second = self.keyed(one), self.keyed(two)
        both = [k for k in first if k in second]
        self.revised = [k for k in both if first[k]["rev"] != second[k]["rev"]]
        self.common = {k: (first[k], second[k]) for k in both if k not in self.revised}
        self.only = [k for k in first if k not in second], [k for k in second if k not in first]
        unlike = {k: p for k, p in self.common.items() if p[0]["verdict"] != p[1]["verdict"]}
        self.skipped = {
            k: p for k, p in unlike.items() if "skip" in (p[0]["verdict"], p[1]["verdict"])
        }
        self.differ = {k: p for k, p in unlike.items() if k not in self.skipped}
        self.same = len(self.common) - len(unlike)

    def keyed(self, side: Side) -> dict[str, Entry]:
        """Results by path; without a common geometry by the name of the test, with the worst of its
        geometries."""
        if self.by_path:
            return side.results
        found: dict[str, Entry] = {}
        for path, entry in side.results.items():
            name = path.partition("/")[2]
            if name not in found or rank(entry) > rank(found[name]):
                found[name] = entry
        return found

    def counts(self) -> Iterator[tuple[str, str, str, str]]:
        """(test, key, one, two): numbers of common tests that differ."""
        for name, (a, b) in self.common.items():
            for key in a:
                if (
                    key not in OWN
                    and key in b
                    and a[key] != b[key]
                    and COUNT.fullmatch(a[key])
                    and COUNT.fullmatch(b[key])
                ):
                    yield name, key, a[key], b[key]

    def profiles(self) -> Iterator[tuple[str, str, str, str]]:
        """(geometry, item, hits/trials of one, of two) of geometries that both have; without a
        common one, of their first."""
        one, two = (
            {
                p.get("geometry", "") if self.by_path else "": p
                for r in s.runs
                for p in reversed(r.profiles)
            }
            for s in self.sides
        )
        for geometry in [g for g in one if g in two]:
            for key in one[geometry]:  # seen-ns is a time
                if key not in ("kind", "geometry", "seen-ns") and key in two[geometry]:
                    yield geometry, key, one[geometry][key], two[geometry][key]


def rank(entry: Entry) -> int:
    return ("skip", "pass", "xfail", "xpass", "fail", "error").index(entry["verdict"])


def share(side: Side) -> str:
    could, ran = side.could()
    return "%d of %d (%d %%)" % (could, ran, could * 100 // ran if ran else 0)


def rows(side: Side) -> Iterator[tuple[str, str]]:
    """(label, value of this side): the head of every table."""
    first = side.runs[0].header
    yield "verdict", side.verdict
    for machine in side.machine():
        yield "machine", machine
    for key in ("version", "image", "suite", "seed", "accel", "entry", "cpus"):
        yield key, " ".join(dict.fromkeys(r.header.get(key, "?") for r in side.runs))
    for key in ("compiler", "qemu", "bug", "extra", "errata", "trace"):
        if key in first:
            yield key, first[key].replace("_", " ") if key == "compiler" else first[key]
    machines = [i for run in side.runs for i in run.ids if "machine" in i]
    for firmware in dict.fromkeys(i.get("firmware", "?") for i in machines):
        yield "firmware", firmware.replace("_", " ")
    yield "tests", ", ".join(
        "%s %d" % (v, side.count(v)) for v in jsonl.VERDICTS if side.count(v)
    ) or "none"
    yield "could have failed here", share(side)
    for soak in (s for r in side.runs for s in r.soaks):
        yield "soak", "%s: failures %s of %s cycles, controls %s noticed" % (
            soak.get("verdict"),
            soak.get("fail"),
            soak.get("cycles"),
            soak.get("ctl"),
        )
    for mark in (m for r in side.runs for m in r.marks):
        yield "mark", "%s %s" % (mark.get("t", "?"), mark.get("text", ""))


def some(names: Iterable[str], most: int = 20) -> list[str]:
    names = list(names)
    return names[:most] + (["and %d more" % (len(names) - most)] if len(names) > most else [])


def listing(title: str, names: Iterable[str]) -> Iterator[str]:
    names = list(names)
    yield "%-22s %d" % (title, len(names))
    for name in some(names):
        yield "  " + name


def unlike_errata(comparison: Comparison) -> Iterator[str]:
    """A sentence if the two runs had different rows of errata."""
    words_of = [
        ",".join(dict.fromkeys(r.header.get("errata", "") for r in s.runs))
        for s in comparison.sides
    ]
    if words_of[0] != words_of[1]:
        yield "The rows of errata differ, so all results below may differ: %s." % ", ".join(
            "%s errata=%s" % (letter, words) if words else "%s unmodified" % letter
            for letter, words in zip("AB", words_of)
        )


def as_text(comparison: Comparison) -> Iterator[str]:
    """The comparison in lines."""
    for letter, side in zip("AB", comparison.sides):
        yield "%s  %s" % (letter, side.path)
        for label, text in rows(side):
            yield "   %-22s %s" % (label, text)
    if comparison.sides[0].runs[0].header["suite"] != comparison.sides[1].runs[0].header["suite"]:
        yield "The suites differ: only tests of the same revision are compared."
    yield from unlike_errata(comparison)
    if not comparison.by_path:
        yield BY_NAME
    yield "%-22s %d, %d with the same verdict" % (
        "common tests",
        len(comparison.common),
        comparison.same,
    )
    for title, found in (
        ("verdicts that differ", comparison.differ),
        ("skipped on one", comparison.skipped),
    ):
        yield from listing(
            title, ("%s: %s, %s" % (k, a["verdict"], b["verdict"]) for k, (a, b) in found.items())
        )
    yield from listing("only in A", comparison.only[0])
    yield from listing("only in B", comparison.only[1])
    yield from listing("of another revision", comparison.revised)
    yield from listing(
        "removed by an erratum",
        ("%s: %s" % (p, row.why) for s in comparison.sides for p, row in s.removed),
    )
    yield from listing("counts that differ", ("%s %s: %s, %s" % c for c in comparison.counts()))
    yield from listing("hits/trials (tlb.md)", ("%s %s: %s, %s" % p for p in comparison.profiles()))
    for letter, side in zip("AB", comparison.sides):
        yield from listing("not shown by %s" % letter, unshown(side))


def one_as_text(side: Side) -> Iterator[str]:
    """One file in lines."""
    yield side.path
    for label, text in rows(side):
        yield "   %-22s %s" % (label, text)
    yield from listing(
        "failed",
        (
            "%s: %s" % (p, e.get("reason", e["verdict"]))
            for p, e in side.results.items()
            if e["verdict"] in ("fail", "error", "xpass")
        ),
    )
    yield from listing(
        "removed by an erratum", ("%s: %s" % (p, row.why) for p, row in side.removed)
    )
    yield from listing("not shown", unshown(side))
