# SPDX-License-Identifier: BSD-2-Clause
"""Results as files: JSON lines of kind run, id, profile, result, mark, soak, end (docs/OUTPUT.md).

entries() makes them from a log; load() reads them again, and refuses invalid files.  They contain
no times: seconds are never compared between machines.
"""
import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from hotplate import Refused
from hotplate.results import output

Entry = dict[str, str]

FORMAT = "1"
RUN = (
    "format version commit arch image suite seed accel machine geometry cpus entry tests run "
    "compiler bug extra errata trace"
).split()
VERDICTS = ("pass", "fail", "skip", "xfail", "xpass", "error")
# Values that are always text, and values in which the kernel wrote _ for a blank.
TEXT = frozenset(
    "version commit image machine suite cpu dtb acpi seed run bug extra errata path".split()
)
BLANKS = frozenset("compiler firmware model name clues text".split())
NUMBER = re.compile(r"-?(0|[1-9]\d*)")
NOT_COMPARED = ("ms",)  # seconds, in whatever unit
KINDS = ("run", "id", "profile", "result", "mark", "soak", "end")
HEX = re.compile(r"[0-9a-f]{8}")


class Run(NamedTuple):
    """The lines of one run, by kind; results by path."""

    header: Entry
    ids: list[Entry]
    profiles: list[Entry]
    results: dict[str, Entry]
    marks: list[Entry]
    soaks: list[Entry]
    ends: list[Entry]


class Erratum(NamedTuple):
    """A row of docs/ERRATA.md."""

    date: str
    test: str
    rev: str
    why: str


def value(key: str, text: str) -> str | int:
    """The value in a file of results: numbers as numbers, blanks as blanks."""
    if key in BLANKS:
        return text.replace("_", " ")
    return int(text) if key not in TEXT and NUMBER.fullmatch(text) else text


def values(keys: dict[str, str]) -> dict[str, Any]:
    return {key: value(key, text) for key, text in keys.items()}


def entries(
    text: str, facts: dict[str, str], deterministic: bool = False
) -> Iterator[dict[str, Any]]:
    """The objects of one log; ValueError if it is no valid run.  deterministic: only the values
    that a second run on the same machine repeats."""
    wrong = output.cases(text)[1] if output.records(text, "result") else []
    if wrong or not output.records(text, "run"):
        raise ValueError("; ".join(wrong or ["no `#: run` line"]))
    reasons = {c.path: c.reason for c in output.cases(text)[0] if c.reason}
    for r in output.records(text):
        if r.kind == "run":
            yield {**of_record(r), **facts}
        elif r.kind == "result":
            keys = values({k: v for k, v in r.keys.items() if k not in NOT_COMPARED})
            if deterministic:
                keys = {k: keys[k] for k in ("could", "rev") if k in keys}
            elif r.words[1] in reasons:
                keys["reason"] = reasons[r.words[1]]
            yield {"kind": "result", "verdict": r.words[0], "path": r.words[1], **keys}
        elif r.kind in ("id", "end") or r.kind in ("profile", "mark", "soak") and not deterministic:
            yield of_record(r)


def of_record(r: output.Record) -> dict[str, Any]:
    """The object of a record that is no result."""
    if r.kind == "run":
        return {"kind": "run", **{k: value(k, r.keys[k]) for k in RUN if k in r.keys}}
    if r.kind == "end":
        tests = value("tests", r.keys.get("tests", ""))
        return {"kind": "end", "verdict": r.keys["verdict"], "tests": tests}
    first = {"verdict": r.keys["verdict"]} if r.kind == "soak" else {}
    return {"kind": r.kind, **first, **values(r.keys)}


# ---- reading a file ----


def check_run(entry: Entry) -> str | None:
    if str(entry.get("format")) != FORMAT:
        return "format %s; this tool reads format %s and no other" % (
            entry.get("format", "missing"),
            FORMAT,
        )
    for key in ("image", "machine", "suite"):
        if not HEX.fullmatch(str(entry.get(key, ""))):
            return "%s is no hash of eight digits" % key
    return None


def check_result(entry: Entry) -> str | None:
    path = str(entry.get("path", ""))
    geometry, _, name = path.partition("/")
    if not geometry or not output.NAME.match(name) or "." not in name:
        return "path %.60r is no GEOMETRY/group.test" % path
    if entry.get("verdict") not in VERDICTS:
        return "verdict %.20r is none of %s" % (entry.get("verdict"), " ".join(VERDICTS))
    return None if str(entry.get("rev", "")).isdigit() else "%s has no rev" % path


CHECKS = {"run": check_run, "result": check_result}


def parse(path: str, number: int, text: str) -> Entry:
    try:
        entry = json.loads(text)
    except ValueError as why:
        raise Refused("%s:%d: no JSON: %s" % (path, number, why)) from why
    if not isinstance(entry, dict) or not isinstance(entry.get("kind"), str):
        raise Refused("%s:%d: no object with a kind" % (path, number))
    if any(not isinstance(v, (str, int)) for v in entry.values()):
        raise Refused("%s:%d: a value that is neither text nor number" % (path, number))
    wrong = CHECKS.get(entry["kind"], lambda e: None)(entry)
    if wrong:
        raise Refused("%s:%d: %s" % (path, number, wrong))
    return {k: v if k == "kind" else str(v) for k, v in entry.items()}


def load(path: str) -> list[Run]:
    """The runs of a file.  Lines of other kinds (beats, events: results.jsonl of a log) are
    ignored."""
    runs = []
    try:
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n")
    except (OSError, UnicodeDecodeError) as why:
        raise Refused("%s: %s" % (path, getattr(why, "strerror", None) or "no UTF-8")) from why
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        entry = parse(path, number, text)
        if entry["kind"] == "run":
            runs.append(Run(entry, [], [], {}, [], [], []))
        elif not runs:
            raise Refused(
                "%s:%d: a line of kind %s before any of kind run" % (path, number, entry["kind"])
            )
        elif entry["kind"] == "result":
            if entry["path"] in runs[-1].results:
                raise Refused("%s:%d: %s a second time" % (path, number, entry["path"]))
            runs[-1].results[entry["path"]] = entry
        elif entry["kind"] in KINDS:
            {
                "id": runs[-1].ids,
                "profile": runs[-1].profiles,
                "mark": runs[-1].marks,
                "soak": runs[-1].soaks,
                "end": runs[-1].ends,
            }[entry["kind"]].append(entry)
    if not runs:
        raise Refused("%s: no run in it" % path)
    return runs


def verdict(runs: list[Run]) -> str:
    """The worst of all ends; "none" if a run has no end."""
    ends = [e["verdict"] for r in runs for e in (r.ends or [{"verdict": "none"}])]
    return next((v for v in ("none", "error", "fail") if v in ends), ends[0])


# ---- errata of our own tests ----


def errata(path: str) -> list[Erratum]:
    """The rows of the table of docs/ERRATA.md: date, test, rev, why."""
    with open(path, encoding="utf-8") as f:
        rows = [
            [c.strip().strip("`") for c in line.strip().strip("|").split("|")]
            for line in f
            if line.startswith("|")
        ]
    return [Erratum(*r) for r in rows if len(r) == 4 and re.fullmatch(r"\d{4}-\d\d-\d\d", r[0])]


def erratum_of(entry: Entry, rows: list[Erratum]) -> Erratum | None:
    """The row that withdraws this result, or None; the test is a glob, without geometry."""
    name = entry["path"].partition("/")[2]
    return next(
        (r for r in rows if r.rev == entry.get("rev") and fnmatch.fnmatchcase(name, r.test)), None
    )
