# SPDX-License-Identifier: BSD-2-Clause
"""Which tests a run selects: groups for run=, and all tests of the image by group."""
import os
import re

from conftest import TOP
from hotplate.results import output


def few_skips(cases):
    """Check that most tests ran: a suite that skips almost everything did not pass."""
    ran = [c for c in cases if output.outcome(c) != "skip"]
    assert len(ran) * 2 > len(cases), "%d of %d tests ran" % (len(ran), len(cases))


def groups(*names):
    return ",".join(name + ".*" for name in names)


SHORT = groups("boot", "kern", "alloc", "layout", "walk", "hotplug", "memmap", "tlb", "pgd", "events", "virtio")
# Groups whose tests depend on the mapping of memory.
MAPPED = groups("boot", "alloc", "layout", "hotplug", "memmap", "devmem", "tlb", "pgd")


def of_way(request, run=MAPPED):
    """The tests to run with another setting: in the full tier all but the slow ones."""
    return "quick" if request.config.getoption("--tier") == "full" else run


TESTS = re.compile(r"^TESTS?\((\w+), *(\w+)", re.M)


def groups_of_tests():
    found = {}
    for folder, _, names in os.walk(os.path.join(TOP, "tests")):
        if os.sep + "host" in folder or os.sep + "system" in folder:
            continue
        for name in names:
            if name.endswith(".c"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    for group, test in TESTS.findall(f.read()):
                        found.setdefault(group, []).append("%s.%s" % (group, test))
    return {group: sorted(found[group]) for group in sorted(found)}


GROUPS = groups_of_tests()
