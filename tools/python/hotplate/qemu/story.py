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

from hotplate import PROGRAM, TOOL, fail
from hotplate.command import hint, usage
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
CACHED = re.compile(r"^story: kept word (0x[0-9a-f]+)$", re.M)
# Exit statuses of a failure; with 5 the console printed "not ok" or a crash.
FAILURES = {1: "it switched itself off for a failure", 3: "the machine cannot continue", 5: ""}
NUMBER = re.compile(r"\b(step|choice|time|after|visible) (\d+)\b")
STEP = re.compile(r"^step \d+, (CPU \d+) before (.*?): (.*)\n  allowed: (.*)$", re.M)
ENTRY = re.compile(r"(leaf|table|failed walk) of level (\d), [0-9a-f]+, of (\S+)")
PLACE = re.compile(r"^  (CPU \d+): .* stores in the buffer")
ACT = re.compile(r"(step (\d+) time \d+ CPU (\d+) )(.*): (stores \(not yet|its store is) visible")
RESERVED = ("story", "find", "last", "first", "watch", "since", "trace", "traced")


def command_of(words: list[str]) -> list[str]:
    """The command line of the machine; tools/hotplate run makes it of its words."""
    if not words:
        usage(__doc__)
    if "=" in words[0]:
        done = subprocess.run(
            [PROGRAM, "run", "MACHINE=worst", "SHOW=1", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            fail(done.stderr.strip().split("\n")[-1].removeprefix(TOOL + " run: "))
        words = shlex.split(done.stdout)
    for word in words[1:]:
        if word.split("=")[0] in RESERVED:
            fail("%s: this command sets it itself" % word)
    if not (os.path.isfile(words[0]) and os.access(words[0], os.X_OK)):
        where = hint("machine", "package hotplate-worst")
        fail("%s: not a program of the worst legal machine (%s)" % (words[0], where))
    # A run that passed by PASS= of tools/hotplate worst would end with the status of a failure.
    return [word for word in words if not word.startswith("until=")]


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
    """A run: whether it failed, at which step and after how many choices, and when it ended."""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        failed, end = FAILED.search(done.stderr), ENDED.search(done.stderr)
        self.fails = done.returncode in FAILURES
        self.step = self.choices = self.until = 0
        self.text = FAILURES.get(done.returncode, "")
        self.test = test_of(done.stdout)
        if failed:
            self.step, self.choices, self.until = (int(failed[n]) for n in (1, 2, 3))
            self.text = failed[4]
        elif end:
            self.step, self.choices = int(end[1]), int(end[2])
            self.until = self.step
            stops = re.findall(r"^worst: (?!sanitize: )(.*)$", done.stderr, re.M)
            self.text += "".join(": " + stop for stop in stops[:1])


def test_of(console: str) -> str:
    """The test that failed, from the KTAP lines; a crash ends the run before the line of its test.
    """
    lines = [output.POINT.match(s.strip()) for s in output.lines(console)]
    points = [p for p in lines if p]
    if points and points[-1][1] == "not ok":
        return "in %s" % points[-1][3]
    if points:
        return "in the test after %s" % points[-1][3]
    return "in the first test" if "KTAP" in console else "in this kernel"


def is_elf(path: str) -> bool:
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


class Printer:
    """Prints text with file and line after each place in the code, and long numbers in groups."""

    def __init__(self, command: list[str]) -> None:
        self.begin, self.elf = time.monotonic(), None
        path = next((w[4:] for w in command if w.startswith("elf=")), "")
        if is_elf(path):  # not a map
            self.elf = Elf(path, os.path.basename(command[0]).removeprefix("worst-"))

    def text(self, text: str) -> str:
        if self.elf:
            text = annotate(text, self.elf)
        return NUMBER.sub(lambda m: "%s %s" % (m[1], format(int(m[2]), ",")), text)

    def show(self, text: str) -> None:
        print(self.text(text), flush=True)

    def progress(self, what: str) -> None:
        print("story: %d s: %s" % (time.monotonic() - self.begin, what), file=sys.stderr)

    def sum_up(self, failure: "Failure", story: str) -> None:
        """Print the summary."""
        found = STEP.search(story)
        if not found:
            return
        cpu, place, what, rule = found.groups()
        why = "" if failure.text.startswith("not ok") else ": " + failure.text.strip("# .")
        summary = "The run fails %s%s.  It needs this choice of %s, at %s: %s.  Allowed: %s" % (
            failure.test,
            why,
            cpu,
            place,
            what,
            rule,
        )
        print(textwrap.fill(self.text(summary), 79, break_long_words=False) + "\n")


def limit(until: int) -> str:
    """The bound of steps of a copy that continues in order: half as many again, since its waits are
    longer."""
    return "steps=%d" % (max(until * 3 // 2, until + (16 << 20)) >> 20)


def search(command: list[str], first: Failure) -> tuple[str, int, str] | None:
    """(story=, the smallest last= that fails, the output).  story=1: stores may wait, in order; if
    the failure needs no other choice, story=2 finds the store that must wait."""
    for kind in ("story=1", "story=2"):
        failure = first if kind == "story=1" else Failure(run(command, kind))
        done = run(command, kind, "find=%d" % failure.choices, limit(failure.until))
        needs = NEEDS.search(done.stderr) if failure.choices else None
        if needs and needs[1] != "0":
            return kind, int(needs[1]), done.stderr[needs.end() :]
        if failure.choices and not needs:
            return None
    return kind, 0, ""


def joined(lines: list[str]) -> list[str]:
    """The registers of a CPU in one line with its place."""
    found: list[str] = []
    for line in lines:
        if found and line.startswith("    EL") and PLACE.match(found[-1]):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def ordered(story: str) -> str:
    """The story with the places of the two CPUs of the choice first, then the contents of their
    buffers, then the places of the other CPUs."""
    found = STEP.search(story)
    if not found:
        return story
    lines = story.split("\n")
    places = {m[1]: line for line in joined(lines) if (m := PLACE.match(line))}
    other = re.search(r"(CPU \d+)'s store", found[3])
    sides = [places.pop(cpu) for cpu in (found[1], other and other[1]) if cpu in places]
    rest = [line for line in joined(lines) if not PLACE.match(line)]
    at = next(n for n, line in enumerate(rest, 1) if line.startswith("  allowed: "))
    return "\n".join([*rest[:at], *sides, *rest[at:], *places.values()])


def by_store(lines: list[str]) -> list[str]:
    """Replace the place of a store that becomes visible by that of the instruction that stored: the
    stores of a CPU to one word become visible in program order."""
    waiting: dict[str, deque[tuple[str, str]]] = {}
    shown = []
    for line in lines:
        act = ACT.match(line)
        own = waiting.setdefault(act[3], deque()) if act else None
        if act and own is not None and act[5].startswith("stores"):
            own.append((act[2], act[4]))
        elif act and own:
            step, place = own.popleft()
            line = "%s%s, stored in step %s%s" % (act[1], place, step, line[act.end(4) :])
        shown.append(line)
    return shown


def acts(command: list[str], word: str, step: int, needs: int, until: int) -> list[str]:
    """The last accesses to a word before a step, and the first after it; equal loads of a CPU once.
    """
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
    """The kind of a word that the story names as an entry of the tables."""
    kinds = {m[3]: " (%s of level %s)" % (m[1], m[2]) for m in ENTRY.finditer(story)}
    return kinds.get(word, "")


def show_acts(printer: Printer, command: list[str], story: str, needs: int, until: int) -> None:
    found = CHOICE.search(story)
    if not found:
        return
    words = [found[3]]
    if found[1] == "1":  # a store that overtook another, and the other
        words.append(found[4])
    words += CACHED.findall(story)  # entries of the walk that memory no longer has
    cpus: set[str] = set()
    for word in dict.fromkeys(words):
        printer.progress("a run for the accesses to %s" % word)
        printer.show("accesses to %s%s:" % (word, entry_of(story, word)))
        for line in acts(command, word, int(found[2]), needs, until):
            printer.show("  " + line)
            cpus.update(re.findall(r"^step \d+ time \d+ CPU (\d+) ", line))
    if found[1] in STORES and len(cpus) == 1:
        print("no other CPU accessed that word: the choice changes when later stores are visible")


def main(words: list[str]) -> int:
    command = command_of(words)
    if not any(word.startswith("image=") for word in command):
        fail("image: which one? image=FILE")
    printer = Printer(command)
    printer.progress("a run to reproduce the failure")
    first = Failure(run(command, "story=1"))
    if not first.fails:
        printer.show("it does not fail: step %d, %d choices" % (first.step, first.choices))
        return 2
    printer.progress("it fails %s; a search for the choice that it needs" % first.test)
    found = search(command, first)
    if not found:
        printer.show("it fails %s: %s" % (first.test, first.text))
        print("the failure did not occur again")
        return 3
    kind, needs, text = found
    if not needs:
        printer.show("it fails %s: %s" % (first.test, first.text))
        print("it fails without any choice as well: no ordering mistake")
        return 1
    story = ordered(text.strip())
    printer.sum_up(first, story)
    printer.show(
        "fails at step %d, after %d choices: %s" % (first.step, first.choices, first.text)
    )
    printer.show(
        "%s last=%d is the smallest that fails: choice %d is needed" % (kind, needs, needs - 1)
    )
    printer.show("\n".join(line for line in story.split("\n") if not line.startswith("story: ")))
    show_acts(printer, [*command, kind], story, needs, first.until)
    return 0
