# SPDX-License-Identifier: BSD-2-Clause
# boards/icicle - Microchip PolarFire SoC Icicle: four U54 and an E51 without an MMU, two banks of RAM.  Assignments only.
# SMP includes the E51.  With less than 3G QEMU has no memory at the address of the tree's second bank.
BOARD_ARCH := riscv64
BOARD_QEMU := qemu-system-riscv64
BOARD_QEMU_MIN := 7
BOARD_QEMU_ARGS :=
BOARD_MACHINE := microchip-icicle-kit
BOARD_CPU :=
BOARD_RAM := 0x80000000
BOARD_SMP := 5
BOARD_SMP_MIN := 2
BOARD_SMP_MAX := 5
BOARD_MEM := 3G
BOARD_SERIAL := 1
BOARD_WITHHOLD := 0x1040000000+1G
BOARD_DTB := microchip/mpfs-icicle-kit.dts
BOARD_WORST := cpus=5 monitor=1 mem=1024 base1=0x1040000000 node1=1024 numa=0 satp=sv39 asid=0 isa=rv64imac_zicsr_zifencei fp=1 hz=1000000 rate=160 reserve=0xbfc00000+0x400000
BOARD_IMAGE_FIRMWARE := the board's own: HSS in its eNVM, U-Boot where HSS finds it; copy card/ beside it, or serve tftp/
