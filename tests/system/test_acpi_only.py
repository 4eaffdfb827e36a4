# SPDX-License-Identifier: BSD-2-Clause
"""Machines that only ACPI describes: UEFI passes no device tree, and the tables provide everything that a device tree
would (drivers/acpi/tree.h); and machines with two descriptions that differ."""
import os
import re
import shutil
import subprocess

import pexpect
import pytest

import acpi_craft
from conftest import ARCHES, LOGS, PATIENCE, TOP
from devices.dimms import Dimms
from devices.device_tree import compile_tree, source, start  # noqa: F401 (a fixture)
from devices.pcie import GiB, MiB, Outside

pytestmark = pytest.mark.tier("ci")

EDK2 = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"
EDK2_RISCV64 = os.path.join(os.environ.get("HOTPLATE_FIRMWARE", "/usr/share"), "qemu-efi-riscv64/RISCV_VIRT_CODE.fd")
SHORT = "boot.*,hotplug.*,memmap.host*,tlb.back*,events.*"


def arm64(extra="", **knobs):
    """Knobs of an arm64 machine that starts EDK2, which passes ACPI and no device tree."""
    if "arm64" not in ARCHES:
        pytest.skip("arm64 is not tested")
    if not os.path.exists(EDK2):
        pytest.skip("qemu-efi-aarch64 is not installed")
    return {"NODES": "1", **knobs, "QEMU_ARGS": "-bios %s %s" % (EDK2, extra)}


def riscv64(extra="", **knobs):
    """The same; before QEMU 9 its tables do not define the owner of each PLIC context."""
    if "riscv64" not in ARCHES:
        pytest.skip("riscv64 is not tested")
    qemu = os.environ.get("HOTPLATE_QEMU_RISCV64", "qemu-system-riscv64")
    printed = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=False).stdout \
        if shutil.which(qemu) else ""
    if int((re.search(r"version (\d+)", printed) or [0, 0])[1]) < 9:
        pytest.skip("a qemu-system-riscv64 of version 9 or later is not installed (HOTPLATE_QEMU_RISCV64=)")
    if not os.path.exists(EDK2_RISCV64):
        pytest.skip("qemu-efi-riscv64 is not installed (HOTPLATE_FIRMWARE=)")
    flash = "-drive if=pflash,unit=0,format=raw,readonly=on,file=%s" % EDK2_RISCV64
    return {"NODES": "1", "IMAGE": os.path.join(TOP, "build/riscv64/Image"), **knobs, "QEMU": qemu, "QEMU_ARGS": "%s %s" % (flash, extra)}


def banner_of(text):
    return re.search(r"^machine .*entry UEFI.*, ACPI", text, re.M)


SHAPES = [("1", "", "GICv2"), ("2", "gic-version=3", "GICv3"), ("4", "virtualization=on", "GICv2"),
          ("8", "gic-version=3,virtualization=on", "GICv3")]


@pytest.mark.sample("1-virt-GICv2", "2-gic-version-3-GICv3")
@pytest.mark.parametrize("smp,machine,gic", SHAPES, ids=lambda v: re.sub(r"[^\w.]+", "-", v) or "virt")
def test_shapes(suite, smp, machine, gic):
    """CPUs, GIC, PSCI by HVC and SMC, console with its interrupt: all from the tables."""
    words = arm64("-M " + machine if machine else "", SMP=smp, MEM="512M", ARGS="run=boot.*,kern.* exit")
    text = suite("arm64", "acpi-only-%s-%s" % (smp, machine), **words)[1]
    assert banner_of(text)
    assert re.search(r"^cpu +%s x .*, %s, PSCI" % (smp, gic), text, re.M)
    assert "entry=efi" in text and " cpus=%s " % smp in text
    assert not re.search(r"^(acpi|pci|irq|power|cpu|boot): ", text, re.M), text


