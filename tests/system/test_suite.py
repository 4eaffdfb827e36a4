# SPDX-License-Identifier: BSD-2-Clause
"""The suite, unattended, on usual shapes of machines, checked strictly."""
import json
import os
import random
import re
import subprocess
from xml.etree import ElementTree

import pytest

from hotplate.results import output
from conftest import ARCHES, LOGS, TOP, unattended
from devices.selection import ACCEPTED, GROUPS, MAPPED, few_skips, groups, of_way

SHAPES = [("1", "128M"), ("2", "512M"), ("3", "1G"), ("8", "4G")]
WAYS = {
    "arm64": ["leaf=page", "memmap=host", "memmap=block", "placement=disjoint", "block=1G", "trace=on",
              "sanitize=on", "newmap=broadcast", "newmap=lazy"],
    "riscv64": ["geometry=sv39", "geometry=sv57", "tlb=ipi", "leaf=page", "memmap=block",
                "placement=disjoint", "block=1G", "trace=on", "sanitize=on", "newmap=broadcast", "newmap=lazy"],
}  # trace=on: a tap is on; everywhere else tests run the code that boards run


# Walks of tables in memory of their own, in each format, which taps can change.
WALKS = "," + groups("walk")
# Groups that another number of CPUs, or regions without shared tables, can change.
RACES = "," + groups("race", "gup")


IMAGE_AT = {"arm64": 0x40200000, "riscv64": 0x80200000}  # QEMU's load address


def random_noinit(arch):
    """QEMU's argument that fills .noinit and .persist (lib/init.h) with random bytes, the same in each run, and the
    address of the log ring in them."""
    built = os.path.join(TOP, "build", arch)
    listed = subprocess.run(["nm", os.path.join(built, "hotplate.elf")], capture_output=True, text=True, check=True).stdout
    at = {name: int(va, 16) for va, name in re.findall(r"^(\w+) \w (image_start|boot_stack_top|persist_end|log_ring)$", listed, re.M)}
    path = os.path.join(LOGS, "noinit-%s.bin" % arch)
    with open(path, "wb") as f:
        f.write(random.Random(31).randbytes(at["persist_end"] - at["boot_stack_top"]))
    first, ring = (IMAGE_AT[arch] + at[name] - at["image_start"] for name in ("boot_stack_top", "log_ring"))
    return "-device loader,file=%s,addr=0x%x,force-raw=on" % (path, first), ring


# Groups that explore orders and failures of code that both architectures share.
EXPLORE = {"sched", "inject", "crash"}
# The tests that test_conformance.py runs there.
CONFORM = {"conform"}


def of_default_shape(arch, tier):
    """Below the full tier only one architecture runs the exploring groups, without their slowest tests."""
    if tier == "full":
        return "all"
    return "quick,sched.install_three,hotplug.*,virtio.*" if arch == ARCHES[0] else groups(*sorted(set(GROUPS) - EXPLORE - CONFORM))


@pytest.mark.both
@pytest.mark.long
def test_default_shape(arch, suite, request):
    """Every test, in the lower tiers those of of_default_shape().  RAM that boot does not clear has arbitrary
    contents, as on a board."""
    tier = request.config.getoption("--tier")
    loader, ring = random_noinit(arch)
    cases, text = suite(arch, "suite-4", ARGS="run=%s exit" % of_default_shape(arch, tier), QEMU_ARGS=loader,
                        **({} if tier == "full" else {"SKIPS": ",".join(ACCEPTED)}))
    assert "log ring at 0x%x" % ring in text, "the random bytes are not in .noinit"
    few_skips(cases)
    assert len(re.findall("^# hotplate: end", text, re.M)) == 1
    assert len(output.records(text, "run")) == 1
    assert len(output.records(text, "result")) == len(cases)


TWINS = ("tlb.twin,tlb.vmalloc_unmap_twin,pgd.fixmap_twin,hotplug.primed_faults_*,hotplug.subsection_twin,devmem.tail_faults_twin,"
         "hvo.saves_twin,direct.rights_twin")


def test_twins(arch, suite):
    """QEMU keeps every entry until its invalidation, so each test that needs a stale entry fails without
    invalidations."""
    _, text = suite(arch, "twins", SMP="4", ARGS="run=%s exit" % TWINS)
    ran = [r for r in output.records(text, "result") if r.words[0] == "pass"]
    assert len(ran) >= 25, text
    assert not [r.words[-1] for r in ran if r.keys["could"] != "yes"], text
    assert sum(int(r.keys.get("tables", 0)) for r in ran) > 10, "unlinked tables were freed"


GEOMETRIES = {"arm64": 10, "riscv64": 3}  # of the default CPU of boards/


