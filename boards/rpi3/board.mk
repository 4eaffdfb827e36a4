# SPDX-License-Identifier: BSD-2-Clause
# boards/rpi3 - Raspberry Pi 3: no GIC, CPUs started by a spin-table, RAM at 0.  Assignments only.
BOARD_ARCH := arm64
BOARD_QEMU := qemu-system-aarch64
BOARD_QEMU_MIN := 7
BOARD_QEMU_ARGS :=
BOARD_MACHINE := raspi3b
BOARD_CPU :=
BOARD_RAM := 0
BOARD_SMP := 4
BOARD_SMP_MIN := 4
BOARD_SMP_MAX := 4
BOARD_MEM := 1G
BOARD_SERIAL := 1
BOARD_WITHHOLD := 0x20000000+256M
BOARD_DTB := broadcom/bcm2837-rpi-3-b.dts
BOARD_WORST := cpus=4 base=0 mem=948 io=0x3e000000 numa=0 gic=0 el=2 start=spin midr=0x410fd034 pa=40 granules=5 lpa2=0 lva=0 tlbi=0 ttl=0 pan=0 lse=0 crc=1 fp=1 hz=19200000 rate=8 reserve=0x0+0x1000:entry
BOARD_IMAGE_TABLE := mbr
BOARD_IMAGE_BOOT := cmdline extlinux
BOARD_IMAGE_FILES := bootcode.bin=raspi-firmware:usr/lib/raspi-firmware/bootcode.bin start.elf=raspi-firmware:usr/lib/raspi-firmware/start.elf fixup.dat=raspi-firmware:usr/lib/raspi-firmware/fixup.dat config.txt=here:config.txt bcm2837-rpi-3-b.dtb=dtb:broadcom/bcm2837-rpi-3-b.dts bcm2837-rpi-3-b-plus.dtb=dtb:broadcom/bcm2837-rpi-3-b-plus.dts u-boot.bin=u-boot-rpi:usr/lib/u-boot/rpi_3/u-boot.bin
BOARD_IMAGE_FIRMWARE := on the card: Raspberry Pi's first stages; U-Boot if config.txt selects it
