# SPDX-License-Identifier: BSD-2-Clause
"""programs - those of tests/host that compile a file: of a mutant only that object is made again.

The objects of the tree without a mutant are made once, with the words that make would use.
"""
import glob
import os
import shlex
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from hotplate import TOP, fail
from hotplate.mutants.generated.cover import DIRECTORY
from hotplate.mutants.tree import NotBuilt, environment

OBJECTS = os.path.join(DIRECTORY, "host")
LINKS = ("-l", "-Wl,", "-no-pie")


class Program(NamedTuple):
    compiler: list[str]
    links: list[str]
    objects: dict[str, str]  # by source


def programs(path: str) -> list[str]:
    """Those that compile the file."""
    found = []
    for uses in sorted(glob.glob(os.path.join(TOP, "tests", "host", "*", "uses"))):
        with open(uses, encoding="utf-8") as f:
            words = [w for line in f if not line.startswith(("#", "-")) for w in line.split()]
        files = [f for w in words if "*" in w for f in glob.glob(os.path.join(TOP, w))]
        files += [os.path.join(TOP, w) for w in words]
        name = os.path.basename(os.path.dirname(uses))
        if os.path.join(TOP, path) in files and name not in ("fuzz", "dtbs"):
            found.append(name)
    return found


def compiled(command: list[str], where: str) -> None:
    done = subprocess.run(
        command, cwd=where, env=environment(), check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise NotBuilt(done.stderr.strip().split("\n")[0])


def words_of(name: str) -> tuple[list[str], list[str], list[str]]:
    """(the compiler's words, sources, the linker's words), as make would use them if this program
    were old."""
    target = os.path.join("build", "host", "gcc", name)
    said = subprocess.run(
        ["make", "-n", "--no-print-directory", "-W", "tests/host/host.mk", target],
        cwd=TOP,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout.replace("\\\n", " ")
    compiler, sources = [], []
    for line in said.splitlines():
        words = shlex.split(line.split("; ")[-1], comments=True)
        if words[:1] != ["gcc"]:
            continue
        if "-c" in words:
            at = words.index("-c")
            compiler = [w for w in words[:at] if w not in ("-MMD", "-MP")]
            sources.append(words[at + 1])
        elif sources and words[-2:] == ["-o", target]:
            return compiler, sources, [w for w in words if w.startswith(LINKS)]
    fail(f"{target}: make does not say how it is built")


class Shelf:
    """Objects of the tree without a mutant, of one state of the sources."""

    def __init__(self, now: str, jobs: int) -> None:
        self.at, self.jobs = os.path.join(OBJECTS, now), jobs
        self.lock = threading.Lock()
        self.known: dict[str, Program] = {}
        for other in glob.glob(os.path.join(OBJECTS, "*")):
            if other != self.at:
                shutil.rmtree(other)

    def program(self, name: str) -> Program:
        with self.lock:
            if name not in self.known:
                self.known[name] = self.make(name)
            return self.known[name]

    def make(self, name: str) -> Program:
        compiler, sources, links = words_of(name)
        where = os.path.join(self.at, name)
        os.makedirs(where, exist_ok=True)
        made = Program(compiler, links, {s: self.object(where, s) for s in sources})

        def one(source: str) -> None:
            if not os.path.exists(made.objects[source]):
                new = made.objects[source] + ".new"
                compiled([*compiler, "-c", source, "-o", new], TOP)
                os.replace(new, made.objects[source])

        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(one, sources))
        return made

    @staticmethod
    def object(where: str, source: str) -> str:
        return os.path.join(where, source.replace("/", "_")[:-2] + ".o")

    def build(self, name: str, tree: str, changed: str | None) -> str:
        """In a tree in which this source is another than in ours."""
        program = self.program(name)
        objects = dict(program.objects)
        at = os.path.join(tree, "build", "mutant-host")
        if changed:
            objects[changed] = at + ".o"
            unused = "-Wno-error"  # a warning hides no mutant
            compiled([*program.compiler, unused, "-c", changed, "-o", objects[changed]], tree)
        compiled([*program.compiler, *objects.values(), *program.links, "-o", at], tree)
        return at
