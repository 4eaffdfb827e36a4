# SPDX-License-Identifier: BSD-2-Clause
"""Interrupt controllers: console, timer and slots work with each of them, by wires and by messages, also if a line is
never deasserted."""
import functools
import os
import re
import socket
import subprocess
import tempfile
import time

import pexpect
import pytest

from hotplate.results import output
from conftest import ARCHES, LOGS, PATIENCE
from devices.snapshots import disk_for_snapshots
from devices.pcie import MiB, Outside

AIA = {"": "PLIC", "aplic": "APLIC", "aplic-imsic": "APLIC+IMSIC"}
GIC = {"2": "GICv2", "3": "GICv3"}
GIC_SPI = 32  # QEMU's GICs number their inputs from the first SPI
riscv64 = pytest.mark.skipif("riscv64" not in ARCHES, reason="interrupt controllers of riscv64")


def counts(machine):
    """`interrupts`: (controller, {owner: {number: (count, turned off)}}, spurious ones of all CPUs)."""
    text, handlers = machine.answer("interrupts"), {}
    for number, owner, count, off in re.findall(r"^ *(\d+)  (\w+) +(\d+)(  turned off)?$", text, re.M):
        handlers.setdefault(owner, {})[int(number)] = (int(count), bool(off))
    spurious = sum(int(n) for n in re.findall(r"spurious (\d+)", text))
    return re.search(r"controller (\S+)", text)[1], handlers, spurious


def interrupt_count(machine, owner):
    return sum(count for count, _ in counts(machine)[1][owner].values())


def works(o, chip):
    """Check that console, timer, other CPUs and a slot's events work by interrupt."""
    before = interrupt_count(o.machine, "console"), interrupt_count(o.machine, "PCI")
    text = o.machine.answer("run boot.ticks,boot.cpus,events.calls")
    cases, wrong = output.cases(text)
    assert not wrong and cases and all(output.outcome(c) in ("pass", "skip") for c in cases)
    card = o.plug(1, 128 * MiB)
    assert o.outcome("add")[1] == "ok"
    o.take(card)
    name, handlers, spurious = counts(o.machine)
    assert name == chip and not spurious
    assert sum(c for c, _ in handlers["console"].values()) > before[0]
    assert sum(c for c, _ in handlers["PCI"].values()) >= before[1] + 2


@riscv64
@pytest.mark.tier("ci")
@pytest.mark.parametrize("smp", (1, 4, 8))
@pytest.mark.parametrize("aia", AIA, ids=lambda a: a or "plic")
def test_controllers(aia, smp, boot):
    """S1-22: the requested harts, memory and controller; also after a restart."""
    memory = "16G" if (aia, smp) == ("aplic-imsic", 8) else "512M"
    o = Outside(boot("riscv64", monitor=True, AIA=aia, SMP=str(smp), NODES="1", PCIE_SLOTS="1", MEM=memory,
                     ARGS="withhold=none"))
    printed = re.sub(r"\s+", " ", o.machine.banner)
    assert "cpu %d x rv64" % smp in printed and ", %s, OpenSBI" % AIA[aia] in printed
    assert "memory %s in use" % memory.replace("G", " GiB").replace("M", " MiB") in printed
    way = "MSI-X" if aia == "aplic-imsic" else "INTx"
    assert "PCIe: 1 slot, 0 in use, %s" % way in printed
    assert re.search(r"%s \d+ +root port, bus 01" % way, o.machine.answer("pci"))
    works(o, AIA[aia])
    if smp == 4:
        assert AIA[aia] in o.machine.answer("restart")
        works(o, AIA[aia])


