# SPDX-License-Identifier: BSD-2-Clause
"""Reduce a failing run on the worst legal machine to its smallest.

  tools/hotplate shrink [SECONDS] ARCH=riscv64 SMP=4 WORST="seed=1" \\
      ARGS="run=a.*,b.c exit"
  tools/hotplate shrink [SECONDS] build/machine/worst-arm64 image=FILE \\
      elf=FILE seed=1 args=...

The words are those of tools/hotplate run, or the command line of the machine.
The result is one command line.

The tool leaves out, in this order, tests of run=, CPUs and adversaries, and
keeps each change with which this seed still fails.  Then it finds the last
choice that is needed (tools/hotplate story), and how late before it the
machine can execute in order (last=, first=; machine/README.md, "Explain a
failure").  After SECONDS (300) it prints the best line so far, and reports
that the time is over.

Exit status: 0 a line that fails, 2 the seed does not fail, 4 wrong words, or
no program.
"""
import re
import shlex
import time

from hotplate import fail
from hotplate.command import usage
from hotplate.qemu import story

ADVERSARIES = ("fetch", "irq", "stall", "walks", "tlb", "late", "atomics", "loads", "stores")
OF_ARCH = {"arm64": ("context",)}


class Shrink:
    def __init__(self, command: list[str], seconds: int) -> None:
        self.command = command
        self.until = time.monotonic() + seconds
        self.runs = 0

    @property
    def late(self) -> bool:
        return time.monotonic() > self.until

    def keep(self, command: list[str], what: str) -> bool:
        """Run this line; if it fails as well, it becomes the current line."""
        if self.late:
            return False
        self.runs += 1
        counted = any(w.startswith("story=") for w in command)
        failure = story.Failure(story.run(command, *(() if counted else ("story=1",))))
        if failure.fails:
            self.command = command
            print("%s: still fails" % what, flush=True)
        return failure.fails

    def value(self, name: str) -> str:
        return [w.split("=", 1)[1] for w in self.command if w.startswith(name + "=")][-1]

    def with_word(self, name: str, value: str) -> list[str]:
        rest = [w for w in self.command if not w.startswith(name + "=")]
        return [*rest, name + "=" + value]

    def tests(self) -> None:
        args = self.value("args")
        found = re.search(r"(?:^| )run=(\S+)", args)
        for one in found[1].split(",") if found else []:
            names = re.search(r"(?:^| )run=(\S+)", self.value("args"))
            left = [n for n in names[1].split(",") if n != one] if names else []
            if left:
                fewer = re.sub(r"(^| )run=\S+", r"\1run=" + ",".join(left), self.value("args"))
                self.keep(self.with_word("args", fewer), "without " + one)

    def cpus(self) -> None:
        for n in range(1, int(self.value("cpus"))):
            if self.keep(self.with_word("cpus", str(n)), "cpus=%d" % n):
                return

    def adversaries(self, arch: str) -> None:
        for name in (*ADVERSARIES, *OF_ARCH.get(arch, ())):
            self.keep(self.with_word(name, "off"), name + "=off")

    def schedule(self) -> None:
        """Find the smallest last=; then the largest first=, at powers of 16 before it."""
        if self.late:
            return
        failure = story.Failure(story.run(self.command, "story=1"))
        found = story.search(self.command, failure)
        if not found or not found[1]:
            return
        kind, last, _ = found
        self.command = [*self.command, kind, "last=%d" % last]
        print("%s last=%d: still fails" % (kind, last), flush=True)
        distance = 1
        while distance < last:
            word = "first=%d" % (last - distance)
            if self.keep([*self.command, word], word):
                return
            distance *= 16


def seconds_of(words: list[str]) -> tuple[int, list[str]]:
    if not words or not words[0].isdigit():
        return 300, words
    if not 1 <= int(words[0]) <= 86400:
        fail("%s: seconds are 1 to 86400" % words[0])
    return int(words[0]), words[1:]


def main(words: list[str]) -> int:
    seconds, words = seconds_of(words)
    if not words:
        usage(__doc__)
    command = story.command_of(words)
    for name in ("args", "cpus"):
        if not any(w.startswith(name + "=") for w in command):
            fail("%s= is missing in the program's line" % name)
    s = Shrink(command, seconds)
    if not s.keep(command, "unchanged"):
        print("it does not fail")
        return 2
    s.tests()
    s.cpus()
    s.adversaries(command[0].rsplit("-", 1)[-1])
    s.schedule()
    if s.late:
        print("%d seconds are over: this is the best line so far" % seconds)
    print(" ".join(shlex.quote(w) for w in s.command))
    return 0
