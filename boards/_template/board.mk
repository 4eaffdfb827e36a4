# SPDX-License-Identifier: BSD-2-Clause
# boards/NAME - what the board is: SoC, CPUs, where RAM begins.  Assignments only, one line each.
BOARD_ARCH := ARCH

# QEMU's model of it, for `make run BOARD=NAME`; without one leave these out (boards/rpi3 has all of them).
# BOARD_QEMU := qemu-system-aarch64
# BOARD_MACHINE :=
# BOARD_RAM := 0
# BOARD_DTB := vendor/board.dts below the kernel's arch/ARCH/boot/dts

# The card.  gpt or mbr; the sector where the FAT file system begins; how it is booted: extlinux (U-Boot),
# efi (EFI/BOOT), cmdline (words in cmdline.txt, for Raspberry Pi's firmware).
BOARD_IMAGE_TABLE := gpt
BOARD_IMAGE_FIRST := 2048
BOARD_IMAGE_BOOT := extlinux efi

# Partitions before it: START+SECTORS:TYPE:NAME.  Files of the file system: TARGET=FROM:PATH, and of raw sectors:
# SECTOR=FROM:PATH.  FROM is a package of tools/hotplate firmware, `here` (this directory), `dtb` (a .dts of the kernel
# source), or `own` (ADD=DIR, left out where it is not given).
BOARD_IMAGE_PARTS :=
BOARD_IMAGE_FILES := README.txt=here:README.md
BOARD_IMAGE_RAW :=

# Where firmware is, for MANIFEST.txt and for the person who makes the card.
BOARD_IMAGE_FIRMWARE := the board's own: WHERE