@riscv64
@pytest.mark.parametrize("aia", AIA, ids=lambda a: a or "plic")
def test_controller_of_another_socket(aia, boot):
    """With two nodes the slots are wired to the second controller: they are not treated as the first one's, but
    polled, also if `irq=intx` prevents messages.

    If a hart of the second node is the boot hart, it gets their interrupts, except from a PLIC, which QEMU does not
    connect.
    """
    o = Outside(boot("riscv64", monitor=True, AIA=aia, PCIE_SLOTS="1", ARGS="pcie.irq=intx"))
    polled = re.search(r"polled\s+root port, bus 01", o.machine.answer("pci")) is not None
    assert polled or re.search(r"Boot HART ID +: [23]\b", o.machine.banner)
    card = o.plug(1, 128 * MiB)
    assert o.outcome("add")[1] == "ok"
    o.take(card)
    assert ("PCI" in counts(o.machine)[1]) == (not polled)


@riscv64
@pytest.mark.tier("ci")
def test_messages_of_another_socket(boot):
    """The slots are not wired to the boot hart's APLIC, but their messages are delivered to its IMSIC: no slot is
    polled."""
    o = Outside(boot("riscv64", monitor=True, AIA="aplic-imsic", PCIE_SLOTS="1"))
    assert re.search(r"MSI-X \d+ +root port, bus 01", o.machine.answer("pci"))
    works(o, "APLIC+IMSIC")


MESSAGES = {"arm64": {}, "riscv64": {"AIA": "aplic-imsic"}}


def dumped(arch, tmp_path, **knobs):
    """QEMU's own tree as a file, and the paths of its devices' nodes."""
    blob = str(tmp_path / "tree")
    dump = dict(knobs, ARCH=arch, NODES="1", QEMU_ARGS=knobs.get("QEMU_ARGS", "") + " -machine dumpdtb=" + blob)
    subprocess.run(["tools/hotplate", "run"] + ["%s=%s" % k for k in dump.items()], check=False, capture_output=True)
    top = "/soc/" if arch == "riscv64" else "/"
    names = subprocess.run(["fdtget", "-l", blob, top], check=True, capture_output=True, text=True).stdout.split()
    return blob, [top + n for n in names]


@riscv64
def test_hart_indexes(boot, tmp_path):
    """An APLIC that lists its harts in another order than its IDCs: riscv,hart-indexes gives the order."""
    blob, nodes = dumped("riscv64", tmp_path, AIA="aplic", SMP="4", PCIE_SLOTS="1")
    aplics = {}
    for node in nodes:
        kinds = subprocess.run(["fdtget", blob, node, "compatible"], check=False, capture_output=True, text=True).stdout
        if "riscv,aplic" not in kinds.split():
            continue
        words = subprocess.run(["fdtget", "-t", "x", blob, node, "interrupts-extended"], check=True,
                               capture_output=True, text=True).stdout.split()
        aplics[words[1]] = node, [words[i:i + 2] for i in range(0, len(words), 2)]
    node, entries = aplics["9"]  # the APLIC of supervisor level
    assert len(entries) == 4
    turned = [word for entry in reversed(entries) for word in entry]
    for prop, words in (("interrupts-extended", turned), ("riscv,hart-indexes", ["3", "2", "1", "0"])):
        subprocess.run(["fdtput", "-t", "x", blob, node, prop, *words], check=True)
    o = Outside(boot("riscv64", monitor=True, AIA="aplic", SMP="4", NODES="1", PCIE_SLOTS="1", DTB=blob,
                     ARGS="withhold=none"))
    works(o, "APLIC")


def wireless(boot, arch, tmp_path, drop=(), **knobs):
    """A machine whose PCI bridge has no wires; `drop` names more properties to remove from its node."""
    blob, nodes = dumped(arch, tmp_path, **knobs)
    bridge = next(n for n in nodes if n.rsplit("/", 1)[1].startswith("pci"))
    subprocess.run(["fdtput", "-d", blob, bridge, "interrupt-map", "interrupt-map-mask", *drop], check=True)
    return boot(arch, monitor=True, NODES="1", DTB=blob, **knobs)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("smp", ("1", "4"))
