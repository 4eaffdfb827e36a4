# SPDX-License-Identifier: BSD-2-Clause
"""The platform of the worst legal machine: restart and reset, crashes after which the run continues, overlays
(machine/power.h, channel.h)."""
import os
import re
import subprocess

import pexpect
import pytest

from conftest import ARCHES, PATIENCE, TOP, unattended
from devices import overlay, restarts
from devices.crashes import BY_FIRMWARE, CRASHES
from devices.overlay import channel  # noqa: F401 - a fixture
from devices.worst import assembled
from hotplate.mutants import edit, image as linked
from hotplate.results import output

GEOMETRIES = {"arm64": 10, "riscv64": 3}
pytestmark = pytest.mark.tier("ci")


@pytest.fixture(scope="module", autouse=True)
def machines():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


@pytest.fixture
def worst(boot):
    """conftest.boot() with this machine."""
    return lambda arch, **knobs: boot(arch, MACHINE="worst", **knobs)


def by_seed(arch, name, seed, args, more=""):
    return unattended(arch, "platform-%s-%d" % (name, seed), 900, MACHINE="worst", WORST=("seed=%d " % seed) + more,
                      ARGS=args + " exit")


def program_line(arch, image, *words):
    return [os.path.join(TOP, "build/machine/worst-" + arch), "image=" + image, "elf=build/%s/hotplate.elf" % arch,
            "cpus=4", "mem=256", "node1=256", *words]


def program(arch, image, *words):
    """Without tools/hotplate run: (exit status, console, stderr)."""
    done = subprocess.run(program_line(arch, image, *words), cwd=TOP, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=600)
    return done.returncode, done.stdout, done.stderr


SEEDS = [1] + [pytest.param(n, marks=pytest.mark.tier("full")) for n in (2, 3)]


@pytest.mark.parametrize("seed", SEEDS)
def test_geometries(arch, seed):
    """All geometries in one run, by the kernel's own restart."""
    status, text, printed = by_seed(arch, "geometries", seed, "geometry=all run=boot.wx,boot.data_fresh")
    assert status == 0, printed
    found, wrong = output.cases(text)
    assert not wrong, wrong
    assert [output.outcome(c) for c in found] == ["pass"] * (2 * GEOMETRIES[arch]), found
    assert "# crashes 0   restarts %d, and 0 by firmware" % (GEOMETRIES[arch] - 1) in text


LIVES = {"arm64": "4k-48,16k-47", "riscv64": "sv48,sv39"}


@pytest.mark.parametrize("words", ("pci=1", "mmio=1"))
def test_devices_are_reset(arch, words):
    """A change of geometry drops the queue of a device, which may read it at any time while it is live."""
    status, text, printed = program(arch, "build/%s/Image" % arch, "seed=1", words, "vmem=256", "sizes=128",
                                    "args=withhold=node1 run=events.virtio_mem_left geometry=%s exit" % LIVES[arch])
    assert status == 0 and "needs a reset" not in printed, printed
    assert re.findall(r"^ +ok 1 events.virtio_mem_left( # SKIP)?", text, re.M) == [" # SKIP", ""], text


def crashed_and_continued(arch, seed, names, firmware, run):
    status, text, printed = by_seed(arch, "crash-%d" % len(names), seed, "hang=3s run=%s,boot.wx" % run)
    assert status == 1, printed + text[-2000:]
    found, wrong = output.cases(text)
    assert not wrong, wrong
    assert [c.directive for c in found if "/crash." in c.path] == ["ERROR"] * len(names), found
    assert [output.outcome(c) for c in found if "/crash." not in c.path] == ["pass"], found
    assert len(re.findall("^# CRASH on CPU", text, re.M)) == len(names)
    assert "# crashes %d   restarts %d, and %d by firmware" % (len(names), len(names) - firmware, firmware) in text
    for name in names:
        assert re.search(CRASHES[name][0], text), name
    assert text.count("# hotplate: end") == 1


