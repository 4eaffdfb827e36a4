# SPDX-License-Identifier: BSD-2-Clause
# boards/generic - any machine whose firmware boots from a disk by EFI or U-Boot.  Assignments only.
BOARD_ARCH := arm64 riscv64
BOARD_WORST :=
BOARD_IMAGE_BOOT := extlinux efi
BOARD_IMAGE_FIRMWARE := the machine's own: EFI takes EFI/BOOT/, U-Boot takes extlinux/ or EFI/BOOT/
