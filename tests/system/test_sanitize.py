# SPDX-License-Identifier: BSD-2-Clause
"""sanitize=on: a mistake fails the test in which it occurs, with one paragraph; without a mistake there is none."""
import re

import pytest

from hotplate.results import output
from conftest import unattended

# The rule of the manuals that each mistake of tests/mutants/bugs breaks (docs/pt-sanitizer.md).
RULES = {
    "drop-contents": "P2",
    "drop-sync": "M1",
    "drop-tlbi": "M4",
    "drop-wait": "M2",
    "leaf-only": "R3",
    "local-tlbi": "R5",
    "narrow-tlbi": "R1",
}
PARTS = ("rule", "entry", "stored", "noticed")


def paragraphs(text):
    """(rule, lines) of each report."""
    found = []
    for line in text.replace("\r", "").splitlines():
        if match := re.match(r"# SANITIZE (\w\d): 0x[0-9a-f]+: \S", line):
            found.append((match[1], []))
        elif found and line.startswith("#   "):
            found[-1][1].append(line)
        elif found:
            found[-1][1].append(None)  # after the last paragraph
    return [(rule, [x for x in lines[: (lines + [None]).index(None)]]) for rule, lines in found]


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_each_mistake_has_its_rule(arch):
    for bug, rule in RULES.items():
        test = "hotplug.migrate_live" if rule == "P2" else "hotplug.cycle"  # migration fills frames
        status, text, printed = unattended(arch, "sanitize-" + bug, 240,
                                           ARGS="bug=%s sanitize=on run=%s exit" % (bug, test))
        assert status == 1, printed
        reports = paragraphs(text)
        assert rule in [r for r, _ in reports], (bug, [r for r, _ in reports])
        lines = "\n".join(next(x for r, x in reports if r == rule))
        parts = PARTS if rule != "P2" else ("rule", "entry", "noticed")  # no store was lost: it was too early
        for part in parts:
            assert "#   %-9s " % part in lines, (bug, part, lines)
        assert re.search(r"^#   (?:\w+)? +pt_\w+\+0x", lines, re.M), (bug, lines)  # the backtrace names the call of mm/pt
        assert re.search(r"# FAIL sanitize: sanitize=on: \d+ reports, above", text), bug


@pytest.mark.tier("ci")
def test_no_mistake_no_rule(arch, suite):
    cases, text = suite(arch, "sanitize", ARGS="sanitize=on run=hotplug.c*,hotplug.migrate*,alloc.vm*,bugs.* exit")
    assert len(cases) > 10
    assert all(output.outcome(c) == "pass" for c in cases if c.path.endswith("hotplug.cycle"))
    assert "# SANITIZE" not in text and "# sanitize: no room" not in text
