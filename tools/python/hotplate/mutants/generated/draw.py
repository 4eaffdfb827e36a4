# SPDX-License-Identifier: BSD-2-Clause
"""draw - the mutants of a sample of a directory, which are selected before one is built.

DIR= is one of GROUPS, or any directory of the tree.  The same DIR=, SAMPLE=, SEED= and source give
the same mutants.
"""
import os
import random
from fnmatch import fnmatch
from glob import glob
from typing import NamedTuple

from hotplate import TOP, fail
from hotplate.mutants.generated import source
from hotplate.mutants.generated.source import Mutant


class Group(NamedTuple):
    name: str
    globs: tuple[str, ...]
    without: tuple[str, ...]
    goal: int  # percent of those that change something


GROUPS = (
    Group("mm/pt", ("mm/pt/*",), ("mm/pt/taps/*",), 90),
    Group("mm/pt/taps", ("mm/pt/taps/*",), (), 90),
    Group("mm/page", ("mm/page/*",), (), 90),
    Group("mm", ("mm/*",), ("mm/pt/*", "mm/page/*"), 90),
    Group(
        "kern",
        ("kern/lock.c", "kern/lock_held.c", "kern/ipi.c", "kern/worker.c", "kern/restart.c"),
        (),
        90,
    ),
    Group("arch/arm64", ("arch/arm64/*",), (), 90),
    Group("arch/riscv64", ("arch/riscv64/*",), (), 90),
    Group(
        "drivers",
        (
            "drivers/acpi/*",
            "drivers/virtio/*",
            "drivers/pci/*",
            "drivers/fdt/*",
            "drivers/*_source.c",
        ),
        (),
        80,
    ),
)


class Draw(NamedTuple):
    group: str
    sample: int  # 0: all
    seed: str
    files: int
    mutants: int  # that there are
    chosen: list[Mutant]


def group(name: str) -> Group:
    for found in GROUPS:
        if found.name == name:
            return found
    name = name.rstrip("/")
    if not os.path.isdir(os.path.join(TOP, name)):
        fail(f"DIR={name}: no directory; rows of the table: {' '.join(g.name for g in GROUPS)}")
    if not glob(os.path.join(TOP, name, "**", "*.c"), recursive=True):
        fail(f"DIR={name}: no C file of an image")
    return Group(name, (name + "/*",), (), 0)


def belongs(path: str, g: Group) -> bool:
    """A star reaches into directories below."""
    return any(fnmatch(path, x) for x in g.globs) and not any(fnmatch(path, x) for x in g.without)


def draw(g: Group, sample: int, seed: str) -> Draw:
    flags = {arch: source.database(arch) for arch in source.TARGET}
    every = set().union(*(set(known) for known in flags.values()))
    files = sorted(path for path in every if belongs(path, g))
    if not files:
        fail(f"DIR={g.name}: no C file of an image")
    found = [m for path in files for m in source.mutants(path, flags)]
    chosen = found
    if sample:
        chance = random.Random("%s %s" % (seed, g.name))
        chosen = chance.sample(found, min(sample, len(found)))
    return Draw(g.name, sample, seed, len(files), len(found), chosen)