def test_no_wires(arch, smp, boot, tmp_path):
    """If the bridge has no wires, messages are used (GICv2m, IMSIC) without a request."""
    o = Outside(wireless(boot, arch, tmp_path, PCIE_SLOTS="1", SMP=smp, **MESSAGES[arch]))
    assert re.search(r"MSI-X \d+ +root port, bus 01", o.machine.answer("pci"))
    works(o, "APLIC+IMSIC" if arch == "riscv64" else "GICv2")


@pytest.mark.parametrize("chip", ("plic", "imsic", "gicv2", "gicv3"))
def test_neither(chip, boot, tmp_path):
    """Without wires and without a controller that takes messages of this bus, the slots are polled, which is
    reported."""
    arch, more = {"plic": ("riscv64", {}), "imsic": ("riscv64", {"AIA": "aplic-imsic", "drop": ["msi-parent"]}),
                  "gicv2": ("arm64", {"drop": ["msi-map"]}),
                  "gicv3": ("arm64", {"QEMU_ARGS": "-M virt,gic-version=3"})}[chip]
    if arch not in ARCHES:
        pytest.skip("interrupt controllers of " + arch)
    o = Outside(wireless(boot, arch, tmp_path, PCIE_SLOTS="1", **more))
    assert re.search(r"PCIe:\s+1\s+slot,\s+0\s+in\s+use,\s+polled", o.machine.banner)
    card = o.plug(1, 128 * MiB)
    assert o.outcome("add")[1] == "ok"
    o.take(card)
    assert "PCI" not in counts(o.machine)[1]


@pytest.mark.tier("ci")
@pytest.mark.parametrize("smp", ("1", "4"))
@pytest.mark.parametrize("way", ("intx", "msi", "polled"))
def test_edu(arch, way, smp, suite):
    """A device that interrupts on demand: each interrupt is counted once at the controller (pci.arrives and others)."""
    cases, text = suite(arch, "edu-%s-%s" % (way, smp), NODES="1", SMP=smp, QEMU_ARGS="-device edu",
                        ARGS="irq=%s run=pci.* exit" % way, **MESSAGES[arch])
    passed = {c.path.split("/")[-1] for c in cases if output.outcome(c) == "pass"}
    assert "pci.arrives" in passed and ("pci.message_moves" in passed) == (way == "msi")
    assert re.search(r"pci.arrives .*by=%s" % {"intx": "INTx", "msi": "MSI", "polled": "polled"}[way], text)
    assert text.count("which has no owner") == (arch == "riscv64" and way == "msi")


@riscv64
@pytest.mark.tier("ci")
@pytest.mark.parametrize("where,knobs", (("guests", {"NODES": "1", "QEMU_ARGS": "-M virt,aia=aplic-imsic,aia-guests=3"}),
                                         ("groups", {"AIA": "aplic-imsic"})), ids=lambda v: v if isinstance(v, str) else "")
def test_places_of_files(where, knobs, suite):
    """A message is delivered to the file of each hart, with files of guests between them, and in groups by socket."""
    more = dict(knobs, QEMU_ARGS=knobs.get("QEMU_ARGS", "") + " -device edu")
    cases, _ = suite("riscv64", "places-" + where, SMP="4", ARGS="run=pci.* exit", **more)
    assert "pci.message_moves" in {c.path.split("/")[-1] for c in cases if output.outcome(c) == "pass"}


@pytest.mark.tier("ci")
def test_virtio_vector(arch, boot, tmp_path):
    """A virtio device announces by MSI-X that its configuration changed (pci.virtio_vector)."""
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(1 << 20))
    machine = boot(arch, monitor=True, NODES="1", ARGS="irq=msi", **MESSAGES[arch],
                   QEMU_ARGS="-drive if=none,id=d0,format=raw,file=%s -device virtio-blk-pci,drive=d0,disable-legacy=on" % disk)
    machine.send("run pci.virtio_vector\r")
    machine.child.expect_exact("1..1")
    size = 1 << 20
    while machine.child.expect_exact(["# hotplate: end", pexpect.TIMEOUT], timeout=0.3) and size < 90 << 20:
        size += 1 << 20
        machine.qmp.execute("block_resize", device="d0", size=size)
    cases, wrong = output.cases(machine.child.before + "# hotplate: end\n")
    assert [output.outcome(c) for c in cases] == ["pass"], (cases, wrong)


