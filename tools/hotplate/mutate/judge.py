# SPDX-License-Identifier: BSD-2-Clause
"""judge - is a generated mutant noticed?

In this order, until one notices: by the worst legal machine without adversaries, the tests that
execute the place, those first that execute least beside it; the programs of tests/host that
compile the file; the same tests with all adversaries, by two seeds.  Who notices is asked about
the tree without a mutant as well: what it says there is no verdict.
"""
import glob
import os
import re
import subprocess
import threading
from typing import NamedTuple

from hotplate import TOP
from hotplate.mutants.tree import NotBuilt, Tree, environment
from hotplate.mutate import cover
from hotplate.mutate.cover import Cover
from hotplate.mutate.source import Mutant

RUN_MOST = 230  # characters of run=
CHUNKS = 3
HOST_PATIENCE = 300
WARNINGS = "EXTRA_CFLAGS=-Wno-error"  # an unused variable hides no mutant
UNTIL = ["until=not ok", "until=# CRASH"]


class Verdict(NamedTuple):
    """noticed, survived, same (the same code on every architecture), unbuilt."""

    what: str
    by: str
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


def boot(tree: Tree, arch: str, names: list[str], steps: int, seed: int) -> str:
    """What the first failure says; "" if all is well.  seed 0: no adversaries."""
    program = cover.program(arch)
    image = os.path.join(tree.path, "build", arch, "Image")
    how = ["seed=%d" % seed] if seed else cover.OFF
    words = [program, "image=" + image, *cover.SHAPE, *how, *UNTIL, "steps=%d" % steps]
    words.append("args=withhold=node1 run=%s exit" % ",".join(names))
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    if failed := re.search(r"^ *not ok \d+ (\S+)", text, re.M):
        return failed[1]
    if crash := re.search(r"^ *# CRASH (.*)$", text, re.M):
        return "crash " + crash[1]
    if done.returncode:
        return "no end" if done.returncode == 2 else "status %d" % done.returncode
    return "" if re.search(r"^#: end verdict=pass", text, re.M) else "no verdict"


def programs(path: str) -> list[str]:
    """Those of tests/host that compile the file."""
    found = []
    for uses in sorted(glob.glob(os.path.join(TOP, "tests", "host", "*", "uses"))):
        with open(uses, encoding="utf-8") as f:
            words = [w for line in f if not line.startswith(("#", "-")) for w in line.split()]
        files = [f for w in words if "*" in w for f in glob.glob(os.path.join(TOP, w))]
        files += [os.path.join(TOP, w) for w in words]
        if os.path.join(TOP, path) in files:
            found.append(os.path.basename(os.path.dirname(uses)))
    return found


def host(tree: Tree, name: str) -> str:
    program = os.path.join("build", "host", "gcc", name)
    if name in ("fuzz", "dtbs"):
        return ""
    tree.make(program)
    try:
        done = subprocess.run(
            [program],
            cwd=tree.path,
            env=dict(environment(), ENGINE_OPS="50000", MODEL_ORDERS="5"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=HOST_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return "no end"
    if not done.returncode:
        return ""
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    said = [x.strip() for x in text.splitlines() if re.search("FAIL|ERROR|runtime error", x)]
    return said[0] if said else "status %d" % done.returncode


class Control:
    """What judges say of the tree without a mutant, each once."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self.lock = tree, threading.Lock()
        self.known: dict[tuple, str] = {}

    def boot(self, arch: str, names: list[str], steps: int, seed: int) -> str:
        return self.ask(("boot", arch, *names, seed), boot, arch, names, steps, seed)

    def host(self, name: str) -> str:
        return self.ask(("host", name), host, name)

    def ask(self, which: tuple, judge, *words) -> str:  # type: ignore[no-untyped-def]
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
    """A mutant that takes three times as long does not end."""
    return 200 + 3 * sum(known.cost[n] for n in names)


Known = dict[str, Cover]


def on_machine(
    m: Mutant, tree: Tree, known: Known, control: Control, seeds: list[int]
) -> Verdict | None:
    for arch in m.arches:
        names = known[arch].of(m.path, m.edit.line, m.edit.last)
        for chunk in chunks(names) if seeds == [0] else chunks(names)[:1]:
            for seed in seeds:
                steps = steps_of(known[arch], chunk) * (4 if seed else 1)
                said = boot(tree, arch, chunk, steps, seed)
                if said and not control.boot(arch, chunk, steps, seed):
                    by = "worst %s" % arch if seed else arch
                    return Verdict("noticed", by, said)
    return None


def judge(m: Mutant, tree: Tree, known: Known, control: Control) -> Verdict:
    """Of a tree that has the mutant."""
    try:
        for arch in m.arches:
            tree.make("ARCH=" + arch, WARNINGS, "image")
    except NotBuilt as error:
        return Verdict("unbuilt", "the compiler", str(error))
    if all(code(tree, a, m.path) == code(control.tree, a, m.path) for a in m.arches):
        return Verdict("same", "", "")
    if found := on_machine(m, tree, known, control, [0]):
        return found
    for name in programs(m.path):
        try:
            said = host(tree, name)
        except NotBuilt:
            continue
        if said and not control.host(name):
            return Verdict("noticed", "host " + name, said)
    if found := on_machine(m, tree, known, control, [1, 2]):
        return found
    reached = any(known[a].of(m.path, m.edit.line, m.edit.last) for a in m.arches)
    return Verdict("survived", "", "" if reached else "no test executes it")
