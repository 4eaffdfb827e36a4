# SPDX-License-Identifier: BSD-2-Clause
"""CPUs: one to 64 of them, more than that, and CPUs with faults."""
import os
import re
import socket
import subprocess
import tempfile
import time

import pexpect
import pytest

from hotplate.results import output
from conftest import ARCHES, LOGS, PATIENCE, PROMPT, unattended
from devices.device_tree import IMAGE_AT, TREE_AT, compile_tree, stub

QEMU = {"arm64": ["qemu-system-aarch64", "-cpu", "max", "-M", "virt,gic-version=3"],
        "riscv64": ["qemu-system-riscv64", "-cpu", "rv64,svnapot=on,svpbmt=on,svinval=on", "-M", "virt"]}


@pytest.mark.tier("ci")
@pytest.mark.parametrize("cpus", [9, 64] + [pytest.param(n, marks=pytest.mark.tier("full")) for n in (1, 2, 3, 8, 16, 33)])
def test_all_come(arch, cpus, suite):
    _, text = suite(arch, "cpus-%d" % cpus, SMP=str(cpus), ARGS="run=boot.* exit")
    assert re.search(r"^cpu +%d x " % cpus, text, re.M) and " cpus=%d " % cpus in text
    assert not re.search(r"^cpu[ :]\d", text, re.M), "a line about a sound CPU"


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_sixteen_walk(arch, suite, request):
    """Every CPU walks, and every invalidation takes effect on it: beyond the 16 of one affinity group, beyond a
    GICv2."""
    run = "walk.linear*,tlb.*" if request.config.getoption("--tier") == "full" else "walk.linear*,tlb.back_ends,tlb.stress/*.reused,tlb.publish"
    found, _ = suite(arch, "cpus-walk", SMP="17", MEM="2G", ARGS="run=%s exit" % run)
    assert len([c for c in found if output.outcome(c) == "pass"]) > (50 if "tlb.*" in run else 5)


@pytest.mark.sample("arm64", "riscv64")
def test_turns(arch, suite):
    """The emulator runs the CPUs in turns, so a CPU that sleeps while the call or the lock is free misses it each time."""
    found, _ = suite(arch, "cpus-turns", SMP="4", QEMU_ARGS="-icount shift=0", ARGS="run=kern.turns exit")
    assert [output.outcome(c) for c in found] == ["pass"] * 3


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_more_than_there_are_records(arch, suite):
    """One line for all CPUs that stay off; the boot CPU, whichever it is, keeps its place and its interrupts."""
    cpus, tests = {"arm64": (80, "boot.*,hotplug.cycle"), "riscv64": (70, "boot.*")}[arch]  # docs/LIMITS.md: OpenSBI 1.1
    _, text = suite(arch, "cpus-many", NODES="1", SMP="64", QEMU_ARGS="-smp %d,sockets=%d" % (cpus, cpus),
                    ARGS="run=%s exit" % tests)
    assert re.search(r"^cpu: %d more stay off: at most 64 CPUs are used\r?$" % (cpus - 64), text, re.M)
    assert re.search(r"^cpu +64 x .*, (GICv3|PLIC), ", text, re.M)


# ---- trees whose CPUs differ from the machine's ----

def tree_of(arch, cpus, args):
    """QEMU's own tree as text."""
    blob = os.path.join(LOGS, "cpus-%s-%d.dtb" % (arch, os.getpid()))
    line = QEMU[arch] + ["-M", "dumpdtb=" + blob, "-smp", str(cpus), "-m", "512M", "-display", "none", "-nic", "none",
                         "-kernel", "build/%s/Image" % arch, "-append", args]
    subprocess.run(["timeout", "-s", "KILL", "60"] + line, check=True, capture_output=True)
    text = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", blob], check=True, capture_output=True, text=True).stdout
    os.remove(blob)
    # since QEMU 9 in both forms, and the newer one counts; tests edit the older
    return re.sub(r"\n\s*riscv,isa-(base|extensions) = [^;]*;", "", text)


