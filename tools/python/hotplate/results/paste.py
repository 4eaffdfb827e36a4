# SPDX-License-Identifier: BSD-2-Clause
"""The results of a run as a text that fits into an issue.

It has the `#:` lines of the run (docs/OUTPUT.md) without times: the machine, each test that did not
pass with its reason, and the others in `#: passed` lines: the geometry, then of each test NAME:REV,
the first letter of could= and, after a slash, its parameters.  The last line has a hash of the
lines before it, since a person copies them.
"""
import hashlib
import textwrap
from typing import Any

from hotplate import Refused
from hotplate.results import jsonl, output

WHOLE = ("run", "id", "mark", "soak", "board", "end")
COULD = {"yes": "y", "no": "n", "trace": "t"}
COLUMNS = 100
REASON = "#   "


def digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def short(record: output.Record) -> str:
    return " ".join(
        w for w in record.line.split() if w.partition("=")[0] not in jsonl.NOT_COMPARED
    )


def passed_lines(passed: list[output.Record]) -> list[str]:
    """Results as `#: passed` lines: of each geometry the tests, of each test its parameters."""
    tests: dict[str, dict[str, list[str]]] = {}
    for r in passed:
        geometry, _, name = r.words[1].partition("/")
        test, _, param = name.partition("/")
        key = f"{test}:{r.keys.get('rev', '0')}{COULD[r.keys['could']]}"
        tests.setdefault(geometry, {}).setdefault(key, []).append(param)
    lines: list[str] = []
    for geometry, of in tests.items():
        words = [key + "/" * any(params) + ",".join(params) for key, params in of.items()]
        lines += textwrap.wrap(
            " ".join(words),
            COLUMNS,
            initial_indent=f"#: passed {geometry} ",
            subsequent_indent=f"#: passed {geometry} ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def of_run(text: str) -> list[str]:
    reasons = {c.path: c.reason for c in output.cases(text)[0] if c.reason}
    lines: list[str] = []
    passed: list[output.Record] = []
    for r in output.records(text):
        if r.kind == "result" and r.words[0] == "pass" and r.keys.get("could") in COULD:
            passed.append(r)
        elif r.kind == "result":
            lines.append(short(r))
            if r.words[1] in reasons:
                lines.append(REASON + str(reasons[r.words[1]]))
        elif r.kind == "end":
            lines += [*passed_lines(passed), r.line]
        elif r.kind in WHOLE:
            lines.append(r.line)
    return lines


def make(runs: list[str]) -> str:
    """The text of the runs of a log, between the fences of Markdown."""
    lines = [line for text in runs for line in of_run(text)]
    return "\n".join(["```text", *lines, "#: paste sha256=" + digest(lines), "```", ""])


def is_one(text: str) -> bool:
    return bool(output.records(text, "paste"))


def body(text: str) -> list[str]:
    """The lines of the paste in a text; Refused if they are not those that were written."""
    lines = [line.strip() for line in text.split("\n")]
    ends = [i for i, line in enumerate(lines) if line.startswith("#: paste ")]
    begins = [i for i, line in enumerate(lines) if line.startswith("#: run ")]
    if len(ends) != 1 or not begins or begins[0] > ends[0]:
        raise Refused("it has not one paste from `#: run` to `#: paste`")
    wanted = lines[ends[0]].partition("sha256=")[2]
    lines = lines[begins[0] : ends[0]]
    if digest(lines) != wanted:
        raise Refused(
            f"the paste is not as it was written: its hash is {digest(lines)}, its end has {wanted}"
        )
    return lines


def passed_entries(geometry: str, words: list[str]) -> list[dict[str, Any]]:
    could_of = {letter: word for word, letter in COULD.items()}
    found: list[dict[str, Any]] = []
    for word in words:
        key, _, params = word.partition("/")
        test, _, more = key.partition(":")
        same: dict[str, Any] = {"could": could_of[more[-1]], "rev": int(more[:-1])}
        for param in params.split(","):
            path = f"{geometry}/{test}" + (f"/{param}" if param else "")
            found.append({"kind": "result", "verdict": "pass", "path": path, **same})
    return found


def entries(text: str) -> list[dict[str, Any]]:
    """The results of a paste as objects of jsonl."""
    found: list[dict[str, Any]] = []
    for line in body(text):
        r = output.record(line)
        if line.startswith(REASON.strip()) and not r:
            found[-1]["reason"] = line.removeprefix(REASON.strip()).strip()
        elif r and r.kind == "passed":
            found += passed_entries(r.words[0], r.words[1:])
        elif r and r.kind == "result":
            verdict, path = r.words
            found.append({"kind": "result", "verdict": verdict, "path": path})
            found[-1] |= jsonl.values(r.keys)
        elif r and r.kind != "board":
            found.append(jsonl.of_record(r))
    return found
