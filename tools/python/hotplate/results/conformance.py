# SPDX-License-Identifier: BSD-2-Clause
"""Print which rules of TLB maintenance a CPU or an emulator keeps.

  tools/hotplate conformance LOG
      the page of a log that has the tests conform.* (board-run, run, LAVA)
  tools/hotplate conformance --run [KNOB=VALUE...]
      runs these tests first, as `tools/hotplate run` does; the log is
      build/ARCH/conformance.log

The page has a table of forms of maintenance by kinds of entries, and one of
kinds of access to a leaf by forms.  Then it has a row for each pair in which
the form must remove the entry: the rule of the manual, whether a failure could
have been seen here, the result, and the file of the form.  Numbers are uses of
the old entry after the maintenance, of all accesses: on the CPU that executed
it, on the others, and on all of them without it.  docs/tlb.md explains the rest.

Exit status: 0 no rule is broken; 1 a rule is; 2 the run is not complete; 3 the
log has none of these tests; 4 set-up.
"""
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hotplate import BUILD, PROGRAM, TOP, fail
from hotplate.command import Arguments, warn
from hotplate.lint.core import read
from hotplate.results import output
from hotplate.results.output import Record

TEST = "conform.form/"
FORM = re.compile(r'^(?:TLB_)?FORM\(\w+, "([^"]+)"', re.M)


class Row(NamedTuple):
    form: str
    target: str
    keys: dict[str, str]

    def text(self, key: str) -> str:
        return self.keys.get(key, "").replace("_", " ") or "-"


def rows_of(text: str) -> list[Row]:
    """Of a test that failed and was run again, the first run."""
    found: dict[tuple[str, ...], Row] = {}
    records = [r.keys for r in output.records(text, "conform")]
    several = len({k["geometry"] for k in records}) > 1
    for k in records:
        form = "%s/%s" % (k["geometry"], k["form"]) if several else k["form"]
        found.setdefault((form, k["target"]), Row(form, k["target"], k))
    return list(found.values())


def forms_of(arch: str) -> list[str]:
    """The names of all forms of an architecture, in the order of its table."""
    return FORM.findall("\n".join(read(os.path.join(TOP, "arch", arch, "tlb_forms.c"))))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    cells = [head, *rows]
    width = [max(len(row[i]) for row in cells) for i in range(len(head))]
    cells.insert(1, tuple("-" * n for n in width))
    for row in cells:
        yield "| %s |" % " | ".join(c.ljust(n) for c, n in zip(row, width))


def uses(row: Row) -> str:
    """Old entries that were used: own, others, and both of the control."""
    return "%s; %s; %s" % (
        row.text("own"),
        row.text("others"),
        " and ".join(row.keys[k] for k in ("control", "control-others") if k in row.keys) or "-",
    )


def rule(row: Row) -> str:
    return row.keys["rule"] if row.keys["rule"].startswith("norm:") else row.text("rule")


