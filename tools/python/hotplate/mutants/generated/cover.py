# SPDX-License-Identifier: BSD-2-Clause
"""cover - which tests execute which lines, by the worst legal machine with every adversary off.

Each test runs alone; reach= reports the instructions that it executes, and the image's debug
information their lines, inlined functions included.  Every test executes the lines of a boot.  The
coverage of an image is stored below build/mutate, without tests that do not pass.  A draw measures
every test, a run of files the tests that search.py names; a later run measures only the tests that
are missing.

With KEEP=yes the coverage of an older image is used, and only new tests are measured: the lines
only select the judges.
"""
import glob
import hashlib
import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from hotplate import BUILD, TOP, fail

DIRECTORY = os.path.join(os.path.abspath(os.path.join(TOP, BUILD)), "mutate")
LINK_VA = 0xFFFFFFFF80000000
OFF = ["adversaries=off"]
SHAPE = ["cpus=4", "mem=256", "node1=256", "seed=1"]
TOOLS = {"arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-unknown-elf-"}
ABOVE = 4  # lines
STEPS = 200  # millions: longer tests are not for this


def program(arch: str) -> str:
    return os.path.join(TOP, BUILD, "machine", "worst-" + arch)


def image(arch: str) -> str:
    return os.path.join(TOP, BUILD, arch, "Image")


def digest(arch: str) -> str:
    if not os.path.exists(image(arch)):
        fail("%s: not there; make images machine builds it" % image(arch))
    with open(image(arch), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:16]


def line(arch: str, image: str, tests: str, steps: int, more: list[str]) -> list[str]:
    """The command line of the machine."""
    words = [program(arch), "image=" + image, *SHAPE, "steps=%d" % steps, *more]
    return [*words, "args=withhold=node1 run=%s exit" % tests]


def run(arch: str, test: str, at: str, steps: int = STEPS) -> tuple[bool, int]:
    """Did the test pass, and how many million instructions did it need?"""
    words = line(arch, image(arch), test, steps, [*OFF, "counts=1", "reach=" + at])
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    text = done.stdout.decode("utf-8", "replace")
    count = re.search(r"worst: (\d+) M instructions", done.stderr.decode("utf-8", "replace"))
    good = done.returncode == 0 and re.search(r"^ +ok \d+ ", text, re.M) is not None
    return good, int(count[1]) if count else 0


def reached(path: str) -> set[int]:
    with open(path, "rb") as f:
        return {2 * i for i, b in enumerate(f.read()) if b}


def table(arch: str, offsets: list[int]) -> dict[int, list[tuple[str, int]]]:
    """The places of each instruction: its own line and those that inlined it."""
    tool = TOOLS[arch] + "addr2line"
    elf = os.path.join(TOP, BUILD, arch, "hotplate.elf")
    asked = "\n".join("%x" % (LINK_VA + o) for o in offsets) + "\n"
    output = subprocess.run(
        [tool, "-a", "-i", "-e", elf], input=asked, capture_output=True, text=True, check=False
    )
    if output.returncode:
        fail(f"{tool}: {output.stderr.strip()}")
    found: dict[int, list[tuple[str, int]]] = {}
    at: list[tuple[str, int]] = []
    for line in output.stdout.splitlines():
        if line.startswith("0x"):
            at = found.setdefault(int(line, 16) - LINK_VA, [])
        elif place := re.match(r"(.+):(\d+)", line):
            at.append((os.path.normpath(place[1]), int(place[2])))
    return found


class Cover:
    """Tests by line."""

    def __init__(self, arch: str, kept: dict) -> None:
        self.arch = arch
        self.cost: dict[str, int] = kept["cost"]
        self.tests: list[str] = sorted(self.cost)
        self.by_line: dict[str, dict[str, list[int]]] = kept["lines"]
        self.breadth: dict[str, int] = kept["breadth"]
        self.asked = frozenset(kept["asked"])  # also tests that did not pass

    def of(self, path: str, first: int, last: int, above: int = ABOVE) -> list[str]:
        """The tests that execute one of these lines, in increasing order of the other code that
        they execute.  A line without code of its own, such as a `continue`, counts as the line
        above."""
        lines = self.by_line.get(path, {})
        every: set[int] = set()
        for before in range(above):
            every = every or {
                t for n in range(first - before, last + 1) for t in lines.get(str(n), [])
            }
        names = [self.tests[t] for t in every]
        return sorted(names, key=lambda n: (self.breadth[n], self.cost[n], n))


