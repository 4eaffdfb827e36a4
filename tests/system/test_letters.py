# SPDX-License-Identifier: BSD-2-Clause
"""Stage letters (docs/boards.md) without a console, and for every way to start the image."""
import os
import re
import shutil
import struct

import pexpect
import pytest

import ring
from conftest import ARCHES, LOGS, unattended
from devices.device_tree import IMAGE_AT, compile_tree, source, start  # noqa: F401
from devices.loader import RAM, loader
from devices.letters import LETTERS, PORT, image_of

SILENT = LETTERS[:-1] + "Ijklmno"  # the letters of a machine without a console
arm64_only = pytest.mark.skipif("arm64" not in os.environ.get("HOTPLATE_ARCHES", "arm64"),
                                reason="riscv64 has its firmware's console")


def without_console(name, source, stop=""):  # noqa: F811
    """arm64 with two CPUs and a UART without a driver, which prints letters all the same."""
    tree = compile_tree(source("arm64").replace("arm,pl011", "acme,uart"))
    return start("arm64", tree, name, image=image_of("arm64", name, PORT["arm64"][0], stop))


@arm64_only
def test_all_without_a_console(source):  # noqa: F811
    """Every step of boot up to the menu, including the start of the other CPU, and nothing else on the line."""
    child = without_console("silent", source)
    try:
        child.expect_exact(SILENT)
        assert not re.search(r"[a-zA-Z]", child.before), child.before
        assert child.expect([r"\w", pexpect.TIMEOUT], timeout=2) == 1, child.after
        printed = ring.wait_for(child, "arm64", IMAGE_AT["arm64"], "ready  ", "silent")
        assert 'no driver for this UART: compatible = "acme,uart"; none is used' in printed, printed
        assert re.search(r"^cpu +2 x ", printed, re.M), printed
    finally:
        child.close(force=True)


@arm64_only
@pytest.mark.tier("ci")
@pytest.mark.parametrize("letter", SILENT[len(LETTERS) - 1:])
def test_last_is_where_it_stopped(letter, source):  # noqa: F811
    """Boot stops after the letter: it is the last one, and later steps were not executed."""
    child = without_console("stopped-" + letter, source, letter)
    try:
        child.expect_exact(SILENT[:SILENT.index(letter) + 1])
        assert not re.search(r"[a-zA-Z]", child.before), child.before
        assert child.expect([r"\w", pexpect.TIMEOUT], timeout=2) == 1, child.after
    finally:
        child.close(force=True)


# ---- ways into the image ----

def before_the_banner(text):
    """The letters of each boot, up to the start of the console."""
    return re.findall(r"([a-zA-Z]*)\r*\n(?:# life \d+ of this machine: )?hotplate \d[^\n]*\) \w+\r*$", text, re.M)


WAYS = {  # words for tools/hotplate run
    "direct": {}, "el2": {"QEMU_ARGS": "-M virtualization=on"}, "flash": {"ACPI": "1"}, "edk2": {"FIRMWARE": "edk2"},
    "acpi-only": {"FIRMWARE": "edk2", "QEMU_ARGS": "-M acpi=on"}, "u-boot-efi": {"FIRMWARE": "u-boot"},
}
ARM64_WAYS = ("el2", "flash", "acpi-only")


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64-el2", "arm64-flash", "arm64-acpi-only", "arm64-u-boot-efi", "riscv64-direct", "riscv64-edk2")
@pytest.mark.parametrize("way", WAYS)
def test_way_in(arch, way):
    """All letters of a machine with four CPUs, for each loader and load address; under UEFI after its own output."""
    if arch != "arm64" and way in ARM64_WAYS:
        pytest.skip("arm64's way")
    image = image_of(arch, "letters-" + way, PORT[arch][0])
    if way == "flash":  # searched beside the image
        shutil.copyfile("build/%s/flash.bin" % arch, os.path.join(os.path.dirname(image), "flash.bin"))
    try:
        status, text, printed = unattended(arch, "letters-" + way, 120, IMAGE=image, NODES="1", ARGS="run=boot.wx exit",
                                           **WAYS[way])
    except FileNotFoundError:  # no log: tools/hotplate run has reported the missing package
        pytest.skip("%s: firmware is not installed" % way)
    assert status == 0, printed
    assert before_the_banner(text)[0].endswith(LETTERS), text[:1500]


@pytest.mark.tier("ci")
@pytest.mark.parametrize("offset", [0x2000000, 0x21ff000])
def test_mmu_on(arch, offset):
    """The image is entered with the MMU on, and at addresses from which it has to move."""
    at, image = RAM[arch] + offset, image_of(arch, "letters-mmu-%x" % offset, PORT[arch][0])
    load = "-device loader,file=%s,addr=0x%x,force-raw=on" % (image, at)
    status, text, printed = unattended(arch, "letters-mmu", 60, NODES="1", SMP="2", IMAGE=loader(arch, at, False),
                                       ARGS="run=boot.wx exit", QEMU_ARGS=load)
    assert status == 0, printed
    assert before_the_banner(text)[0].endswith(LETTERS), text[:1500]


BOARDS = {  # boards whose model starts the image with the UART on; Cadence's has to be switched on
    "rpi3": ("arm64", "ns16550,0x3f215040,2,4"), "versal": ("arm64", "sbsa,0xff000000"),
    "zcu102": ("arm64", "cadence,0xff000000"),
    "unmatched": ("riscv64", "sifive,0x10010000"), "icicle": ("riscv64", "ns16550,0x20100000,2,4"),
}


def switched_on(image, uart):
    """Arguments for tools/hotplate run: six instructions set TXEN and RXEN of Cadence's CR, as firmware does."""
    at = 0x200000
    path = os.path.join(LOGS, "letters-on.bin")
    with open(path, "wb") as f:  # ldr x9, image; ldr x3, uart; mov w4, #0x14; str w4, [x3]; br x9; nop
        f.write(struct.pack("<6I2Q", 0x580000c9, 0x580000e3, 0x52800284, 0xb9000064, 0xd61f0120, 0xd503201f, at, uart))
    return {"IMAGE": path, "QEMU_ARGS": "-device loader,file=%s,addr=0x%x,force-raw=on" % (image, at)}


@pytest.mark.tier("ci")
@pytest.mark.parametrize("board", BOARDS)
def test_uart_of(board):
    """Rows of tools/hotplate earlycon, on models of boards that have such a UART."""
    arch, port = BOARDS[board]
    if arch not in ARCHES:
        pytest.skip(arch + " only")
    image = image_of(arch, "letters-" + board, port)
    words = switched_on(image, int(port.split(",")[1], 0)) if board == "zcu102" else {"IMAGE": image}
    status, text, printed = unattended(arch, "letters-" + board, 120, BOARD=board, ARGS="run=boot.wx exit", **words)
    assert status == 0, printed
    assert before_the_banner(text) == [LETTERS], text[:1500]
