# SPDX-License-Identifier: BSD-2-Clause
"""The only parser of the output of hotplate (docs/OUTPUT.md): `#:` lines and KTAP.

The verbs run, board-run and report and tests/system use it.  Nothing else parses a log.
"""
import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Record(NamedTuple):
    """`#: KIND WORD... KEY=VALUE...`"""

    kind: str
    words: list[str]
    keys: dict[str, str]
    line: str


class Case(NamedTuple):
    """One test of KTAP, with the number of its line.  The reason of a failure is the sentence of
    the first failed check."""

    path: str
    ok: bool
    directive: str | None
    reason: str | None
    line: int


NAME = re.compile(r"^[a-z0-9_.-]+$|^[a-z0-9_.]+(/[A-Za-z0-9_.+-]+)?$")
POINT = re.compile(r"^(not ok|ok) (\d+) (\S+)(?: # (SKIP|XFAIL|XPASS|TIMEOUT|ERROR)(?: (.*))?)?$")
OUTCOME = {
    (True, None): "pass",
    (True, "SKIP"): "skip",
    (True, "XFAIL"): "xfail",
    (False, None): "fail",
    (False, "XPASS"): "xpass",
    (False, "ERROR"): "error",
    (False, "TIMEOUT"): "error",
}
EXIT = {"pass": 0, "fail": 1, "error": 1}
CHECK = "# FAIL "  # a check of a test failed: its sentence
KNOBS = "# knobs: "  # the first line of the log of an unattended run, by tools/hotplate run
TERMINATOR = "# hotplate: end"
DEATHS = ("silent", "restarted")  # events of `#: board` that are failures
CRASH = "# CRASH on CPU "
OFF = "Powering off."
VERDICTS = ("pass", "fail", "xfail", "xpass", "skip", "error")  # in the order of `# Totals:`
TOTALS = re.compile("# Totals: " + " ".join(name + r":(\d+)" for name in VERDICTS))
WORK = ("run", "soak", "compare", "bench")  # boot words that request work


def record(line: str) -> Record | None:
    """The record in one line, or None."""
    text = shown(line).strip()
    if not text.startswith("#: ") or len(text) < 4:
        return None
    kind, *rest = text[3:].split()
    words = [w for w in rest if "=" not in w]
    return Record(kind, words, dict(w.split("=", 1) for w in rest if "=" in w), text)


def lines(text: str) -> list[str]:
    """The lines of a log as the screen showed them at the end, and the `#:` lines it erased."""
    return [shown(s) for s in ERASED.sub(r"\1\n", text).split("\n")]


def read(path: str) -> str:
    """The text of a log, without the escape sequences of a session on a terminal."""
    with open(path, encoding="utf-8", errors="replace", newline="\n") as f:
        return "\n".join(lines(f.read()))


def records(text: str, kind: str | None = None) -> list[Record]:
    found = [r for r in map(record, lines(text)) if r]
    return [r for r in found if kind in (None, r.kind)]


def worst(ends: list[Record]) -> str:
    """A run and a soak of one boot have an end each: the first that did not pass decides."""
    verdicts = [end.keys.get("verdict", "missing") for end in ends]
    return next((v for v in verdicts if EXIT.get(v, 2)), verdicts[-1])


def needs_extra(text: str) -> str:
    """For the last line of a command, which may be the only one read: the EXTRA= of the image."""
    names = dict.fromkeys(r.keys["extra"] for r in records(text, "run") if "extra" in r.keys)
    return "".join(", to reproduce with EXTRA=DIR of %s" % name for name in names)


class Counts(NamedTuple):
    """Tests by their outcome."""

    passed: int
    failed: int
    skipped: int
    known: int  # failures that docs/LIMITS.md lists

    def __str__(self) -> str:
        text = "%d passed, %d failed, %d skipped" % self[:3]
        return text + (", %d known to fail" % self.known if self.known else "")


def counts(text: str) -> Counts:
    """Of all runs of a log; of a run that was cut, the results so far.  A soak counts as one test,
    a table of compare= as one."""
    every: Counter[str] = Counter()
    run: Counter[str] = Counter()
    for line in lines(text):
        found = record(line)
        if found and found.kind == "run":
            every, run = every + run, Counter()
        elif found and found.kind == "result" and found.words:
            run[found.words[0]] += 1
        elif totals := TOTALS.fullmatch(line.strip()):
            run = Counter({name: int(n) for name, n in zip(VERDICTS, totals.groups())})
        elif found and found.kind == "end" and not run:
            good = found.keys.get("verdict") == "pass"
            run["pass" if good else "fail"] = int(found.keys.get("tests", "0"))
    every += run
    failed = every["fail"] + every["xpass"] + every["error"]
    return Counts(every["pass"], failed, every["skip"], every["xfail"])


