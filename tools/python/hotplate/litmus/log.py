# SPDX-License-Identifier: BSD-2-Clause
"""Results in the form of litmus7 and herd7, which mcompare7 and other scripts read: a histogram of
final states, the witnesses of the condition, and the observation."""
import re
from dataclasses import dataclass, field

from hotplate import fail
from hotplate.litmus import riscv, show
from hotplate.litmus.form import Place, Reg, Test

KINDS = {"exists": "Allow", "~exists": "Forbid", "forall": "Required", "": "Required"}
COMMENT = re.compile(r"^ *# ")
TEST = re.compile(r"^Test (\S+)(?: (\S+))?\s*$")
STATE = re.compile(r"^(?:(\d+)\s*([:*])>)?((?:\s*(?:[^;=\s]+=[^;]+|~?[Ff]ault ?\([^;]*\));)+)\s*$")
OBSERVED = re.compile(r"^Observation (\S+) (Never|Sometimes|Always) (\d+) (\d+)\s*$")
COUNTS = re.compile(r"^Positive: (\d+),? Negative: (\d+)\s*$")
KIND = re.compile(r"^(\S+)\s+(Allow|Allowed|Forbid|Forbidden|Required|Require)\b", re.I)

State = tuple[str, ...]  # 0:x5=1 and [x]=2; sorted, where it was read


def normal(item: str) -> str:
    """x=0x10 and [x]=16 are the same, as are 0:a0=1 and 0:x10=1."""
    if "=" not in item:
        return item.strip().replace("Fault ", "fault").replace("Fault", "fault")
    place, _, value = (part.strip() for part in item.partition("="))
    proc, colon, reg = place.partition(":")
    if colon:
        reg = riscv.NAMES.get(reg, reg.upper() if reg[:1] in "xwXW" else reg)
        place = f"{proc}:{'x' + reg[1:] if reg[:1] == 'X' else reg}"
    else:
        inner = place[1:-1] if place.startswith("[") else place
        place = inner if "[" in inner else f"[{inner}]"
    if re.fullmatch(r"-?(0x[0-9a-fA-F]+|\d+)", value):
        number = int(value, 0) & (1 << 64) - 1
        if number >> 31 == (1 << 33) - 1:  # a sign extension: herd7 has the value of its type
            number &= (1 << 32) - 1
        value = str(number)
    return f"{place}={value}"


@dataclass
class Record:
    """The result of one test: how often each state was seen, and which satisfy the condition
    without its quantifier."""

    name: str
    kind: str = "Allow"
    states: dict[State, int] = field(default_factory=dict)
    marked: set[State] = field(default_factory=set)
    observation: str = ""
    positive: int = 0
    negative: int = 0

    @property
    def places(self) -> set[str]:
        return {item.partition("=")[0] for state in self.states for item in state}

    @property
    def verdict(self) -> str:
        if self.kind.startswith("Require"):
            return "Required" if self.observation in ("", "Always") else "Not required"
        if self.observation:
            return "Forbidden" if self.observation == "Never" else "Allowed"
        return "Forbidden" if self.kind.startswith("Forbid") else "Allowed"

    @property
    def rate(self) -> float:
        return self.positive / max(1, self.positive + self.negative)


def is_run(found: dict[str, Record]) -> bool:
    """Whether these are counts of executions; a model has each state once."""
    return any(r.positive + r.negative > len(r.states) > 0 for r in found.values())


def item(place: Place, value: str) -> str:
    """One place of a state and its value."""
    if isinstance(place, Reg):
        return f"{place.proc}:{riscv.NAMES.get(place.name, place.name)}={value};"
    return f"[{show.show_value(place)}]={value};"


def written(test: Test, states: list[tuple[State, int, bool]]) -> str:
    """One test's result: states, how often each was seen, and whether the condition holds."""
    kind = KINDS[test.quantifier]
    lines = [f"Test {test.name} {kind}", f"Histogram ({len(states)} states)"]
    for items, count, holds in states:
        lines.append(f"{count:<8}{'*' if holds else ':'}>" + " ".join(items))
    positive = sum(count for _, count, holds in states if holds)
    negative = sum(count for _, count, holds in states if not holds)
    ok = {"exists": positive > 0, "~exists": not positive}.get(test.quantifier, not negative)
    observation = "Never" if not positive else "Sometimes" if negative else "Always"
    condition = f"{test.quantifier or 'forall'} ({show.show_prop(test.prop)})"
    witnesses = (negative, positive) if test.quantifier == "~exists" else (positive, negative)
    lines += ["Ok" if ok else "No", "", "Witnesses", "Positive: %d, Negative: %d" % witnesses]
    lines.append(f"Condition {condition} is {'' if ok else 'not '}validated")
    if test.header("Hash"):
        lines.append(f"Hash={test.header('Hash')}")
    lines.append(f"Observation {test.name} {observation} {positive} {negative}")
    return "\n".join(lines) + "\n"


def parse(text: str) -> dict[str, Record]:
    """The records of a log of litmus7, herd7 or of ours, whose lines may be comments of KTAP,
    or the verdicts of a kinds.txt."""
    found: dict[str, Record] = {}
    record = None
    for line in text.split("\n"):
        line = COMMENT.sub("", line.rstrip("\r"))
        if match := TEST.match(line):
            record = found.setdefault(match[1], Record(match[1], match[2] or "Allow"))
        elif record is None:
            if match := KIND.match(line):
                found[match[1]] = Record(match[1], match[2].capitalize())
        elif match := STATE.match(line):
            state = tuple(sorted(normal(i) for i in match[3].split(";") if i.strip()))
            record.states[state] = record.states.get(state, 0) + int(match[1] or 1)
            if match[2] == "*":
                record.marked.add(state)
        elif match := COUNTS.match(line):
            record.positive, record.negative = int(match[1]), int(match[2])
            if record.kind.startswith("Forbid"):  # witnesses of ~exists are runs without the state
                record.positive, record.negative = record.negative, record.positive
        if match := OBSERVED.match(line):
            found.setdefault(match[1], Record(match[1])).observation = match[2]
    for record in found.values():
        if not record.observation and record.positive + record.negative:
            few = "Always" if record.positive and not record.negative else "Sometimes"
            record.observation = few if record.positive else "Never"
    return found


def read(path: str) -> dict[str, Record]:
    with open(path, encoding="utf-8", errors="replace") as source:
        found = parse(source.read())
    if not found:
        fail(f"{path}: neither a log of litmus7 or herd7 nor a list of verdicts")
    return found
