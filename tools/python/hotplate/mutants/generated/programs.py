# SPDX-License-Identifier: BSD-2-Clause
"""programs - those of tests/host that compile a file: of a mutant only that object is made again.

The objects of the tree without a mutant are made once, with the words that make would use.
"""
import functools
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


class Program(NamedTuple):
    compiled: dict[str, list[str]]  # by object: the compiler's words, the last one is the source
    library: list[str]  # the objects of the archive
    linked: list[str]  # the linker's words: objects, the archive and options


def make(*words: str) -> list[str]:
    done = subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=TOP,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.replace("\\\n", " ").splitlines()


@functools.cache
def sources() -> dict[str, set[str]]:
    """By program: what it is built from, the library included."""
    lines = [line.split() for line in make("-s", "host-sources")]
    return {name: set(files) for name, *files in lines}


def programs(path: str) -> list[str]:
    """Those that compile the file."""
    return [name for name, files in sources().items() if path in files and name != "dtbs"]


def compiled(command: list[str], where: str) -> None:
    done = subprocess.run(
        command, cwd=where, env=environment(), check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise NotBuilt(done.stderr.strip().split("\n")[0])


def words_of(name: str) -> Program:
    """The words of make if everything were old."""
    target = os.path.join("build", "host", "gcc", name)
    program = Program({}, [], [])
    for line in make("-n", "-B", "CCACHE=no", target):
        words = shlex.split(line.split("; ")[-1], comments=True)
        if "ar" in words:
            program.library.extend(w for w in words if w.endswith(".o"))
        elif words[:1] == ["gcc"] and "-c" in words:
            program.compiled[words[-1]] = [w for w in words[:-2] if w not in ("-MMD", "-MP")]
        elif words[:1] == ["gcc"] and words[-2:] == ["-o", target]:
            program.linked.extend(words[:-2])
            return program
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
        made = words_of(name)

        def one(target: str) -> None:
            there = self.object(target)
            if not os.path.exists(there):
                os.makedirs(os.path.dirname(there), exist_ok=True)
                compiled([*made.compiled[target], "-o", there + ".new"], TOP)
                os.replace(there + ".new", there)

        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(one, made.compiled))
        return made

    def object(self, target: str) -> str:
        return os.path.join(self.at, target)

    def build(self, name: str, tree: str, changed: str | None) -> str:
        """In a tree in which this source is another than in ours."""
        program = self.program(name)
        at = os.path.join(tree, "build", "mutant-host")
        objects = {target: self.object(target) for target in program.compiled}
        for target, words in program.compiled.items():
            if words[-1] == changed:
                objects[target] = at + ".o"
                unused = "-Wno-error"  # a warning hides no mutant
                compiled([*words[:-1], unused, changed, "-o", objects[target]], tree)
        if os.path.exists(at + ".a"):
            os.unlink(at + ".a")
        compiled(["ar", "rcs", at + ".a", *(objects[x] for x in program.library)], tree)
        words = [at + ".a" if w.endswith(".a") else objects.get(w, w) for w in program.linked]
        compiled([*words, "-o", at], tree)
        return at
