# SPDX-License-Identifier: BSD-2-Clause
"""virtio-mem: the hypervisor resizes, and the guest plugs and unplugs parts of 2 MiB (CATALOGUE S1-20, S1-24, S1-25,
S1-26, V-04)."""
import re
import subprocess

import pytest

from conftest import ARCHES
from devices.virtio_mem import Device

pytestmark = [pytest.mark.tier("ci"),
              pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")]
MIB = 1 << 20


def test_sizes(boot):
    """Every odd size, growing and shrinking; at zero no trace."""
    d = Device(boot)
    d.size(2)  # the first table page for blocks at these addresses stays
    d.size(0)
    before = d.digest()
    for mib in (130, 2, 1024, 2046, 514, 126, 128, 0):
        d.size(mib)
        printed = d.command("blocks")
        blocks = sum(int(b or a) - int(a) + 1
                     for a, b in re.findall(r"^(\d+)(?:-(\d+))? .* Movable +host", printed, re.M))
        assert blocks == -(-mib // 128), printed
    assert d.digest() == before


def test_state(boot):
    """The device's map of every part agrees with the guest's, growing and shrinking."""
    d = Device(boot)
    for mib in (130, 64, 1026):
        d.size(mib)
        assert re.search(r"result pass \S+events.virtio_mem_state", d.command("run events.virtio_mem_state"))


def test_in_use(boot):
    """One unmovable page keeps only its part of 2 MiB, which is unplugged when the page is free."""
    d = Device(boot)
    d.size(256)
    assert "cannot move" in d.command("pin 0x80000000+256M")
    d.resize(0)
    d.wait(2)
    assert "is free again" in d.command("unpin")
    d.wait(0)


def test_reset(boot):
    """A reset unplugs all parts; the guest starts with none and grows again."""
    d = Device(boot)
    d.size(64)
    d.qmp.execute("system_reset")
    d.machine.until_prompt()
    d.wait(64)
    d.size(0)


def test_behind_a_port(boot):
    """The device is plugged into a PCIe slot while the machine runs."""
    d = Device(boot, VIRTIO_MEM="", PCIE_SLOTS="1", QEMU_ARGS="-m 512M,maxmem=4G")
    d.qmp.execute("object-add", **{"qom-type": "memory-backend-ram", "id": "mem9", "size": 1024 * MIB,
                                   "reserve": False})
    d.qmp.execute("device_add", driver="virtio-mem-pci", id="vm9", memdev="mem9", bus="slot1")
    d.size(130, "vm9")
    d.size(0, "vm9")


@pytest.mark.tier("test")
def test_node(boot):
    """S1-24: its memory is on the node that the device names, also on one without memory of its own."""
    for node in (1, 2):
        d = Device(boot, VIRTIO_MEM="", NODES="2", NODE1="512M", PCIE_SLOTS="1",
                   QEMU_ARGS="-m 1024M,maxmem=4G -numa node,nodeid=2")
        d.qmp.execute("object-add", **{"qom-type": "memory-backend-ram", "id": "mem9", "size": 1024 * MIB,
                                       "reserve": False})
        d.qmp.execute("device_add", driver="virtio-mem-pci", id="vm9", memdev="mem9", bus="slot1", node=node)
        d.size(256, "vm9")
        printed = d.command("blocks")
        assert re.search(r"256M +%d +online +Movable +host" % node, printed), printed
        d.size(0, "vm9")


@pytest.mark.parametrize("word,how", (("intx", "INTx"), ("msi", "MSI-X"), ("polled", "polled")))
def test_ways_to_interrupt(word, how, boot):
    """Every size is followed by wire, by message if the device has them (QEMU 10), and by polling at the tick."""
    d = Device(boot, ARGS="withhold=none virtio-mem.irq=" + word)
    listed = [p["name"] for p in d.qmp.execute("qom-list", path="/machine/peripheral/vm0")]
    if how == "MSI-X" and "vectors" not in listed:
        how = "INTx"
    assert re.search(r"virtio-mem:\s+0\s+of\s+2048\s+MiB,\s+%s\b" % how, d.machine.banner)
    for mib in (130, 2, 514, 0):
        d.size(mib)
    interrupts = sum(int(n) for n in re.findall(r"PCI +(\d+)$", d.command("interrupts"), re.M))
    assert (interrupts >= 4) == (how != "polled")


@pytest.mark.parametrize("legacy", ("true", "false"))
def test_slots_without_a_bus(legacy, boot):
    """On QEMU's machine with 32 slots, an empty slot and a device without a driver cause no line; a device with the
    legacy registers is refused in one line.  QEMU has no virtio-mem for such a slot, but the worst machine has
    (test_worst_suite.py)."""
    machine = boot("arm64", MEM="512M", NODES="1", QEMU_ARGS="-global virtio-mmio.force-legacy=%s -device virtio-rng-device" % legacy)
    printed = re.findall(r"^virtio-mmio.*", machine.banner, re.M)
    line = r"virtio-mmio 0xa003e00: device 4 has registers of version 1, and only 2 is supported"
    assert len(printed) == (legacy == "true") and all(re.match(line, s) for s in printed), printed


# In the form of the trees that microVMs make (Firecracker's src/vmm/src/arch/aarch64/fdt.rs): no stdout-path, no alias, no
# PCI, no flash, no unit addresses at memory and controller; with the addresses of QEMU's machine.
MICROVM = """/dts-v1/;
/ { compatible = "linux,dummy-virt"; #address-cells = <2>; #size-cells = <2>; interrupt-parent = <1>;
    cpus { #address-cells = <2>; #size-cells = <0>;
           cpu@0 { device_type = "cpu"; compatible = "arm,arm-v8"; enable-method = "psci"; reg = <0 0>; };
           cpu@1 { device_type = "cpu"; compatible = "arm,arm-v8"; enable-method = "psci"; reg = <0 1>; }; };
    memory@ram { device_type = "memory"; reg = <0 0x40000000 0 0x20000000>; };
    chosen { bootargs = ""; };
    intc { compatible = "arm,gic-v3"; interrupt-controller; #interrupt-cells = <3>; phandle = <1>; #address-cells = <2>;
           #size-cells = <2>; ranges; reg = <0 0x8000000 0 0x10000 0 0x80a0000 0 0xf60000>; interrupts = <1 9 4>; };
    timer { compatible = "arm,armv8-timer"; always-on; interrupts = <1 13 4 1 14 4 1 11 4 1 10 4>; };
    apb-pclk { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <24000000>; phandle = <2>; };
    psci { compatible = "arm,psci-0.2"; method = "hvc"; };
    uart@9000000 { compatible = "arm,pl011"; reg = <0 0x9000000 0 0x1000>; clocks = <2>; interrupts = <0 1 1>; };
    virtio_mmio@a003e00 { compatible = "virtio,mmio"; reg = <0 0xa003e00 0 0x200>; interrupts = <0 47 1>;
                          interrupt-parent = <1>; }; };
"""


def test_tree_of_a_microvm(boot, tmp_path):
    """hotplate finds console, CPUs and the slot of a device there; the line of its legacy registers proves the slot."""
    (tmp_path / "tree.dts").write_text(MICROVM)
    subprocess.run(["dtc", "-q", "-o", tmp_path / "tree.dtb", tmp_path / "tree.dts"], check=True)
    machine = boot("arm64", MEM="512M", NODES="1", SMP="2", DTB=str(tmp_path / "tree.dtb"), ARGS="withhold=0x50000000+256M",
                   QEMU_ARGS="-M gic-version=3 -global virtio-mmio.force-legacy=true -device virtio-rng-device")
    assert "virtio-mmio 0xa003e00: device 4 has registers of version 1" in machine.banner, machine.banner
    assert re.search(r"^cpu +2 x .*GICv3, PSCI 1", machine.banner, re.M), machine.banner
    assert "#: end verdict=pass" in machine.answer("run boot.*,hotplug.cycle")
