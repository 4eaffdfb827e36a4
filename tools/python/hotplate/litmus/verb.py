# SPDX-License-Identifier: BSD-2-Clause
"""Read litmus tests, state what models allow, run them.

  tools/hotplate litmus read FILE          print the test in its one form
  tools/hotplate litmus read DIR...        how many files are read, and what
                                           stops the others
  tools/hotplate litmus model FILE|DIR...  the states that the architecture
                                           allows, as herd7 prints them
  tools/hotplate litmus compare A B        A is what is allowed: a log of
                                           herd7, a list of verdicts
                                           (kinds.txt), or a directory of
                                           tests, for our models.  B is one
                                           of these or a log of a run.
                                           HERD=herd7: the program that models
                                           A if that is a directory or a test

  tools/hotplate litmus run FILE|DIR... [SEEDS=1-4] [ROUNDS=100] [WORST=words]
                                           run them on the worst legal machine;
                                           status 1: a state that the model
                                           does not allow was seen; MORE=N: a
                                           test whose allowed states have not
                                           all occurred runs up to N times more;
                                           KINDS=FILE: the verdicts of tests that
                                           no model knows, as in a kinds.txt
  tools/hotplate litmus run FILE|DIR... MACHINE=qemu [ROUNDS=100]
                                           the same programs in QEMU
  tools/hotplate litmus pack FILE|DIR... ARCH=arm64|riscv64 OUT=FILE [ROUNDS=1000]
                                           write a set, which the kernel runs
                                           as litmus.file/NAME; make run
                                           LITMUS=FILE|DIR does both

compare ends with status 1 if B has a state that A does not allow, or if a
verdict differs and one side has no states.  A file that cannot be read is one
line with the construct that is not known; docs/litmus.md has the numbers.
"""
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

from hotplate import fail
from hotplate.command import usage, warn
from hotplate.litmus import log, model, pack, read, run, show
from hotplate.litmus.form import Test, Unknown
from hotplate.litmus.trace import UNROLL

SHOWN = 40  # lines of one kind in a comparison


def existing(paths: list[str]) -> list[str]:
    for path in paths:
        if not os.path.exists(path):
            fail(f"{path}: no such file or directory")
    return paths


def short(construct: str) -> str:
    """The construct without what differs between files: `instruction CASP`."""
    words = construct.split()
    kinds = ("instruction", "operands", "register", "type")
    return " ".join(words[:2]).rstrip(",") if words[0] in kinds else construct


class Count:
    """The numbers of one set of files."""

    def __init__(self) -> None:
        self.files = self.read = self.again = self.known = 0
        self.reasons: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def stopped(self, path: str, step: str, unknown: Unknown) -> None:
        reason = f"{step}: {short(unknown.construct)}"
        self.reasons[reason] += 1
        self.first.setdefault(reason, f"{path}:{unknown.line}" if unknown.line else path)

    def file(self, path: str) -> None:
        self.files += 1
        try:
            test = read.read(path)
        except Unknown as unknown:
            self.stopped(path, "read", unknown)
            return
        self.read += 1
        self.again += read.parse(show.show(test)) == test
        try:
            model.Enumerator(test)
            self.known += 1
        except Unknown as unknown:
            self.stopped(path, "model", unknown)


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")


def read_sets(paths: list[str]) -> int:
    """The status is 0 also if files are not read, which the table names."""
    reasons: Counter[str] = Counter()
    first: dict[str, str] = {}
    rows: list[tuple[object, ...]] = []
    for path in paths:
        count = Count()
        for name in read.files(path):
            count.file(name)
        rows.append((path, count.files, count.read, count.again, count.known))
        reasons.update(count.reasons)
        first = count.first | first
    table(("set", "files", "read", "printed and read again", "known to the model"), rows)
    if reasons:
        print()
        ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        table(
            ("what stops the others", "files", "first"),
            [(f"`{reason}`", n, first[reason]) for reason, n in ordered],
        )
    return 0


def read_file(path: str) -> int:
    try:
        print(show.show(read.read(path)), end="")
    except Unknown as unknown:
        fail(f"{path}:{unknown.line}: not known: {unknown.construct}")
    return 0


def each(paths: list[str], use: Callable[[Test, model.Result], None]) -> int:
    """Model all tests; the number of those that are not known."""
    failed = 0
    for path in paths:
        for name in read.files(path):
            try:
                test = read.read(name)
                use(test, model.allowed(test))
            except Unknown as unknown:
                failed += 1
                where = f"{name}:{unknown.line}" if unknown.line else name
                print(f"{where}: not known: {unknown.construct}", file=sys.stderr)
    return failed


def print_result(test: Test, result: model.Result) -> None:
    print(log.written(test, result.texts()))
    if result.cut:
        warn(f"{test.name}: loops are left after {UNROLL} rounds; states may be missing")


def modelled(path: str) -> dict[str, log.Record]:
    found: dict[str, log.Record] = {}

    def keep(test: Test, result: model.Result) -> None:
        found.update(log.parse(log.written(test, result.texts())))

    each([path], keep)
    return found