class Lines:
    """Inputs of the machine's interrupt controller, asserted from outside (QEMU's -qtest)."""

    def __init__(self, boot, arch, **knobs):
        self.directory = tempfile.TemporaryDirectory(prefix="hp-")
        path = os.path.join(self.directory.name, "qtest")
        words = "%s -qtest-log none -qtest unix:%s,server=on,wait=off" % (knobs.pop("QEMU_ARGS", ""), path)
        self.o = Outside(boot(arch, monitor=True, NODES="1", PCIE_SLOTS="2", QEMU_ARGS=words, **knobs))
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.text = b""

    @functools.cached_property
    def controller(self):
        """The device whose inputs are wires."""
        for line in self.o.q.hmp("info qom-tree").splitlines():
            found = re.match(r"    /(device\[\d+\]) \((arm_gic|arm-gicv3|riscv\.sifive\.plic|riscv\.aplic)\)", line)
            path = found and "/machine/unattached/" + found[1]
            if path and any("unnamed-gpio-in" in p["name"] for p in self.o.q.execute("qom-list", path=path)):
                return path
        raise AssertionError("no interrupt controller with inputs")

    def pull(self, number, level=1):
        self.command(b"set_irq_in %s unnamed-gpio-in %d %d" % (self.controller.encode(), number, level))

    def message(self, address, data):
        self.command(b"writel 0x%x 0x%x" % (address, data))

    def command(self, words):
        self.socket.sendall(words + b"\n")
        while b"\n" not in self.text:
            self.text += self.socket.recv(4096)
        answer, self.text = self.text.split(b"\n", 1)
        assert answer.startswith(b"OK"), answer

    def close(self):
        self.socket.close()
        self.directory.cleanup()


@pytest.fixture
def lines(boot):
    started = []

    def start(arch, **knobs):
        started.append(Lines(boot, arch, **knobs))
        return started[-1]
    yield start
    for each in started:
        each.close()


def storm(found, owner, number, why, wire, once):
    """The line stays asserted: its interrupts are counted, it is turned off with one line, and the machine answers.
    QEMU's PLIC does not repeat a level that is still asserted at completion, so there the test asserts it again and
    again."""
    child, until = found.o.machine.child, time.monotonic() + PATIENCE
    printed = [r"irq: interrupt %d \(%s\) %s:\s+turned\s+off\s+after\s+\d+\s+times" % (number, owner, why), pexpect.TIMEOUT]
    found.pull(wire)
    while child.expect(printed, timeout=PATIENCE if once else 0.02):
        assert not once and time.monotonic() < until
        for _ in range(500):
            found.pull(wire)
    count, off = counts(found.o.machine)[1][owner][number]
    assert off and count >= 1000
    found.pull(wire)
    assert counts(found.o.machine)[1][owner][number] == (count, True)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("chip", list(AIA) + list(GIC), ids=lambda c: {**AIA, **GIC}[c])
def test_storm(chip, lines):
    """A level that is never deasserted, of a slot and (with an APLIC) of the console: its devices work without it."""
    arch = "arm64" if chip in GIC else "riscv64"
    if arch not in ARCHES:
        pytest.skip("interrupt controllers of " + arch)
    found = lines(arch, ARGS="pcie.irq=intx",
                  **({"QEMU_ARGS": "-M virt,gic-version=" + chip} if chip in GIC else {"AIA": chip}))
    name, handlers, _ = counts(found.o.machine)
    assert name == {**AIA, **GIC}[chip]
    number = min(handlers["PCI"])
    storm(found, "PCI", number, "recurs and no device claims it", number - GIC_SPI if chip in GIC else number, chip)
    card = found.o.plug(1, 128 * MiB)  # a card on that line
    assert found.o.outcome("add")[1] == "ok"
    found.o.take(card)
    if chip.startswith("aplic"):
        number = min(handlers["console"])
        storm(found, "console", number, "does not end", number, True)


