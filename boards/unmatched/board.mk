# SPDX-License-Identifier: BSD-2-Clause
# boards/unmatched - SiFive HiFive Unmatched: FU740, four U74 and an S7 without an MMU, RAM at 0x80000000.  Assignments only.
# QEMU's model is of HiFive Unleashed: the same UART, PLIC and hart 0; SMP includes that hart.
BOARD_ARCH := riscv64
BOARD_QEMU := qemu-system-riscv64
BOARD_QEMU_MIN := 7
BOARD_QEMU_ARGS :=
BOARD_MACHINE := sifive_u
BOARD_CPU :=
BOARD_RAM := 0x80000000
BOARD_SMP := 5
BOARD_SMP_MIN := 2
BOARD_SMP_MAX := 5
BOARD_MEM := 2G
BOARD_SERIAL := 0
BOARD_WITHHOLD := 0xd0000000+512M
BOARD_DTB :=
BOARD_WORST := cpus=5 monitor=1 mem=2048 numa=0 satp=sv39 asid=0 isa=rv64imac_zicsr_zifencei fp=1 hz=1000000 rate=160 erratum=cip-453,cip-1200
BOARD_IMAGE_FIRST := 16384
BOARD_IMAGE_PARTS := 34+2048:5B193300-FC78-40CD-8002-E86C45580B47:spl 2082+8192:2E54B353-1271-4842-806F-E436D6AF6985:uboot
BOARD_IMAGE_RAW := 34=u-boot-sifive:usr/lib/u-boot/sifive_unmatched/u-boot-spl.bin 2082=u-boot-sifive:usr/lib/u-boot/sifive_unmatched/u-boot.itb
BOARD_IMAGE_FIRMWARE := on the card: U-Boot SPL, OpenSBI, U-Boot; set the boot switches to SD (1011)
