# SPDX-License-Identifier: BSD-2-Clause
"""The parts of a log that are not compared: date, durations, beats of a soak, figures of
benchmarks."""
import os
import re
import time
from typing import NamedTuple

from hotplate.results import output

BENCH = re.compile(r"^# bench ([a-z_.0-9]+) (\d+) (\S+)(?: \((.*)\))?$", re.M)


class Beat(NamedTuple):
    """A sign of life of a soak: seconds since it began, cycles, failures."""

    t: float
    cycles: int
    fails: int


class Figure(NamedTuple):
    """A line `# bench`; a geometry in its note is the one in which tools/bench ran it."""

    name: str
    value: int
    unit: str
    note: str


class Row(NamedTuple):
    """A line `#: compare`: the figures of one scheme in one table of its axis."""

    table: str
    scheme: str
    unsafe: bool
    values: dict[str, int]
    outcome: str  # the reason why there are no values, or ""


class History(NamedTuple):
    date: str
    took: dict[str, float]  # seconds of each test
    beats: list[Beat]
    figures: list[Figure]
    rows: list[Row]

    def seconds(self) -> float:
        """The time of all tests, or of the soak."""
        return sum(self.took.values()) + (self.beats[-1].t if self.beats else 0)


def clock(text: str) -> float:
    """HH:MM:SS as seconds."""
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d)", text)
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3]) if found else 0.0


def whole(text: str) -> int:
    return int(text) if text.isdigit() else 0


def durations(text: str) -> dict[str, float]:
    """{path: seconds} of each test."""
    return {
        r.words[1]: int(r.keys["ms"]) / 1000
        for r in output.records(text, "result")
        if len(r.words) > 1 and r.keys.get("ms", "").isdigit()
    }


def row_of(keys: dict[str, str]) -> Row:
    return Row(
        "%s, %s" % (keys.get("axis", "?"), keys.get("table", "?")),
        keys.get("scheme", "?"),
        keys.get("unsafe") == "yes",
        {k: int(v) for k, v in keys.items() if v.isdigit()},
        keys.get("outcome", ""),
    )


def of_log(path: str, text: str) -> History:
    beats = [
        Beat(
            clock(r.keys.get("t", "")),
            whole(r.keys.get("round", "")),
            whole(r.keys.get("fail", "")),
        )
        for r in output.records(text, "beat")
    ]
    figures = [Figure(n, int(v), u, note or "") for n, v, u, note in BENCH.findall(text)]
    ended = time.strftime("%Y-%m-%d %H:%M", time.localtime(os.path.getmtime(path)))
    rows = [row_of(r.keys) for r in output.records(text, "compare")]
    return History(ended, durations(text), beats, figures, rows)