@pytest.mark.both
@pytest.mark.parametrize("seed", SEEDS)
def test_crashes(arch, seed):
    """A crash after which the kernel restarts itself, one on another CPU, and one after which firmware has to
    reset."""
    names = ["read_null", "on_another_cpu", "damaged_text"]
    crashed_and_continued(arch, seed, names, 1, ",".join("crash." + n for n in names))


@pytest.mark.tier("full")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_crash(arch, seed):
    crashed_and_continued(arch, seed, sorted(CRASHES), BY_FIRMWARE, "crash.*")


def test_reset_at_the_prompt(arch, worst):
    """As on QEMU: settings are those of the boot, and the old log is available."""
    restarts.reset_resumes_nothing(arch, worst)


@pytest.mark.tier("full")
def test_restart_at_the_prompt(arch, worst):
    restarts.restart_at_the_prompt(arch, worst)


def reset_once(arch, image, seed, *more):
    """(status, number of crashes) of a run that firmware has to reset: one crash if the record of the run is found,
    more if the run begins again."""
    status, text, printed = program(arch, image, "seed=%d" % seed, "steps=400", *more, "args=withhold=node1 run=crash.damaged_tree exit")
    assert status in (0, 2, 3), printed
    return status, len(re.findall("^# CRASH on CPU", text, re.M))


@pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")
def test_record_is_cleaned(tmp_path):
    """A reset loses lines that were not cleaned, so without the DC of arch_dcache_clean_inval() the record is
    lost."""
    uncleaned = edit.read_image(r"image arm64 arch_dcache_clean_inval: dc civac, x\d+ => removed")
    image = linked.write("build/arm64", [uncleaned], str(tmp_path))
    for seed in range(1, 4):
        assert reset_once("arm64", "build/arm64/Image", seed) == (0, 1), seed
    assert any(reset_once("arm64", image, seed) != (0, 1) for seed in range(1, 4))
    assert reset_once("arm64", image, 1, "caches=0") == (0, 1), "without caches no line can be lost"


@pytest.mark.sample("arm64")
def test_ram_that_decays(arch):
    """reset=lose: a record with a changed bit is not used.  The run begins again, and its crash occurs again."""
    runs = [reset_once(arch, "build/%s/Image" % arch, seed, "reset=lose") for seed in range(1, 4)]
    assert all(status in (0, 2) for status, _ in runs), runs
    assert any(crashes > 1 for _, crashes in runs), runs


PMEM = "0x100000000+64M"  # the first 2 GiB boundary after the two nodes


def test_persistent_memory(arch, worst):
    """pmem=: a reset that changes RAM does not change it.  Without caches: dirty lines may be lost."""
    machine = worst(arch, WORST="seed=1 pmem=64 reset=lose" + " caches=0" * (arch == "arm64"), SMP="2")
    assert "self-identifying words into " + PMEM in machine.before_and_answer("fill " + PMEM)[1]
    machine.send("reset\r")
    machine.until_prompt()
    machine.until_prompt()
    assert PMEM + " are unchanged" in machine.before_and_answer("verify " + PMEM)[1]


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
def test_reset_is_asked_for_warm():
    """SRST's cold reboot may power off RAM, so a kernel that needs its log and its record requests a warm one."""
    for seed in range(1, 4):
        assert reset_once("riscv64", "build/riscv64/Image", seed, "firmware=text") == (0, 1), seed


OVERLAYS = [overlay.overlay_by_channel] + [
    pytest.param(t, marks=pytest.mark.tier("full")) for t in (overlay.overlay_while_a_test_runs, overlay.typing_is_not_disturbed)]


@pytest.mark.parametrize("test", OVERLAYS, ids=lambda t: "test_" + t.__name__)
def test_overlays(arch, worst, channel, test):  # noqa: F811 - the fixture
    """The channel's scenarios of QEMU, by the same tools."""
    test(arch, worst, channel)


