# SPDX-License-Identifier: BSD-2-Clause
"""hpresult - the one reader of hotplate's output (docs/OUTPUT.md): `#:` lines and KTAP.

Used by tools/run, tools/report and tests/system.  Nothing else parses a log.
"""
import re
from collections import namedtuple

Record = namedtuple("Record", "kind words keys line")  # `#: KIND WORD... KEY=VALUE...`
Case = namedtuple("Case", "path ok directive reason line")

NAME = re.compile(r"^[a-z0-9_.-]+$|^[a-z0-9_.]+(/[A-Za-z0-9_.+-]+)?$")
POINT = re.compile(r"^(not ok|ok) (\d+) (\S+)(?: # (SKIP|XFAIL|XPASS|TIMEOUT|ERROR)(?: (.*))?)?$")
OUTCOME = {(True, None): "pass", (True, "SKIP"): "skip", (True, "XFAIL"): "xfail",
           (False, None): "fail", (False, "XPASS"): "xpass",
           (False, "ERROR"): "error", (False, "TIMEOUT"): "error"}
EXIT = {"pass": 0, "fail": 1, "error": 1}


def record(line):
    """The record in one line, or None."""
    text = line.strip()
    if not text.startswith("#: "):
        return None
    kind, *rest = text[3:].split()
    words = [w for w in rest if "=" not in w]
    return Record(kind, words, dict(w.split("=", 1) for w in rest if "=" in w), text)


def lines(text):
    return [s.rstrip("\r") for s in text.split("\n")]


def records(text, kind=None):
    found = [r for r in map(record, lines(text)) if r]
    return [r for r in found if kind in (None, r.kind)]


def verdict(text):
    """(exit status, sentence): 0 all passed, 1 a test failed, 2 no verdict, 3 nothing selected."""
    ends = records(text, "end")
    if not ends:
        return 2, "no `#: end` line: the run did not finish"
    if any(end.keys.get("tests") == "0" for end in ends):
        return 3, "nothing was selected (%s)" % " ".join(find_note(text))
    if "# hotplate: end" not in map(str.strip, lines(text)):
        return 2, "no `# hotplate: end` line: the run was cut off"
    # a run and a soak of one boot have an end each: the first that is not good decides
    said = [end.keys.get("verdict", "missing") for end in ends]
    worst = next((v for v in said if EXIT.get(v, 2)), said[-1])
    return EXIT.get(worst, 2), "verdict " + worst


def find_note(text):
    return [s.strip("# ") for s in lines(text) if s.startswith("# run=")] or ["no sentence says why"]


def cases(text):
    """Leaf tests in order, checked strictly; (list of Case, list of complaints)."""
    found, wrong, suites, level, plan, number, group = [], [], [], -1, {}, {}, ""
    for at, line in enumerate(lines(text), 1):
        body, depth = line.lstrip(" "), (len(line) - len(line.lstrip(" "))) // 2
        if re.match(r"^KTAP version", body):
            if body != "KTAP version 1" or depth != level + 1:
                wrong.append("line %d: unexpected %r" % (at, line))
            level = depth
            plan[depth], number[depth] = None, 0
        elif level >= 0 and re.match(r"^1\.\.\d+$", body):
            if plan.get(depth, 0) is not None:
                wrong.append("line %d: a second or misplaced plan" % at)
            plan[depth] = int(body[3:])
        elif body.startswith("# Subtest: "):
            group = body[11:]
        elif POINT.match(body) and depth in number:
            ok, nr, name, directive, reason = POINT.match(body).groups()
            number[depth] += 1
            if int(nr) != number[depth]:
                wrong.append("line %d: number %s, wanted %d" % (at, nr, number[depth]))
            if depth < level:  # the group's own line
                if plan[level] != number[level]:
                    wrong.append("line %d: %s tests of %s" % (at, number[level], plan[level]))
                suites.append((name, ok == "ok"))
                level = depth
                continue
            if not NAME.match(name):
                wrong.append("line %d: name %r" % (at, name))
            found.append(Case((group + "/" if depth else "") + name, ok == "ok", directive, reason, at))
        elif level >= 0 and re.match(r"^(not )?ok\b", body):
            wrong.append("line %d: malformed %r" % (at, line))
    if level != 0 or plan.get(0) != number.get(0):
        wrong.append("the top-level plan is not complete")
    return found, wrong


def outcome(case):
    return OUTCOME.get((case.ok, case.directive), "error")