def coded(arch: str, path: str) -> set[int]:
    """The lines of a file that have instructions; of several lines of one address the last, as in
    table()."""
    of = os.path.join(TOP, BUILD, arch, "obj", os.path.splitext(path)[0] + ".o")
    output = subprocess.run(
        [TOOLS[arch] + "objdump", "--dwarf=decodedline", of],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    row = r"^(\S+) +(\d+|-) +(?:0x)?([0-9a-f]+)\b"
    rows = re.findall(row, output, re.M)
    ends = [here for here, behind in zip(rows, rows[1:]) if here[2] != behind[2]]
    name = os.path.basename(path)
    return {int(line) for of, line, _ in ends if os.path.basename(of) == name and line != "-"}


def tests(arch: str) -> list[str]:
    output = subprocess.run(
        ["tools/hotplate", "tests", "list"], cwd=TOP, capture_output=True, text=True, check=True
    ).stdout
    return sorted(set(re.findall(r"^([a-z]\w*\.\w+)", output, re.M)))


def place(arch: str) -> str:
    return os.path.join(DIRECTORY, "cover-%s-%s.json" % (arch, digest(arch)))


def older(arch: str, keep: bool) -> dict:
    """The stored coverage of this image; with KEEP=yes that of the newest image, if this one has
    none."""
    found = glob.glob(os.path.join(DIRECTORY, "cover-%s-*.json" % arch)) if keep else []
    if os.path.exists(place(arch)):
        found = [place(arch)]
    if not found:
        return {"asked": [], "cost": {}, "breadth": {}, "lines": {}}
    with open(max(found, key=os.path.getmtime), encoding="utf-8") as f:
        return dict(json.load(f))


def take(arch: str, jobs: int, wanted: list[str], keep: bool) -> Cover:
    os.makedirs(DIRECTORY, exist_ok=True)
    kept, before = place(arch), older(arch, keep)
    wanted = sorted(set(wanted) - set(before["asked"]))
    if not wanted and os.path.exists(kept):
        return Cover(arch, before)
    note = "" if keep or before["asked"] else "; KEEP=yes measures new tests only"
    print("cover: %d tests of %s, each alone%s" % (len(wanted), arch, note), flush=True)
    begun = time.monotonic()
    cost: dict[str, int] = {}
    sets: dict[str, set[int]] = {}

    def one(test: str) -> None:
        at = os.path.join(DIRECTORY, "%s-%s.reach" % (arch, test))
        good, millions = run(arch, test, at)
        if good:
            cost[test], sets[test] = millions, reached(at)
        if os.path.exists(at):
            os.unlink(at)

    with ThreadPoolExecutor(jobs) as pool:
        for n, _ in enumerate(pool.map(one, wanted), 1):
            if n % 25 == 0:
                left = (time.monotonic() - begun) / n * (len(wanted) - n)
                print("cover: %d of %d, %d s left" % (n, len(wanted), left), flush=True)
    return write(arch, kept, before, wanted, (cost, sets))


def write(arch: str, kept: str, before: dict, asked: list[str], of: tuple[dict, dict]) -> Cover:
    cost, sets = of
    names = sorted(set(before["cost"]) | set(cost))
    places = table(arch, sorted(set().union(*sets.values())))
    lines: dict[str, dict[str, set[int]]] = {}
    at = {test: n for n, test in enumerate(names)}
    for path, by_line in before["lines"].items():
        known = sorted(before["cost"])
        lines[path] = {n: {at[known[t]] for t in tests} for n, tests in by_line.items()}
    for test in sorted(cost):
        for offset in sets[test]:
            for path, line in places.get(offset, []):
                lines.setdefault(path, {}).setdefault(str(line), set()).add(at[test])
    out = {
        "asked": sorted(set(before["asked"]) | set(asked)),
        "cost": before["cost"] | cost,
        "breadth": before["breadth"] | {t: len(sets[t]) for t in sorted(cost)},
        "lines": {p: {n: sorted(t) for n, t in found.items()} for p, found in lines.items()},
    }
    with open(kept + ".new", "w", encoding="utf-8") as f:
        json.dump(out, f)
    os.replace(kept + ".new", kept)
    return Cover(arch, out)
