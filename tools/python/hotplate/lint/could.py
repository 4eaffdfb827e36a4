# SPDX-License-Identifier: BSD-2-Clause
"""Each test declares what a machine needs so that it can fail.

A test that concludes from faults of primed probes fails only where a TLB keeps
entries that were removed (NEED_..._TLB, or test_could()); one that concludes
from recorded events is `could=trace`; one in which CPUs pass data to each
other by locks, calls or flags alone fails only where accesses are observed out
of order (NEED_MEMORY_ORDER).  The lint reads the body, and the functions of
the file that it calls."""
import re

from hotplate.command import no_words
from hotplate.lint.core import Lint, read, tree, under

PROBES = re.compile(r"\b(?:probes_faults|CHECK_FAULTS|PROBES_ALL_FAULT|lab_look|watch_begin)\(")
EVENTS = re.compile(r"\b(?:record_begin|pt_trace_copy)\(")
RUNS = re.compile(r"\b(?:cpu_run|cpu_post|ipi_call)\(")
ORDERS = re.compile(
    r"\b(?:ipi_call|spin_lock\w*|read_lock|write_lock|arch_mb|"
    r"atomic_\w+_(?:acquire|release|acq_rel))\("
)
DECLARED = re.compile(
    r"NEED_(?:LEAF|REMOTE|WALK|NEGATIVE)_TLB|NEED_MEMORY_ORDER|COULD_|test_could\(|tlb_profile\("
)
# These tests pass data as well, but they can also fail by an interleaving of whole steps, which an
# emulator shows: test -> failure.
INTERLEAVE = {
    "events.storm": "an event is lost or taken twice",
    "hotplug.offline_churn": "a page of a block is allocated while the block is offlined",
    "hotplug.undo_churn": "a page is isolated after the search that puts isolated pages back",
    "hotplug.migrate_live": "a page is used while it is migrated",
    "inject.delay": "the test delays a step",
    "kern.calls_cross": "CPUs wait for each other without end",
    "kern.lock_waiters_serve": "the same, inside a lock",
    "kern.rwlock_holds": "a holder does not exclude others",
    "race.pt_install": "a table is installed twice",
    "pgd.live_additive": "a root slot is filled twice",
    "race.subsections": "the mapping of a neighbour is removed",
    "sched.shootdown": "the schedule is chosen by the test",
}


def functions(text: str) -> dict[str, str]:
    """Name -> text of every function and test body of the file."""
    return {
        m[1] or m[2]: m[0]
        for m in re.finditer(
            r"^(?:TEST\((\w+,\s*\w+),|[a-z][^;{}=]*?\b(\w+)\([^;{}]*\)\n\{).*?^\}$",
            text,
            re.M | re.S,
        )
    }


def with_callees(name: str, bodies: dict[str, str], seen: set[str]) -> set[str]:
    seen.add(name)
    for callee in bodies:
        if callee not in seen and re.search(r"\b%s\b" % re.escape(callee), bodies[name]):
            with_callees(callee, bodies, seen)
    return seen


def main(words: list[str]) -> int:
    no_words(words)
    lint, count = Lint("could"), 0
    for path in tree(".c"):
        if not under(path, "tests") or under(path, "tests/host", "tests/system"):
            continue
        text = "\n".join(read(path))
        bodies = functions(text)
        for name in [n for n in bodies if "," in n]:
            whole = "".join(bodies[n] for n in with_callees(name, bodies, set()))
            passed = (
                re.sub(r",\s*", ".", name) not in INTERLEAVE
                and RUNS.search(whole)
                and ORDERS.search(whole)
            )
            if not PROBES.search(whole) and not EVENTS.search(whole) and not passed:
                continue
            count += 1
            if not DECLARED.search(whole):
                line = text[: text.index(bodies[name])].count("\n") + 1
                lint.report(
                    path,
                    line,
                    "%s concludes from %s and declares no NEED_..._TLB, NEED_MEMORY_ORDER or .could"
                    % (
                        re.sub(r",\s*", ".", name),
                        "faults"
                        if PROBES.search(whole)
                        else "events"
                        if EVENTS.search(whole)
                        else "data passed between CPUs",
                    ),
                )
    return lint.done("%d tests that conclude from faults, events or orders" % count)