@pytest.mark.tier("full")
@pytest.mark.parametrize("test", [overlay.overlay_refusals, overlay.overlays_on_overlays], ids=lambda t: "test_" + t.__name__)
def test_overlays_of_files(arch, worst, channel, tmp_path, test):  # noqa: F811
    test(arch, worst, channel, tmp_path)


def test_reset_with_an_overlay(arch, worst, channel):  # noqa: F811
    """The next boot starts without the memory, and old requests are not repeated."""
    machine = worst(arch, CHANNEL=channel)
    where = "0x%x+128M" % overlay.NODE1[arch]
    assert overlay.tool(channel, "add", where, "1")[0] == 0
    machine.until_prompt()
    printed = machine.answer("reset")
    assert "# life" not in printed
    assert "no event yet" in machine.answer("events")
    status, printed = overlay.tool(channel, "add", where, "1")
    assert status == 0 and printed.startswith("overlay 1: online"), printed
    assert "outcome=ok" in machine.until_prompt()


# A letter for each observation: r: registers are not zero; m: RAM is not zero; s: sstatus.SIE and satp are zero; l:
# STIP is not set 100 ticks after stimecmp (a slice has at most 63); a: STIP stays set after a write of stimecmp; w:
# WFI ends before its timer.
START = """
	.globl _start
_start:	li s5, 0
	csrr s2, sstatus
	csrr s3, satp
	or t0, t0, t6
	or t0, t0, s11
	beqz t0, 1f
	li a0, 'r'
	jal say
1:	li t0, 0x84000000
	ld t1, 0(t0)
	ld t2, 2040(t0)
	or t1, t1, t2
	beqz t1, 2f
	li a0, 'm'
	jal say
2:	andi s2, s2, 2
	or s2, s2, s3
	bnez s2, 3f
	li a0, 's'
	jal say
3:	csrw sie, zero
	li s4, 200
4:	csrr t0, time
	addi t0, t0, 20
	csrw 0x14d, t0
	addi t3, t0, 100
5:	csrr t1, time
	bltu t1, t3, 5b
	csrr t2, sip
	andi t2, t2, 32
	bnez t2, 6f
	ori s5, s5, 1
6:	csrr t2, sip
	andi t2, t2, 32
	beqz t2, 6b
	li t0, -1
	csrw 0x14d, t0
	csrr t2, sip
	andi t2, t2, 32
	beqz t2, 7f
	ori s5, s5, 2
7:	addi s4, s4, -1
	bnez s4, 4b
	andi t0, s5, 1
	beqz t0, 8f
	li a0, 'l'
	jal say
8:	andi t0, s5, 2
	beqz t0, 9f
	li a0, 'a'
	jal say
9:	li s4, 200
	li t0, 32
	csrw sie, t0
10:	csrr t0, time
	li t1, 100000
	add t0, t0, t1
	csrw 0x14d, t0
	wfi
	csrr t1, time
	bltu t1, t0, 11f
	addi s4, s4, -1
	bnez s4, 10b
	j 12f
11:	li a0, 'w'
	jal say
12:	li a0, 10
	jal say
	li a7, 8
	ecall
say:	li a7, 1
	ecall
	ret
"""


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
@pytest.mark.parametrize("words, expected", [
    ([], "rmslaw"), (["unknown=0"], "slaw"), (["irq=0"], "rms"), (["adversaries=off"], "s")])
def test_start(tmp_path, words, expected):
    """At the start state without a guarantee is arbitrary, and guaranteed state is as specified."""
    flat = assembled("riscv64", tmp_path, START)
    for seed in (1, 2, 3):
        status, printed, why = program("riscv64", flat, "cpus=1", "seed=%d" % seed, *words)
        assert (printed, status) == (expected + "\n", 0), (seed, printed, why)


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
def test_boot_hart():
    """Any hart may be the boot hart; the tests pass from each."""
    def first(*words):
        status, printed, trace = program("riscv64", "build/riscv64/Image", "trace=0", "traced=1", "args=withhold=node1 run=boot.wx exit", *words)
        assert status == 0 and re.search(r"^ +ok 1 boot\.wx", printed, re.M), trace
        return int(re.match(r"step \d+ CPU (\d)", trace)[1])
    assert [first("boot=%d" % n) for n in range(4)] == [0, 1, 2, 3]
    assert len({first("seed=%d" % n) for n in range(1, 7)}) > 1
    assert first("adversaries=off") == 0


