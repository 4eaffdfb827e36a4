# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's models of riscv64 boards, and the SPL flow of one of them from its SD card."""
import os
import re
import shlex
import subprocess

import pexpect
import pytest

from conftest import LOGS, PATIENCE, TOP, unattended
from devices.selection import groups, of_way

if "riscv64" not in os.environ.get("HOTPLATE_ARCHES", "riscv64"):
    pytest.skip("riscv64 is not among HOTPLATE_ARCHES", allow_module_level=True)

# The bank that is withheld, and the model in the banner, with four harts of five
MODELS = {"unmatched": ("0xd0000000", "sifive,hifive-unleashed-a00"), "icicle": ("0x1040000000", "microchip,mpfs")}


@pytest.mark.tier("full")
@pytest.mark.long
@pytest.mark.parametrize("board", ["icicle", "unmatched"])
def test_quick_suite(board, suite):
    found, text = suite("riscv64", "model-" + board, BOARD=board, ARGS="run=quick exit")
    assert len(found) > 600
    assert "power: this machine does not switch itself off" in text  # so tools/hotplate run ended it
    assert re.search(r"^cpu +4 x ", text, re.M) and ", PLIC, " in text


@pytest.mark.tier("ci")
@pytest.mark.parametrize("board", sorted(MODELS))
def test_console_hotplug_and_stress(board, boot):
    """At the board's own UART, which interrupts: the bank that the tree or the operator withholds is onlined, used by
    `tlb stress`, and removed."""
    bank, model = MODELS[board]
    machine = boot("riscv64", BOARD=board)
    assert model in machine.banner and "4 x rv64" in machine.banner
    assert re.search(r"^cpu: hwid 0x0 stays off: its status is not okay$", machine.banner, re.M)
    for verb in ("add", "online"):
        assert re.search(r" ok$", machine.answer("%s %s+128M" % (verb, bank)), re.M)
    assert re.search(r"^\d+ +%s\+128M +0  online " % bank, machine.answer("blocks"), re.M)
    printed = machine.answer("tlb stress rounds=3")
    assert "4 CPUs" in printed and len(re.findall(r" ok  ", printed)) >= 10 and "not ok" not in printed
    for verb in ("offline", "remove"):
        assert re.search(r" ok$", machine.answer("%s %s+128M" % (verb, bank)), re.M)
    before, after = (int(re.search(r"^ +\d+ +console +(\d+)$", machine.answer("interrupts"), re.M)[1]) for _ in range(2))
    assert after > before  # typed characters interrupt


def test_off_comes_back(boot):
    """OpenSBI cannot switch this board off: only SRST is used, since the legacy call does not return."""
    machine = boot("riscv64", BOARD="unmatched")
    machine.send("q\r")
    machine.child.expect_exact("power: this machine does not switch itself off")


def tree_given(dtb=""):
    """The tree that is passed to QEMU for an Icicle with these boot arguments, and the output of tools/hotplate run."""
    printed = subprocess.run(["/usr/bin/python3", "tools/hotplate", "run", "SHOW=1", "BOARD=icicle", "ARGS=run=boot.*  exit"] +
                             (["DTB=" + dtb] if dtb else []), capture_output=True, text=True, check=True)
    line = shlex.split(printed.stdout)
    return line[line.index("-dtb") + 1], line[line.index("-append") + 1], printed.stderr


def test_words_in_the_tree():
    """Until QEMU 10 the model writes -append into a given tree, since 11 it does not, so tools/hotplate run writes
    it.  A tree into which no property can be written is passed unchanged."""
    tree_given()  # the first call reports that trees are unpacked
    tree, words, printed = tree_given()
    bootargs = subprocess.run(["fdtget", tree, "/chosen", "bootargs"], capture_output=True, text=True, check=True).stdout
    assert bootargs.strip() == words == "withhold=0x1040000000+1G run=boot.* exit" and printed == ""
    unsound = os.path.join(LOGS, "unsound.dtb")
    with open(unsound, "wb") as f:
        f.write(b"\xd0\r\xfe\xed" + bytes(60))
    tree, _, printed = tree_given(unsound)
    assert tree == unsound and "is no valid device tree" in printed


@pytest.mark.tier("ci")
def test_an_emulator_without_ids(suite):
    """The harts of QEMU 9 and 10 have no ids: they are recognised as emulated because they do not count instructions,
    so hang= suits a busy host.  The ids of QEMU 11's SiFive models cannot be changed; those are recognised all the
    same."""
    knobs = {"BOARD": "unmatched", "ARGS": "run=boot.cpus exit"}
    none = "-global riscv-cpu.marchid=0 -global riscv-cpu.mimpid=0"
    if "can't apply global" in unattended("riscv64", "model-no-ids", PATIENCE, QEMU_ARGS=none, **knobs)[1]:
        text = suite("riscv64", "model-own-ids", **knobs)[1]
        ids = "rv64 vendor 0 arch 2a,"
    else:
        text = suite("riscv64", "model-no-ids", QEMU_ARGS=none, **knobs)[1]
        ids = "rv64 vendor 0 arch 0,"
    assert re.search("^cpu +4 x " + ids, text, re.M) and " accel=tcg " in text


