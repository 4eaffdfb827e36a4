# SPDX-License-Identifier: BSD-2-Clause
"""Explain why a run on the worst legal machine fails.

  tools/hotplate story ARCH=riscv64 SMP=4 WORST="seed=1" \\
      ARGS="run=hotplug.cycle exit"
  tools/hotplate story build/machine/worst-arm64 image=FILE elf=FILE seed=1 \\
      args=...

The words are those of tools/hotplate run, or the command line of the machine.

The explanation names the access, the reordering that allowed it, and the
accesses before it.  The machine runs three to six times: to reproduce the
failure; to search, with copies that execute in order from an earlier point on,
for the last choice that the failure needs (machine/README.md, "Explain a
failure"); and to list the accesses to the word: of data, or of the table entry
that translated the access.  The first paragraph is the summary; progress is
printed to standard error.

Exit status: 0 explained; 1 it fails without any choice, so it is no ordering
mistake; 2 the seed does not fail; 3 the failure did not occur again; 4 wrong
words, or no program.
"""
import os
import re
import shlex
import subprocess
import sys
import textwrap
import time
from collections import deque

from hotplate import fail
from hotplate.command import usage
from hotplate.results import output
from hotplate.results.report import Elf, annotate

ACTS = 12  # printed before the choice, and after it
LIMIT = 1200  # seconds a run may take
FAILED = re.compile(r"^story: failed step (\d+) choices (\d+) until (\d+): (.*)$", re.M)
ENDED = re.compile(r"^story: ended step (\d+) choices (\d+)$", re.M)
NEEDS = re.compile(r"^story: needs (\d+)$", re.M)
CHOICE = re.compile(
    r"^story: choice \d+ kind (\d) step (\d+) word (0x[0-9a-f]+) other (0x[0-9a-f]+)$", re.M
)
STORES = ("0", "1")  # kinds of choices: enum order_choice_kind of machine/order.h
KEPT = re.compile(r"^story: kept word (0x[0-9a-f]+)$", re.M)
# The machine ended by itself in these; the console said "not ok" or told a crash in 5.
SAYS = {1: "it switched itself off for a failure", 3: "the machine cannot go on", 5: ""}
NUMBER = re.compile(r"\b(step|choice|time|after|visible) (\d+)\b")
STEP = re.compile(r"^step \d+, (CPU \d+) before (.*?): (.*)\n  allowed: (.*)$", re.M)
ENTRY = re.compile(r"(leaf|table|failed walk) of level (\d), [0-9a-f]+, of (\S+)")
PLACE = re.compile(r"^  (CPU \d+): .* stores in the buffer.*$")
ACT = re.compile(r"(step (\d+) time \d+ CPU (\d+) )(.*): (stores \(not yet|its store is) visible")
QUIET = ("story", "find", "last", "first", "watch", "since", "trace", "traced")


