# SPDX-License-Identifier: BSD-2-Clause
"""page - which judge noticed which mutant: a line, the sum, a page of the site."""
import os

from hotplate.mutants import data, ledger, state
from hotplate.mutants.judge import Outcome
from hotplate.mutants.ledger import Row
from hotplate.mutants.mutant import DIRECTORY, Judge, Mutant, mutants

UNNOTICED = os.path.join(DIRECTORY, "unnoticed")
Known = dict[tuple[str, str], Outcome]
HEAD = """# Known mistakes, and the judges that notice them

Each entry of tests/mutants is one mistake with the judges that have to notice it.  `make mutants`
builds each mutant and runs its judges, and runs every judge on the tree without a mutant, where a
failure is a false alarm.
"""


def key(row: Row) -> tuple[str, str]:
    return row["digest"], row["judge"]


def outcome(row: Row) -> Outcome:
    return Outcome(row["verdict"], row["why"], row["seconds"])


def kind(judge: Judge) -> str:
    """Two judges of one kind count as one detector."""
    if judge.sanitizer:
        return "sanitizer"
    return judge.detector if judge.detector != "check" else "check " + judge.words[0]


def kinds(mutant: Mutant, known: Known) -> list[str]:
    """The kinds of judges that noticed the mutant."""
    return sorted({kind(j) for j in mutant.judges if verdict(mutant, j, known) == "noticed"})


def verdict(mutant: Mutant, judge: Judge, known: Known) -> str:
    """noticed, late, passed, error, false alarm, or not run."""
    control = known.get(("", judge.line))
    if control and control.verdict != "passed":
        return "false alarm" if control.verdict == "noticed" else "error"
    outcome = known.get((mutant.digest, judge.line))
    if not outcome:
        return "not run"
    late = outcome.verdict == "noticed" and outcome.seconds > mutant.within
    return "late" if late else outcome.verdict


def caught(mutant: Mutant, known: Known) -> bool:
    """Every judge that its head names noticed, and they are of as many kinds as it needs."""
    return len(kinds(mutant, known)) >= mutant.needs and all(
        verdict(mutant, j, known) == "noticed" for j in mutant.judges
    )


def why(mutant: Mutant, judge: Judge, known: Known) -> str:
    control = known.get(("", judge.line))
    of = known.get((mutant.digest, judge.line))
    said = control if control and control.verdict != "passed" else of
    return "" if not said else "%s (%.1f s)" % (said.why or "it saw nothing", said.seconds)


def line(mutant: Mutant, known: Known) -> str:
    if caught(mutant, known):
        return "ok      %s: %s" % (mutant.name, "; ".join(j.line for j in mutant.judges))
    bad = [j for j in mutant.judges if verdict(mutant, j, known) != "noticed"]
    return "MISSED  %s: " % mutant.name + (
        "; ".join(
            "%s: %s: %s" % (j.line, verdict(mutant, j, known), why(mutant, j, known)) for j in bad
        )
        or "noticed by fewer kinds of detectors than the %d it needs" % mutant.needs
    )


def tally(chosen: list[Mutant], known: Known) -> int:
    """The sum, and the exit status."""
    good = sum(caught(m, known) for m in chosen)
    every = {j.line: j for m in chosen for j in m.judges}
    alarms = [j for j in every if ("", j) in known and known["", j].verdict != "passed"]
    print("mutants: %d of %d caught, %d false alarms" % (good, len(chosen), len(alarms)))
    return 0 if good == len(chosen) and not alarms else 1


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def table(chosen: list[Mutant], known: Known) -> list[str]:
    out = ["| mutant | effect | rule | judge | outcome |", "|---|---|---|---|---|"]
    for mutant in chosen:
        named = ["`%s`" % mutant.name, cell(mutant.breaks), cell(mutant.rule)]
        for judge in mutant.judges:
            outcome = verdict(mutant, judge, known)
            reason = cell(why(mutant, judge, known))
            shown = reason if outcome == "noticed" else ("**%s** " % outcome + reason).rstrip()
            out.append("| %s | `%s` | %s |" % (" | ".join(named), judge.line, shown))
            named = ["", "", ""]
    return out


NAMED = {
    "sanitizer": "the page-table sanitizer",
    "qemu": "the suite on QEMU",
    "worst": "the suite on the worst machine",
    "host": "programs of the host, under ASan and UBSan",
    "fuzz": "fuzzers, under ASan and UBSan",
    "check": "`make check`",
    "system": "tests of tests/system",
}


def detector(judge: Judge) -> tuple[str, str]:
    """The kind of detector, and its machine."""
    if judge.sanitizer:
        return "sanitizer", judge.arch + " on " + NAMED[judge.detector].split(" on ")[1]
    return judge.detector, judge.arch


def by_detector(chosen: list[Mutant], known: Known) -> list[str]:
    """One line for each detector and machine: its mutants, and how many it notices."""
    out = ["| detector | on | mutants | noticed | runs without one | false alarms |"]
    out.append("|---|---|---|---|---|---|")
    for who in sorted({detector(j) for m in chosen for j in m.judges}):
        mine = [(m, j) for m in chosen for j in m.judges if detector(j) == who]
        asked = {m.name for m, _ in mine}
        missed = {m.name for m, j in mine if verdict(m, j, known) != "noticed"}
        controls = [known[c] for c in sorted({("", j.line) for _, j in mine}) if c in known]
        alarms = sum(c.verdict == "noticed" for c in controls)
        numbers = (len(asked), len(asked - missed), len(controls), alarms)
        out.append("| %s | %s | %d | %d | %d | %d |" % (NAMED[who[0]], who[1] or "-", *numbers))
    several = sum(len(kinds(m, known)) > 1 for m in chosen)
    return out + ["", "%d are noticed by two or more detectors of different kinds." % several]


def unnoticed() -> list[str]:
    head = ["", "## Protections whose removal no judge notices", ""]
    return head + ["* " + cell(x) for x in data.read(UNNOTICED)]


def age(chosen: list[Mutant], newest: dict[tuple[str, str], str]) -> str:
    """How many outcomes are of the sources as they are now."""
    asked = [(m.digest, j) for m in chosen for j in m.judges]
    asked += [("", j) for j in {j.line: j for _, j in asked}.values()]
    held = sum(newest.get((digest, j.line)) == state.of(j) for digest, j in asked)
    if held == len(asked):
        return "All %d outcomes are of one source, %s." % (held, state.state())
    return "%d outcomes, %d of them of this source, %s." % (len(asked), held, state.state())


def totals(chosen: list[Mutant], known: Known, newest: dict[tuple[str, str], str]) -> list[str]:
    good = sum(caught(m, known) for m in chosen)
    lines = {j.line for m in chosen for j in m.judges}
    controls = [o for (digest, line), o in known.items() if not digest and line in lines]
    alarms, asked = sum(o.verdict == "noticed" for o in controls), len(controls)
    return [
        "%d mutants; every judge of %d noticed; %d of %d judges gave a false alarm.  %s"
        % (len(chosen), good, alarms, asked, age(chosen, newest)),
        "",
        *by_detector(chosen, known),
        "",
    ]


def text(paths: list[str]) -> list[str]:
    """For each mutant as it is now, the newest outcome of each judge."""
    known: Known = {}
    newest: dict[tuple[str, str], str] = {}
    for row in ledger.read(paths, "mutants"):
        known[key(row)], newest[key(row)] = outcome(row), row["state"]
    chosen = mutants()
    sums = totals(chosen, known, newest) if paths else ["%d mutants." % len(chosen), ""]
    return HEAD.split("\n") + sums + table(chosen, known) + unnoticed()
