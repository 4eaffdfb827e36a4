# SPDX-License-Identifier: BSD-2-Clause
# boards/NAME - the board in one line: SoC, CPUs, start of RAM.  Assignments only, one line each.
BOARD_ARCH := ARCH

# QEMU's model, for `make run BOARD=NAME`; omit these lines if there is none (boards/rpi3 has all of them).
# BOARD_QEMU := qemu-system-aarch64
# BOARD_MACHINE :=
# BOARD_RAM := 0
# BOARD_DTB := vendor/board.dts below the kernel's arch/ARCH/boot/dts

# Words of the worst machine that have the board's shape, for `make run BOARD=NAME MACHINE=worst` (docs/boards.md,
# machine/README.md); none: the plain machine.  BOARD_WITHHOLD: the memory that is withheld there and in QEMU.
# BOARD_WORST := cpus=4 base=0x40000000 mem=1024 io=0x38000000 numa=0

# The card.  gpt or mbr; the first sector of the FAT file system; the boot method: extlinux (U-Boot),
# efi (EFI/BOOT), cmdline (arguments in cmdline.txt, for Raspberry Pi's firmware).
BOARD_IMAGE_TABLE := gpt
BOARD_IMAGE_FIRST := 2048
BOARD_IMAGE_BOOT := extlinux efi

# Partitions before the file system: START+SECTORS:TYPE:NAME.  Files in the file system: TARGET=FROM:PATH.  Raw sectors:
# SECTOR=FROM:PATH.  FROM is a package of tools/hotplate firmware, `here` (this directory), `dtb` (a .dts of the kernel
# source), or `own` (ADD=DIR, left out where it is not given).
BOARD_IMAGE_PARTS :=
BOARD_IMAGE_FILES := README.txt=here:README.md
BOARD_IMAGE_RAW :=

# The location of the firmware, for MANIFEST.txt and the output of `make image`.
BOARD_IMAGE_FIRMWARE := the board's own: WHERE
