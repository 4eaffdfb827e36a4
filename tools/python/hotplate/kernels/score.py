# SPDX-License-Identifier: BSD-2-Clause
"""Results of `kernels history`: the reports of a run, what counts as seen, and the table.

A result is a line of JSON: name, arch, seed (0: QEMU), failed and how (the verdict), reports, Mi
instructions, seconds.  The kernel without a mistake has the name "none".
"""
import json
import os
import re
from typing import Any

from hotplate import TOP, fail
from hotplate.kernels import mistakes
from hotplate.kernels.mistakes import Mistake

NONE = "none"
NOTES = os.path.join(TOP, "linux", "history.notes")
NOTE = re.compile(r"([a-z0-9-]+): (right|partly|wrong|unseen): (\S.*)")
# Lines of a report (mm/pt/taps/sanitize_report.c); what noticed it may have a suffix of gcc.
HEAD = re.compile(r"# SANITIZE ([A-Z]\d): ")
PLACE = re.compile(r"#   (noticed|stored|TLBI) +(?:__pi_)?(\w+)")
Row = dict[str, Any]
Key = tuple[str, str, int]


# ---- the reports of a run ----
def reports(log: str) -> list[str]:
    """Each kind once: the rule, and the functions that noticed, stored and invalidated."""
    found: dict[str, None] = {}
    rule, places = "", dict[str, str]()

    def end() -> None:
        if places:
            text = f"{rule} {places.pop('noticed', '?')}"
            found["; ".join([text, *(f"{what} {name}" for what, name in places.items())])] = None
        places.clear()

    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            if head := HEAD.match(line):
                end()
                rule = head[1]
            elif place := PLACE.match(line):
                name = "?" if place[2].startswith("0x") else place[2]  # code without a symbol
                places.setdefault(place[1], name)
    end()
    return sorted(found)


# ---- rows ----
def rows_of(paths: list[str]) -> dict[Key, Row]:
    """The last row of each run."""
    found: dict[Key, Row] = {}
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except OSError as error:
            fail(f"{path}: {error.strerror}")
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                found[row["arch"], row["name"], int(row["seed"])] = row
            except (ValueError, KeyError, TypeError):
                fail(f"{path}:{number}: not a result of `kernels history`")
    return found


def known_reports(rows: dict[Key, Row], arch: str) -> set[str]:
    """Those of the kernel without a mistake, by any seed: another seed may have it later."""
    runs = [r for (a, name, _), r in rows.items() if (a, name) == (arch, NONE)]
    return {text for run in runs for text in run["reports"]}


def place_of(text: str) -> str:
    """The rule, and the function that noticed it."""
    return text.partition(";")[0]


def new_reports(row: Row, rows: dict[Key, Row]) -> list[str]:
    """A report counts as new if no run without the mistake has its rule in that function."""
    known = {place_of(text) for text in known_reports(rows, row["arch"])}
    return [text for text in row["reports"] if place_of(text) not in known]


def seen_by(row: Row, rows: dict[Key, Row]) -> str:
    """ "failure", "report", "both", or ""."""
    failed = row["failed"]
    if not row["seed"]:
        base = rows.get((row["arch"], NONE, 0))
        return "failure" if failed and not (base and base["how"] == row["how"]) else ""
    new = new_reports(row, rows)
    return ("both" if new else "failure") if failed else ("report" if new else "")


# ---- notes ----
def notes(path: str = NOTES) -> dict[str, tuple[str, str]]:
    """{name: (is the story right, sentence)}"""
    found: dict[str, tuple[str, str]] = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            note = NOTE.fullmatch(line)
            if not note or note[1] in found:
                where = f"{os.path.relpath(path, TOP)}:{number}"
                fail(f"{where}: not NAME: right|partly|wrong|unseen: SENTENCE")
            found[note[1]] = (note[2], note[3])
    return found


# ---- the table ----
COLUMNS = "mistake, mended by, seeds that see it, Mi instructions, judge, story, QEMU".split(", ")


def cell(text: object) -> str:
    return str(text).replace("|", "\\|")


def cells(m: Mistake, rows: dict[Key, Row], story: str) -> list[str]:
    """The row of a mistake that ran."""
    runs = [r for (a, n, s), r in rows.items() if (a, n) == (m.arch, m.name) and s]
    saw = [(r, by) for r in runs if (by := seen_by(r, rows))]
    judges = {by for _, by in saw}
    judge = "both" if len(judges) > 1 else "".join(judges)
    least = min((r["instructions"] for r, _ in saw if r["instructions"]), default="")
    qemu = rows.get((m.arch, m.name, 0))
    by_qemu = "not run" if not qemu else "sees it" if seen_by(qemu, rows) else "passes"
    text = [f"{m.name}: {m.what}", f"`{m.mended}`", f"{len(saw)} of {len(runs)}", least]
    return [cell(t) for t in (*text, judge or "none", story if saw else "", by_qemu)]


def table(paths: list[str]) -> str:
    """Markdown: for each architecture the mistakes of the list, in its order; then their notes."""
    rows, said = rows_of(paths), notes()
    lines: list[str] = []
    for arch in mistakes.ARCHES:
        listed = mistakes.chosen("*", arch)
        ran = [m for m in listed if any((arch, m.name, s) in rows for _, _, s in rows if s)]
        lines += [f"### {arch}", "", "| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
        seen = qemu = 0
        for m in listed:
            row = [cell(f"{m.name}: {m.what}"), f"`{m.mended}`", "not run", "", "", "", ""]
            if m in ran:
                row = cells(m, rows, said.get(m.name, ("", ""))[0])
                seen += not row[2].startswith("0 ") and row[5] != "wrong"
                qemu += row[-1] == "sees it"
            lines.append("| " + " | ".join(row) + " |")
        text = f"{len(ran)} of {len(listed)} mistakes ran; the machine sees {seen}, QEMU {qemu}."
        lines += ["", text, ""]
        lines += [f"* **{m.name}**: {said[m.name][1]}" for m in ran if m.name in said]
        lines.append("")
    return "\n".join(lines).rstrip()