def test_recorded_input(arch, tmp_path):
    """The record of a session at a terminal, with a restart and a reset, replays it exactly."""
    line = program_line(arch, "build/%s/Image" % arch, "seed=3", "counts=1", "args=withhold=node1")
    record, again = str(tmp_path / "record"), str(tmp_path / "again")
    live = pexpect.spawn(line[0], [*line[1:], "record=" + record], cwd=TOP, timeout=PATIENCE, encoding="utf-8", codec_errors="replace")
    printed = ""
    for typed in ("add node 1", "restart", "reset", "poweroff"):
        live.expect_exact("hotplate> ")
        printed += live.before + live.after
        live.send(typed + "\r")
    live.expect(pexpect.EOF)
    printed += live.before
    live.wait()
    assert live.exitstatus == 0, printed
    replay = subprocess.run([*line, "input=" + record, "record=" + again], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, errors="replace", check=False, timeout=300)
    assert replay.returncode == 0, replay.stderr
    assert (replay.stdout + replay.stderr).replace("\r", "").splitlines() == printed.replace("\r", "").splitlines()
    with open(record, encoding="ascii") as one, open(again, encoding="ascii") as two:
        lines = one.read()
        assert lines == two.read() and re.fullmatch(r"(\d+ [^\n]+\n)+", lines) and lines.endswith("poweroff\\r\n"), lines


@pytest.mark.parametrize("text", ["restart\\r\n", "5 x\n4 y\n", "5 \\q\n", "5 \\x4\n", "5\n"])
def test_input_refused(arch, tmp_path, text):
    path = tmp_path / "input"
    path.write_text(text, encoding="ascii")
    status, _, printed = program(arch, "build/%s/Image" % arch, "input=%s" % path)
    assert status == 4 and "input: not a step, a blank and characters" in printed and printed.count("\n") == 1, printed


@pytest.mark.parametrize("words, why", [
    (["channel=/nowhere"], "/nowhere: channel: cannot be read and written"),
    (["channel=/dev/null"], "/dev/null: channel: it is not the file of a node"),
    (["channel=/dev/null", "node1=0"], "channel: it is the end of node 1"),
    (["input=/nowhere"], "/nowhere: input: cannot be read"), (["record=/nowhere/x"], "/nowhere/x: record: cannot be written"),
    (["reset=never"], "reset=never: not a word of this program"), (["unknown=2"], "unknown=2: out of range"),
    (["sizes=2,3"], "sizes=2,3: no list of sizes in MiB, all of them even"),
])
def test_refusals(arch, words, why):
    status, _, printed = program(arch, "build/%s/Image" % arch, *words)
    assert status == 4 and why in printed and printed.count("\n") == 1, printed


def test_any_number_of_sizes(arch):
    """A device requests hundreds of sizes in a long run."""
    status, _, printed = program(arch, "build/%s/Image" % arch, "vmem=256", "mmio=1", "sizes=4" + ",2,4" * 500, "steps=1")
    assert status == 2 and "still on after steps=1" in printed, printed


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
def test_no_such_hart():
    status, _, printed = program("riscv64", "build/riscv64/Image", "boot=4")
    assert status == 4 and printed == "worst: boot: there is no such hart\n", printed


def test_knobs():
    """tools/hotplate run: a channel needs node 1, and the machine's own argument is refused in WORST=."""
    for more, why in (("NODES=1", "has no effect with NODES=1"), ("WORST=channel=x", "tools/hotplate run sets it itself")):
        done = subprocess.run(["tools/hotplate", "run", "MACHINE=worst", "SHOW=1", "CHANNEL=/dev/shm/x", more], cwd=TOP, capture_output=True,
                              text=True, check=False)
        assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr
