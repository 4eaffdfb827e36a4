# SPDX-License-Identifier: BSD-2-Clause
"""search - does a judge notice a generated mutant?

The judges in increasing order of cost, until one notices the mutant:
  calm      the worst legal machine without adversaries: tests that execute the place, first those
            that execute the least other code, then broad ones; one architecture after the other
  host      the programs of tests/host that compile the file
  sanitize  as calm, with sanitize=on, of mm/ and arch/
  lint      the linked image is read (outside.py)
  worst     with all adversaries, by two seeds: the tests that are about order (NEED_MEMORY_ORDER)
            and execute the place, and the first tests of calm; the former also with old loads
            alone, which the other adversaries hide
  qemu      tests about the directory, on QEMU (outside.py)
  system    tests of tests/system that are about the directory, on QEMU (outside.py)
A judge that notices a mutant also judges the tree without one: if it fails there too, it gives no
verdict.  The limit of a run of the machine is a number of instructions, that of a host program CPU
time, that of the others time; a mutant with which a run exceeds it is noticed, as "no end".
"""
import functools
import os
import re
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from hotplate.lint.core import kernel_tests
from hotplate.mutants.generated import cover, outside
from hotplate.mutants.generated.cover import Cover
from hotplate.mutants.generated.programs import Shelf, programs
from hotplate.mutants.generated.source import Mutant
from hotplate.mutants.judge import COMPLAINT, UNTIL, complaint, first_failure, timed
from hotplate.mutants.tree import NotBuilt, Tree

RUN_MOST = 230  # characters of run=
CHUNKS = 3
NEAR, SPREAD, FEW = 8, 18, 4  # tests
ABOUT_BOOT = ("boot.", "alloc.boot_tables")  # about the state after a boot
CHEAP = 40  # millions of instructions; dearer tests only where there are FEW others
HOST_SECONDS = 90  # of CPU time: the host has other work
HOST_WORDS = (
    "ENGINE_SEED=1",
    "ENGINE_OPS=20000",
    "MODEL_ORDERS=3",
    "ASAN_OPTIONS=detect_leaks=0",
)
SANITIZE, LOADS = -1, -2  # as a seed: none, and sanitize=on; of the adversaries old loads alone
HOW = {0: cover.OFF, SANITIZE: cover.OFF, LOADS: [*cover.OFF, "loads=2"]}
KINDS = ("calm", "host", "sanitize", "lint", "worst", "qemu", "system")
NO_END = "no end"


class Verdict(NamedTuple):
    """noticed, survived, same (the same code on every architecture), unbuilt."""

    what: str
    by: str  # begins with one of KINDS
    why: str


def chunks(names: list[str]) -> list[list[str]]:
    found: list[list[str]] = []
    for name in names:
        if not found or sum(len(n) + 1 for n in found[-1]) + len(name) > RUN_MOST:
            if len(found) == CHUNKS:
                break
            found.append([])
        found[-1].append(name)
    return found


