# SPDX-License-Identifier: BSD-2-Clause
"""Firmware of a distribution that boots on the worst legal machine to its prompt, and the words of
the machine that it needs (machine/README.md, "Run your kernel here")."""
import os
import re
from typing import NamedTuple

from hotplate.kernels.judge import Judge, Verdict


class Keys(NamedTuple):
    """Typed after the console has printed the text, without a person at the console."""

    after: str
    keys: bytes


class Typist:
    """Types keys while it reads the console, one entry after another."""

    def __init__(self, keys: tuple[Keys, ...]) -> None:
        self.left = list(keys)
        self.seen = b""

    def due(self, chunk: bytes) -> bytes:
        """The keys that are typed after this chunk of the console."""
        self.seen += chunk
        keys = b""
        while self.left and (at := self.seen.find(after := self.left[0].after.encode())) >= 0:
            self.seen = self.seen[at + len(after) :]
            keys += self.left.pop(0).keys
        return keys


class Firmware(NamedTuple):
    package: str
    files: tuple[str, ...]  # in the package
    words: str  # with a place for each file
    prompt: str  # the prompt, and what is typed there
    keys: tuple[Keys, ...]


# A key ends the wait before autoboot, then two commands follow.
UBOOT = ("=> version", (Keys("", b"\r\rversion\rpoweroff\r"),))
# Enter ends the wait for a boot option of the one for riscv64, ESC skips startup.nsh.
SHELL = (Keys("startup.nsh", b"\x1b"), Keys("Shell> ", b"ver\r"), Keys("Shell> ", b"reset -s\r"))
EDK2 = ("Shell> ver", SHELL)
EDK2_WAITS = ("Shell> ver", (Keys("boot options", b"\r"), *SHELL))
CODE = "usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd"
VARS = "usr/share/qemu-efi-riscv64/RISCV_VIRT_VARS.fd"
# U-Boot for arm64 is linked at 0, so it runs from flash; it reads the device tree at the start of
# RAM, and its environment in bank 1, which it takes for a bank of 8 bits whatever it is.  It
# computes sums by FEAT_CRC32 whether the CPU has it or not, and stores to its own data in flash
# before it has copied itself into RAM.  That for riscv64 is loaded by SBI firmware, as a kernel is.
# EDK2 uses FP registers, leaves the redistributor asleep, and needs sstatus.SPP 0 (docs/FOUND.md, 6
# to 10).
ROWS = {
    ("arm64", "uboot"): Firmware(
        "u-boot-qemu", ("usr/lib/u-boot/qemu_arm64/u-boot.bin",),
        "flash={} tree=start crc=1 protect=0 chips=1 narrow=1", *UBOOT),
    ("riscv64", "uboot"): Firmware(
        "u-boot-qemu", ("usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin",), "image={}", *UBOOT),
    ("arm64", "edk2"): Firmware(
        "qemu-efi-aarch64", ("usr/share/qemu-efi-aarch64/QEMU_EFI.fd",),
        "flash={} tree=start fp=1 awake=1", *EDK2),
    ("riscv64", "edk2"): Firmware(
        "qemu-efi-riscv64", (CODE, VARS), "flash={},{} fp=1 sstatus=1", *EDK2_WAITS),
}
FLAVOURS = {flavour for _, flavour in ROWS}


def row(arch: str, flavour: str) -> Firmware:
    return ROWS[arch, flavour]


def image(directory: str, arch: str, flavour: str) -> str:
    return os.path.join(directory, row(arch, flavour).files[0])


def words(directory: str, arch: str, flavour: str) -> list[str]:
    r = row(arch, flavour)
    return r.words.format(*(os.path.join(directory, f) for f in r.files)).split()


ESCAPE = re.compile(r"\x1b\[[\d;=]*[A-Za-z]")


class FirmwareJudge(Judge):
    """Its end is poweroff; of a person's session, any end of the machine."""

    def __init__(self, of: Firmware, typed: bool) -> None:
        super().__init__()
        self.of = of
        self.typed = typed
        self.prompt = False

    def line(self, text: str) -> None:
        super().line(text)
        self.prompt |= self.of.prompt in ESCAPE.sub("", text)

    def end(self, status: int) -> Verdict:
        if status > 1:
            return super().end(status)
        if self.prompt:
            return Verdict(status, "it reached its prompt and switched the machine off")
        if self.typed:
            return Verdict(1, f"it did not reach its prompt (last line: {self.last or 'none'})")
        return Verdict(status, "the session has ended")