@pytest.mark.long
def test_suite(suite):
    """The suite on a usual machine, and after restarts, which find the tree that the first boot made."""
    cases, text = suite("arm64", "acpi-only-suite", ARGS="run=%s exit" % SHORT,
                        **arm64(SMP="4", MEM="1G"))
    ran = [c for c in cases if not (c.reason or "").startswith("SKIP")]
    assert banner_of(text) and len(ran) > 100


def test_lives(suite):
    text = suite("arm64", "acpi-only-lives", ARGS="run=hotplug.cycle,boot.wires geometry=4k-48,4k-39,16k-47 exit",
                 **arm64("-device pcie-root-port,id=slot1,chassis=1,slot=1", SMP="2", MEM="1G"))[1]
    assert len(re.findall(r"^# life \d of this machine", text, re.M)) == 2
    assert len(re.findall(r"result pass \S+/hotplug.cycle", text)) >= 3


@pytest.mark.tier("test")
def test_restart(boot):
    """The next boot is compared with the tree that has windows from AML: no reset by firmware."""
    machine = boot("arm64", **arm64("-device pcie-root-port,id=slot1,chassis=1,slot=1", SMP="1", MEM="512M"))
    machine.send("restart\r")
    assert machine.child.expect(["# life 2 of this machine", "reset by firmware"]) == 0


def test_two_nodes(boot):
    """SRAT: CPUs and memory have their nodes."""
    m = boot("arm64", **arm64(SMP="4", MEM="512M", NODE1="512M", NODES="2", ARGS="withhold=none"))
    printed = m.answer("nodes")
    assert re.search(r"node 0\n +cpus +0 1\n", printed) and re.search(r"node 1\n +cpus +2 3\n +RAM +0x60000000", printed), printed


def dimms(boot, **more):
    return Dimms(boot, ACPI="0", **{**arm64("-m slots=4,maxmem=8G"), **more})


@pytest.mark.tier("test")
def test_dimm(boot):
    """A DIMM is plugged, acknowledged by _OST, used, ejected on request, and leaves no trace."""
    d = dimms(boot)
    assert banner_of(d.machine.banner) and "GED, 0 of 4 slots in use" in d.machine.banner
    before, interrupts = d.digest(), d.interrupts()
    d.qmp.dimm_add("d0", 1024)
    add, = d.events(1)
    address, size, node = d.qmp.memory_devices()["d0"]
    assert add[1:] == ("acpi", "add", "0x%x+1G" % address, str(node), "ok", "0", "0x0") and size == GiB
    assert d.interrupts() == interrupts + 1 and d.ost_reports() == [(1, 0)]
    d.answer("pin 0x%x+1G" % address)
    d.qmp.dimm_del("d0")
    assert d.events(2)[1][5:] == ("refused", "-EBUSY", "0x82")
    d.answer("unpin")
    d.qmp.dimm_del("d0")
    assert d.events(3)[2][5:] == ("ok", "0", "0x0")
    d.wait_deleted("d0")
    assert d.digest() == before and not d.qmp.memory_devices()


def test_dimm_after_a_reset(boot):
    """A DIMM that was present at power on and one that was plugged: UEFI makes its tables anew, and both are
    found."""
    d = dimms(boot, QEMU_ARGS=arm64("-m slots=4,maxmem=8G -object memory-backend-ram,id=m0,size=256M "
                                    "-device pc-dimm,id=d0,memdev=m0")["QEMU_ARGS"])
    assert d.events(1)[0][1:3] == ("acpi", "add")
    d.qmp.dimm_add("d1", 256)
    d.events(2)
    d.qmp.execute("system_reset")
    d.machine.until_prompt()
    d.printed = ""
    assert [e[5] for e in d.events(2)] == ["ok", "ok"]


def test_nvdimm(boot, tmp_path):
    """NFIT, and AML that reads another one from memory that firmware reserves."""
    file = tmp_path / "nv"
    file.write_bytes(b"")
    os.truncate(file, 256 * MiB)
    d = dimms(boot, QEMU_ARGS=arm64(
        "-M nvdimm=on -m slots=4,maxmem=8G -object memory-backend-file,id=nv0m,share=on,mem-path=%s,size=256M "
        "-device nvdimm,id=nv0,memdev=nv0m" % file)["QEMU_ARGS"])
    assert d.events(1)[0][1:] == ("pmem", "add", "0x80000000+256M", "0", "ok", "0", "none")
    d.qmp.nvdimm_add("nv1", 256)
    assert d.events(2)[1][1:] == ("pmem", "add", "0x90000000+256M", "0", "ok", "0", "none")


