# SPDX-License-Identifier: BSD-2-Clause
# boards/visionfive2 - StarFive VisionFive 2: JH7110, four U74 and an S7 without an MMU, RAM at 0x40000000.  Assignments only.
# QEMU has no model of it; BOARD=unmatched has a similar hart 0 and PLIC.
BOARD_ARCH := riscv64
BOARD_RAM := 0x40000000
BOARD_DTB := starfive/jh7110-starfive-visionfive-2-v1.3b.dts
BOARD_WITHHOLD := 0x80000000+512M
BOARD_WORST := cpus=5 monitor=1 base=0x40000000 mem=2048 numa=0 satp=sv39 asid=0 isa=rv64imac_zicsr_zifencei fp=1 mvendorid=0x489 marchid=0x8000000000000007 mimpid=0x4210427 hz=4000000 rate=40
BOARD_IMAGE_FIRST := 16384
BOARD_IMAGE_PARTS := 4096+4096:2E54B353-1271-4842-806F-E436D6AF6985:spl 8192+8192:BC13C2FF-59E6-4262-A352-B275FD6F7172:uboot
BOARD_IMAGE_RAW := 4096=u-boot-starfive:usr/lib/u-boot/starfive_visionfive2/u-boot-spl.bin.normal.out 8192=u-boot-starfive:usr/lib/u-boot/starfive_visionfive2/u-boot.itb
BOARD_IMAGE_FIRMWARE := on the card: U-Boot SPL, OpenSBI, U-Boot; set the boot switches to SD
