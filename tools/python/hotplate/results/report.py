# SPDX-License-Identifier: BSD-2-Clause
"""Make files and a web page of the log of a run; compare two runs.

  tools/hotplate report LOG [--elf ELF] [-o DIR]
      writes results.jsonl, compare.jsonl (the part that can be compared),
      junit.xml and index.html from the log of a run
  tools/hotplate report LOG --result FILE.jsonl
      writes results to hand on (docs/lab.md, section 6)
  tools/hotplate report LOG --kcidb FILE.json [--origin NAME]
      writes a report to KCIDB as well; NAME is that of your CI system
  tools/hotplate report A.jsonl [-o DIR]
      prints its numbers; with -o writes index.html
  tools/hotplate report A.jsonl B.jsonl [-o DIR]
      compares the tests that both have, and lists those that one lacks

With --bench FILE the page plots the figures of build/bench-ARCH.txt as well as
those of the log.  The log of a session (build/ARCH/session.log) may contain
several runs.  Backtraces in the log (symbol+0xOFFSET) get file:line from the
ELF file; an ELF file with another build id than the image of the log is
refused.  Results of another format are refused.  Seconds are never compared.

Exit status of a log: that of its run (docs/OUTPUT.md): 0 passed, 1 failed, 2 no
verdict, 3 no test passed.  Of results: 1 verdicts differ.  4: a file is refused.
"""
import contextlib
import json
import os
import re
import subprocess
from typing import Any
from xml.sax.saxutils import quoteattr, escape
from argparse import Namespace

from hotplate import INSTALLED, TOP, fail
from hotplate.command import Arguments, shown
from hotplate.lint.core import kernel_tests, test_text
from hotplate.results import compare, history, kcidb
from hotplate.results import page
from hotplate.results import jsonl
from hotplate.results import output
from hotplate.results.output import Case

SYMBOL = re.compile(r"\b([a-zA-Z_]\w+)\+0x([0-9a-f]+)\b")
BINUTILS = {"arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-linux-gnu-"}


