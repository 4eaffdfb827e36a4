# SPDX-License-Identifier: BSD-2-Clause
"""FIRMWARE= of tools/hotplate run: UEFI firmware starts the image from the removable path of a
FAT disk.

  edk2     of the packages qemu-efi-aarch64, qemu-efi-riscv64    u-boot  of u-boot-qemu (bootefi)
  FILE     another EDK2, as flash

FIRMWARE_DIR=DIR has these packages unpacked, each in DIR/PACKAGE, instead of the system.  The boot
arguments are in the file hotplate.txt beside the image.  mtools makes the disk, without root and
without a mount.
"""
import hashlib
import os
import shutil
import subprocess
from typing import Any

from hotplate import Refused

NAMES = {"arm64": "BOOTAA64.EFI", "riscv64": "BOOTRISCV64.EFI"}
SIZE = 64 << 20
# QEMU's option, file, package; "flash": the file is the flash memory of the machine
FIRMWARE = {
    ("edk2", "arm64"): ("-bios", "usr/share/qemu-efi-aarch64/QEMU_EFI.fd", "qemu-efi-aarch64"),
    ("edk2", "riscv64"): (
        "flash",
        "usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd",
        "qemu-efi-riscv64",
    ),
    ("u-boot", "arm64"): ("-bios", "usr/lib/u-boot/qemu_arm64/u-boot.bin", "u-boot-qemu"),
    ("u-boot", "riscv64"): (
        "-kernel",
        "usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin",
        "u-boot-qemu",
    ),
}


class Missing(Refused):
    pass


def firmware(name: str, arch: str, given: str = "") -> tuple[str, str]:
    """(QEMU's option, file); Missing names the package that neither the system nor FIRMWARE_DIR
    has."""
    how, path, package = FIRMWARE.get((name, arch), ("flash", name, None))
    if package:
        path = os.path.join(os.path.abspath(given), package, path) if given else "/" + path
    if not os.path.exists(path):
        raise Missing(
            (f"FIRMWARE_DIR={given} has no {path}" if given else f"{package} is not installed")
            if package
            else "FIRMWARE=%s: edk2, u-boot, or an EDK2 of your own" % name
        )
    return how, path


def disk(image: str, arch: str, words: str, directory: str) -> str:
    """A FAT disk with the image and its boot arguments; a disk with the same contents is reused.
    Before the image is built (SHOW=1): a name for it."""
    if not os.path.exists(image):
        return os.path.join(directory, "efi.img")
    if not shutil.which("mcopy"):
        raise Missing("mtools is not installed")
    with open(image, "rb") as f:
        key = hashlib.sha256(f.read() + words.encode()).hexdigest()[:12]
    path = os.path.join(directory, "efi-%s.img" % key)
    if os.path.exists(path):
        return path
    new = "%s.%d" % (path, os.getpid())
    with open(new, "wb") as empty:
        empty.truncate(SIZE)

    def mtool(*line: str, **more: Any) -> None:
        subprocess.run([line[0], "-i", new] + list(line[1:]), check=True, **more)

    mtool("mformat", "-F", "-v", "HOTPLATE", "::")
    mtool("mmd", "::EFI", "::EFI/BOOT")
    mtool("mcopy", image, "::EFI/BOOT/" + NAMES[arch])
    if words:
        mtool("mcopy", "-", "::EFI/BOOT/hotplate.txt", input=(words + "\n").encode())
    os.rename(new, path)
    return path


def words(name: str, arch: str, image: str, args: str, given: str = "") -> list[str]:
    """QEMU's words instead of -kernel and -append."""
    how, path = firmware(name, arch, given)
    flash = "if=pflash,unit=0,format=raw,readonly=on,file=" + path
    line = ["-drive", flash] if how == "flash" else [how, path]
    # EDK2 passes one description of the machine on, that of ACPI if it has two
    if name != "u-boot":
        line += ["-M", "acpi=off"]
    file = disk(image, arch, args, os.path.dirname(os.path.abspath(image)))
    return line + [
        "-drive",
        "if=none,id=efi,format=raw,snapshot=on,file=" + file,
        "-device",
        "virtio-blk-device,drive=efi",
    ]
