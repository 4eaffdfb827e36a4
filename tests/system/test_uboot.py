# SPDX-License-Identifier: BSD-2-Clause
"""Ways to start the Image by U-Boot (booti): extlinux and scripts on a disk, scripts and pxelinux from a TFTP server;
the cards of Raspberry Pis; and the node of withheld memory that a script makes (docs/boards.md).

UBOOT=DIR names another u-boot-qemu, HOTPLATE_QEMU_ARM64= and HOTPLATE_QEMU_RISCV64= another emulator.
"""
import os
import re
import shutil
import subprocess

import pexpect
import pytest

from hotplate.results import output
from conftest import ARCHES, LOGS, PATIENCE, PROMPT

UBOOT = os.environ.get("UBOOT", "/usr/lib/u-boot")
QEMU = {"arm64": os.environ.get("HOTPLATE_QEMU_ARM64", "qemu-system-aarch64"),
        "riscv64": os.environ.get("HOTPLATE_QEMU_RISCV64", "qemu-system-riscv64")}
FIRMWARE = {"arm64": ["-cpu", "max", "-bios", UBOOT + "/qemu_arm64/u-boot.bin"],
            "riscv64": ["-kernel", UBOOT + "/qemu-riscv64_smode/u-boot.bin"]}
RAM = {"arm64": 0x40000000, "riscv64": 0x80000000}
MKIMAGE = {"arm64": "arm64", "riscv64": "riscv"}
CYCLE = "run=hotplug.cycle exit"

pytestmark = pytest.mark.tier("ci")


@pytest.fixture
def card(tmp_path):
    """card(ARCH, BOOT, VARIABLE=...): directory of a card with these ways to boot; a board outside the tree."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    for tool, package in (("sfdisk", "fdisk"), ("mkfs.vfat", "dosfstools"), ("mcopy", "mtools"), ("mkimage", "u-boot-tools")):
        if not shutil.which(tool, path=path):
            pytest.skip("%s is not installed" % package)

    def make(arch, boot, board="mine", **env):
        place = tmp_path / "extra/boards/mine"
        place.mkdir(parents=True, exist_ok=True)
        (place / "board.mk").write_text("BOARD_ARCH := %s\nBOARD_IMAGE_BOOT := %s\n" % (arch, boot))
        env = dict(os.environ, **{"ARGS": "", "ADD": "", "EXTRA": str(tmp_path / "extra"), "CARDS": str(tmp_path), **env})
        subprocess.run(["/usr/bin/python3", "tools/hotplate", "image", board], check=True, env=env, capture_output=True)
        return tmp_path / board
    return make


@pytest.fixture
def uboot(request):
    """uboot(ARCH, QEMU words): the console of a machine that U-Boot starts."""
    machines = []

    def start(arch, words, own=False):
        if not own and not os.path.exists(FIRMWARE[arch][-1]):
            pytest.skip("u-boot-qemu is not installed")
        name = re.sub(r"[^\w.]+", "-", request.node.name)
        line = words if own else ["-M", "virt", "-m", "1G", "-smp", "2", "-nographic"] + FIRMWARE[arch] + words
        machines.append(pexpect.spawn(
            QEMU[arch], line, timeout=PATIENCE, encoding="utf-8", codec_errors="replace", dimensions=(25, 80),
            logfile=open(os.path.join(LOGS, "%s-%s.console" % (name, arch)), "w", encoding="utf-8")))
        return machines[-1]
    yield start
    for machine in machines:
        machine.kill(9)
        machine.wait()
        machine.logfile.close()


def disk(out):
    return ["-nic", "none", "-drive", "if=none,id=d,format=raw,snapshot=on,file=%s/hotplate-%s.img" % (out, out.name),
            "-device", "virtio-blk-device,drive=d"]


def network(directory):
    return ["-netdev", "user,id=n,tftp=%s" % directory, "-device", "virtio-net-pci,netdev=n,romfile="]


def unattended(machine):
    """The output from U-Boot's count-down to the end of a run in which all tests passed."""
    machine.expect(pexpect.EOF)
    text = machine.before.replace("\r", "")
    assert output.verdict(text)[0] == 0, text[-3000:]
    cases, wrong = output.cases(text)
    assert not wrong and [c.path.split("/")[1] for c in cases if "/" in c.path] == ["hotplug.cycle"]
    return text


def until_prompt(machine):
    machine.expect_exact(PROMPT)
    return machine.before.replace("\r", "")