def by_herd(herd: str, path: str) -> dict[str, log.Record]:
    """The results of the user's herd7."""
    if not shutil.which(herd):
        fail(f"HERD={herd}: no such program (herd7 is in the opam package herdtools7)")
    paths = read.files(path)
    done = subprocess.run(
        [herd, *paths], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    found = log.parse(done.stdout)
    why = (done.stderr.strip() or "no result").split("\n")[0]
    if not found:
        fail(f"HERD={herd}: status {done.returncode}: {why}")
    if len(found) < len(paths):
        warn(f"HERD={herd}: {len(found)} results of {len(paths)} tests: {why}")
    return found


def side(path: str, herd: str = "") -> dict[str, log.Record]:
    if not os.path.isdir(path) and not path.endswith(".litmus"):
        if herd:
            fail(f"HERD={herd}: {path} is neither a directory nor a test")
        return log.read(path)
    return by_herd(herd, path) if herd else modelled(path)


def listed(head: str, lines: list[str]) -> None:
    print(f"{head}: {len(lines)}")
    for line in lines[:SHOWN]:
        print("  " + line)
    if len(lines) > SHOWN:
        print(f"  and {len(lines) - SHOWN} more")


def rates(a: dict[str, log.Record], b: dict[str, log.Record], both: list[str]) -> list[str]:
    """How often each side met the condition, where one did; of a model, its verdict."""
    runs = log.is_run(a), log.is_run(b)
    met = [name for name in both if runs[0] and a[name].rate or runs[1] and b[name].rate]
    met.sort(key=lambda name: (b[name].rate, a[name].rate, name))
    sides = tuple(zip((a, b), runs))
    text = [[f"{s[n].rate:.1e}" if run else s[n].verdict for s, run in sides] for n in met]
    return [f"{name}: {x}, {y}" for name, (x, y) in zip(met, text)]


def compare(one: str, two: str, herd: str) -> int:
    """The states of both sides of each test that both have; verdicts, if one has no states."""
    a, b = side(one, herd), side(two)
    seen = not os.path.isdir(two) and any(r.states for r in b.values())  # B is a run
    both = [name for name in a if name in b]
    if not both:
        fail(f"{one} and {two} have no test in common")
    extra, unseen, differ, other, never, agree = [], [], [], [], [], 0
    for name in both:
        x, y = a[name], b[name]
        if x.verdict == y.verdict:
            agree += 1
        elif seen and x.verdict == "Allowed":
            never += [name] if y.verdict == "Forbidden" else []
        elif not (x.states and y.states):
            differ.append(f"{name}: {x.verdict}, {y.verdict}")
        if x.states and y.states and x.places != y.places:
            other.append(f"{name}: {' '.join(sorted(x.places))}, {' '.join(sorted(y.places))}")
        elif x.states and y.states:
            extra += [f"{name}: {'; '.join(s)}" for s in y.states if s not in x.states]
            unseen += [f"{name}: {'; '.join(s)}" for s in x.states if s not in y.states]
    print(f"tests: {len(a)} in A, {len(b)} in B, {len(both)} in both; verdicts agree: {agree}")
    listed("verdicts that differ (A, B), where a side has no states", differ)
    listed("tests that A allows and B never shows", never)
    listed("tests whose states have other places (A, B), not compared", other)
    listed("states of B that A does not allow", extra)
    listed("states of A that B does not have", unseen)
    if any(log.is_run(s) for s in (a, b)):
        listed("rates of the condition (A, B), the rarest of B first", rates(a, b, both))
    return 1 if differ or extra else 0


def run_files(words: list[str]) -> int:
    paths, found = run.settings(words)
    tests = []
    for path in existing(paths):
        for name in read.files(path):
            try:
                tests.append((name, read.read(name)))
            except Unknown as unknown:
                warn(f"{name}:{unknown.line}: not known: {unknown.construct}")
    return run.run(tests, found) if paths else usage(__doc__)


def pack_files(words: list[str]) -> int:
    paths, found = run.divided(words, {"ARCH": "", "OUT": "", "ROUNDS": str(pack.ROUNDS)})
    if not paths or not found["OUT"] or found["ARCH"] not in ("arm64", "riscv64"):
        usage(__doc__)
    rounds = run.rounds_of(found["ROUNDS"])
    number = pack.write(paths, found["ARCH"], rounds, found["OUT"])
    print(f"# {number} tests in {found['OUT']}")
    return 0


def main(words: list[str]) -> int:
    if words[:1] == ["run"]:
        return run_files(words[1:])
    if words[:1] == ["pack"]:
        return pack_files(words[1:])
    verb, words = (words or [""])[0], words[1:]
    paths, found = run.divided(words, {"HERD": ""} if verb == "compare" else {})
    existing(paths)
    if verb == "read" and len(paths) == 1 and not os.path.isdir(paths[0]):
        return read_file(paths[0])
    if verb == "read" and paths:
        return read_sets(paths)
    if verb == "model" and paths:
        return 1 if each(paths, print_result) else 0
    if verb == "compare" and len(paths) == 2:
        return compare(paths[0], paths[1], found["HERD"])
    usage(__doc__)
