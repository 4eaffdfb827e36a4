# SPDX-License-Identifier: BSD-2-Clause
"""No large circle of files that depend on each other.

Files in a circle cannot be understood one by one (docs/STYLE.md).

File A depends on file B if A includes a header of B's directory, the header
declares a symbol, B defines it and A refers to it; nm of the objects and their
.d files show this.  A header in another directory (arch/arch.h with
arch_inline.h, lib/assert.h) makes no dependency: the caller does not know
which file implements it.  Neither does registration by linker sections.

A circle has at most LIMIT files.

  tools/hotplate lint circles [-v]     -v: the circles, with the symbols that close them
"""
import os
import re
import subprocess
import sys

from hotplate import BUILD
from hotplate.command import usage
from hotplate.lint.core import Lint, read

LIMIT = 4
ARCHES = ("arm64", "riscv64")
CONTRACTS = {"arch_inline.h"}


def source_of(name: str) -> str | None:
    return next((name + end for end in (".c", ".S") if os.path.exists(name + end)), None)


def objects(top: str) -> dict[str, str]:
    """Source -> path of its object, without third-party code and generated sources."""
    found: dict[str, str] = {}
    for path, _, files in os.walk(top):
        for f in files:
            name = os.path.relpath(os.path.join(path, f), top)[:-2]
            source = source_of(name)
            if f.endswith(".o") and os.path.exists(os.path.join(top, name + ".d")) and source:
                found[source] = os.path.join(top, name)
    return found


def symbols(objs: dict[str, str]) -> tuple[dict[str, str], dict[str, set[str]]]:
    """(symbol -> source that defines it, source -> symbols that it needs)"""
    owner: dict[str, str] = {}
    needs: dict[str, set[str]] = {src: set() for src in objs}
    src_of = {path + ".o": src for src, path in objs.items()}
    out = subprocess.run(
        ["nm", "-A"] + sorted(src_of), check=True, capture_output=True, text=True
    ).stdout
    for text in out.splitlines():
        path, _, rest = text.partition(":")
        fields = rest.split()
        if fields[-2] in "Uw":
            needs[src_of[path]].add(fields[-1])
        elif fields[-2].isupper():
            owner[fields[-1]] = src_of[path]
    return owner, needs


class Headers:
    def __init__(self) -> None:
        self.cache: dict[str, dict[str, set[str]]] = {}

    def naming(self, directory: str, symbol: str) -> set[str]:
        """Headers of this directory that name the symbol outside of comments."""
        if directory not in self.cache:
            self.cache[directory] = {
                os.path.join(directory, f): set(
                    re.findall(
                        r"\w+",
                        re.sub(
                            r"/\*.*?\*/",
                            "",
                            "\n".join(read(os.path.join(directory, f))),
                            flags=re.S,
                        ),
                    )
                )
                for f in os.listdir(directory)
                if f.endswith(".h") and f not in CONTRACTS
            }
        return {h for h, words in self.cache[directory].items() if symbol in words}


Arrows = dict[str, dict[str, list[str]]]  # from, to: by these symbols


def graph(arch: str) -> Arrows:
    objs = objects(os.path.join(BUILD, arch, "obj"))
    owner, needs = symbols(objs) if objs else ({}, {})
    headers = Headers()
    arrows: Arrows = {src: {} for src in objs}
    for src, path in objs.items():
        seen = set(" ".join(read(path + ".d")).replace("\\", " ").split())
        for symbol in sorted(needs[src]):
            target = owner.get(symbol)
            if target and target != src and headers.naming(os.path.dirname(target), symbol) & seen:
                arrows[src].setdefault(target, []).append(symbol)
    return arrows


def circles(arrows: Arrows) -> list[list[str]]:
    """Strongly connected components of more than one file, the largest first (Tarjan)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(v: str) -> None:
        order[v] = low[v] = len(order)
        stack.append(v)
        for w in arrows[v]:
            if w not in order:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], order[w])
        if low[v] == order[v]:
            at = stack.index(v)
            found.append(sorted(stack[at:]))
            del stack[at:]

    sys.setrecursionlimit(10000)
    for v in sorted(arrows):
        if v not in order:
            visit(v)
    return sorted((c for c in found if len(c) > 1), key=len, reverse=True)


def show(circle: list[str], arrows: Arrows) -> None:
    for src in circle:
        for target in sorted(set(arrows[src]) & set(circle)):
            print("  %s -> %s: %s" % (src, target, " ".join(arrows[src][target])))


def main(words: list[str]) -> int:
    if words not in ([], ["-v"]):
        usage(__doc__)
    lint, files = Lint("circles"), 0
    sizes: list[int] = []
    for arch in ARCHES:
        arrows = graph(arch)
        files = max(files, len(arrows))
        if not arrows:
            lint.report(os.path.join(BUILD, arch), 1, "no objects: build first")
        for circle in circles(arrows):
            sizes.append(len(circle))
            if words:
                print("%s: %d files, at most %d" % (arch, len(circle), LIMIT))
                show(circle, arrows)
            if len(circle) > LIMIT:
                lint.report(
                    circle[0],
                    1,
                    "%d files depend on each other in %s, at most %d may: %s"
                    % (len(circle), arch, LIMIT, " ".join(circle)),
                )
    return lint.done(
        "%d files, %d circles, the largest has %d" % (files, len(sizes), max(sizes, default=0))
    )
