# SPDX-License-Identifier: BSD-2-Clause
"""Soft restarts: the image is entered again, CPUs are started again, data are fresh, no state is lost."""
import os
import re

import pytest

from hotplate.results import output
from conftest import ARCHES, LOGS, unattended
from devices.selection import groups, of_way
from devices.restarts import reset_resumes_nothing, restart_at_the_prompt, restarted


def test_restart_at_the_prompt(arch, boot):
    """Memory, CPUs and settings are back each time; .data and .bss are fresh."""
    restart_at_the_prompt(arch, boot)


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
@pytest.mark.parametrize("words,more", [("geometry=sv39,sv48,sv57 run=boot.data_fresh", 2), ("run=crash.write_text", 1)],
                         ids=["geometries", "crash"])
def test_no_way_over_a_fault(words, more):
    """riscv64: boot, secondary harts, changes of mode and restarts fetch only from mapped pages, by QEMU's log of
    traps."""
    log = os.path.join(LOGS, "restart-traps-%d.log" % os.getpid())
    _, text, printed = unattended("riscv64", "restart-traps", 60, ARGS=words + " exit", QEMU_ARGS="-d int -D " + log)
    with open(log, encoding="ascii", errors="replace") as f:
        causes = re.findall(r"async:0, cause:0*([0-9a-f]+), ", f.read())
    os.remove(log)
    assert len(re.findall(r"^# life \d+ of this machine", text, re.M)) == more, printed
    assert "9" in causes, "no call of firmware in the log"
    assert [cause for cause in causes if cause in ("1", "c")] == []  # instruction access fault, instruction page fault


@pytest.mark.sample("riscv64")
def test_geometry_at_the_prompt(arch, boot):
    """geometry=NAME restarts in that geometry; one that this machine lacks is refused without an effect."""
    machine = boot(arch)
    listed = re.search(r"^mmu +(\S+) now(?:; this CPU also has (.*?))?\nmemory", machine.banner, re.M | re.S)
    arch_word = listed[1].split("-")[0] + "-"  # printed once
    others = [arch_word + n for n in re.split(r",\s+", listed[2])] if listed[2] else []
    for name in others + [listed[1]]:
        _, printed = restarted(machine, "geometry=" + name)
        assert re.search(r"^mmu +%s now" % name, printed, re.M), printed
        assert "#: end verdict=pass" in machine.answer("run boot.*,hotplug.cycle")
    for name in ("nonsense", "fake-3", {"arm64": "sv39", "riscv64": "4k-48"}[arch]):
        printed = machine.answer("geometry=" + name)
        assert "Restarting" not in printed and "geometry=" in printed


@pytest.mark.tier("ci")
def test_reset_resumes_nothing(arch, boot):
    """A firmware reset is a first boot: the boot arguments are in force again, and the old log is kept."""
    reset_resumes_nothing(arch, boot)


@pytest.mark.tier("ci")
@pytest.mark.both
@pytest.mark.parametrize("knobs", [
    {"SMP": "1"}, {"SMP": "8"}, {"QEMU_ARGS": "-M virt,gic-version=3"},
    {"QEMU_ARGS": "-M virt,virtualization=on"}, {"CPU": "cortex-a53"},
])
def test_restart_shapes(arch, boot, knobs):
    if arch == "riscv64" and "SMP" not in knobs:
        pytest.skip("a shape of arm64")
    machine = boot(arch, **knobs)
    cpu_line = re.search(r"^(cpu +.*)$", machine.banner, re.M)[1]
    entry = re.search(r"entry Image.*", machine.banner)[0]
    for _ in range(2):
        _, printed = restarted(machine, "restart")
        assert cpu_line in printed and entry in printed
    assert "#: end verdict=pass" in machine.answer("run boot.*,hotplug.cycle")


def geometries_of(machine):
    listed = re.search(r"^mmu +(\S+) now(?:; this CPU also has ([^\n]*(?:\n {9}[^\n]*)*))?", machine.banner,
                       re.M)
    arch_word = listed[1].split("-")[0] + "-"  # printed once
    return [listed[1]] + ([arch_word + n for n in re.split(r",\s+", listed[2])] if listed[2] else [])