class Elf:
    """file:line of symbol+offset: one nm and one addr2line serve a whole log."""

    def __init__(self, path: str, arch: str | None) -> None:
        self.path, self.prefix = path, BINUTILS.get(arch or "", "")
        note = self.tool("readelf", "-n", path)
        found = re.search(r"Build ID: ([0-9a-f]+)", note)
        self.image = found[1][:8] if found else "none"
        self.symbols: dict[str, int] = {}
        for line in self.tool("nm", path).splitlines():
            address, _, name = line.split(" ", 2)
            self.symbols.setdefault(name, int(address, 16))

    def tool(self, name: str, *args: str) -> str:
        for command in (self.prefix + name, name):
            try:
                return subprocess.run(
                    [command, *args], check=True, capture_output=True, text=True
                ).stdout
            except FileNotFoundError:
                continue
        fail("%s%s is not installed" % (self.prefix, name))

    def places(self, spots: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
        known = [s for s in spots if s[0] in self.symbols]
        if not known:
            return {}
        out = self.tool(
            "addr2line", "-e", self.path, *("%x" % (self.symbols[n] + int(o, 16)) for n, o in known)
        )
        found = (os.path.relpath(p.split(" ")[0]) for p in out.split("\n") if p)  # no discriminator
        return {spot: p for spot, p in zip(known, found) if re.search(r":\d", p)}


def annotate(text: str, elf: Elf) -> str:
    spots = sorted(set(SYMBOL.findall(text)))
    places = elf.places(spots)
    return SYMBOL.sub(
        lambda m: m[0] + (f" ({places[m[1], m[2]]})" if (m[1], m[2]) in places else ""), text
    )


def write_lines(path: str, text: str, header: dict[str, str], found: list[Case]) -> None:
    reasons: dict[str, list[str | None]] = {}
    for case in found:
        reasons.setdefault(case.path, []).append(case.reason)
    with open(path, "w", encoding="utf-8") as out:
        for r in output.records(text):
            entry: dict[str, Any] = {"kind": r.kind, **jsonl.values(r.keys)}
            if r.kind == "result":
                entry.update(
                    verdict=r.words[0],
                    path=r.words[1],
                    seed=header.get("seed"),
                    image=header.get("image"),
                    machine=header.get("machine"),
                )
                if why := (reasons.get(r.words[1]) or [None]).pop(0):
                    entry["reason"] = why
            out.write(json.dumps(entry) + "\n")


def detail(lines: list[str], case: Case, before: int) -> str:
    """The diagnostic lines between the line of the previous test and that of this one."""
    return "\n".join(s.strip() for s in lines[before : case.line - 1] if s.strip().startswith("#"))


PROPERTIES = ("machine", "image", "seed", "commit", "arch", "geometry", "cpus", "accel", "run")


def properties(header: dict[str, str]) -> str:
    """What ran where, as JUnit's properties."""
    rows = [
        "    <property name=%s value=%s/>\n" % (quoteattr(key), quoteattr(header[key]))
        for key in PROPERTIES
        if key in header
    ]
    return "  <properties>\n%s  </properties>\n" % "".join(rows) if rows else ""


def junit(path: str, text: str, header: dict[str, str], found: list[Case]) -> None:
    lines, before, took = output.lines(text), 0, history.durations(text)
    kinds = [output.outcome(c) for c in found]
    with open(path, "w", encoding="utf-8") as out:
        out.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="hotplate" tests="%d" '
            'failures="%d" errors="%d" skipped="%d" time="%.3f">\n'
            % (
                len(found),
                kinds.count("fail") + kinds.count("xpass"),
                kinds.count("error"),
                kinds.count("skip"),
                sum(took.values()),
            )
        )
        out.write(properties(header))
        for case, kind in zip(found, kinds):
            geometry, _, name = case.path.partition("/")
            out.write("  <testcase classname=%s name=%s" % (quoteattr(geometry), quoteattr(name)))
            if case.path in took:
                out.write(' time="%.3f"' % took[case.path])
            if kind in ("pass", "xfail"):
                out.write("/>\n")
            elif kind == "skip":
                out.write("><skipped message=%s/></testcase>\n" % quoteattr(case.reason or ""))
            else:
                tag = "error" if kind == "error" else "failure"
                out.write(
                    "><%s message=%s>%s</%s></testcase>\n"
                    % (
                        tag,
                        quoteattr(case.reason or kind),
                        escape(detail(lines, case, before)),
                        tag,
                    )
                )
            before = case.line
        out.write("</testsuite>\n")


def cases_of(text: str) -> tuple[list[Case], list[str]]:
    """The cases of all runs, and the errors; a soak or a session without tests has neither."""
    if not output.records(text, "result") and output.records(text):
        return [], []
    found: list[Case] = []
    wrong: list[str] = []
    for one in output.runs_of(text):
        if output.records(one, "result"):
            cases, complaints = output.cases(one)
            found, wrong = found + cases, wrong + complaints
    return found, wrong or ([] if found else output.cases(text)[1])


def what_ran(text: str, tests: int) -> str:
    """The number of tests; of a run without tests, the number of tables that it measured."""
    rows = [r.keys for r in output.records(text, "compare")]
    tables = len({(k.get("axis"), k.get("table")) for k in rows})
    if tables and not tests:
        return compare.plural(tables, "table")
    return compare.plural(tests, "test")