def command_of(words: list[str]) -> list[str]:
    """The machine's command line; tools/hotplate run knows how its words make one."""
    if not words:
        usage(__doc__)
    if "=" in words[0]:
        done = subprocess.run(
            ["tools/hotplate", "run", "MACHINE=worst", "SHOW=1", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            fail(done.stderr.strip().split("\n")[-1].removeprefix("tools/hotplate run: "))
        words = shlex.split(done.stdout)
    for word in words[1:]:
        if word.split("=")[0] in QUIET:
            fail("%s: this command sets it itself" % word)
    if not (os.path.isfile(words[0]) and os.access(words[0], os.X_OK)):
        fail("%s: no program of the worst machine is there (make machine)" % words[0])
    return words


def run(command: list[str], *more: str) -> "subprocess.CompletedProcess[str]":
    try:
        done = subprocess.run(
            [*command, *more],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        fail("%s did not end in %d seconds" % (command[0], LIMIT))
    if done.returncode == 4:
        fail(done.stderr.strip().removeprefix("worst: "))
    return done


class Failure:
    """A run: did it fail, at which step and after how many choices, and when did it end?"""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        said, end = FAILED.search(done.stderr), ENDED.search(done.stderr)
        self.fails = done.returncode in SAYS
        self.step = self.choices = self.until = 0
        self.text = SAYS.get(done.returncode, "")
        self.test = test_of(done.stdout)
        if said:
            self.step, self.choices, self.until = (int(said[n]) for n in (1, 2, 3))
            self.text = said[4]
        elif end:
            self.step, self.choices = int(end[1]), int(end[2])
            self.until = self.step
            self.text += "".join(re.findall(r"^worst: .*$", done.stderr, re.M)[:1])


def test_of(console: str) -> str:
    """Which test failed, by the KTAP lines until then: a crash ends the run before its own."""
    lines = [output.POINT.match(s.strip()) for s in output.lines(console)]
    points = [p for p in lines if p]
    if points and points[-1][1] == "not ok":
        return "in %s" % points[-1][3]
    return "in the test after %s" % points[-1][3] if points else "in the first test"


class Teller:
    """Prints: file and line behind a place in the code, and digits of long numbers in groups."""

    def __init__(self, command: list[str]) -> None:
        self.begin, self.elf = time.monotonic(), None
        path = next((w[4:] for w in command if w.startswith("elf=")), "")
        if os.path.exists(path):
            self.elf = Elf(path, os.path.basename(command[0]).removeprefix("worst-"))

    def text(self, text: str) -> str:
        if self.elf:
            text = annotate(text, self.elf)
        return NUMBER.sub(lambda m: "%s %s" % (m[1], format(int(m[2]), ",")), text)

    def tell(self, text: str) -> None:
        print(self.text(text), flush=True)

    def doing(self, what: str) -> None:
        print("story: %d s: %s" % (time.monotonic() - self.begin, what), file=sys.stderr)

    def sum_up(self, failure: "Failure", story: str) -> None:
        """The paragraph for somebody who reads no more than that."""
        found = STEP.search(story)
        if not found:
            return
        cpu, place, what, rule = found.groups()
        why = "" if failure.text.startswith("not ok") else ": " + failure.text.strip("# .")
        said = "The run fails %s%s.  It needs this choice of %s, at %s: %s.  Allowed: %s" % (
            failure.test,
            why,
            cpu,
            place,
            what,
            rule,
        )
        print(textwrap.fill(self.text(said), 79, break_long_words=False) + "\n")


def limit(until: int) -> str:
    """A copy that goes on in order may take half as long again, for waits are longer there."""
    return "steps=%d" % (max(until * 3 // 2, until + (16 << 20)) >> 20)


def search(command: list[str], first: Failure) -> tuple[str, int, str] | None:
    """story= and the least last= that fails, and what was said.  First stores may wait, in order;
    if the failure needs no more than that, which of them must."""
    for kind in ("story=1", "story=2"):
        failure = first if kind == "story=1" else Failure(run(command, kind))
        done = run(command, kind, "find=%d" % failure.choices, limit(failure.until))
        needs = NEEDS.search(done.stderr) if failure.choices else None
        if needs and needs[1] != "0":
            return kind, int(needs[1]), done.stderr[needs.end() :]
        if failure.choices and not needs:
            return None
    return kind, 0, ""


def ordered(story: str) -> str:
    """Where the choice's own CPU is, and the one whose store it missed, before what these hold;
    where the others are behind that."""
    found = STEP.search(story)
    if not found:
        return story
    lines = story.split("\n")
    places = {m[1]: line for line in lines if (m := PLACE.match(line))}
    other = re.search(r"(CPU \d+)'s store", found[3])
    sides = [places.pop(cpu) for cpu in (found[1], other and other[1]) if cpu in places]
    rest = [line for line in lines if not PLACE.match(line)]
    at = next(n for n, line in enumerate(rest, 1) if line.startswith("  allowed: "))
    return "\n".join([*rest[:at], *sides, *rest[at:], *places.values()])


def by_store(lines: list[str]) -> list[str]:
    """A store that is visible is told at the instruction that stored, not where its CPU is by now:
    a CPU's stores to one word are visible in program order."""
    waiting: dict[str, deque[tuple[str, str]]] = {}
    told = []
    for line in lines:
        act = ACT.match(line)
        own = waiting.setdefault(act[3], deque()) if act else None
        if act and own is not None and act[5].startswith("stores"):
            own.append((act[2], act[4]))
        elif act and own:
            step, place = own.popleft()
            line = "%s%s, stored in step %s%s" % (act[1], place, step, line[act.end(4) :])
        told.append(line)
    return told


def acts(command: list[str], word: str, step: int, needs: int, until: int) -> list[str]:
    """The last acts on a word before a step, and the first behind it; one CPU's same loads once."""
    before: "deque[str]" = deque(maxlen=ACTS)
    after: list[str] = []
    last = ""
    done = run(command, "last=%d" % needs, "watch=" + word, limit(until))
    for line in by_store(done.stderr.split("\n")):
        found = re.match(r"step (\d+) time \d+ (CPU .*)", line)
        if not found or found[2] == last:
            continue
        last = found[2]
        if int(found[1]) <= step:
            before.append(line)
        elif len(after) < ACTS:
            after.append(line)
    return [*before, "-- step %d: the choice above --" % step, *after]


def entry_of(story: str, word: str) -> str:
    """What a word is, where the story has it as an entry of the tables."""
    kinds = {m[3]: " (%s of level %s)" % (m[1], m[2]) for m in ENTRY.finditer(story)}
    return kinds.get(word, "")


def tell_acts(teller: Teller, command: list[str], story: str, needs: int, until: int) -> None:
    found = CHOICE.search(story)
    if not found:
        return
    words = [found[3]]
    if found[1] == "1":  # an overtaking store, and what it overtook
        words.append(found[4])
    words += KEPT.findall(story)  # entries of the way that memory has no longer
    cpus: set[str] = set()
    for word in dict.fromkeys(words):
        teller.doing("a run for the acts on %s" % word)
        teller.tell("acts on %s%s:" % (word, entry_of(story, word)))
        for line in acts(command, word, int(found[2]), needs, until):
            teller.tell("  " + line)
            cpus.update(re.findall(r"^step \d+ time \d+ CPU (\d+) ", line))
    if found[1] in STORES and len(cpus) == 1:
        print("no other CPU accessed that word: the choice changes when later stores are visible")


def main(words: list[str]) -> int:
    command = command_of(words)
    if not any(word.startswith("image=") for word in command):
        fail("image: which one? image=FILE")
    teller = Teller(command)
    teller.doing("a run to see it fail")
    first = Failure(run(command, "story=1"))
    if not first.fails:
        teller.tell("it does not fail: step %d, %d choices" % (first.step, first.choices))
        return 2
    teller.doing("it fails %s; a search for the choice that it needs" % first.test)
    found = search(command, first)
    if not found:
        teller.tell("it fails %s: %s" % (first.test, first.text))
        print("the failure was not there again")
        return 3
    kind, needs, said = found
    if not needs:
        teller.tell("it fails %s: %s" % (first.test, first.text))
        print("it fails without any choice as well: no mistake of order")
        return 1
    story = ordered(said.strip())
    teller.sum_up(first, story)
    teller.tell(
        "fails at step %d, after %d choices: %s" % (first.step, first.choices, first.text)
    )
    teller.tell(
        "%s last=%d is the least that fails: choice %d is needed" % (kind, needs, needs - 1)
    )
    teller.tell("\n".join(line for line in story.split("\n") if not line.startswith("story: ")))
    tell_acts(teller, [*command, kind], story, needs, first.until)
    return 0