def must(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        result = row.keys["result"]
        yield (
            row.form,
            row.target,
            rule(row),
            row.text("could"),
            row.text("erratum") if result == "erratum" else SIGNS.get(result, result),
            uses(row),
            row.keys["at"],
        )


SIGNS = {"fail": "**FAIL**", "erratum": "erratum", "none": "-", "not-run": "?"}
JUDGED = ("pass", "fail", "erratum")
LEGEND = (
    "`ok`: always removed; `(ok)`: the same, but a failure could not have been seen here; "
    "`erratum`: not always, and a published erratum of this CPU, which is worked around, states "
    "so; `-`: the entry may stay; `?`: not run; blank: as `leaf`."
)


def sign(row: Row) -> str:
    return SIGNS.get(row.keys["result"]) or ("ok" if row.keys["could"] == "yes" else "(ok)")


def matrix(rows: list[Row]) -> Iterator[str]:
    """Forms by entries."""
    targets = list(dict.fromkeys(r.target for r in rows))
    signs = {(r.form, r.target): sign(r) for r in rows}
    forms = dict.fromkeys(r.form for r in rows)
    lines = [(f, *(signs.get((f, t), "") for t in targets)) for f in forms]
    yield from ("", *table(("form", *targets), lines), "", LEGEND)


def kinds(rows: list[Row]) -> Iterator[str]:
    """Kinds of access by forms."""
    forms = list(dict.fromkeys(r.form for r in rows))
    signs = {(r.form, r.target): sign(r) for r in rows}
    names = {r.target: r.text("access") for r in rows}
    lines = [(n, insn, *(signs.get((f, n), "") for f in forms)) for n, insn in names.items()]
    yield from ("", "## A leaf by each kind of access", "")
    yield from table(("kind", "instructions", *forms), lines)


def not_run(text: str, rows: list[Row], arch: str) -> Iterator[tuple[str, str]]:
    skipped = {c.path.partition(TEST)[2]: c.reason for c in output.cases(text)[0] if TEST in c.path}
    for form in forms_of(arch):
        if not any(r.keys["form"] == form for r in rows):
            yield form, skipped.get(form) or "it is not in this log"
    same: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.keys["result"] == "not-run":
            same.setdefault((row.target, row.text("reason")), []).append(row.form)
    ran = len({r.form for r in rows})
    for (target, reason), forms in same.items():
        yield "%s, %s" % ("all" if len(forms) == ran else " ".join(forms), target), reason


def machine(text: str, run: Record) -> Iterator[str]:
    ids = output.records(text, "id")
    first = ids[0].keys if ids else {}
    yield "| machine | %s, %s |" % (first.get("model", "?"), run.keys["machine"])
    for kind in (r.keys for r in ids if "cpu" in r.keys):
        yield "| CPUs | %s x %s |" % (kind["count"], kind["name"].replace("_", " "))
    firmware = first.get("firmware", "?").replace("_", " ")
    yield "| run on | %s, %s |" % (run.keys["accel"], firmware)
    yield "| geometry | %(geometry)s, %(cpus)s CPUs |" % run.keys
    yield "| image | %(version)s, %(commit)s, seed %(seed)s |" % run.keys


NUMBERS = "old uses: own; others; without it"
MUST = ("form", "entry", "rule", "could", "result", NUMBERS, "file")
MAY = ("form", "entry", NUMBERS)


def tables(text: str, rows: list[Row], arch: str) -> Iterator[str]:
    yield from matrix([r for r in rows if "access" not in r.keys])
    if by_kind := [r for r in rows if "access" in r.keys]:
        yield from kinds(by_kind)
    yield from ("", "## Entries that must go", "")
    yield from table(MUST, must([r for r in rows if r.keys["result"] in JUDGED]))
    yield from ("", "## Entries that may stay", "")
    kept = [r for r in rows if r.keys["result"] == "none"]
    yield from table(MAY, ((r.form, r.target, uses(r)) for r in kept))
    missing = list(not_run(text, rows, arch))
    if missing:
        yield from ("", "## Not run", "", *table(("form, entry", "reason"), missing))


def page(text: str) -> tuple[str, int]:
    """(the page, the exit status)"""
    runs, rows = output.records(text, "run"), rows_of(text)
    if not runs or not rows:
        return "no test of conform.* has run: %s" % " ".join(output.find_note(text)), 3
    arch = runs[-1].keys["arch"]
    order = {form: n for n, form in enumerate(forms_of(arch))}
    rows.sort(key=lambda r: order.get(r.keys["form"], len(order)))  # of another version: last
    results = [r.keys["result"] for r in rows]
    broken, judged = results.count("fail"), sum(results.count(word) for word in JUDGED)
    could = sum(r.keys.get("could") == "yes" for r in rows)
    out = ["# Conformance of TLB maintenance", "", "| | |", "|---|---|", *machine(text, runs[-1])]
    out.append("| rules | %d broken of %d; %d could fail here |" % (broken, judged, could))
    if known := results.count("erratum"):
        out.append("| by errata in force | %d |" % known)
    out += tables(text, rows, arch)
    status, sentence = output.verdict(text)
    if status > 1:
        out += ["", "The run is not complete: %s." % sentence]
    return "\n".join(out), 1 if broken else 2 if status > 1 else 0


def run(words: list[str]) -> str:
    """The log of the tests."""
    knobs = dict(w.split("=", 1) for w in words if "=" in w)
    for word in words:
        if "=" not in word:
            fail("%r is not KNOB=VALUE" % word)
    arch = knobs.get("ARCH") or os.environ.get("ARCH") or "arm64"
    log = os.path.join(BUILD, arch, "conformance.log")
    args = "%s run=conform.* exit" % knobs.pop("ARGS", "")
    line = ["/usr/bin/python3", PROGRAM, "run", "--quiet", "--log", log]
    line += ["%s=%s" % k for k in knobs.items()] + ["ARGS=" + args.strip()]
    done = subprocess.run(line, check=False)
    if done.returncode > 2:
        raise SystemExit(done.returncode)
    return log


def arguments() -> Arguments:
    parser = Arguments(__doc__)
    parser.add_argument("--run", action="store_true")
    parser.add_argument("words", nargs="*", metavar="LOG or KNOB=VALUE")
    return parser


def main(words: list[str]) -> int:
    parser = arguments()
    args = parser.parse_intermixed_args(words)
    if not args.run and len(args.words) != 1:
        parser.error("one log, or --run")
    text, status = page(output.read(run(args.words) if args.run else args.words[0]))
    if status == 3:
        warn(text)
    else:
        print(text)
    return status
