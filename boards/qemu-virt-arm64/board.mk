# SPDX-License-Identifier: BSD-2-Clause
# boards/qemu-virt-arm64 - the default machine of `make run`.  Assignments only.
BOARD_ARCH := arm64
BOARD_QEMU := qemu-system-aarch64
BOARD_MACHINE := virt
BOARD_CPU := max
BOARD_RAM := 0x40000000
BOARD_WORST :=
BOARD_IMAGE_BOOT := extlinux efi
BOARD_IMAGE_FIRMWARE := the emulator's: U-Boot (u-boot-qemu) or EDK2
