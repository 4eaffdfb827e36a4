# SPDX-License-Identifier: BSD-2-Clause
# boards/imx8mp-evk - NXP i.MX 8M Plus EVK: i.MX UART, GICv3, PSCI by SMC.  Assignments only.
BOARD_ARCH := arm64
BOARD_QEMU := qemu-system-aarch64
BOARD_QEMU_MIN := 10
BOARD_QEMU_ARGS :=
BOARD_MACHINE := imx8mp-evk
BOARD_CPU :=
BOARD_RAM := 0x40000000
BOARD_SMP := 4
BOARD_SMP_MIN := 1
BOARD_SMP_MAX := 4
BOARD_MEM := 3G
BOARD_SERIAL := 1
BOARD_WITHHOLD := 0x60000000+512M
BOARD_DTB := freescale/imx8mp-evk.dts
BOARD_IMAGE_FIRST := 16384
BOARD_IMAGE_RAW := 64=own:flash.bin
BOARD_IMAGE_FIRMWARE := the board's own: U-Boot in its eMMC, or ADD=DIR with its flash.bin; or serve tftp/