def verdict(text: str, words: Iterable[str] | None = None) -> tuple[int, str]:
    """(exit status, sentence) of an unattended run with these boot words, or of a log alone:
    0 as requested, 1 a test failed, 2 no verdict, 3 no test passed (docs/OUTPUT.md)."""
    status, sentence = judged(text, requested(text, words))
    sentence = "%s, %s" % (sentence, counts(text))
    return status, sentence + (needs_extra(text) if status == 1 else "")


def requested(text: str, words: Iterable[str] | None) -> set[str]:
    """The kinds of work that the boot words request; without the words, those of the log."""
    if words is not None:
        return {word.partition("=")[0] for word in words} & set(WORK)
    shown = lines(text)
    bench = any(line.startswith("# bench end ") for line in shown)
    tests = records(text, "run") or records(text, "end") or not (bench or OFF in shown)
    return {kind for kind, there in (("bench", bench), ("run", tests)) if there}


def judged(text: str, work: set[str]) -> tuple[int, str]:
    shown = [line.strip() for line in lines(text)]
    status, sentence = 0, "booted and powered off"
    if records(text, "end") or work - {"bench"}:
        status, sentence = of_tests(text, shown)
    if not status and "bench" in work:
        status, sentence = of_figures(shown, sentence if work - {"bench"} else "")
    ended = max((at for at, line in enumerate(shown) if line == TERMINATOR), default=0)
    if not status and any(line.startswith(CRASH) for line in shown[ended:]):
        return 2, "the kernel crashed"
    if not status and not work and OFF not in shown:
        return 2, "no `%s` line: it did not power off" % OFF
    return status, sentence


def of_tests(text: str, shown: list[str]) -> tuple[int, str]:
    ends, found = records(text, "end"), counts(text)
    if not ends:
        return 2, "no `#: end` line: the run did not finish"
    if any(end.keys.get("tests") == "0" for end in ends):
        return 3, "nothing was run (%s)" % " ".join(find_note(text))
    if TERMINATOR not in shown:
        return 2, "no `%s` line: the run was cut off" % TERMINATOR
    if any(end.keys.get("reason") == "aborted" for end in ends):
        return 1 if found.failed else 2, "stopped by Ctrl-C"
    word = worst(ends)
    deaths = [r for r in records(text, "board") if r.keys.get("event") in DEATHS]
    if deaths and not EXIT.get(word, 2):  # written by tools/hotplate board-run
        return 1, "verdict %s, but the board was lost %d times" % (word, len(deaths))
    if not EXIT.get(word, 2) and not found.passed + found.known:
        return 3, "no test passed"
    return EXIT.get(word, 2), "verdict " + word


def of_figures(shown: list[str], before: str) -> tuple[int, str]:
    """Of benchmarks, which run after tests."""
    ended = [re.match(r"# bench end count=(\d+)", line) for line in shown]
    count = [int(end[1]) for end in ended if end]
    failed = [line for line in shown if re.match(r"# bench \S+( \S+)? failed", line)]
    if not count:
        return 2, "no `# bench end` line: the benchmarks did not finish"
    if failed:
        return 1, "%d of %d benchmarks failed" % (len(failed), sum(count))
    if not sum(count):
        return 3, "nothing was run (%s)" % " ".join(find_note("\n".join(shown)))
    return 0, (before and before + ", ") + "%d benchmarks ended" % sum(count)


def session(text: str) -> tuple[int, str]:
    """The same of a session: the first run that did not pass decides; "" without a run."""
    if not records(text, "run") and not records(text, "end"):
        return (2, "the kernel crashed") if CRASH in text else (0, "")
    status, sentence = next((v for v in map(verdict, runs_of(text)) if v[0]), (0, "verdict pass"))
    return status, sentence if status else "%s, %s" % (sentence, counts(text))


def runs_of(text: str) -> list[str]:
    """The text of each run of a log, with the lines of other runs blank (a session may have many).
    """
    shown = lines(text)
    begins = [at for at, line in enumerate(shown) if line.strip().startswith("#: run ")]
    if len(begins) < 2:
        return [text]
    ends = begins[1:] + [len(shown)]
    return ["\n".join([""] * b + shown[b:e]) for b, e in zip(begins, ends)]


def accepted(reason: str, skips: str) -> bool:
    """SKIPS=none|REASON,...: a reason is given by its beginning, in which * is any text."""
    globs = [] if skips == "none" else [glob.strip() for glob in skips.split(",") if glob.strip()]
    return any(re.match(".*".join(map(re.escape, glob.split("*"))), reason) for glob in globs)


def unaccepted(text: str, skips: str) -> list[Case]:
    """The skipped tests whose reason SKIPS= does not accept."""
    every = [case for one in runs_of(text) for case in cases(one)[0]]
    return [
        c for c in every if outcome(c) == "skip" and not accepted(c.reason or "", skips)
    ]