def from_log(path: str, args: Namespace) -> int:
    """Write results.jsonl, junit.xml and, of a log that violates no rule, the results for exchange
    and a page to DIR; the status of the run, 2 if the log violates a rule."""
    text = output.read(path)
    header = (output.records(text, "run") or [output.Record("run", [], {}, "")])[0].keys
    if args.elf:
        elf = Elf(args.elf, header.get("arch"))
        if elf.image != header.get("image"):
            fail(
                "%s has build id %s..., the log is of image %s"
                % (args.elf, elf.image, header.get("image"))
            )
        text = annotate(text, elf)
    out = args.out or os.path.dirname(path) or "."
    os.makedirs(out, exist_ok=True)
    found, wrong = cases_of(text)
    write_lines(os.path.join(out, "results.jsonl"), text, header, found)
    junit(os.path.join(out, "junit.xml"), text, header, found)
    made = [os.path.join(out, name) for name in ("results.jsonl", "junit.xml")]
    if args.kcidb and not wrong:
        made.append(args.kcidb)
        with open(args.kcidb, "w", encoding="utf-8") as report:
            json.dump(kcidb.report(output.runs_of(text), args.origin), report, indent=1)
    if not wrong and header:
        made.append(args.result or os.path.join(out, "compare.jsonl"))
        lean(made[-1], text)
        past = history.of_log(path, text + figures_of(args.bench))
        side = compare.Side(made[-1], args.errata)
        made.append(os.path.join(out, "index.html"))
        write_page(out, page.single(side, past, claims()))
    several = len(output.runs_of(text)) > 1
    status, sentence = output.session(text) if several else output.verdict(text)
    for case in found:
        if output.outcome(case) not in ("pass", "skip", "xfail"):
            print("%s %s" % (case.path, case.reason or ""))
    for complaint in wrong:
        print("violates docs/OUTPUT.md: " + complaint)
    print(f"{what_ran(text, len(found))}, {sentence}; {listed(made)}")
    return 2 if wrong else status


def listed(paths: list[str]) -> str:
    """The files that were written, by directory."""
    of: dict[str, list[str]] = {}
    for path in paths:
        of.setdefault(shown(os.path.dirname(path) or "."), []).append(path)
    return ", ".join(
        "%s in %s" % (" and ".join(", ".join(map(os.path.basename, p)).rsplit(", ", 1)), where)
        for where, p in of.items()
    )


def figures_of(path: str | None) -> str:
    """The lines of a file of tools/bench."""
    if not path:
        return ""
    with open(path, encoding="utf-8", errors="replace") as f:
        return "\n" + f.read()


def claims() -> dict[str, str]:
    """{test: its claim}, from the sources of this tree, if there are some."""
    if INSTALLED:
        return {}
    with contextlib.chdir(TOP):
        return {name: test_text(body, "claim") or "" for _, name, body, _ in kernel_tests()}


def lean(path: str, text: str) -> None:
    """Write results to hand on: the values that are compared, without times."""
    lines = [json.dumps(e) for one in output.runs_of(text) for e in jsonl.entries(one, {})]
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


def write_page(out: str, text: str) -> None:
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "index.html"), "w", encoding="utf-8") as f:
        f.write(text)


def from_results(args: Namespace) -> int:
    """Print the numbers of one file, or two side by side; 1 if verdicts of common tests differ."""
    sides = [compare.Side(path, args.errata) for path in args.file]
    comparison = compare.Comparison(*sides) if len(sides) == 2 else None
    lines = compare.as_text(comparison) if comparison else compare.one_as_text(sides[0])
    print("\n".join(lines))
    if args.out:
        write_page(args.out, page.both(comparison) if comparison else page.single(sides[0]))
    return 1 if comparison and comparison.differ else 0


def arguments() -> Arguments:
    parser = Arguments(__doc__)
    parser.add_argument("file", nargs="+")
    parser.add_argument("--elf")
    parser.add_argument("-o", "--out", metavar="DIR")
    parser.add_argument("--result", metavar="FILE")
    parser.add_argument("--kcidb", metavar="FILE")
    parser.add_argument("--origin", metavar="NAME", default="hotplate")
    parser.add_argument("--bench", metavar="FILE", help="figures of tools/bench, for the plots")
    parser.add_argument("--errata", metavar="FILE", default=os.path.join(TOP, "docs", "ERRATA.md"))
    return parser


def main(words: list[str]) -> int:
    parser = arguments()
    args = parser.parse_args(words)
    results = [f for f in args.file if f.endswith(".jsonl")]
    if (
        len(args.file) > 2
        or len(results) not in (0, len(args.file))
        or (len(args.file) == 2 and not results)
    ):
        parser.error("one log, or one or two .jsonl files")
    if args.kcidb and results:
        parser.error("--kcidb is written of a log")
    if not kcidb.ORIGIN.fullmatch(args.origin):
        parser.error("--origin %s: KCIDB has a-z, 0-9 and _ in it" % args.origin)
    args.errata = jsonl.errata(args.errata)
    return from_results(args) if results else from_log(args.file[0], args)
