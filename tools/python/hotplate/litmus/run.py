# SPDX-License-Identifier: BSD-2-Clause
"""Litmus tests on the worst legal machine by some seeds, or in QEMU: build programs of many tests,
run them, and compare the states that occurred with those that the models allow."""
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator

from hotplate import BUILD, fail
from hotplate.command import key_values, not_built, warn
from hotplate.kernels import boot
from hotplate.litmus import bare, log, model, vmsa
from hotplate.litmus.build import TOOLS, Builder
from hotplate.litmus.form import Test, Unknown

APART = 24  # NOPs: about half a slice
TESTS = 64  # of one program
ROUNDS, SEEDS = "100", "1-4"
KNOBS = {"SEEDS": "", "ROUNDS": ROUNDS, "MORE": "0", "WORST": "", "KINDS": "", "MACHINE": "worst"}
SECONDS = 1800  # only a machine that hangs takes so long
HUNG = 2  # status of the worst machine: the program did not end within `steps=`
HANGS = 2  # after as many tests that did not end, the others are not run
QEMU = "-smp CPUS -m 256M -nographic -nic none -no-reboot -kernel IMAGE".split()
WORDS = ["mem=256", "loads=2", "late=2", "steps=4000", "ad=1"]  # ad=1: what a test's TTHM needs
# Of the seeds in turn: what one of them makes rare, another one makes frequent.
MOODS = [
    "",
    "stall=50 fails=2 evict=2",
    "stall=300 slice=2 pause=4 stores=2 fails=4",
    "stall=100 slice=16 pause=3 stores=4 fails=2 evict=8",
]
STATE = re.compile(r"[0-9a-f]+( [0-9a-f]+)*")

Counts = dict[tuple[int, ...], int]
Allowed = list[tuple[log.State, int, bool]]
States = dict[log.State, tuple[int, bool]]  # how often, and does the condition hold


def printed(text: str) -> list[Counts]:
    """What a program has printed (bare.py): a line for each state, and `.` after each test.  In
    QEMU firmware prints lines before."""
    parts: list[Counts] = [{}]
    for line in text.splitlines():
        if line.strip() == ".":
            parts.append({})
        elif STATE.fullmatch(line.strip()):
            number, *state = (int(word, 16) for word in line.split())
            parts[-1][tuple(state)] = number
    return parts[:-1]


class Stopped(Exception):
    """A program has not run to its end: the number of the test in which it stopped, and why."""


class Runner(Builder):
    """Builds and runs tests of one architecture."""

    def __init__(self, arch: str, found: dict[str, str], again: int = 0) -> None:
        """again: how often the tests have run before; the seeds are the next ones."""
        super().__init__(arch)
        self.stopped: list[str] = []
        self.hangs = 0
        self.rounds, self.worst = int(found["ROUNDS"]), found["MACHINE"] != "qemu"
        if not self.worst:
            self.ways = [[*boot.QEMU[self.machine].split(), *QEMU]]
            return
        try:
            words = WORDS + shlex.split(found["WORST"])
        except ValueError as error:
            fail(f"WORST={found['WORST']}: {error}")
        path = os.path.join(BUILD, "machine", "worst-" + self.machine)
        if not os.path.exists(path):
            not_built(path, "machine")
        first = ["image=IMAGE", "cpus=CPUS"]
        seeds = seeds_of(found["SEEDS"] or SEEDS)
        skipped = again * len(seeds)
        self.ways = [
            [path, f"seed={seed}", *first, *MOODS[seed % len(MOODS)].split(), *words]
            for seed in (seed + skipped for seed in seeds)
        ]

    def source(self, tests: list[bare.Laid]) -> tuple[str, list[int]]:
        return bare.KINDS[self.arch](tests, self.rounds).source()

    def seen(self, tests: list[bare.Laid], folder: str) -> list[Counts]:
        """Run the program in each way; the states of each test, with how often each occurred.
        Raises Stopped."""
        counts: list[Counts] = [{} for _ in tests]
        image, cpus = os.path.join(folder, "litmus.bin"), str(tests[0].cpus)
        for way in self.ways:
            words = [word.replace("IMAGE", image).replace("CPUS", cpus) for word in way]
            words += tests[0].words if self.worst else ()
            why = ""
            try:
                done = subprocess.run(
                    words,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=SECONDS,
                    check=False,
                )
                output = done.stdout
                self.hangs += self.worst and done.returncode == HUNG
                if done.returncode:
                    error = done.stderr.decode("latin-1").strip() or "no reason"
                    why = f"status {done.returncode}: " + error.split("\n")[0]
            except FileNotFoundError:
                fail(f"{words[0]} is not installed")
            except subprocess.TimeoutExpired as late:
                output, why = late.stdout or b"", f"it still ran after {SECONDS} s"
                self.hangs += 1
            parts = printed(output.decode("latin-1"))
            short = [n for n, part in enumerate(parts) if sum(part.values()) != self.rounds]
            if why or short or len(parts) != len(tests):
                at = min(short + [len(parts), len(tests) - 1])
                why = f"{' '.join(words[:2])}: {why or 'not all rounds ended'}"
                if not output:
                    fail(f"{tests[at].path}: {why}")  # the machine may not even have started
                raise Stopped(at, why)
            for count, part in zip(counts, parts):
                for state, number in part.items():
                    count[state] = count.get(state, 0) + number
        return counts

    def results(self, tests: list[bare.Laid]) -> Iterator[tuple[bare.Laid, Counts]]:
        """Tests with the same number of CPUs, of the same machine, are in one program."""

        def machine(laid: bare.Laid) -> tuple[int, tuple[str, ...]]:
            return laid.cpus, laid.words

        ordered = sorted(tests, key=machine)
        while ordered:
            some = [t for t in ordered[:TESTS] if machine(t) == machine(ordered[0])]
            ordered = ordered[len(some) :]
            with tempfile.TemporaryDirectory() as folder:
                built = self.assembled(some, folder)
                try:
                    yield from zip(built, self.seen(built, folder) if built else ())
                except Stopped as stopped:
                    at, why = stopped.args
                    self.stopped.append(f"{built[at].path}: {why}")
                    ordered = built[:at] + built[at + 1 :] + ordered
            if self.hangs == HANGS:
                why = f"not run, because {HANGS} tests did not end"
                self.stopped += [f"{one.path}: {why}" for one in ordered]
                return


