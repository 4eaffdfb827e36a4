# SPDX-License-Identifier: BSD-2-Clause
# boards/versal - Xilinx Versal (QEMU xlnx-versal-virt): GICv3, two ranges of RAM in one node.  Assignments only.
BOARD_ARCH := arm64
BOARD_QEMU := qemu-system-aarch64
BOARD_QEMU_MIN := 7
BOARD_QEMU_ARGS :=
BOARD_MACHINE := xlnx-versal-virt
BOARD_CPU :=
BOARD_RAM := 0
BOARD_SMP := 2
BOARD_SMP_MIN := 4
BOARD_SMP_MAX := 2
BOARD_MEM := 4G
BOARD_SERIAL := 0
BOARD_WITHHOLD := 0x40000000+512M
BOARD_DTB :=
BOARD_WORST := cpus=2 base=0 mem=2048 base1=0x800000000 node1=2048 io=0xf8000000 numa=0 el=2 midr=0x410fd083 pa=44 granules=5 lpa2=0 lva=0 tlbi=0 ttl=0 pan=0 lse=0 crc=1 fp=1 hz=100000000 rate=2
