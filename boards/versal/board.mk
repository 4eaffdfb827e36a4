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
