# SPDX-License-Identifier: BSD-2-Clause
# boards/qemu-virt-riscv64 - the default machine of `make run ARCH=riscv64`.  Assignments only.
BOARD_ARCH := riscv64
BOARD_QEMU := qemu-system-riscv64
BOARD_MACHINE := virt
BOARD_CPU := rv64,svinval=on,svnapot=on,svpbmt=on
BOARD_RAM := 0x80000000
BOARD_WORST :=
BOARD_IMAGE_BOOT := extlinux efi
BOARD_IMAGE_FIRMWARE := the emulator's: U-Boot (u-boot-qemu) or EDK2