def begin(arch, name, cpus, tree=None, extra=()):
    """The console of a machine whose image gets that tree by a stub, since QEMU changes trees that it passes
    itself."""
    line = QEMU[arch] + ["-smp", str(cpus), "-m", "512M", "-nic", "none", "-nographic"]
    if tree is None:
        line += ["-kernel", "build/%s/Image" % arch]
    else:
        files = {}
        for kind, data in (("stub", stub(arch)), ("dtb", compile_tree(tree))):
            files[kind] = os.path.join(LOGS, "cpus-%s-%s.%s" % (name, arch, kind))
            with open(files[kind], "wb") as f:
                f.write(data)
        line += ["-kernel", files["stub"]]
        for file, at in (("build/%s/Image" % arch, IMAGE_AT[arch]), (files["dtb"], TREE_AT[arch])):
            line += ["-device", "loader,file=%s,addr=0x%x,force-raw=on" % (file, at)]
    log = open(os.path.join(LOGS, "cpus-%s-%s.console" % (name, arch)), "w", encoding="utf-8")
    return pexpect.spawn(line[0], line[1:] + list(extra), timeout=PATIENCE, encoding="utf-8",
                         codec_errors="replace", logfile=log)


def whole_run(child):
    child.expect(r"#: end verdict=(\w+) ")
    assert child.match[1] == "pass", child.before
    child.close(force=True)
    return child.before.replace("\r", "")


def cpu_node(text, number):
    return re.search(r"\t\tcpu@%d \{.*?\n\t\t\};\n" % number, text, re.S)[0]


def edited(text, number, old, new):
    node = cpu_node(text, number)
    changed, n = re.subn(old, new, node)
    assert n, (old, node)
    return text.replace(node, changed)


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_strangers_in_the_tree(arch):
    """One CPU twice, one whose status is failed, one that does not exist: one line each, the others run."""
    text = tree_of(arch, 6, "run=boot.w*,boot.ticks,tlb.* exit")
    twice = re.sub(r"\t\t\tinterrupt-controller \{.*?\};\n|phandle = <[^>]*>;", "", cpu_node(text, 5), flags=re.S)
    text = text.replace(cpu_node(text, 5), cpu_node(text, 5) + twice.replace("cpu@5", "cpu@55"))
    text = edited(text, 3, r"device_type", 'status = "fail-x";\n\t\t\tdevice_type')
    text = edited(text, 4, r"reg = <0x0*4>", "reg = <0x3d>")
    child = begin(arch, "strangers", 6, text)
    printed = whole_run(child)
    for line in (r"cpu: hwid 0x5 is listed twice in the device tree: the second node is ignored",
                 r"cpu: hwid 0x3 stays off: its status is not okay|cpu +\d x",  # unless it is the boot CPU
                 r"cpu \d+ \(hwid 0x3d\): firmware does not start it \(-E[A-Z]+\)"):
        assert re.search("^" + line, printed, re.M), line + "\n" + printed


NOT_THERE = {"svpbmt": "a load through a non-cacheable entry faults", "svnapot": "a load through a run of 64 KiB faults",
             "zicbom": r"cbo\.flush is refused", "svinval": r"sinval\.vma is refused"}


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
@pytest.mark.parametrize("version", ["", "1p0"])
def test_extensions_that_are_not_there(version):
    """The device tree claims extensions that the hart lacks: one line each, no CPU uses them, and the suite passes.
    OpenSBI 1.9 reports that an instruction traps, without an end of line."""
    text = tree_of("riscv64", 2, "run=boot.*,tlb.back_ends,hotplug.cycle cache-leave=on exit")
    model = "rv64,svpbmt=off,svnapot=off,svinval=off" + (",zicbom=off" if "zicbom" in text else "")  # QEMU 8 has it
    text = re.sub(r'riscv,isa = "([^"]*?)(_sv\w+)*";',
                  r'riscv,isa = "\1%s"; riscv,cbom-block-size = <64>;' % "".join("_%s%s" % (n, version) for n in NOT_THERE), text)
    printed = whole_run(begin("riscv64", "not-there" + version, 2, text, ("-cpu", model)))
    for name, fault in NOT_THERE.items():
        line = r"^(?:system_opcode_insn:.*instruction)?cpu %d \(hwid 0x[01]\): the device tree has " + name + ", but " + fault + ": not used$"
        assert re.search(line % 0, printed, re.M), name
        assert bool(re.search(line % 1, printed, re.M)) == (name in ("zicbom", "svinval")), name


@pytest.mark.skipif("riscv64" not in ARCHES, reason="riscv64 is not tested")
def test_extensions_that_are_there():
    """None is reported as missing, also if its name has a version."""
    caps = []
    for version in ("", "1p0", "2"):
        text, n = re.subn(r"_(sv(?:napot|pbmt|inval))", r"_\g<1>" + version, tree_of("riscv64", 2, "run=tlb.back_ends"))
        child = begin("riscv64", "versions" + version, 2, text)
        child.expect("#: end verdict=pass.*" + PROMPT)
        assert n >= 6 and "the device tree has" not in child.before
        child.send("id\r")
        child.expect(r"cpu 0 .*(caps 0x\w+)(?s:.*)" + PROMPT)  # whichever hart booted
        caps.append(child.match[1])
        child.close(force=True)
    assert caps[0] == caps[1] == caps[2] and "caps 0x0" not in caps[0]


@pytest.mark.tier("ci")
def test_boot_cpu_is_not_named(arch):
    text = edited(tree_of(arch, 1, "run=boot.wx exit"), 0, r"reg = <0x0*>", "reg = <0x2a>")
    printed = whole_run(begin(arch, "unnamed", 1, text))
    assert re.search(r"^cpu: hwid 0x0 is the boot CPU, and the device tree does not list it$", printed, re.M)
    assert re.search(r"^cpu 1 \(hwid 0x2a\): firmware does not start it", printed, re.M)


@pytest.mark.tier("ci")
def test_harts_without_a_controller():
    """The PLIC is unknown: interrupts between harts are sent by firmware, and are delivered."""
    text = tree_of("riscv64", 4, "run=boot.wx,boot.ticks,tlb.fence_reach exit").replace("riscv,plic0", "riscv,plik0")
    text = text.replace("sifive,plic-1.0.0", "sifive,plik")
    printed = whole_run(begin("riscv64", "no-plic", 4, text))
    assert "boot: no supported interrupt controller" in printed and re.search(r"^cpu +4 x ", printed, re.M)


def test_hart_without_supervisor():
    """Hart 1 has no mmu-type, hart 2 has riscv,none: neither is started unless it is the boot hart."""
    text = tree_of("riscv64", 4, "run=boot.* exit")
    text = edited(text, 1, r'\t\t\tmmu-type = "[^"]*";\n', "")
    text = edited(text, 2, r'mmu-type = "[^"]*"', 'mmu-type = "riscv,none"')
    printed = whole_run(begin("riscv64", "no-s-mode", 4, text))
    assert re.search(r"^cpu: hwid 0x1 stays off: it has no mmu-type, so no S-mode$", printed, re.M) or \
        re.search(r"^cpu: hwid 0x2 stays off: its mmu-type is riscv,none$", printed, re.M), printed


@pytest.mark.tier("full")
def test_sparse_harts():
    """Hart ids 0, 1, 69 and 71: two windows of an SBI mask, and contexts far apart."""
    text = tree_of("riscv64", 72, "run=boot.* exit")
    for n in range(72):
        if n not in (0, 1, 69, 71):
            text = edited(text, n, r'status = "okay"', 'status = "disabled"')
    printed = whole_run(begin("riscv64", "sparse", 72, text))
    assert re.search(r"^cpu +[45] x rv64", printed, re.M)  # the fifth is the boot hart


@pytest.mark.tier("ci")
def test_mixed_harts():
    """One hart lacks two extensions: they are reported, no CPU uses them, and all harts run."""
    text = tree_of("riscv64", 4, "contig=on run=boot.*,walk.*,tlb.* exit")
    text = edited(text, 2, r"(riscv,isa = \"[^\"]*)_svnapot_svpbmt", r"\1")
    child = begin("riscv64", "mixed", 4, text)
    printed = whole_run(child)
    for word in ("svnapot", "svpbmt"):
        assert re.search(r"^cpu: no %s on \d: no CPU uses it$" % word, printed, re.M), printed
    assert re.search(r"^cpu: isa differs: 0x[0-9a-f]+ on [\d,-]+, 0x[0-9a-f]+ on [\d,-]+$", printed, re.M), printed
    assert " cpus=4 " in printed
    assert re.search(r"boot\.contiguous_runs .*in_runs_mib=0 ", printed), "runs that one hart cannot walk"


# ---- CPUs that start late, or never ----

class Debugger:
    """QEMU's gdb stub: as much of the protocol as is needed to stop a CPU."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
        self.socket.settimeout(PATIENCE)

    def send(self, text):
        self.socket.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) & 255))

    def stopped(self):
        printed = b""
        while not re.search(rb"\$[ST]..[^#]*#..", printed):
            printed += self.socket.recv(4096)
        self.socket.sendall(b"+")

    def pause(self):
        self.socket.sendall(b"\x03")
        self.stopped()

    def answer(self, text):
        self.send(text)
        printed = b""
        while not re.search(rb"\$([^#]*)#..", printed):
            printed += self.socket.recv(4096)
        self.socket.sendall(b"+")
        return re.search(rb"\$([^#]*)#..", printed)[1].decode()

    def pc(self, cpu):
        """The pc, which follows 32 registers on Arm and on RISC-V."""
        assert self.answer("Hg%x" % (cpu + 1)) == "OK"
        return int.from_bytes(bytes.fromhex(self.answer("g")[512:528]), "little")

    def resume(self, cpus):
        """Only these; QEMU counts from 1."""
        self.send("vCont" + "".join(";c:%x" % (n + 1) for n in cpus))


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")
def test_one_comes_late(arch):
    """CPU 2 is stopped: the machine continues without it.  When it starts later, it parks."""
    with tempfile.TemporaryDirectory(prefix="hp-") as d:
        path = os.path.join(d, "gdb")
        child = begin(arch, "late", 4, extra=["-S", "-gdb", "unix:%s,server=on,wait=off" % path])
        try:
            held = Debugger(path)
            held.send("?")
            held.stopped()
            held.resume((0, 1, 3))
            child.expect(r"cpu \d \(hwid 0x2\): started, but not here after 5 s; the others continue\r*\n")
            child.expect_exact(PROMPT)
            assert re.search(r"^cpu +3 x ", child.before, re.M)
            child.send("run boot.w*,boot.ticks,hotplug.cycle\r")
            child.expect(r"#: end verdict=pass ")
            child.expect_exact(PROMPT)
            held.pause()
            held.resume((0, 1, 2, 3))
            child.expect(r"# cpu \d \(hwid 0x2\): here now, too late: parked\r*\n")
            child.send("run boot.w*,boot.ticks,hotplug.cycle\r")
            child.expect(r"#: end verdict=pass ")
            child.expect_exact(PROMPT)
            child.send("id\r")
            child.expect_exact(PROMPT)
            assert len(re.findall(r"^cpu \d +off, hwid 0x2,", child.before, re.M)) == 1
        finally:
            child.close(force=True)


def test_no_way_to_turn_it_off():
    """CPU 2 starts late, and PSCI 0.1 has no CPU_OFF.  The CPU parks with its MMU off, at a physical address: no CPU
    sends it invalidations, so cached walks of the kernel's tables would become stale."""
    if "arm64" not in ARCHES:
        pytest.skip("arm64 only")
    text = tree_of("arm64", 4, "")
    text, n = re.subn(r'compatible = "arm,psci-1.0[^;]*;', 'compatible = "arm,psci";', text)
    text, m = re.subn(r"\n\s*cpu_off = [^;]*;", "", text)
    assert n == m == 1, text
    with tempfile.TemporaryDirectory(prefix="hp-") as d:
        path = os.path.join(d, "gdb")
        child = begin("arm64", "stays", 4, text, ["-S", "-gdb", "unix:%s,server=on,wait=off" % path])
        try:
            held = Debugger(path)
            held.send("?")
            held.stopped()
            held.resume((0, 1, 3))
            child.expect(r"cpu \d \(hwid 0x2\): started, but not here after 5 s; the others continue\r*\n")
            child.expect_exact(PROMPT)
            held.pause()
            held.resume((0, 1, 2, 3))
            child.expect(r"# cpu \d \(hwid 0x2\): here now, too late: parked\r*\n")
            child.send("run boot.wx\r")  # time to park
            child.expect(r"#: end verdict=pass ")
            held.pause()
            assert held.pc(2) >> 48 == 0 and held.pc(0) >> 48 == 0xffff, "%#x" % held.pc(2)
        finally:
            child.close(force=True)