class Totals:
    """The sums of all runs of a machine with these words; a list of verdicts (kinds.txt)."""

    def __init__(self, worst: str = "", kinds: str = "") -> None:
        self.ets2 = "ets=1" in worst.split()
        self.kinds = log.read(kinds) if kinds else {}
        self.tests = self.modelled = self.runs = self.allowed = self.reached = 0
        self.known: dict[str, Allowed] = {}
        self.forbidden: list[str] = []
        self.unseen: list[str] = []
        self.stopped: list[str] = []

    def states(self, laid: bare.Laid, counts: Counts) -> States:
        states: States = {}
        for values, number in counts.items():
            judged = laid.judged(list(values))
            if judged:
                states[judged[0]] = (states.get(judged[0], (0, False))[0] + number, judged[1])
        return states

    def allowed_of(self, laid: bare.Laid) -> Allowed:
        """What the model allows; of a test that it does not know, nothing."""
        if laid.path not in self.known:
            known = isinstance(laid, bare.Modelled)
            self.known[laid.path] = model.allowed(laid.test).texts() if known else []
        return self.known[laid.path]

    def verdict(self, laid: bare.Laid) -> str:
        """Of the header, with FEAT_ETS2 the one of ETS2=, if there is one; else of the list."""
        own = (self.ets2 and laid.test.header("ETS2")) or laid.test.header("Expect")
        listed = self.kinds.get(laid.test.name)
        return own or (listed.verdict if listed else "")

    def missing(self, laid: bare.Laid, counts: Counts) -> bool:
        """Is there an allowed state that has not occurred?"""
        states = self.states(laid, counts)
        if isinstance(laid, bare.Modelled):
            return any(items not in states for items, _, _ in self.allowed_of(laid))
        return self.verdict(laid) == "Allowed" and not any(good for _, good in states.values())

    def add(self, laid: bare.Laid, counts: Counts) -> str:
        """Compare with the model; the result in litmus7's form."""
        states = self.states(laid, counts)
        self.tests, self.runs = self.tests + 1, self.runs + sum(counts.values())
        if isinstance(laid, bare.Modelled):
            self.compare(laid, states)
        else:
            self.expect(laid, states)
        listed = [(state, number, good) for state, (number, good) in sorted(states.items())]
        return log.written(laid.test, listed)

    def expect(self, laid: bare.Laid, states: States) -> None:
        """A test that is not modelled."""
        verdict = self.verdict(laid)
        wrong = {"Forbidden": True, "Required": False}.get(verdict)
        for state, (number, good) in sorted(states.items()):
            if good is wrong:
                self.forbidden.append(f"{laid.path}: {' '.join(state)} {number} times")
        if verdict == "Allowed" and not any(g for _, g in states.values()):
            self.unseen.append(laid.path)

    def compare(self, laid: bare.Laid, states: States) -> None:
        allowed = self.allowed_of(laid)
        may = {items for items, _, _ in allowed}
        self.modelled += 1
        self.allowed, self.reached = self.allowed + len(may), self.reached + len(may & set(states))
        for state in sorted(set(states) - may):
            text = f"{laid.path}: {' '.join(state)} {states[state][0]} times"
            self.forbidden.append(text)
        if any(good for _, _, good in allowed) and not any(g for _, g in states.values()):
            self.unseen.append(laid.path)


def repeated(
    arch: str, tests: list[bare.Laid], found: dict[str, str], totals: Totals
) -> Iterator[tuple[bare.Laid, Counts]]:
    """Run the tests; those with allowed states that have not occurred run again MORE= times."""
    counts: dict[int, Counts] = {id(one): {} for one in tests}
    more = int(found["MORE"])
    for again in range(1 + more):
        left, runner = [], Runner(arch, found, again)
        for one in tests:
            one.apart = APART * (again % 2) if isinstance(one, bare.Modelled) else 0
        for one, new in runner.results(tests):
            sums = counts[id(one)]
            for state, number in new.items():
                sums[state] = sums.get(state, 0) + number
            if again < more and totals.missing(one, sums):
                left.append(one)
            else:
                yield one, sums
        totals.stopped += runner.stopped
        tests = left


def seeds_of(text: str) -> range:
    match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text)
    if not match or int(match[2] or match[1]) < int(match[1]):
        fail(f"SEEDS={text}: neither N nor A-B")
    return range(int(match[1]), int(match[2] or match[1]) + 1)


def rounds_of(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,6}", text):
        fail(f"ROUNDS={text}: not a number")
    return int(text)


def more_of(text: str) -> None:
    if not re.fullmatch(r"\d{1,4}", text):
        fail(f"MORE={text}: not a number of 0 to 9999")


def divided(words: list[str], known: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Paths, and the settings among the words; a path may have a `=`."""
    own = [word for word in words if "=" in word and word.partition("=")[0] in known]
    return [word for word in words if word not in own], key_values(own, known)


def settings(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Paths, and the settings among the words."""
    paths, found = divided(words, KNOBS)
    rounds_of(found["ROUNDS"])
    more_of(found["MORE"])
    if found["MACHINE"] not in ("worst", "qemu"):
        fail(f"MACHINE={found['MACHINE']} is not known; there are: worst qemu")
    if found["KINDS"] and not os.path.isfile(found["KINDS"]):
        fail(f"KINDS={found['KINDS']}: no such file")
    for word in ("SEEDS", "WORST"):
        if found[word] and found["MACHINE"] == "qemu":
            fail(f"{word}={found[word]} is for the worst legal machine")
    return paths, found


def laid_out(tests: list[tuple[str, Test]]) -> Iterator[bare.Laid]:
    for path, test in tests:
        try:
            kind = vmsa.Tables if vmsa.has_tables(test) else bare.Modelled
            yield kind(test, path)
        except Unknown as unknown:
            warn(f"{path}:{unknown.line}: not known: {unknown.construct}")


def run(tests: list[tuple[str, Test]], found: dict[str, str]) -> int:
    """Status 1 if a state was seen that the model does not allow, if a test did not end, or if
    none was run."""
    laid, totals = list(laid_out(tests)), Totals(found["WORST"], found["KINDS"])
    for arch in TOOLS:
        some = [one for one in laid if one.test.arch == arch]
        if not some:
            continue
        for one, counts in repeated(arch, some, found, totals):
            print(totals.add(one, counts), flush=True)
    print(
        f"# {totals.tests} tests of {len(tests)}, {totals.runs} runs; {totals.modelled} modelled: "
        f"{totals.reached} of {totals.allowed} allowed states seen, {len(totals.forbidden)} states "
        f"seen that are forbidden, {len(totals.unseen)} tests allowed and never seen"
    )
    listed = {"FORBIDDEN": totals.forbidden, "STOPPED": totals.stopped, "unseen": totals.unseen}
    for kind, lines in listed.items():
        for line in lines:
            print(f"# {kind} {line}")
    return 1 if totals.forbidden or totals.stopped or not totals.tests else 0