@pytest.mark.sample("riscv64")
def test_ticks_after_loadvm(arch, boot, tmp_path):
    """After the load of an older snapshot the boot CPU ticks again at its next interrupt, a key: QEMU 7.2 raises no
    timer of a riscv64 hart before the time at which the snapshot was loaded."""
    machine = boot(arch, monitor=True, NODES=1, SMP=2)
    disk_for_snapshots(machine.qmp, str(tmp_path / "snapshots.qcow2"))

    def ticks():
        return int(re.search(r"CPU 0 +ticks (\d+)", machine.answer("interrupts"))[1])
    machine.answer("")
    assert not machine.qmp.hmp("savevm before")
    time.sleep(8)
    assert not machine.qmp.hmp("loadvm before")
    first, until = ticks(), time.monotonic() + PATIENCE
    while ticks() < first + 10:
        assert time.monotonic() < until, (first, ticks())
        time.sleep(0.2)


@riscv64
@pytest.mark.tier("ci")
def test_harts_that_firmware_keeps(suite):
    """OpenSBI 1.8 and 1.9 may leave the IPI of a CLINT pending on a hart of a second node, and never return from it:
    a boot that waits for such a hart ends in a line that names it.  The machine of tools/hotplate run has no CLINT
    then."""
    knobs = {"AIA": "aplic-imsic", "ARGS": "run=boot.cpus exit"}
    text = suite("riscv64", "imsic-nodes", **knobs)[1]
    version = re.search(r"OpenSBI v(\d+)\.(\d+)", text)
    if tuple(map(int, version.groups())) < (1, 8):
        pytest.skip("%s has no such IPIs" % version[0])
    for n in range(4):  # whether it happens depends on timing
        log = os.path.join(LOGS, "imsic-clint-%d.log" % n)
        done = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "--quiet", "--log", log, "ARCH=riscv64", "QEMU_ARGS=-M aclint=off"] +
                              ["%s=%s" % k for k in knobs.items()], check=False, capture_output=True, text=True)
        with open(log, encoding="utf-8", errors="replace") as f:
            text = f.read()
        lost = re.findall(r"^cpu \d \(hwid 0x\d\): started, but not here after 5 s|CPU \d takes no interrupt for 10000 ms", text, re.M)
        assert "killed" not in done.stderr and (done.returncode == 0 or lost), done.stderr


@riscv64
@pytest.mark.tier("ci")
@pytest.mark.parametrize("smp", ("1", "4"))
def test_messages_of_strangers(smp, lines):
    """Messages from outside: one for an identity without an owner causes one line on each hart that gets it; one of
    an owner that did not send it is turned off, and the slot is polled."""
    found = lines("riscv64", AIA="aplic-imsic", SMP=smp)
    child = found.o.machine.child
    boot_hart = int(re.search(r"Boot HART ID +: (\d)", found.o.machine.banner)[1])
    file_of = 0x28000000 + 4096 * boot_hart
    before = counts(found.o.machine)
    for _ in range(3):
        found.message(file_of, 40)
    child.expect(r"irq: a message for identity 40, which has no owner:\s+CPU 0\s+takes\s+no\s+more\s+of\s+them")
    found.message(file_of, 250)  # beyond the identities of this kernel
    after = counts(found.o.machine)
    assert after[2] == before[2] + 1 and "which has no owner" not in child.before
    number, until = min(after[1]["PCI"]), time.monotonic() + PATIENCE
    printed = [r"irq: interrupt %d \(PCI\) recurs and no device\s+claims\s+it" % number, pexpect.TIMEOUT]
    while child.expect(printed, timeout=0.02):
        assert time.monotonic() < until
        for _ in range(500):
            found.message(file_of, number - 1024)
    assert counts(found.o.machine)[1]["PCI"][number][1]
    card = found.o.plug(1, 128 * MiB)
    assert found.o.outcome("add")[1] == "ok"
    found.o.take(card)