# ---- Arm CPUs that differ: QEMU has no machine with two kinds of cores, so as-if= overrides registers of one ----

ETS2, NO_ETS2 = "0x12010211122", "0x11010211122"  # ID_AA64MMFR1_EL1.ETS, bits 39 to 36, is 2 or 1
NO_RANGE = "0x0121111110212120"                   # ID_AA64ISAR0_EL1.TLB is 0


def mixed(suite, name, words, args="run=boot.*,walk.*,tlb.*"):
    return suite("arm64", "mixed-" + name, SMP="4", CPU="max", ARGS="as-if=%s %s exit" % (words, args))[1]


@pytest.mark.tier("ci")
def test_one_without_range(suite):
    """CPU 2 has no TLBI by range: no CPU uses it, and both lines name the CPU that differs."""
    if "arm64" not in ARCHES:
        pytest.skip("arm64 only")
    text = mixed(suite, "range", "2:isar0=" + NO_RANGE)
    assert re.search(r"^cpu: isar0 differs: 0x[0-9a-f]+ on 0-1,3, 0x121111110212120 on 2\r?$", text, re.M), text[:2000]
    assert re.search(r"^cpu: no tlbirange on 2: no CPU uses it\r?$", text, re.M), text[:2000]
    assert re.search(r"^tlb +bcast: ", text, re.M) and " cpus=4 " in text, text[:2000]


def test_scheme_that_one_cpu_lacks(boot):
    """At the prompt the default is used, with a line; an unattended run is refused."""
    if "arm64" not in ARCHES:
        pytest.skip("arm64 only")
    words = "as-if=2:isar0=%s tlb=range" % NO_RANGE
    assert re.search(r"^boot: tlb=range: .*; the default is used\r?$", boot("arm64", SMP="4", CPU="max", ARGS=words).banner, re.M)
    status, _, printed = unattended("arm64", "lacks", 120, SMP="4", CPU="max", ARGS=words + " run=boot.wx exit")
    assert status == 3 and "tlb=range: " in printed, printed


@pytest.mark.tier("ci")
@pytest.mark.parametrize("lacks", [None, 0, 3])
def test_capability_of_all_but_one(boot, lacks):
    """FEAT_ETS2 on every CPU, on all but the boot CPU, on all but the last: used only if all have it."""
    if "arm64" not in ARCHES:
        pytest.skip("arm64 only")
    words = ",".join("%d:mmfr1=%s" % (n, NO_ETS2 if n == lacks else ETS2) for n in range(4))
    machine = boot("arm64", SMP="4", CPU="max", NODES="1", ARGS="as-if=" + words)
    line = "cpu: no ets2 on %s: no CPU uses it" % lacks
    assert (line in machine.banner) == (lacks is not None), machine.banner
    assert ("cpu: mmfr1 differs: " in machine.banner) == (lacks is not None)
    printed = machine.answer("run boot.*,walk.*")
    assert "#: end verdict=pass" in printed, printed[-2000:]


@pytest.mark.tier("ci")
@pytest.mark.parametrize("word", ["1", "64:midr=1", "1:nobody=1", "1:midr=x", ",".join(["1:midr=1"] * 9)])
def test_as_if_is_refused(arch, word, suite):
    word = word.replace("midr", {"arm64": "midr", "riscv64": "mimpid"}[arch])
    _, text = suite(arch, "as-if", want=3, SMP="1", NODES="1", ARGS="as-if=%s run=boot.wx exit" % word)
    assert len(re.findall(r"^as-if=%s: wanted CPU:WORD=VALUE, at most 8," % re.escape(word.split(",")[0]), text, re.M)) == 1