@pytest.mark.long
def test_every_geometry(arch, suite, request):
    """One power-on, one stream, every geometry with the same tests, one table: the walk-through's test; in the full
    tier all of hotplug."""
    run = "boot.*,hotplug.*" if request.config.getoption("--tier") == "full" else \
        "boot.*,walk.linear*,hotplug.cycle,hotplug.every_caller,hotplug.sub*"
    cases, text = suite(arch, "geometries", timeout=1200, ARGS="run=%s geometry=all exit" % run)
    text = text.replace("\r", "")
    names = list(dict.fromkeys(c.path.split("/")[0] for c in cases))
    assert len(names) == GEOMETRIES[arch], names
    tests = [[c.path.split("/", 1)[1] for c in cases if c.path.startswith(g + "/")] for g in names]
    assert all(t == tests[0] and len(t) > 10 for t in tests)
    assert all(any(c.path == g + "/hotplug.cycle" and output.outcome(c) == "pass" for c in cases) for g in names)
    assert re.search(r"^1\.\.%d$" % len(names), text, re.M)
    run, end = output.records(text, "run"), output.records(text, "end")
    assert len(run) == len(end) == 1
    assert int(run[0].keys["tests"]) == int(end[0].keys["tests"]) == len(cases)
    for name in names:
        assert re.search(r"^# %s +\d+ +0 " % name, text, re.M), name
    assert len(re.findall("^# life ", text, re.M)) + 1 >= len(names)


@pytest.mark.long
@pytest.mark.tier("ci")
@pytest.mark.sample("arm64-1-128M", "riscv64-8-4G")
@pytest.mark.parametrize("smp,mem", SHAPES)
def test_shape(arch, suite, smp, mem, request):
    run = of_way(request, MAPPED + RACES if smp == "1" else groups("boot", "memmap", "race"))
    cases, _ = suite(arch, "suite-%s-%s" % (smp, mem), SMP=smp, MEM=mem, ARGS="run=%s exit" % run)
    few_skips(cases)


@pytest.mark.long
@pytest.mark.tier("ci")
@pytest.mark.sample("arm64-sanitize=on")
@pytest.mark.parametrize("word", sorted(set(sum(WAYS.values(), []))))
def test_way(arch, suite, word, request):
    if word not in WAYS[arch]:
        pytest.skip("no such way on " + arch)
    more = {"NODE1": "4G"} if word == "block=1G" else {}  # several blocks
    more["SMP"] = "4" if word.startswith("tlb=") else "2"  # the shapes have 1, 3 and 8
    more_tests = {"placement": RACES, "trace": WALKS, "sanitize": WALKS}
    run = of_way(request, MAPPED + more_tests.get(word.split("=", maxsplit=1)[0], ""))
    cases, _ = suite(arch, "suite-" + word.replace("=", "-"), ARGS="%s run=%s exit" % (word, run), **more)
    few_skips(cases)


@pytest.mark.long
@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_contiguous_runs(arch, suite, request):
    """Boot memory and added memory are mapped by runs of entries, on CPUs that have them."""
    cpu = {"riscv64": {"CPU": "rv64,svnapot=on"}}.get(arch, {})
    run = of_way(request, groups("boot", "hotplug", "memmap", "devmem"))
    cases, _ = suite(arch, "suite-contig", ARGS="contig=on run=%s exit" % run, **cpu)
    few_skips(cases)
    for name in ("boot.contiguous_runs", "hotplug.contiguous_runs"):
        ran = [output.outcome(c) for c in cases if c.path.split("/", 1)[-1].startswith(name)]
        assert ran and set(ran) == {"pass"}, (name, ran)
    cases, _ = suite(arch, "suite-contig-off", ARGS="contig=on no=%s run=boot.* exit" % (
        "svnapot" if cpu else "contig"), **cpu)
    assert [output.outcome(c) for c in cases if c.path.endswith("boot.contiguous_runs")] == ["skip"]


@pytest.mark.long
@pytest.mark.tier("full")
def test_blocks_of_two_gib(arch, suite):
    """Below the full tier block=1G covers it."""
    base = {"arm64": 0x80000000, "riscv64": 0x100000000}[arch]
    suite(arch, "suite-block-2g", NODES="1", MEM="6G", ARGS="block=2G withhold=0x%x+4G run=quick exit" % base)


@pytest.mark.tier("ci")
def test_node_half_withheld(arch, suite):
    """Node 1 has memory besides the withheld range, so the host memmap of a block is there."""
    base = {"arm64": 0xa0000000, "riscv64": 0xe0000000}[arch]
    _, text = suite(arch, "suite-node-half", SMP="2",
                    ARGS="withhold=0x%x+512M run=memmap.node_local,memmap.accounting exit" % base)
    local = [r for r in output.records(text, "result") if r.words[-1].endswith("memmap.node_local")]
    assert len(local) == 1 and int(local[0].keys["room"]) > 1000, local


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
def test_gicv3(suite, arch, request):
    full = request.config.getoption("--tier") == "full"
    suite(arch, "suite-gicv3", QEMU_ARGS="-M virt,gic-version=3",
          ARGS="run=%s exit" % ("quick" if full else groups("boot", "kern", "events", "pci")))


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
def test_el2_entry(suite, arch):
    suite(arch, "suite-el2", QEMU_ARGS="-M virt,virtualization=on", ARGS="run=boot.* exit")


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_withhold_auto(arch, suite, request):
    run = of_way(request, "boot.*,hotplug.cycle,hotplug.sub*")
    suite(arch, "suite-auto", NODES="1", MEM="2G", ARGS="withhold=auto run=%s exit" % run)


