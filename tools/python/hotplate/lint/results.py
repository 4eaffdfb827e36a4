# SPDX-License-Identifier: BSD-2-Clause
"""Results in docs/results are whole and in the current format.

A file docs/results/MACHINE/DATE.jsonl is whole, of this format, of the machine
that it names, and without times; errata of tests name tests that exist, with a
date and a reason.
"""
import datetime
import fnmatch
import os
import re

from hotplate import Refused, fail
from hotplate.lint.core import Lint, read, tests_in, tree, under
from hotplate.results import jsonl
from hotplate.results.jsonl import Run

PLACE = re.compile(
    r"(?:.*/)?docs/results/[a-z0-9][a-z0-9.-]*/(\d{4}-\d\d-\d\d)(-[a-z0-9.]+)?\.jsonl"
)


def is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text) <= datetime.date.today()
    except ValueError:
        return False


def check_whole(path: str, run: Run, lint: Lint) -> None:
    header, results = run.header, list(run.results.values())
    ids = [i for i in run.ids if "machine" in i]
    if [i["machine"] for i in ids] != [header["machine"]]:
        lint.report(
            path,
            1,
            "the run of machine %s has id lines of %s"
            % (header["machine"], " ".join(i["machine"] for i in ids) or "none"),
        )
    if not [i for i in run.ids if "cpu" in i]:
        lint.report(path, 1, "no id line of a CPU")
    if len(run.ends) != 1:
        lint.report(path, 1, "%d lines of kind end, a run has one" % len(run.ends))
    elif run.ends[0].get("tests") != str(len(results)) and not run.soaks:
        lint.report(
            path, 1, "%d results, the line end has %s" % (len(results), run.ends[0].get("tests"))
        )
    for key in jsonl.NOT_COMPARED:
        for entry in results:
            if key in entry:
                lint.report(path, 1, "%s has %s=: no times" % (entry["path"], key))
                return


def check_file(path: str, lint: Lint) -> None:
    place = PLACE.fullmatch(path)
    if not place or not is_date(place[1]):
        lint.report(
            path,
            1,
            "the name must be docs/results/MACHINE/YYYY-MM-DD[-WORD].jsonl, with a past date",
        )
    try:
        for run in jsonl.load(path):
            check_whole(path, run, lint)
    except Refused as why:
        where, line, sentence = (str(why).split(":", 2) + ["", ""])[:3]
        lint.report(where, int(line) if line.isdigit() else 1, sentence.strip() or line.strip())


def check_errata(path: str, lint: Lint) -> None:
    names = [
        name for p in tree(".c") if under(p, "tests") for name, _, _ in tests_in("\n".join(read(p)))
    ]
    for row in jsonl.errata(path):
        if not any(fnmatch.fnmatchcase(name, row.test.partition("/")[0]) for name in names):
            lint.report(path, 1, "erratum of %s: no such test" % row.test)
        if not is_date(row.date) or not row.rev.isdigit() or not row.why:
            lint.report(path, 1, "erratum of %s: needs a past date, a rev and a reason" % row.test)


def main(words: list[str]) -> int:
    lint, wrong = Lint("results"), [w for w in words if not os.path.isfile(w)]
    if wrong:
        fail("%s: no such file" % wrong[0])
    paths = words or [p for p in tree() if p.startswith("docs/results/") and not p.endswith(".md")]
    for path in paths:
        check_file(path, lint)
    check_errata("docs/ERRATA.md", lint)
    return lint.done("%d files" % len(paths))