def closing(tool: str, status: int, sentence: str) -> str:
    """The last line of a tool.  It is a comment, since the line may be captured after the log,
    where a parser takes `ok` for one more test."""
    return "# %s: %s%s" % (tool, "" if not status else "NOT OK, ", sentence)


def find_note(text: str) -> list[str]:
    marks = ("# run=", "# bench=", "# compare ", "# refused: ")
    return [s.strip("# ") for s in lines(text) if s.startswith(marks)] or ["the log has no reason"]


def cases(text: str) -> tuple[list[Case], list[str]]:
    """(leaf tests in order, errors): the KTAP lines are checked strictly."""
    found: list[Case] = []
    wrong: list[str] = []
    plan: dict[int, int | None] = {}
    number: dict[int, int] = {}
    stopped = any(end.keys.get("reason") == "aborted" for end in records(text, "end"))
    level, group, failed = -1, "", ""
    for at, line in enumerate(lines(text), 1):
        body, depth = line.lstrip(" "), (len(line) - len(line.lstrip(" "))) // 2
        if re.match(r"^KTAP version", body):
            if body != "KTAP version 1" or depth != level + 1:
                wrong.append("line %d: unexpected %r" % (at, line))
            level = depth
            plan[depth], number[depth] = None, 0
        elif level >= 0 and (planned := re.match(r"^1\.\.(\d+)(?:$|(?<=\.0) # SKIP )", body)):
            if plan.get(depth, 0) is not None:
                wrong.append("line %d: a second or misplaced plan" % at)
            plan[depth] = int(planned[1])
        elif body.startswith("# Subtest: "):
            group, failed = body[11:], ""
        elif body.startswith(CHECK):
            failed = failed or body[len(CHECK) :]
        elif (point := POINT.match(body)) and depth in number:
            ok, nr, name, directive, reason = point.groups()
            number[depth] += 1
            if int(nr) != number[depth]:
                wrong.append("line %d: number %s, wanted %d" % (at, nr, number[depth]))
            if depth < level:  # the line of the group
                if plan[level] != number[level] and not stopped:
                    wrong.append("line %d: %s tests of %s" % (at, number[level], plan[level]))
                level = depth
                continue
            if not NAME.match(name):
                wrong.append("line %d: name %r" % (at, name))
            path, passed = (group + "/" if depth else "") + name, ok == "ok"
            if not (passed or directive):
                reason = failed or None
            found.append(Case(path, passed, directive, reason, at))
            failed = ""
        elif level >= 0 and re.match(r"^(not )?ok\b", body):
            wrong.append("line %d: malformed %r" % (at, line))
    if level != 0 or (plan.get(0) != number.get(0) and not stopped):
        wrong.append("the top-level plan is not complete")
    return found, wrong


def outcome(case: Case) -> str:
    return OUTCOME.get((case.ok, case.directive), "error")


# ---- the last known state of a board ----


def last_sign(text: str) -> str:
    """The state of a run at the end of its log, as a sentence that helps to find the cause."""
    signs = Signs()
    for line in lines(text):
        signs.line(line)
    return signs.sentence()


class Signs:
    """The same, line by line."""

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, run: dict[str, str] | None) -> None:
        self.run = run
        self.beat: dict[str, str] | None = None
        self.result: str | None = None
        self.crash: str | None = None
        self.results, self.ended, self.last = 0, False, ""

    def line(self, line: str) -> Record | None:
        body = shown(line).strip()
        found = record(body)
        if body:
            self.last = body
        if found and found.kind == "run":
            self.begin(found.keys)
            self.last = body
        elif found and found.kind == "beat":
            self.beat = found.keys
        elif found and found.kind == "result" and len(found.words) > 1:
            self.result, self.crash, self.results = found.words[1], None, self.results + 1
        elif body.startswith("# CRASH on CPU "):
            self.crash = body[2:]
        elif re.match(r"# soak continues in |# life \d+ of this machine", body):
            self.crash = None
        elif body == TERMINATOR:
            self.ended = True
        return found

    def sentence(self) -> str:
        if self.ended:
            return "after the end of a run"
        if self.crash:
            return "in the report of a " + self.crash[0].lower() + self.crash[1:]
        if self.beat:
            return soak_sign(self.beat)
        if self.result:
            return "in the test after %s (%d of %s had a result)" % (
                self.result,
                self.results,
                self.run.get("tests", "?") if self.run else "?",
            )
        if self.run:
            return "at the start of run=%s" % self.run.get("run", "?")
        return "its last line was `%s`" % self.last[:100] if self.last else "it printed nothing"


