# SPDX-License-Identifier: BSD-2-Clause
"""sanitize=1 of the worst legal machine (machine/sanitize.h): the observer and the kernel's own sanitize=on report
the same mistake in the same run, and neither reports anything for a sound kernel."""
import os
import re
import subprocess

import pytest

from conftest import TOP
from hotplate.mutants import mutant
from hotplate.mutants.tree import Tree

REPORT = re.compile(r"^# SANITIZE (\w\d): (0x[0-9a-f]+): \S", re.M)
SUMMARY = re.compile(r"^worst: sanitize: (\d+) stores to tables, (\d+) reports, (\d+) of mistakes on purpose, (\d+) not checked .*; "
                     r"frames: (\d+) events", re.M)


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def watched(arch, boot, *words, at=TOP):
    """(status, console, stderr) of a run with sanitize=1."""
    here = os.path.join(at, "build", arch)
    done = subprocess.run([os.path.join(TOP, "build/machine/worst-" + arch), "image=%s/Image" % here, "elf=%s/hotplate.elf" % here,
                           "cpus=4", "mem=512", "node1=512", "seed=1", "steps=20000", "sanitize=1", *words,
                           "args=withhold=node1 %s exit" % boot], cwd=TOP, capture_output=True, timeout=1200, check=False,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(errors="replace").replace("\r", ""), done.stderr.decode(errors="replace")


def agreed(arch, boot, rules, *words, at=TOP):
    """Check that both report each rule, at an address that both name."""
    status, console, printed = watched(arch, boot, *words, at=at)
    kernel, machine = set(REPORT.findall(console)), set(REPORT.findall(printed))
    assert status == 1, (boot, printed[-2000:])
    for rule in rules:
        assert {r for r in kernel & machine if r[0] == rule}, (boot, rule, sorted(kernel), sorted(machine))
    return kernel, machine, printed


# tests/mutants/bugs, which drop an event and its operation.  Without those that change no instruction
# (docs/pt-sanitizer.md).
BUGS = {
    "arm64": {"drop-sync": ["M1"], "drop-tlbi": ["B2", "M4"], "drop-wait": ["B2", "M2"], "local-tlbi": ["B2", "R5"],
              "narrow-tlbi": ["B2"], "free-first": ["B2", "M4"]},
    "riscv64": {"drop-tlbi": ["M4"], "local-tlbi": ["R5"], "narrow-tlbi": ["M4"], "free-first": ["M4"]},
}


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64-drop-sync", "arm64-drop-wait", "riscv64-local-tlbi")
@pytest.mark.parametrize("bug", ["drop-sync", "drop-tlbi", "drop-wait", "local-tlbi", "narrow-tlbi", "free-first"])
def test_both_say_the_same(arch, bug):
    if bug not in BUGS[arch]:
        pytest.skip("on %s %s drops no instruction that this machine needs" % (arch, bug))
    _, _, printed = agreed(arch, "bug=%s sanitize=on run=hotplug.cycle" % bug, BUGS[arch][bug])
    first = printed[printed.index("# SANITIZE"):]
    assert re.search(r"^sanitize: step \d+, CPU \d+ before \w+\+0x", printed, re.M)
    for part in ("rule", "entry", "stored", "noticed"):
        assert "#   %-9s " % part in first, part
    assert re.search(r"^#   stored    \w*(store|cells)\w*\+0x", first, re.M), first[:1500]


@pytest.mark.tier("full")
@pytest.mark.parametrize("isa, geometry", [("arm64", "4k-39"), ("arm64", "4k-52"), ("arm64", "16k-47"), ("arm64", "16k-36"),
                                           ("arm64", "64k-42"), ("arm64", "64k-52"), ("riscv64", "sv39"), ("riscv64", "sv57")])
def test_every_geometry(isa, geometry):
    """A mistake with pages of each size and roots of each depth; other checkers handle only 4 KiB and 48 bits."""
    agreed(isa, "geometry=%s bug=drop-tlbi sanitize=on run=hotplug.cycle" % geometry, BUGS[isa]["drop-tlbi"])
    status, console, printed = watched(isa, "geometry=%s sanitize=on run=hotplug.cycle,alloc.vmap*" % geometry)
    assert status == 0 and not REPORT.search(printed + console), printed[-2000:]
    assert "verdict=pass" in console and geometry in console


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_a_sound_kernel(arch, request):
    """With the kernel's own sanitizer, which knows the owners of frames, and without."""
    more = "hotplug.mig*,walk.a*,pgd.c*," * (request.config.getoption("--tier") == "full")
    for own in ("sanitize=on ", ""):
        status, console, printed = watched(arch, own + "run=hotplug.cycle,%salloc.vmap*,bugs.*" % more)
        found = SUMMARY.search(printed)
        assert status == 0 and found, printed[-2000:]
        assert not REPORT.search(printed) and not REPORT.search(console)
        stores, reports, meant, lost, frames = (int(n) for n in found.groups())
        assert stores > 10000 and reports == 0 and lost == 0
        assert meant and frames  # bugs.* make mistakes on purpose, with a tap on


@pytest.mark.tier("ci")
@pytest.mark.parametrize("boot", ["run=crash.write_text,crash.on_another_cpu,boot.wx", "sanitize=on run=crash.write_text,hotplug.cycle"])
def test_a_restart_after_a_crash(arch, boot):
    """CPUs that are off do not translate: the next boot overwrites the tables that they had loaded."""
    _, console, printed = watched(arch, boot)
    assert re.search(r"^# crashes (\d)   restarts \1, and 0 by firmware", console, re.M) and "# CRASH on CPU" in console
    found = SUMMARY.search(printed)
    assert found and found[2] == "0" and found[4] == "0" and not REPORT.search(printed + console), printed[-2000:]


@pytest.mark.tier("ci")
def test_nobody_owns_frames_without_names(arch):
    done = subprocess.run(["build/machine/worst-" + arch, "image=build/%s/Image" % arch, "cpus=2", "mem=128", "sanitize=1",
                           "args=run=boot.wx exit"], cwd=TOP, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and "no elf=: their owners are not known" in done.stderr


@pytest.mark.tier("ci")
@pytest.mark.parametrize("words, why", [
    (["sanitize=2"], "sanitize=2: out of range"), (["sanitize=yes"], "sanitize=yes: not a number"),
])
def test_refusals(arch, words, why):
    done = subprocess.run(["build/machine/worst-" + arch, "image=x", *words], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")
def test_looking_changes_nothing(arch):
    """The run is the same with and without the sanitizer: each choice of the machine is the same."""
    runs = [watched(arch, "run=hotplug.cycle", "counts=1", word) for word in ("sanitize=1", "sanitize=0")]
    counts = [re.search(r"^worst: \d+ M instr.*", printed, re.M)[0] for _, _, printed in runs]
    assert counts[0] == counts[1] and runs[0][1] == runs[1][1]


MUTANTS = (  # name of a mutant of tests/mutants, architecture, words of the boot, rules, words of the machine
    ("gather-no-inval", "arm64", "hotplug.cycle", "B2 M4", ""), ("gather-no-inval", "riscv64", "hotplug.cycle", "M4", ""),
    ("inval-no-sync", "arm64", "hotplug.cycle", "M1", ""), ("inval-no-wait", "arm64", "hotplug.cycle", "B2 M2", ""),
    ("inval-this-cpu", "arm64", "hotplug.cycle", "B2 R5", ""), ("inval-this-cpu", "riscv64", "hotplug.cycle", "R5", ""),
    ("gather-keeps-walks", "arm64", "tlb.reused_table", "R3", ""), ("gather-keeps-walks", "riscv64", "tlb.reused_table", "R3", ""),
    ("unhook-no-walk", "arm64", "hotplug.cycle,tlb.reused_table", "R3 M4", ""),
    ("unhook-no-walk", "riscv64", "hotplug.cycle,tlb.reused_table", "R3 M4", ""),
    ("leaf-moved-unbroken", "arm64", "hvo.order,hvo.saves", "B1", ""),
    ("block-table-unbroken", "arm64", "direct.order,direct.rights,hvo.order", "B1", ""),
    ("frames-before-inval", "arm64", "hotplug.cycle", "M4", ""), ("data-executable", "arm64", "boot.no_wx_leaf", "X1", ""),
    ("data-executable", "riscv64", "boot.no_wx_leaf", "X1", ""), ("vfree-no-inval", "arm64", "alloc.vm*", "M4", ""),
    ("vfree-no-inval", "riscv64", "alloc.vm*", "M4", ""),
    # it crashes before a frame is migrated, so it is noticed when the lock is released
    ("removal-no-flush", "arm64", "hotplug.cycle", "M4", ""), ("removal-no-flush", "riscv64", "hotplug.cycle", "M4", ""),
    ("asid-no-flush", "arm64", "pgd.asid_rollover,pgd.asid_again", "R6", ""),
    ("asid-no-flush", "riscv64", "pgd.asid_rollover,pgd.asid_again", "R6", ""),
    ("attribute-no-inval", "arm64", "direct.type", "B1", ""), ("napot-unfolds-elsewhere", "riscv64", "direct.rights", "B1", ""),
)
# One mistake, two rules (docs/pt-sanitizer.md gives the reason): the kernel's, the machine's at the same address; "":
# none.
BY_ANOTHER_RULE = (
    ("break-not-awaited", "arm64", "direct.order,hvo.order", "B1", "B2"),
    ("publish-no-barrier", "arm64", "walk.apply_live,walk.apply_injected", "P1", ""),
    ("publish-no-barrier", "riscv64", "walk.apply_live,walk.apply_injected", "P1", ""),
)
# Mistakes that events do not show: an operand, a barrier after its event.
BY_INSTRUCTIONS = (
    ("range-one-less", "arm64", "tlb=range run=hotplug.cycle", "R1"),
)


@pytest.fixture(scope="module")
def tree():
    scratch = Tree("observer." + os.environ.get("PYTEST_XDIST_WORKER", "0"))
    scratch.lay()
    return scratch


def mutated(name, tree):
    """A context in which the tree has that mistake."""
    (found,) = mutant.mutants(name)
    return tree.mutated(found)


# A started CPU that invalidates nothing before it translates.
STARTS = {"arm64": ("arch/arm64/idmap.S", "\ttlbi\tvmalle1\t\t\t/* entries of the old regime"),
          "riscv64": ("arch/riscv64/switch.S", "\tsfence.vma\n\tcsrw satp, t4\n\tcsrr t5, satp\n\tbne t5, t4, 3b")}


@pytest.mark.tier("full")
def test_a_cpu_that_is_started(arch, tree):
    """With empty TLBs (unknown=0), so that only the rule notices the mistake."""
    name, start = STARTS[arch]
    path = os.path.join(tree.path, name)
    with open(path, encoding="ascii") as f:
        text = f.read()
    assert text.count(start) == 1
    with open(path, "w", encoding="ascii") as f:
        f.write(text.replace(start, "\tnop" + start[start.index("\n" if arch == "riscv64" else "\t/*"):]))
    try:
        tree.made.clear()
        tree.make("ARCH=" + arch, "image")
        status, console, printed = watched(arch, "run=boot.wx", "unknown=0", at=tree.path)
    finally:
        tree.renew(name)
        tree.made.clear()
    assert status == 1 and "verdict=pass" in console
    assert {r for r, _ in REPORT.findall(printed)} == {"R7"}, printed[-2000:]
    assert {int(n) for n in re.findall(r"CPU (\d+): ROOT_LOAD", printed)} >= {1, 2, 3}


@pytest.mark.tier("full")
@pytest.mark.parametrize("name, isa, boot, rules, words", MUTANTS, ids=["%s-%s" % m[:2] for m in MUTANTS])
def test_known_mistakes(tree, name, isa, boot, rules, words):
    with mutated(name, tree):
        tree.make("ARCH=" + isa, "image")
        agreed(isa, "sanitize=on run=" + boot, rules.split(), *words.split(), at=tree.path)


@pytest.mark.tier("full")
@pytest.mark.parametrize("name, isa, boot, kernels, machines", BY_ANOTHER_RULE, ids=["%s-%s" % m[:2] for m in BY_ANOTHER_RULE])
def test_mistakes_by_another_rule(tree, name, isa, boot, kernels, machines):
    with mutated(name, tree):
        tree.make("ARCH=" + isa, "image")
        _, console, printed = watched(isa, "sanitize=on run=" + boot, at=tree.path)
    by = {a for r, a in REPORT.findall(console) if r == kernels}, {a for r, a in REPORT.findall(printed) if r == machines}
    assert by[0] and (by[0] & by[1] if machines else not REPORT.search(printed)), (by, printed[-2000:])


@pytest.mark.tier("full")
@pytest.mark.parametrize("name, isa, boot, rule", BY_INSTRUCTIONS, ids=["%s-%s" % m[:2] for m in BY_INSTRUCTIONS])
def test_mistakes_behind_events(tree, name, isa, boot, rule):
    with mutated(name, tree):
        tree.make("ARCH=" + isa, "image")
        status, console, printed = watched(isa, "sanitize=on " + boot, at=tree.path)
    assert status == 1 and rule in [r for r, _ in REPORT.findall(printed)], printed[-2000:]
    assert not REPORT.search(console)