@pytest.mark.tier("test")
def test_cards(boot):
    """MCFG, and the bridge's windows and wires from AML: a card with memory is plugged and removed."""
    out = Outside(boot("arm64", monitor=True, **arm64("".join(
        "-device pcie-root-port,id=slot%d,chassis=%d,slot=%d " % (n, n, n) for n in (1, 2, 3)),
        SMP="2", MEM="512M", ARGS="withhold=none")))
    printed = out.machine.answer("pci")
    assert "no usable ranges" not in out.machine.banner and printed.count("slot ") >= 3, printed
    before = out.digest()
    card = out.plug(1, 256 * MiB)
    assert out.outcome("add")[1] == "ok"
    out.take(card)
    assert out.digest() == before


@pytest.mark.parametrize("aia,smp", [pytest.param("", "1", marks=pytest.mark.tier("full")), ("", "4"), pytest.param("aplic", "2", marks=pytest.mark.tier("full")), ("aplic-imsic", "8")])
def test_riscv64(suite, aia, smp):
    """MADT with RINTCs, RHCT, SPCR; a card in a slot needs DSDT's windows as well."""
    words = riscv64("-device pcie-root-port,id=slot1,chassis=1,slot=1", SMP=smp, MEM="1G",
                    ARGS="run=boot.*,kern.*,hotplug.cycle exit", **({"AIA": aia} if aia else {}))
    text = suite("riscv64", "acpi-only-%s-%s" % (aia or "plic", smp), **words)[1]
    want = {"": "PLIC", "aplic": "APLIC", "aplic-imsic": r"APLIC\+IMSIC"}[aia]
    assert banner_of(text) and re.search(r"^cpu +%s x .*, %s,? " % (smp, want), text, re.M), text
    printed = re.findall(r"^(?:acpi|pci|irq|power|cpu|boot): .*", text, re.M)
    # QEMU 11 does not grant its slots on this architecture, and does not hot-plug them by ACPI either
    assert printed in ([], ["acpi: firmware does not grant control of the PCIe slots (_OSC)"]), text


# ---- machines that do not exist: tables of our own ----

def crafted(tables, name):
    """QEMU without ACPI passes to EDK2 the table loader of a test."""
    words = arm64(SMP="1", MEM="256M")
    files = []
    for item, data in acpi_craft.loader(tables).items():
        path = os.path.join(LOGS, "acpi-only-%s-%s" % (name, os.path.basename(item)))
        with open(path, "wb") as f:
            f.write(data)
        files.append("-fw_cfg name=%s,file=%s" % (item, path))
    line = ["tools/hotplate", "run", "ARCH=arm64"] + ["%s=%s" % k for k in words.items()]
    line[-1] += " -M acpi=off " + " ".join(files)
    return pexpect.spawn("/usr/bin/python3", line, timeout=PATIENCE, encoding="utf-8", codec_errors="replace",
                         env=dict(os.environ, TERM="dumb"),
                         logfile=open(os.path.join(LOGS, "acpi-only-%s.console" % name), "w", encoding="utf-8"))


@pytest.mark.tier("test")
@pytest.mark.parametrize("case", ["none", "unknown", "nowhere", "debug-port"])
def test_console(case):
    """If the tables describe no console, the image reports it on firmware's console while that is available; a debug
    port suffices."""
    tables = acpi_craft.virt()
    tables += {"none": [], "unknown": [acpi_craft.spcr(0x0f, 0x09000000)], "nowhere": [acpi_craft.spcr(3, 0)],
               "debug-port": [acpi_craft.dbg2(3, 0x09000000)]}[case]
    child = crafted(tables, case)
    try:
        if case == "debug-port":
            child.expect("hotplate> ")
            return
        child.expect_exact("hotplate: no device tree, and ACPI leads to no console:")
        child.expect_exact({"none": "acpi: no SPCR, so no console is known",
                            "unknown": "acpi: no driver for the UART that the SPCR names (type 0xf)",
                            "nowhere": "acpi: the SPCR names a UART at no address in memory"}[case])
    finally:
        child.kill(9)
        child.wait()


