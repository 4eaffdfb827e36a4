# SPDX-License-Identifier: BSD-2-Clause
"""Parse device trees of real boards; compare with a second reader.

  tools/hotplate dtbs [--check] [--docs] [TREE...]

TREE is NAME.dtb, a directory of them, or ARCH:VENDOR/NAME.dts of the kernel
source package (tools/dtb); without TREE all trees of the package are read.
build/dtbs/trees.md gets a row for each tree, build/dtbs/totals.md the sums, and
what the trees lack by which hotplate would not start; --docs writes the sums
into docs/boards.md.  Any difference between the output of build/host/gcc/dtbs,
which has the parsers of boot, and that of the reader here is an error.
"""
import collections
import os
import subprocess
import sys
from argparse import Namespace
from typing import Any

from hotplate import BUILD, TOP, fail
from hotplate.command import Arguments
from hotplate.trees import blob

Row = dict[str, Any]
PROGRAM = os.path.join(TOP, BUILD, "host/gcc/dtbs")
OUT = os.path.join(TOP, BUILD, "dtbs")
# Per cent of the trees that name a console, interrupts and CPUs for which hotplate has all of them;
# harts that stop are left out, since no driver can help them.
LIMITS = {"arm64": 90, "riscv64": 95}
# T-Head's cores whose firmware sets MAEE (LIMITS): bits 63 to 59 of an entry are non-standard.
MAEE_HARTS = ("thead,c906", "thead,c910", "thead,c920")
SOURCES = {"arm64": "arch/arm64/boot/dts", "riscv64": "arch/riscv/boot/dts"}


def compiled(words: list[str]) -> list[str]:
    """Blobs of ARCH:VENDOR/NAME.dts, by tools/dtb."""
    paths = []
    for arch in SOURCES:
        mine = [w.split(":", 1)[1] for w in words if w.startswith(arch + ":")]
        for at in range(0, len(mine), 50):
            done = subprocess.run(
                [os.path.join(TOP, "tools/dtb"), arch] + mine[at : at + 50],
                check=False,
                stdout=subprocess.PIPE,
                text=True,
            )
            if done.returncode:
                fail("tools/dtb ended with status %d" % done.returncode)
            paths += done.stdout.split()
            print(
                "  DTC   %s %d of %d" % (arch, min(at + 50, len(mine)), len(mine)), file=sys.stderr
            )
    return paths


