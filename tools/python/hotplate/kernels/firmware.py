# SPDX-License-Identifier: BSD-2-Clause
"""Firmware of a distribution that boots on the worst legal machine to its prompt, and the words of
the machine that it needs (machine/README.md, "Run your kernel here")."""
import os

from hotplate.kernels.judge import Judge, Verdict

FLAVOUR = "uboot"  # of fetch.ROWS
PACKAGE = "u-boot-qemu"
# The file in the package, and the words.  U-Boot for arm64 is linked at 0, so it runs from flash;
# it reads the device tree at the start of RAM, and its environment in bank 1, which it takes for a
# narrow bank also if two chips are side by side.  It computes sums by FEAT_CRC32 whether the CPU
# has it or not, and stores to its own data in flash before it has copied itself into RAM.  That for
# riscv64 is loaded by SBI firmware, as a kernel is.
FLASH = "flash={} tree=start crc=1 protect=0 chips=1"
FILES = {
    "arm64": ("usr/lib/u-boot/qemu_arm64/u-boot.bin", FLASH),
    "riscv64": ("usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin", "image={}"),
}
# Without a person at the console: a key ends the wait before autoboot, then two commands follow.
KEYS = b"\r\rversion\rpoweroff\r"
PROMPT = "=> version"


def image(directory: str, arch: str) -> str:
    return os.path.join(directory, FILES[arch][0])


def words(path: str, arch: str) -> list[str]:
    return FILES[arch][1].format(path).split()


class FirmwareJudge(Judge):
    """Its end is poweroff; of a person's session, any end of the machine."""

    def __init__(self, typed: bool) -> None:
        super().__init__()
        self.typed = typed
        self.prompt = False

    def line(self, text: str) -> None:
        super().line(text)
        self.prompt |= text.startswith(PROMPT)

    def end(self, status: int) -> Verdict:
        if status > 1:
            return super().end(status)
        if self.prompt:
            return Verdict(status, "it reached its prompt and switched the machine off")
        if self.typed:
            return Verdict(1, f"it did not reach its prompt (last line: {self.last or 'none'})")
        return Verdict(status, "the session has ended")