# ---- the boot flow of the real board: ROM, SPL, OpenSBI, U-Boot, card ----

SPL = ("34", "2014", "5B193300-FC78-40CD-8002-E86C45580B47", "u-boot-spl.bin")
UBOOT = ("2082", "8192", "2E54B353-1271-4842-806F-E436D6AF6985", "u-boot.itb")
FAT = ("16384", "131072", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, attrs=LegacyBIOSBootable", None)


def firmware():
    """Debian's U-Boot for HiFive Unleashed, the board of QEMU's model; fetched, never installed."""
    found = subprocess.run(["tools/hotplate", "firmware", "u-boot-sifive"], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("u-boot-sifive is not here: " + found.stderr.strip())
    return os.path.join(found.stdout.split()[-1], "usr/lib/u-boot/sifive_unleashed")


def need_card():
    """On an SPI bus, as in this model, the card of QEMU 10.0 refuses CMD10, and SPL waits for its answer (-trace
    'sdcard*': SPI SEND_CID/ CMD10, state transfer, ILLEGAL RESP).  The handler is that of QEMU 9.1; later versions
    may be fixed."""
    printed = subprocess.run(["qemu-system-riscv64", "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.search(r"version (\d+)", printed)[1]) in (9, 10):
        pytest.skip("the SD card of QEMU 9 and 10 refuses CMD10 on SPI: no SPL reads it")


def card(tmp_path, directory, words):
    """A GPT card as the boot ROM requires: SPL, then U-Boot with OpenSBI, then a FAT partition."""
    path = str(tmp_path / "sd.img")
    with open(path, "wb") as f:
        f.truncate(128 << 20)
    table = "label: gpt\nfirst-lba: 34\n" + "".join("start=%s, size=%s, type=%s\n" % p[:3] for p in (SPL, UBOOT, FAT))
    env = dict(os.environ, MTOOLS_SKIP_CHECK="1", PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")

    def run(*line, **more):
        subprocess.run(line, check=True, capture_output=True, env=env, **more)
    run("sfdisk", "-q", path, input=table.encode())
    with open(path, "r+b") as f:
        for start, _, _, name in (SPL, UBOOT):
            f.seek(int(start) * 512)
            with open(os.path.join(directory, name), "rb") as part:
                f.write(part.read())
    run("mkfs.vfat", "-F", "32", "--offset", FAT[0], path, "65536")
    conf = tmp_path / "extlinux.conf"
    conf.write_text("timeout 1\ndefault t\nlabel t\nkernel /Image\nappend %s\n" % words)
    run("mmd", "-i", path + "@@8M", "::extlinux")
    run("mcopy", "-i", path + "@@8M", os.path.join(TOP, "build/riscv64/Image"), "::Image")
    run("mcopy", "-i", path + "@@8M", str(conf), "::extlinux/")
    return path


def start(name, more):
    line = ["-smp", "5", "-m", "8G", "-nic", "none", "-nographic"] + more
    log = open(os.path.join(LOGS, name + "-riscv64.console"), "w", encoding="utf-8")
    return pexpect.spawn("qemu-system-riscv64", line, timeout=PATIENCE, encoding="utf-8", codec_errors="replace",
                         logfile=log)


def ran(child):
    """Wait for the image's run, up to its verdict."""
    child.expect(r"hotplate [\d.]+\S* \([^)]*\) riscv64\r*\n")
    child.expect(r"#: end verdict=(\w+) ")
    assert child.match[1] == "pass", child.before
    printed = child.before.replace("\r", "")
    assert re.search(r"^cpu +4 x rv64", printed, re.M) and "PLIC" in printed
    assert re.search(r"^memory +7.50 GiB in use, 512 MiB withheld at 0x100000000 ", printed, re.M)
    child.expect("power: this machine does not switch itself off")
    return printed


WORDS = "withhold=0x100000000+512M run=boot.*,hotplug.cycle exit"


@pytest.mark.tier("ci")
def test_spl_opensbi_uboot_from_card(tmp_path):
    """ROM -> SPL -> OpenSBI -> U-Boot -> booti, all from the card; the command is typed at U-Boot's prompt."""
    need_card()
    directory = firmware()
    child = start("spl", ["-M", "sifive_u,msel=11", "-bios", os.path.join(directory, "u-boot-spl.bin"), "-drive",
                          "if=sd,format=raw,file=" + card(tmp_path, directory, WORDS)])
    try:
        child.expect("U-Boot SPL .*\n")
        child.expect("Hit any key")
        child.send("\r")
        child.expect_exact("=> ")
        child.send("mmc dev 0; sysboot mmc 0:3 fat 0x88200000 /extlinux/extlinux.conf\r")
        ran(child)
    finally:
        child.close(force=True)


@pytest.mark.tier("full")
def test_opensbi_uboot_finds_card(tmp_path):
    """OpenSBI of QEMU -> U-Boot proper, which finds the card by itself."""
    need_card()
    directory = firmware()
    child = start("uboot-card", ["-M", "sifive_u", "-kernel", os.path.join(directory, "u-boot.bin"), "-drive",
                                 "if=sd,format=raw,file=" + card(tmp_path, directory, WORDS)])
    try:
        ran(child)
    finally:
        child.close(force=True)