NO_INTERRUPTS = "clock: no timer interrupt arrives: waits poll, other CPUs stay off"
NONE_KNOWN = "boot: no supported interrupt controller"
NO_CPU = "acpi: the tables describe no enabled CPU"
NO_GICD = "acpi: the MADT has no distributor of a GIC: no interrupts"
NO_LENGTH = "acpi: APIC: an entry has no length or exceeds the table; later entries are not read"
BAD_SRAT = "acpi: %d entries of the SRAT make no sense, overlap or are too many and are left out"
NO_ROOT = "acpi: no PCI host bridge in AML for segment 0 bus 0"
RAM = 0x40000000
C = acpi_craft
# The table that replaces the one of that name, and the lines that it causes.
LIES = {
    "no-length": (C.madt(C.gicd(), C.gicc(), bytes((11, 0)) + bytes(10)), NO_LENGTH),
    "no-length-first": (C.madt(bytes((11, 0)), C.gicd(), C.gicc()), NO_LENGTH, NO_CPU, NO_GICD,
                        "cpu: the device tree lists none, only the boot CPU is used", NONE_KNOWN, NO_INTERRUPTS),
    "too-long": (C.madt(C.gicd(), C.gicc(), bytes((11, 240)) + bytes(10)), NO_LENGTH),
    "twice": (C.madt(C.gicd(), C.gicc(), C.gicc(), C.gicc()),
              "acpi: 2 CPUs of the APIC have the number of another; the first is taken"),
    "another-cpu": (C.madt(C.gicd(), C.gicc(5)), "cpu: hwid 0x0 is the boot CPU, and the device tree does not list it",
                    "cpu 1 (hwid 0x5): firmware does not start it (-EINVAL)"),
    "200-cpus": (C.madt(C.gicd(), *[C.gicc(i // 8 << 8 | i % 8) for i in range(200)]),
                 "acpi: 72 entries of the APIC do not fit and are left out",
                 "cpu: 64 more stay off: at most 64 CPUs are used",
                 *["cpu %d (hwid 0x%x): firmware does not start it (-EINVAL)" % (n, n // 8 << 8 | n % 8) for n in range(1, 64)]),
    "no-gicd": (C.madt(C.gicc()), NO_GICD, NONE_KNOWN, NO_INTERRUPTS),
    "gicd-nowhere": (C.madt(C.gicd(0xfff0000000), C.gicc()), NO_INTERRUPTS),
    "two-gicds": (C.madt(C.gicd(), C.gicd(0xfff0000000), C.gicc()),
                  "acpi: APIC: a second distributor of a GIC; the first is taken"),
    "no-gicr": (C.madt(C.gicd(version=3), C.gicc()), "acpi: APIC: a GICv3 without redistributors: no interrupts",
                NONE_KNOWN, NO_INTERRUPTS),
    "no-cpu-interface": (C.madt(C.gicd(), C.gicc(cpu_if=0)), "acpi: APIC: a GICv2 without a CPU interface: no interrupts",
                         NONE_KNOWN, NO_INTERRUPTS),
    "no-gtdt": (C.head("GTDX", bytes(8)), "acpi: no GTDT, or it is cut off: the usual timer is assumed"),
    "short-gtdt": (C.gtdt(cut=40), "acpi: no GTDT, or it is cut off: the usual timer is assumed"),
    "absurd-gtdt": (C.gtdt((0, 5, 1000, 0xffffffff)),
                    "acpi: the GTDT's virtual timer has no PPI: the usual timer is assumed"),
    "wrong-gtdt": (C.gtdt((29, 30, 29, 26)), NO_INTERRUPTS),
    "mcfg-wraps": (C.mcfg(2**64 - MiB), "acpi: the MCFG's first entry is no configuration space; no PCI"),
    "mcfg-backwards": (C.mcfg(0x4010000000, 9, 3), "acpi: the MCFG's first entry is no configuration space; no PCI"),
    "mcfg-short": (C.mcfg(0x4010000000, cut=1), "acpi: the MCFG ends before its first entry; no PCI"),
    "mcfg-on-image": (C.mcfg(RAM), NO_ROOT, "pci: the host bridge has no usable ranges",
                      "device tree: pcie@40000000 claims registers at 0x40000000, where the image is: not believed"),
    "mcfg-odd": (C.mcfg(0x4010000123), NO_ROOT, "pci: configuration space 0x4010000123+256M is no bus"),
    "srat-of-nobody": (C.srat(C.near_memory(0, RAM, 256 * MiB), C.near_memory(1, 0x9000000000, MiB), C.near_cpu(0, 0),
                              C.near_cpu(3, 77)), "acpi: 1 CPUs of the SRAT are not among the enabled CPUs",
                       "device tree: memory 0x9000000000+1M left out: UEFI's map has no RAM there"),
    "srat-overlaps": (C.srat(C.near_memory(0, RAM, 256 * MiB), C.near_memory(1, RAM + 128 * MiB, MiB)), BAD_SRAT % 1),
    "srat-far": (C.srat(C.near_memory(0xffffffff, RAM, 256 * MiB), C.near_cpu(31, 0)),
                 "cpu: hwid 0x0 is on a node above 7: node 0 is used",
                 "device tree: a memory node has a numa-node-id above 7; node 0 is used"),
    "srat-wraps": (C.srat(C.near_memory(0, RAM, 256 * MiB), C.near_memory(0, 2**64 - 4096, MiB)), BAD_SRAT % 1),
    "srat-no-length": (C.srat(C.near_memory(0, RAM, 256 * MiB), bytes((1, 0)) + bytes(20)), BAD_SRAT % 1),
}


@pytest.mark.parametrize("case", sorted(LIES))
def test_lies(case):
    """Malformed tables cause their lines and no others, and the machine answers at its prompt."""
    lie, *lines = LIES[case]
    place = {b"GTDX": b"GTDT"}.get(lie[:4], lie[:4])
    child = crafted([t for t in C.virt() + [C.spcr(3, 0x09000000)] if t[:4] != place] + [lie], "lie-" + case)
    try:
        child.expect("hotplate> ")
        printed = child.before.replace("\r", "")
        child.send("run boot.wx,kern.irq_depth,kern.pause_within,alloc.buddy*\r")
        child.expect("#: end verdict=pass")
    finally:
        child.kill(9)
        child.wait()
    assert sorted(re.findall(r"^(?:acpi|boot|clock|cpu|cpu \d+ \(.*\)|device tree|irq|pci|power): .*", printed, re.M)) == sorted(lines), printed


# ---- described twice ----

def test_both_differ(source):
    """The device tree has one CPU, 128 MiB and 1 MiB of ECAM less than the tables: boot uses the device tree."""
    if "arm64" not in ARCHES:
        pytest.skip("arm64 is not tested")
    text = source("arm64")
    text = re.sub(r"\t\tcpu@1 \{.*?\n\t\t\};\n", "", text, flags=re.S)
    text = text.replace("reg = <0x00 0x40000000 0x00 0x20000000>", "reg = <0x00 0x40000000 0x00 0x18000000>")
    text = text.replace("reg = <0x40 0x10000000 0x00 0x10000000>", "reg = <0x40 0x10100000 0x00 0xff00000>")
    child = start("arm64", compile_tree(text), "acpi-differ", ["-m", "slots=2,maxmem=1G"])
    try:
        child.expect_exact("hotplate> ")
        printed = child.before.replace("\r", "")
    finally:
        child.kill(9)
        child.wait()
    assert re.search(r"^cpu +1 x ", printed, re.M) and "384 MiB in use" in printed
