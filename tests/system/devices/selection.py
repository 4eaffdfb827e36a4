# SPDX-License-Identifier: BSD-2-Clause
"""Which tests a run selects: groups for run=, and all tests of the image by group."""
from hotplate.jobs.kinds import test_groups
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


GROUPS = test_groups()