@pytest.mark.tier("ci")
def test_list_of_geometries(arch):
    """A list is run in its order; a geometry that the CPU lacks causes one line; an unknown name is an error, and no
    test runs."""
    first = {"arm64": "4k-48", "riscv64": "sv57,sv39"}[arch]
    status, text, printed = unattended(arch, "list", 300, ARGS="geometry=%s,fake-3 run=boot.wx exit" % first)
    assert status == 0, printed
    found, wrong = output.cases(text)
    assert not wrong, wrong
    assert [c.path.split("/")[0].split("-", 1)[1] for c in found] == first.split(",")
    assert "# geometry fake-3 is left out: " in text
    status, text, printed = unattended(arch, "list-bad", 300, ARGS="geometry=nonsense,all run=boot.wx exit")
    assert status == 3 and "geometry=nonsense: not known" in text, printed
    assert not output.cases(text)[0]


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_geometries_at_the_prompt(arch, boot):
    """Afterwards the prompt is in the same geometry as before."""
    machine = boot(arch)
    names = geometries_of(machine)
    printed = machine.answer("run boot.* geometry=all")
    assert "#: end verdict=pass" in printed
    for name in names:
        assert "# Subtest: " + name in printed
    assert re.search(r"^  geometry +%s " % names[0], machine.answer("0"), re.M)
    assert len(re.findall("^# (?:arm64|riscv)-", machine.answer("report"), re.M)) == len(names)
    printed = machine.answer("run boot.* geometry=" + names[-1])
    assert "# Subtest: " + names[-1] in printed
    assert re.search(r"^  geometry +%s " % names[0], machine.answer("0"), re.M)
    assert "not known" in machine.answer("run boot.* geometry=nonsense")


@pytest.mark.tier("ci")
@pytest.mark.of("riscv64")
def test_ctrl_c_in_a_further_life(arch, boot):
    """Ctrl-C after a restart, which needs a second geometry."""
    machine = boot(arch)
    machine.send("4\r")
    machine.child.expect("ok 3 ")
    machine.send("\x03")
    printed = machine.until_prompt()
    assert "stopped by Ctrl-C" in printed and "#: end verdict=error reason=aborted" in printed
    assert machine.answer("blocks").strip()


FEATURES = {"arm64": "contig,bbm2,ets2,tlbirange", "riscv64": "svnapot,svpbmt,svvptc,sstc,zicbom,svinval"}
BACKEND = {"arm64": ("tlbirange", "range"), "riscv64": ("svinval", "svinval")}  # feature, tlb=


def caps(machine):
    return int(re.search(r"common to all CPUs: 0x([0-9a-f]+)", machine.answer("features"))[1], 16)


@pytest.mark.tier("ci")
def test_features_off(arch, boot):
    """no=NAME at the prompt: less capable after a restart; unknown names change nothing."""
    machine = boot(arch)
    full, names = caps(machine), FEATURES[arch].split(",")
    restarted(machine, "no=" + names[0])
    assert caps(machine) == full & ~4, "runs of entries are still a capability"
    assert re.search(r"^%s +not used" % names[0], machine.answer("features"), re.M)
    printed = machine.answer("no=%s,nonsense" % names[0])
    assert "no=nonsense: no such feature here" in printed and "Restarting" not in printed


@pytest.mark.long
@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_suite_without_features(arch, suite, request):
    """All features that can be switched off are off from the first boot on."""
    _, text = suite(arch, "no-bogus", want=3, ARGS="no=%s,bogus run=boot.wx exit" % FEATURES[arch])
    assert "no=bogus: no such feature here" in text
    run = of_way(request, groups("boot", "memmap", "tlb"))
    cases, text = suite(arch, "no-features", ARGS="no=%s run=%s exit" % (FEATURES[arch], run))
    assert [output.outcome(c) for c in cases if c.path.endswith("/boot.features_off")] == ["pass"]
    assert "off=%d" % len(FEATURES[arch].split(",")) in text
    ran = [c for c in cases if output.outcome(c) != "skip"]
    assert len(ran) * 2 > len(cases)


@pytest.mark.tier("ci")
def test_backend_off(arch, boot):
    """A back end whose feature is switched off is refused with the name of the feature, and works otherwise."""
    cpu = {"arm64": "max", "riscv64": "rv64,svinval=on"}[arch]
    feature, tlb = BACKEND[arch]
    machine = boot(arch, CPU=cpu)
    assert "tlb=%s" % tlb in machine.answer("tlb=" + tlb)
    assert "#: end verdict=pass" in machine.answer("run tlb.range_lengths,hotplug.cycle")
    restarted(machine, "no=" + feature)
    printed = machine.answer("tlb=" + tlb)
    assert "switched off by no=" + feature in printed
    assert "#: end verdict=pass" in machine.answer("run boot.features_off,hotplug.cycle")


@pytest.mark.tier("ci")
def test_cost(arch):
    """A restart takes as many instructions as the boot without firmware.  boot-memmap=now, since otherwise this boot
    leaves struct pages for the prompt, which the restart has to write before the run continues."""
    cpu = {"arm64": "cortex-a72", "riscv64": "rv64"}[arch]
    _, text, printed = unattended(arch, "cost", 300, SMP="1", CPU=cpu, QEMU_ARGS="-icount shift=0",
                                  ARGS="boot-memmap=now run=crash.assertion,boot.wx exit")
    cost = re.search(r"^# continues in \S+ after (\d+\.\d+) M instructions, after a crash", text, re.M)
    assert cost, printed + text[-1500:]
    boot = re.search(r"(\d+\.\d+) M instructions since", text)
    assert 0.5 < float(cost[1]) < 1.3 * float(boot[1])
