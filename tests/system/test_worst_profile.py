# SPDX-License-Identifier: BSD-2-Clause
"""The TLB profile on the worst legal machine (docs/tlb.md, "On the worst legal machine"): it is 0 exactly where it must
be, so tests report `could=yes` there that report `could=no` on QEMU."""
import re
import subprocess

import pytest

from conftest import ARCHES, TOP

pytestmark = pytest.mark.tier("ci")

# The whole profile except `bbm`, which only profile=bbm tries, and which breaks a rule of the architecture.
ITEMS = {"leaf", "leaf-unused", "block", "block-rest", "table-leaf", "table-walk", "fetch", "negative", "rights", "other-va",
         "other-asid", "global", "local", "local-own", "late", "range"}
# An invalidated entry is not used again by the CPU that waited, or by a CPU for which it waited: privileged
# specification,
# "SFENCE.VMA"; SBI, RFENCE, with OpenSBI's wait; Arm ARM D8.17.8, DSB.
INVALIDATED = {"local-own", "late", "range"}
MUST_BE_ZERO = {
    # Arm ARM D8.16: an entry that gives a Translation fault is not cached; TLBI VAE1IS also applies to global
    # entries, with any ASID.
    "arm64": INVALIDATED | {"negative", "global"},
    # No SFENCE.VMA of the back ends has an ASID, so these two cannot be measured (arch/riscv64/tlb_local.c).
    "riscv64": INVALIDATED | {"other-asid", "global"},
}
# A test for each need, and its could= on QEMU and on this machine.
COULD = {
    "kern.spinlock_excludes": ("no", "yes"),  # NEED_MEMORY_ORDER
    "tlb.negative_cache": ("no", "yes"),  # NEED_NEGATIVE_TLB
    "tlb.reused_table": ("no", "yes"),  # NEED_WALK_TLB
    "tlb.two_flush": ("trace", "trace"),  # recorded events, on any machine
    "tlb.vmalloc_unmap": ("yes", "yes"),  # NEED_REMOTE_TLB
}
NO_CPU_HAS = {"arm64": {"tlb.negative_cache"}, "riscv64": set()}  # no CPU of the architecture has it


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def run(arch, tests, *words):
    done = subprocess.run(["build/machine/worst-" + arch, "image=build/%s/Image" % arch, "cpus=4", "mem=128", "node1=128", *words,
                           "args=withhold=node1 run=%s exit" % tests], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def profile(arch, *words):
    """Hits by item, each of which was tried."""
    line = re.search(r"^ *#: profile geometry=\S+ (.*?)\r?$", run(arch, "tlb.reused_table", *words), re.M)[1]
    found = {name: (int(hits), int(trials)) for name, hits, trials in re.findall(r"([\w-]+)=(\d+)/(\d+)", line)}
    assert found.keys() == ITEMS and all(trials > 0 for _, trials in found.values()), line
    return {name: hits for name, (hits, _) in found.items()}


@pytest.mark.sample("riscv64")
def test_no_zero_but_what_must_be(arch):
    seen = [profile(arch, "seed=%d" % seed) for seed in (1, 2, 3)]
    for item in sorted(ITEMS):
        hits = [s[item] for s in seen]
        assert all(h == 0 for h in hits) if item in MUST_BE_ZERO[arch] else any(hits), (item, hits)


def test_what_is_kept_is_what_is_seen(arch):
    """If only leaves are cached, no walk uses a freed table and no failed walk is repeated; if tables are cached too,
    only the latter holds.  Walkers read no old tables in these runs, which would have the same effect."""
    leaves, tables = profile(arch, "tlb=1", "loads=off"), profile(arch, "tlb=2", "loads=off")
    assert leaves["leaf"] and leaves["table-walk"] == leaves["negative"] == 0, leaves
    assert tables["table-walk"] and tables["negative"] == 0, tables


@pytest.mark.skipif("riscv64" not in ARCHES, reason="no other architecture caches failed walks")
def test_how_long_a_failed_walk_is_kept():
    """Loads until one no longer fails: each hit is counted once, and Svvptc's bound holds.  The bound is a time, and
    loads take different times, so the classes of four are compared by the average loads of a CPU, over three
    seeds."""
    mean = {}
    for bound in (0, 2000, 20000):
        loads = []
        for seed in (1, 2, 3):
            printed = run("riscv64", "tlb.negative_cache", "seed=%d" % seed, "svvptc=%d" % bound)
            hits, counts = re.search(r"#: profile .* negative=(\d+)/.* seen=(\S+) seen-ns=\d+", printed).groups()
            seen = [(1024 if key == "more" else int(key), int(n)) for key, n in (c.split(":") for c in counts.split(","))]
            assert sum(n for _, n in seen) == int(hits), printed
            loads += [key for key, n in seen for _ in range(n)]
        mean[bound] = sum(loads) / len(loads)
    assert 2 * mean[2000] < mean[20000] + 1 and 3 * mean[20000] < mean[0], mean


def could(text):
    return dict(re.findall(r"#: result pass \S+?/(\S+) could=(\w+) ", text))


def test_could(arch, suite):
    here = could(run(arch, ",".join(COULD)))
    _, text = suite(arch, "could", ARGS="run=%s exit" % ",".join(COULD), SMP="4")
    there = could(text)
    for name, (on_qemu, on_worst) in COULD.items():
        assert there[name] == on_qemu, (name, there)
        assert here[name] == ("no" if name in NO_CPU_HAS[arch] else on_worst), (name, here)


def newmap(*words):
    """{scheme of newmap=: (faulting loads of the CPU that maps, of the others, most retries of one load)}."""
    line = re.search(r"#: result pass \S+/tlb\.newmap_loads could=yes .*", run("riscv64", "tlb.newmap_loads", *words))[0]
    return {name: tuple(map(int, counts)) for name, *counts in re.findall(r" ([\w-]+)=(\d+),(\d+),(\d+)", line)}


@pytest.mark.skipif("riscv64" not in ARCHES, reason="no other architecture caches failed walks")
def test_what_a_new_mapping_costs():
    """A CPU for which a fence is executed does not fault.  Another CPU invalidates once; or, without an invalidation,
    retries until the bound has passed, more often than the trap handler allows after an invalidation."""
    seen = newmap("seed=1", "svvptc=100000")
    assert seen["broadcast"] == (0, 0, 0), seen
    assert seen["fence-local"][0] == 0 < seen["fence-local"][1] and seen["fence-local"][2] == 1, seen
    assert min(seen["lazy"]) > 0 and seen["lazy"][2] == 1, seen
    assert min(seen["svvptc"]) > 0 and seen["svvptc"][2] > 4, seen


@pytest.mark.skipif("riscv64" not in ARCHES, reason="no hart")
def test_no_bound_no_scheme():
    """If no hart bounds the time that a failed walk is cached, newmap=svvptc is refused."""
    done = subprocess.run(["build/machine/worst-riscv64", "image=build/riscv64/Image", "cpus=2", "mem=128", "node1=128", "seed=1",
                           "args=withhold=node1 newmap=svvptc run=boot.wx exit"], cwd=TOP, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", check=False, timeout=300)
    assert "newmap=svvptc: not on this machine: not every hart has Svvptc, so a retry may never end" in done.stdout, done.stdout
    assert "verdict=error" in done.stdout and "reason=bad-word" in done.stdout, done.stdout