SILENCE = 600  # seconds without a sign of life after which a run is ended
BOOT = 240  # seconds from power-on in which the requested run or soak must begin
EACH_TEST = 70  # seconds that the kernel grants a test, with the grace after its time-out


class Limit:
    """The time limit of an unattended run.

    The run continues while it gives signs of life: the result of a test, the beat of a soak, the
    end of either.  Lines that a machine in a boot loop repeats are no signs.  Until the run begins
    the limit is lower.  The whole time is bounded as well: by the number of tests that the run
    announces, and by the length of the requested soak."""

    SIGNS = tuple("result beat control mark event soak bench profile compare end".split())

    def __init__(self, words: list[str], begin: float, silence: float = SILENCE) -> None:
        self.begin = self.last_sign = begin
        self.silence, self.tests = silence, 0
        self.begun = not any(w.startswith(("run=", "soak=")) for w in words)
        self.soak = sum(seconds(w.partition("=")[2]) for w in words if w.startswith("soak="))

    def line(self, line: str, now: float) -> None:
        found = record(line)
        if not found:
            return
        if found.kind in self.SIGNS:
            self.last_sign = now
        self.begun |= found.kind == "run" or found.kind in self.SIGNS
        if found.kind == "run" and found.keys.get("tests", "").isdigit():
            self.tests = max(self.tests, int(found.keys["tests"]))

    def whole(self) -> float:
        return 2 * self.silence + self.soak + EACH_TEST * self.tests

    def passed(self, now: float) -> str | None:
        """The reason why the run is ended now, or None."""
        if not self.begun and now - self.begin > BOOT:
            return "nothing began in %d s, firmware or boot hangs" % BOOT
        if now - self.last_sign > self.silence:
            return "no sign of life for %d s" % self.silence
        if now - self.begin > self.whole():
            return "no end after %d s" % self.whole()
        return None


class Fixed:
    """--timeout: a fixed number of seconds."""

    def __init__(self, limit: float, begin: float) -> None:
        self.limit, self.end = limit, begin + limit

    def line(self, line: str, now: float) -> None:
        pass

    def passed(self, now: float) -> str | None:
        return "no end after %d s" % self.limit if now > self.end else None


UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """8h, 90s, 2.5m as seconds; ValueError if the text is no time."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|)", text)
    if not match:
        raise ValueError("%r is no time such as 90s, 10m or 8h" % text)
    return float(match[1]) * UNITS[match[2] or "s"]


def soak_sign(beat: dict[str, str]) -> str:
    cpu, _, ms = beat.get("quiet", "").partition(":")
    state = "since cycle %s of the soak (%s, %s, %s into it)" % tuple(
        beat.get(k, "?") for k in ("round", "doing", "geometry", "t")
    )
    return state + (
        "; CPU %s's last sign of life was the oldest then, %s ms" % (cpu, ms) if ms else ""
    )


def menu_lines(words: list[str]) -> list[str]:
    """Boot arguments as commands of the menu: `run GLOB key=value ...`, `soak TIME key=value ...`.
    """
    keys = [w for w in words if w != "exit" and not re.match("(run|soak|bench|compare)=", w)]
    return [" ".join([w.replace("=", " ", 1)] + keys) for w in words if re.match("(run|soak)=", w)]


# ---- damaged lines ----

ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|[()][AB0]|[=>78cDEHM])")
ERASED = re.compile(r"\x1b\[\?7l([^\r\n]*)\r\x1b\[K\x1b\[\?7h")  # shell/screen/machine_line.c
RESULT = re.compile(
    r"^(pass|fail|skip|xfail|xpass|error) \S+/[a-z0-9_.]+(/[A-Za-z0-9_.+-]+)? "
    r"could=(yes|no|trace)( |$)"
)
END = re.compile(r"^verdict=(pass|fail|error)( |$)")


def plain(line: str) -> str:
    """The line without escape sequences."""
    return ESCAPES.sub("", line)


def shown(line: str) -> str:
    """The line without escape sequences and overwritten text: a progress line, a pager's prompt."""
    return plain(line).rstrip("\r").rpartition("\r")[2]


def noise(text: str) -> int:
    """The number of characters that are no text."""
    return len(re.findall("[^\t\n\r -~\x1b\x08\x07\u00a0-\ud7ff]|\ufffd", text))


def is_broken(line: str) -> bool:
    """Whether a `#:` line is damaged: truncated, or joined with another one."""
    body = plain(line).strip()
    at = body.find("#: ", 1)
    if at > 0 and re.match(r"(run|result|end|beat|soak) ", body[at + 3 :]):
        return True
    if not body.startswith("#: "):
        return False
    kind, _, rest = body[3:].partition(" ")
    like = {"result": RESULT, "end": END}.get(kind)
    return bool(noise(body) or (like and not like.match(rest)))
