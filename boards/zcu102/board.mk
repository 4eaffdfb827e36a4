# SPDX-License-Identifier: BSD-2-Clause
# boards/zcu102 - Xilinx ZynqMP ZCU102: Cadence UART, GIC-400, PSCI by SMC, RAM at 0.  Assignments only.
BOARD_ARCH := arm64
BOARD_QEMU := qemu-system-aarch64
BOARD_QEMU_MIN := 7
BOARD_QEMU_ARGS :=
BOARD_SILENT := yes
BOARD_MACHINE := xlnx-zcu102
BOARD_CPU :=
BOARD_RAM := 0
BOARD_SMP := 4
BOARD_SMP_MIN := 1
BOARD_SMP_MAX := 4
BOARD_MEM := 2G
BOARD_MEM_MAX := 4G
BOARD_BANK2 := 2G@0x800000000
BOARD_SERIAL := 0
BOARD_WITHHOLD := 0x40000000+512M
BOARD_DTB := xilinx/zynqmp-zcu102-rev1.0.dts
BOARD_WORST := cpus=4 base=0 mem=2048 base1=0x800000000 node1=2048 io=0xf8000000 numa=0 gic=2 el=2 midr=0x410fd034 pa=40 granules=5 lpa2=0 lva=0 tlbi=0 ttl=0 pan=0 lse=0 crc=1 fp=1 hz=100000000 rate=2 reserve=0x3ed00000+0x40000,0x3ef00000+0x40000
BOARD_IMAGE_TABLE := mbr
BOARD_IMAGE_FIRMWARE := the board's own: ADD=DIR with its BOOT.BIN (FSBL, PMU firmware, TF-A, U-Boot), or BOOT.BIN in QSPI; or serve tftp/