def walk_through(machine):
    """Menu key 1, then power off."""
    machine.send("1\r")
    machine.expect(r"\[d\]")
    machine.send("\r")
    printed = until_prompt(machine)
    before, after = re.search(r"digest +([0-9a-f]+) before, ([0-9a-f]+) after", printed).groups()
    assert before == after and "not ok" not in printed
    machine.send("q\r")
    machine.expect(pexpect.EOF)


def test_extlinux(arch, card, uboot):
    machine = uboot(arch, disk(card(arch, "extlinux")))
    printed = until_prompt(machine)
    assert "extlinux.conf" in printed and "Starting kernel ..." in printed
    assert re.search(r"entry Image\b.*, DT", printed), printed[-1500:]
    walk_through(machine)


def test_the_generic_disk(arch, card, uboot):
    """One disk for both architectures: U-Boot skips the image of the other one."""
    if os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64") != "arm64 riscv64":
        pytest.skip("needs both images")
    text = unattended(uboot(arch, disk(card(arch, "", board="generic", ARGS=CYCLE))))
    assert re.search(r"^machine .*entry ", text, re.M)


@pytest.mark.parametrize("board,model,dtb", [("rpi3", "raspi3b", "bcm2837-rpi-3-b.dtb"), ("rpi4", "raspi4b", "bcm2711-rpi-4-b.dtb")])
def test_the_card_of_a_raspberry_pi(board, model, dtb, card, uboot):
    """From U-Boot on; the firmware before it has no emulator.  The machine cannot switch itself off."""
    if "arm64" not in ARCHES:
        pytest.skip("needs the image of arm64")
    if model not in subprocess.run([QEMU["arm64"], "-M", "help"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("%s has no model %s" % (QEMU["arm64"], model))
    got = subprocess.run(["tools/hotplate", "firmware", "raspi-firmware", "u-boot-rpi", "arm-trusted-firmware"], capture_output=True,
                         text=True, check=False)
    if got.returncode:
        pytest.skip(got.stderr.strip())
    out = card("arm64", "", board=board, ARGS=CYCLE)
    machine = uboot("arm64", ["-M", model, "-serial", "null", "-serial", "stdio", "-display", "none", "-kernel",
                              str(out / "card/u-boot.bin"), "-dtb", str(out / "card" / dtb), "-drive",
                              "if=sd,format=raw,snapshot=on,file=%s/hotplate-%s.img" % (out, board)], own=True)
    machine.expect_exact("# hotplate: end")
    text = machine.before.replace("\r", "") + machine.after
    assert re.search(r"/extlinux/extlinux\.conf|Booting bootflow .* with extlinux", text), text[-3000:]
    assert output.verdict(text)[0] == 0, text[-3000:]


def test_the_generic_disk_by_edk2(card, uboot):
    firmware = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"
    if not os.path.exists(firmware):
        pytest.skip("qemu-efi-aarch64 is not installed")
    if os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64") != "arm64 riscv64":
        pytest.skip("needs both images")
    out = card("arm64", "", board="generic", ARGS=CYCLE)
    text = unattended(uboot("arm64", ["-M", "virt,acpi=off", "-m", "1G", "-smp", "2", "-nographic", "-cpu", "max", "-bios",
                                   firmware] + disk(out), own=True))
    assert "entry UEFI" in text
    size, at = re.search(r"(\d+) MiB withheld at (0x[0-9a-f]+)", text).groups()
    assert int(at, 16) + (int(size) << 20) < RAM["arm64"] + (1 << 30), "the range includes the top, which is firmware's"


LITMUS = {"arm64": "litmus/aarch64/SB.litmus", "riscv64": "litmus/riscv/SB.litmus"}


@pytest.mark.parametrize("way", ["disk", "network"])
def test_litmus(way, arch, card, uboot):
    """The set is the initial RAM disk of a card, and of the script that a TFTP server has."""
    out = card(arch, "extlinux", LITMUS=LITMUS[arch], ARGS="run=litmus.* exit")
    machine = uboot(arch, disk(out) if way == "disk" else network(out / "tftp"))
    if way == "network" and machine.expect_exact(["Starting kernel ...", "=> "]):
        machine.send("dhcp ${scriptaddr} boot.scr.uimg && source ${scriptaddr}\r")
        machine.expect_exact("Starting kernel ...")
    machine.expect(pexpect.EOF)
    text = machine.before.replace("\r", "")
    assert output.verdict(text)[0] == 0, text[-3000:]
    assert "# Observation SB " in text and re.search(r"^ *ok 1 litmus\.file/SB", text, re.M), text[-3000:]


def compiled(arch, source, target):
    """A U-Boot script."""
    text = target.parent / "boot.cmd"
    text.write_text(source)
    subprocess.run(["mkimage", "-T", "script", "-A", MKIMAGE[arch], "-C", "none", "-d", str(text), str(target)], check=True,
                   capture_output=True)


def test_network(arch, card, uboot):
    """U-Boot 2023.01 requests this script by itself; 2025.01 on arm64 stops at its prompt, where the command is
    typed."""
    out = card(arch, "extlinux", ARGS=CYCLE)
    machine = uboot(arch, network(out / "tftp"))
    if machine.expect_exact(["Starting kernel ...", "=> "]):
        assert "bootflows" in machine.before
        machine.send("dhcp ${scriptaddr} boot.scr.uimg && source ${scriptaddr}\r")
        machine.expect_exact("Starting kernel ...")
    assert "Filename 'boot.scr.uimg'" in machine.before and "DHCP client bound" in machine.before
    unattended(machine)


@pytest.mark.tier("full")
def test_network_by_pxelinux(arch, card, uboot):
    """u-boot-qemu does not try pxelinux by itself."""
    out = card(arch, "extlinux", ARGS=CYCLE)
    (out / "tftp/boot.scr.uimg").unlink()
    machine = uboot(arch, network(out / "tftp"))
    machine.expect_exact("Hit any key to stop autoboot")
    machine.send("\r")
    machine.expect_exact("=> ")
    machine.send("pci enum; virtio scan; dhcp; pxe get; pxe boot\r")
    assert "Retrieving file: pxelinux.cfg/default" in unattended(machine)


def recipe():
    """The script of docs/boards.md, unchanged."""
    with open("docs/boards.md", encoding="utf-8") as f:
        return re.search(r"```uboot-withheld\n(.*?)```", f.read(), re.S)[1]


def withheld(arch, at, name="withheld"):
    """The recipe with another address, 256 MiB."""
    text = recipe().replace("withheld@50000000", "%s@%x" % (name, at))
    return "setenv bootargs %s\n" % CYCLE + text.replace("<0x0 0x50000000 0x0 0x10000000>", "<0x0 0x%x 0x0 0x10000000>" % at)


def scripted(arch, card, uboot, tmp_path, source):
    own = tmp_path / "own"
    own.mkdir()
    compiled(arch, source, own / "boot.scr")
    text = unattended(uboot(arch, disk(card(arch, "", ADD=str(own)))))
    assert re.search(r"Executing script|Booting bootflow .* with script", text), text[-3000:]
    return text


def test_script_withholds_memory(arch, card, uboot, tmp_path):
    """arm64's U-Boot writes all RAM into /memory again: the node must take precedence."""
    at = RAM[arch] + (512 << 20)
    text = scripted(arch, card, uboot, tmp_path, withheld(arch, at))
    assert "768 MiB in use, 256 MiB withheld at 0x%x (node 0)" % at in text, text[-3000:]
    assert "left out" not in text and "stays in use" not in text


def test_script_withholds_what_is_in_use(arch, card, uboot, tmp_path):
    """The node covers the image, on riscv64 also firmware and the device tree: those blocks stay in use, with a
    line."""
    at = RAM[arch]
    text = scripted(arch, card, uboot, tmp_path, withheld(arch, at))
    printed = re.findall(r"device tree: hotpluggable (0x[0-9a-f]+)\+128M stays in use: the ([a-z -]+) is at", text)
    if arch == "arm64":
        assert printed == [("0x%x" % at, "image")], text[-3000:]
        assert "896 MiB in use, 128 MiB withheld at 0x%x (node 0)" % (at + (128 << 20)) in text, text[-3000:]
    else:
        printed[0] = (printed[0][0], printed[0][1].replace("no-map", "reserved"))  # as in OpenSBI 1.6
        assert printed == [("0x%x" % at, "reserved"), ("0x%x" % (at + (128 << 20)), "device tree")], text[-3000:]


def test_script_with_the_name_memory(arch, card, uboot, tmp_path):
    """arm64's U-Boot treats a first node named memory@ as its own and writes all RAM there; riscv64's does not."""
    at = RAM[arch] + (512 << 20)
    text = scripted(arch, card, uboot, tmp_path, withheld(arch, at, "memory"))
    if arch == "riscv64":
        assert "768 MiB in use, 256 MiB withheld at 0x%x (node 0)" % at in text
        return
    printed = re.findall(r"device tree: hotpluggable (0x[0-9a-f]+)\+128M stays in use: the ([a-z -]+) is at", text)
    assert [what for _, what in printed] == ["image", "device tree"], text[-3000:]
    assert "256 MiB in use, 768 MiB withheld" in text
