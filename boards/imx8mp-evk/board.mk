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
BOARD_WORST := cpus=4 base=0x40000000 mem=3072 base1=0x100000000 node1=3072 io=0x38000000 numa=0 el=2 midr=0x410fd034 pa=40 granules=5 lpa2=0 lva=0 tlbi=0 ttl=0 pan=0 lse=0 crc=1 fp=1 hz=8000000 rate=20 reserve=0x942f0000+0x8000,0x942f8000+0x8000,0x94300000+0x100000
BOARD_IMAGE_FIRST := 16384
BOARD_IMAGE_RAW := 64=own:flash.bin
BOARD_IMAGE_FIRMWARE := the board's own: U-Boot in its eMMC, or ADD=DIR with its flash.bin; or serve tftp/