@pytest.mark.of("riscv64")
def test_tree_in_a_node_to_withhold(arch, suite):
    """Firmware puts the device tree into node 1: the kernel moves it, and it is available after restarts."""
    _, text = suite(arch, "suite-tree", MEM="512M", NODE1="512M", SMP="2", ARGS="run=boot.* geometry=all exit")
    assert text.count("withhold: node 1: 0xa0000000+512M") == 3, text[:600]


@pytest.mark.tier("ci")
@pytest.mark.of("riscv64")
def test_tree_in_the_range_to_withhold(arch, suite):
    """The same if the node has no other memory."""
    found, text = suite(arch, "suite-tree-1", NODES="1", MEM="1G", SMP="1", ARGS="withhold=0xa0000000+512M run=boot.cpus exit")
    assert "512 MiB withheld at 0xa0000000" in text, found


def read_by_kunit(cases, log):
    """Linux's own KTAP parser reads our log and counts the same."""
    kunit = os.path.join(TOP, "build/third/tools/testing/kunit/kunit.py")
    with open(log, encoding="utf-8", errors="replace") as f:
        text = f.read().replace("\r", "")
    log = log.replace(".log", ".ktap")
    with open(log, "w", encoding="utf-8") as f:
        f.write(text)
    done = subprocess.run(["/usr/bin/python3", kunit, "parse", "--json", log], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-500:]
    match = re.search(r"Ran (\d+) tests: (.*)", done.stdout)
    assert match, done.stdout[-500:]
    assert int(match[1]) == len(cases)
    skipped = re.search(r"skipped: (\d+)", match[2])
    assert int(skipped[1] if skipped else 0) == sum(output.outcome(c) == "skip" for c in cases)


def read_by_report(arch, cases, log):
    """tools/hotplate report: a row for each line, junit, file:line only with the right ELF file."""
    out = os.path.join(LOGS, "report-" + arch)
    command = ["/usr/bin/python3", "tools/hotplate", "report", log, "--out", out]
    elf = "build/%s/hotplate.elf"
    done = subprocess.run(command + ["--elf", elf % arch], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with open(os.path.join(out, "results.jsonl"), encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    assert sum(r["kind"] == "result" for r in rows) == len(cases)
    assert rows[0]["kind"] == "run" and rows[-1]["kind"] == "end"
    tree = ElementTree.parse(os.path.join(out, "junit.xml")).getroot()
    assert len(tree.findall("testcase")) == len(cases)
    took = [float(c.get("time")) for c in tree.findall("testcase")]
    assert 0 < sum(took) <= float(tree.get("time")) + 0.001 * len(took)
    other = elf % {"arm64": "riscv64", "riscv64": "arm64"}[arch]
    if os.path.exists(other):
        done = subprocess.run(command + ["--elf", other], capture_output=True, text=True, check=False)
        assert done.returncode != 0 and "build id" in done.stderr


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_same_seed_same_results(arch, suite):
    """The same seed and tests give the same verdicts and names, in the same order; other tools read the log."""
    runs = [suite(arch, "seed-%d" % n, ARGS="seed=7 run=pgd.*,memmap.* exit")[0] for n in (1, 2)]
    assert [(c.path, output.outcome(c)) for c in runs[0]] == [
        (c.path, output.outcome(c)) for c in runs[1]]
    log = os.path.join(LOGS, "seed-1-%s.log" % arch)
    read_by_kunit(runs[0], log)
    read_by_report(arch, runs[0], log)


def test_nothing_selected(arch):
    status, text, printed = unattended(arch, "nothing", 120, ARGS="run=no.such.test exit")
    assert status == 3, printed
    assert "no.such.test" in printed
    assert "no.such.test" in text


@pytest.mark.parametrize("word", ["tlb=foo", "foo=bar", "vmalloc=disjoint", "errata=+foo", "no=foo", "bug=foo", "geometry=foo",
                                  "withhold=node9"])
@pytest.mark.sample("tlb=foo", "foo=bar", "vmalloc=disjoint")
def test_refused_word(arch, word):
    """An argument that cannot be applied: an unattended run does not run with another setting, and does not pass."""
    status, text, printed = unattended(arch, "word", 120, ARGS=word + " run=boot.wx exit")
    assert status == 3, printed
    assert word in printed.replace("withhold: node ", "withhold=node") and "pass boot.wx" not in text
    assert re.search(r"^#: end verdict=error reason=bad-word tests=0 ", text, re.M), text


def test_words_for_linux(arch):
    """Arguments that firmware adds for Linux fail no run."""
    status, text, printed = unattended(arch, "foreign", 120, ARGS="8250.nr_uarts=1 console=ttyAMA0,115200 rw run=boot.wx exit")
    assert status == 0, printed


def test_no_verdict(arch):
    """A run that is cut off does not pass."""
    status, _, printed = unattended(arch, "cut", 1, ARGS="run=all exit")
    assert status == 2, printed
