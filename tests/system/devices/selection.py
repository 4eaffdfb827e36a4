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


# SKIPS= of a run of all tests on the machines that boards/ has by default: what an architecture, a format of page tables
# or such a machine does not have.
ACCEPTED = ("booted without shadow=on", "shadow.follows: booted without shadow=on", "there is no device that interrupts on demand",
            "the regions share tables (placement=shared)", "the kernel's half has a root register", "one register holds the root of both halves",
            "no row of errata on this architecture", "no CPU here needs a row of errata", "no CPU of this architecture caches failed walks",
            "no scheme in force promises it* or no CPU faults on a new entry",
            "tlb=*: there is", "every level of this format may hold leaves", "this format has no runs", "these leaves form no contiguous runs",
            "these CPUs change the shape of such a leaf without a break", "this machine has such a UART", "this machine has no PCI ports",
            "this machine has no ACPI tables", "there is no virtio-mem device", "no virtio-mem device has a usable region",
            "there is no virtio disk that the host resizes", "no namespace is in use", "nothing is switched off", "no set of litmus tests was loaded",
            "needs 8192 withheld blocks", "needs 65 withheld blocks", "needs 8 CPUs", "every CPU is online")
GROUPS = test_groups()