def choice(known: Cover, names: list[str]) -> list[str]:
    """The tests that execute the least other code, then some of those that execute the most: they
    use the results of code that every test executes.  If every test executes the place, tests of
    the state after a boot are first."""
    whole = len(names) == len(known.tests)
    first = [n for n in names if whole and n.startswith(ABOUT_BOOT) and known.cost[n] <= CHEAP]
    names = [n for n in names if n not in first]
    cheap = [n for n in names if known.cost[n] <= CHEAP]
    dear = sorted(set(names) - set(cheap), key=lambda n: (known.cost[n], n))
    names = cheap + dear[: max(0, FEW - len(cheap))]
    rest = names[NEAR:]
    rest = rest[len(rest) // 2 :]
    return first + names[:NEAR] + rest[:: max(1, len(rest) // SPREAD)][::-1]


def group(test: str) -> str:
    return test.partition(".")[0]


def missing(
    known: Cover, names: list[str], at: tuple[str, int, int], coded: set[int]
) -> set[str]:
    """The tests to measure next, until enough tests execute this place of a file.  While no test
    executes it: one more of each group than were measured; so all tests are measured for a place
    that none executes.  Then: more tests of the groups that execute it.  If the line has code of
    its own, tests of the line above do not count: the line may be an error path."""
    given = Counter(group(name) for name in known.asked)
    left: dict[str, list[str]] = {}
    for name in sorted(set(names) - known.asked):
        left.setdefault(group(name), []).append(name)
    own = coded & set(range(at[1], at[2] + 1))
    found = known.of(*at, above=1 if own else cover.ABOVE)
    if not found:
        return {n for g, of in left.items() for n in of[: 1 + given[g]]}
    near = {group(n) for n in found}
    wanted = {n for g in near for n in left.get(g, []) if n in about_order()}
    if len(found) == len(known.tests):
        wanted |= {n for of in left.values() for n in of if n.startswith(ABOUT_BOOT)}
    each = -(-max(0, NEAR + SPREAD - len(found)) // len(near))
    return wanted | {n for g in near for n in left.get(g, [])[:each]}


def take(arch: str, jobs: int, keep: bool, places: set[tuple[str, int, int]]) -> Cover:
    """The coverage that a run of files needs: of these places only."""
    names = cover.tests(arch)
    known = Cover(arch, cover.older(arch, keep))
    coded = {path: cover.coded(arch, path) for path, _, _ in places}
    while wanted := sorted({n for at in places for n in missing(known, names, at, coded[at[0]])}):
        known = cover.take(arch, jobs, wanted, keep)
    return known


@functools.cache
def about_order() -> frozenset[str]:
    return frozenset(n for _, n, given, _ in kernel_tests() if "NEED_MEMORY_ORDER" in given)


def boot(tree: Tree, arch: str, names: list[str], steps: int, seed: int) -> str:
    """The first failure; "" without one.  seed 0: no adversaries."""
    image = os.path.join(tree.path, "build", arch, "Image")
    how = [*(HOW.get(seed) or ["seed=%d" % seed]), *UNTIL]
    tests = ",".join(names) + (" sanitize=on" if seed == SANITIZE else "")
    words = cover.line(arch, image, tests, steps, how)
    status, text, _ = timed(words, tree, stderr=subprocess.DEVNULL)
    if failure := first_failure(text.replace("\r", "")):
        return failure
    if status:
        return NO_END if status in (2, -signal.SIGXCPU, -signal.SIGKILL) else "status %d" % status
    return "" if re.search(r"^#: end verdict=pass", text, re.M) else "no verdict"


def host(tree: Tree, shelf: Shelf, name: str, changed: str | None) -> str:
    command = ["env", *HOST_WORDS, shelf.build(name, tree.path, changed)]
    status, text, _ = timed(command, tree, HOST_SECONDS)
    too_much = status == -signal.SIGKILL and not re.search(COMPLAINT, text)
    if status == -signal.SIGXCPU or too_much:
        return NO_END
    return complaint(text) if status else ""


class Control:
    """The outcomes of judges on the tree without a mutant; each judge runs once."""

    def __init__(self, tree: Tree, shelf: Shelf) -> None:
        self.tree, self.shelf, self.lock = tree, shelf, threading.Lock()
        self.known: dict[tuple, Any] = {}

    def boot(self, arch: str, names: list[str], steps: int, seed: int) -> str:
        return self.once(("boot", arch, *names, seed), boot, arch, names, steps, seed)

    def host(self, name: str) -> str:
        return self.once(("host", name), host, self.shelf, name, None)

    def code(self, arch: str, path: str) -> bytes:
        return self.once(("code", arch, path), code, arch, path)

    def outside(self, judge, arch: str, name: str) -> str:  # type: ignore[no-untyped-def]
        return self.once((judge.__name__, arch, name), judge, arch, name)

    def once(self, which: tuple, judge, *words):  # type: ignore[no-untyped-def]
        with self.lock:
            if which not in self.known:
                self.known[which] = judge(self.tree, *words)
            return self.known[which]


def code(tree: Tree, arch: str, path: str) -> bytes:
    """The object without debug information."""
    of = os.path.join(tree.path, "build", arch, "obj", os.path.splitext(path)[0] + ".o")
    bare = os.path.join(tree.path, "build", "bare.o")
    tool = {"arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-unknown-elf-"}[arch] + "objcopy"
    subprocess.run([tool, "-g", of, bare], check=True)
    with open(bare, "rb") as f:
        return f.read()


def steps_of(known: Cover, names: list[str]) -> int:
    """The limit of instructions: three times those without a mutant."""
    return 40 + 3 * sum(known.cost[n] for n in names)


Known = dict[str, Cover]


class Case:
    """A mutant in a tree that has it, and its judges."""

    def __init__(self, m: Mutant, tree: Tree, known: Known, control: Control) -> None:
        self.m, self.tree, self.known, self.control = m, tree, known, control
        self.differs: list[str] = []  # architectures with other code

    def build(self, arch: str) -> None:
        unused = "CFLAGS_%s=-Wno-error" % self.m.path  # a warning hides no mutant
        self.tree.make("ARCH=" + arch, unused, "image")
        if code(self.tree, arch, self.m.path) != self.control.code(arch, self.m.path):
            self.differs.append(arch)

    def machine(self, arch: str, kind: str) -> Iterator[Verdict]:
        known = self.known[arch]
        every = known.of(self.m.path, self.m.edit.line, self.m.edit.last)
        names = chunks(choice(known, every))
        if kind == "worst":
            orders = chunks([n for n in every if n in about_order()])
            runs = [(c, s) for c in orders for s in (1, LOADS, 2)]
            runs += [(c, s) for c in names[:1] for s in (1, 2)]
        elif kind == "sanitize":
            runs = [(c, SANITIZE) for c in names[:1]]
        else:
            runs = [(c, 0) for c in names]
        for chunk, seed in runs:
            steps = steps_of(known, chunk) * (4 if seed else 1)
            found = boot(self.tree, arch, chunk, steps, seed)
            if found and not self.control.boot(arch, chunk, steps, seed):
                yield Verdict("noticed", "%s %s" % (kind, arch), found)

    def hosts(self) -> Iterator[Verdict]:
        for name in programs(self.m.path):
            try:
                found = host(self.tree, self.control.shelf, name, self.m.path)
            except NotBuilt:
                continue
            if found and not self.control.host(name):
                yield Verdict("noticed", "host " + name, found)

    def outside(self, kind: str, arch: str) -> Iterator[Verdict]:
        judge, names = {
            "qemu": (outside.qemu, outside.groups(self.m.path)),
            "lint": (outside.lint, outside.lints(self.m.path)),
            "system": (outside.system, outside.files(self.m.path)),
        }[kind]
        for name in names:
            found = judge(self.tree, arch, name)
            if found and not self.control.outside(judge, arch, name):
                yield Verdict("noticed", "%s %s %s" % (kind, arch, name), found)

    def verdicts(self) -> Iterator[Verdict]:
        """In the order of cost; the next judge runs when the caller takes the next verdict."""
        try:
            for arch in self.m.arches:
                self.build(arch)
                if arch in self.differs:
                    yield from self.machine(arch, "calm")
        except NotBuilt as error:
            yield Verdict("unbuilt", "the compiler", str(error))
        if not self.differs:
            yield Verdict("same", "", "")
        yield from self.hosts()
        for kind in ("sanitize", "lint", "worst"):
            for arch in self.differs:
                if kind == "sanitize" and not self.m.path.startswith(("mm/", "arch/")):
                    continue
                if kind == "lint":
                    yield from self.outside(kind, arch)
                else:
                    yield from self.machine(arch, kind)
        for kind in ("qemu", "system"):
            for arch in self.differs:
                yield from self.outside(kind, arch)

    def reached(self) -> bool:
        m = self.m
        return any(self.known[a].of(m.path, m.edit.line, m.edit.last) for a in m.arches)


def judge(m: Mutant, tree: Tree, known: Known, control: Control) -> Verdict:
    """The first verdict; the tree has the mutant."""
    case = Case(m, tree, known, control)
    for verdict in case.verdicts():
        return verdict
    return Verdict("survived", "", "" if case.reached() else "no test that was counted executes it")