def source_root() -> str:
    """The directory of the kernel source package's trees; the first call unpacks them."""
    done = subprocess.run(
        [os.path.join(TOP, "tools/dtb"), "--sources"], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def all_sources() -> list[str]:
    """Every board of the kernel source package."""
    root = source_root()
    words = []
    for arch, below in SOURCES.items():
        top = os.path.join(root, below)
        for directory, _, names in os.walk(top):
            words += [
                "%s:%s" % (arch, os.path.relpath(os.path.join(directory, n), top))
                for n in names
                if n.endswith(".dts")
            ]
    return sorted(words)


def blobs(words: list[str]) -> list[str]:
    paths, sources = [], []
    for word in words:
        if os.path.isdir(word):
            paths += [
                os.path.join(d, n)
                for d, _, names in os.walk(word)
                for n in names
                if n.endswith(".dtb")
            ]
        elif word.endswith(".dts"):
            sources.append(word)
        else:
            paths.append(word)
    return sorted(paths) + compiled(sources)


def query(expectations: list[blob.Expectation]) -> dict[str, list[tuple[str, str]]]:
    """The answer of the parsers for each tree: lists of (word, rest)."""
    text = "".join(e.question() + "\n" for e in expectations)
    done = subprocess.run(
        [PROGRAM],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"),
    )
    if done.returncode:
        last = [s for s in done.stdout.split("\n") if s.startswith("tree ")][-1:]
        fail("the parsers ended with %d, at %s\n%s" % (done.returncode, last, done.stderr[-3000:]))
    answers: dict[str, list[tuple[str, str]]] = {}
    now: list[tuple[str, str]] = []
    for line in done.stdout.split("\n"):
        word, _, rest = line.partition(" ")
        if word == "tree":
            now = answers.setdefault(rest, [])
        elif word:
            now.append((word, rest))
    return answers


def judge_entries(e: blob.Expectation) -> None:
    """Mark trees with harts on which boot/riscv64.S stops before the MMU is on."""
    other = sorted({m for c in e.usable for m in c.strings("compatible") if m in MAEE_HARTS})
    e.row["walks"] = not other
    if other:
        e.row["method"] += ", stops: " + ", ".join(other)
        e.row["lacks"].append("page-table entries of the manual: " + ", ".join(other))


def reach(rows: list[Row]) -> list[Row]:
    """The trees that start: all three are known, and the harts walk the page tables of the manual.
    """
    return [r for r in rows if r["console"] and r["irq"] and r["started"] and r["walks"]]


def counted(rows: list[Row]) -> tuple[int, int]:
    """(trees that start, all), of the trees that name a console, a controller and a start method.
    """
    named = [r for r in rows if r["named"]]
    return len(reach(named)), len(named)


def percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 0.0


def totals(rows: list[Row], version: str) -> str:
    """The sums as Markdown."""
    arches = [a for a in SOURCES if any(r["arch"] == a for r in rows)]
    by = {a: [r for r in rows if r["arch"] == a] for a in arches}
    lines = [
        "Device trees of %s: %s."
        % (version, ", ".join("%d of %s" % (len(by[a]), a) for a in arches)),
        "",
        "| | %s |" % " | ".join("%s (%d)" % (a, len(by[a])) for a in arches),
        "|---|" + "---|" * len(arches),
    ]
    for what, test in (
        ("console: the UART of stdout-path has a driver", lambda r: r["console"] == "uart"),
        ("console: firmware (SBI)", lambda r: r["console"] == "SBI"),
        ("interrupt controller known", lambda r: r["irq"]),
        ("interrupt of the timer read (arm64)", lambda r: r["timer"]),
        ("start method of all usable CPUs known", lambda r: r["started"]),
        ("page-table entries as in the manual (not T-Head's with MAEE)", lambda r: r["walks"]),
        ("**all of these**", lambda r: r in reach([r])),
        ("the tree names console, controller and start method", lambda r: r["named"]),
    ):
        cells = []
        for a in arches:
            n = sum(1 for r in by[a] if test(r))
            cells.append("%d (%.1f %%)" % (n, percent(n, len(by[a]))))
        lines.append("| %s | %s |" % (what, " | ".join(cells)))
    lines.append(
        "| **all of these, of the trees that name them** | %s |"
        % " | ".join("**%.1f %%**" % percent(*counted(by[a])) for a in arches)
    )
    return "\n".join(lines) + "\n"


def lacking(rows: list[Row]) -> str:
    """A Markdown list of the missing parts, with the number of trees."""
    lines = ["", "Missing in the other trees:", ""]
    lacks: collections.Counter[tuple[str, str]] = collections.Counter()
    for r in rows:
        for lack in r["lacks"]:
            lacks[(r["arch"], lack)] += 1
    lines += [
        "- %s: %s, %d" % (a, lack, n)
        for (a, lack), n in sorted(lacks.items(), key=lambda i: (i[0][0], -i[1]))
    ]
    return "\n".join(lines) + "\n"


def table(rows: list[Row], version: str) -> str:
    lines = [
        "<!-- SPDX-License-Identifier: BSD-2-Clause -->",
        "# Boards by their device trees",
        "",
        "The facts that hotplate derives from each tree of %s; made by `make dtbs`. No board was"
        % version,
        "run: the table shows the contents of the trees (docs/boards.md).",
        "",
        "| board | console | interrupts | CPUs | started by | memory in the tree |",
        "|---|---|---|---|---|---|",
    ]
    for r in sorted(rows, key=lambda r: (r["arch"], r["name"])):
        lines.append(
            "| %(arch)s %(name)s | %(console_text)s | %(irq_text)s | %(cpus)s | "
            "%(method)s | %(memory)s |"
            % r
        )
    return "\n".join(lines) + "\n"


def put_docs(sums: str) -> None:
    path = os.path.join(TOP, "docs/boards.md")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    begin, end = "<!-- make dtbs -->\n", "<!-- end -->\n"
    head, rest = text.split(begin, 1)
    with open(path, "w", encoding="utf-8") as f:
        f.write(head + begin + sums + end + rest.split(end, 1)[1])


def arguments() -> Arguments:
    parser = Arguments(__doc__)
    parser.add_argument("--check", action="store_true", help="fail if too few trees start")
    parser.add_argument("--docs", action="store_true", help="write the sums into docs/boards.md")
    parser.add_argument("trees", nargs="*", metavar="TREE")
    return parser


def version_of(args: Namespace) -> str:
    if args.trees:
        return "other origin"
    with open(os.path.join(source_root(), "Makefile"), encoding="utf-8") as f:
        words = dict(line.split(" = ", 1) for line in f if " = " in line)
    return "Linux %s.%s" % (words["VERSION"].strip(), words["PATCHLEVEL"].strip())


def main(words: list[str]) -> int:
    args = arguments().parse_args(words)
    expectations = [blob.Expectation(p) for p in blobs(args.trees or all_sources())]
    if not expectations:
        fail("no device tree (.dtb) in " + (" ".join(args.trees) or "the kernel's source"))
    without = [e.name for e in expectations if not e.arch]
    expectations = [e for e in expectations if e.arch]
    answers = query(expectations)
    wrong: list[str] = []
    rows: list[Row] = []
    for e in expectations:
        wrong += ["%s: %s" % (e.name, w) for w in e.judge(answers.get(e.path, []))]
        judge_entries(e)
        rows.append(e.row)
    version = version_of(args)
    os.makedirs(OUT, exist_ok=True)
    sums, boards = totals(rows, version), table(rows, version)
    for name, text in (("totals.md", sums + lacking(rows)), ("trees.md", boards)):
        with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
            f.write(text)
    if args.docs:
        put_docs(sums)
    print(sums + lacking(rows))
    if without:
        print("without a CPU that has an MMU, left out: " + " ".join(sorted(without)))
    for text in wrong:
        print("differs: " + text)
    for arch, limit in LIMITS.items():
        mine = [r for r in rows if r["arch"] == arch and r["walks"]]
        part, whole = counted(mine)
        if args.check and whole and percent(part, whole) < limit:
            wrong.append(arch)
            print(
                "reach: %s: %.1f %% of %d, at least %d %%"
                % (arch, percent(part, whole), whole, limit)
            )
    print("dtbs: %d trees, %d differences" % (len(rows), len(wrong)))
    return 1 if wrong or not rows else 0
