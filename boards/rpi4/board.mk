# SPDX-License-Identifier: BSD-2-Clause
# boards/rpi4 - Raspberry Pi 4: GIC-400, spin-table or PSCI (TF-A), RAM at 0.  Assignments only.
BOARD_ARCH := arm64
BOARD_QEMU := qemu-system-aarch64
BOARD_QEMU_MIN := 9
BOARD_QEMU_ARGS :=
BOARD_MACHINE := raspi4b
BOARD_CPU :=
BOARD_RAM := 0
BOARD_SMP := 4
BOARD_SMP_MIN := 4
BOARD_SMP_MAX := 4
BOARD_MEM := 2G
BOARD_SERIAL := 1
BOARD_WITHHOLD := 0x20000000+256M
BOARD_DTB := broadcom/bcm2711-rpi-4-b.dts
BOARD_WORST := cpus=4 base=0 mem=948 base1=0x40000000 node1=1024 io=0xfe000000 numa=0 gic=2 el=2 midr=0x410fd083 pa=44 granules=5 lpa2=0 lva=0 tlbi=0 ttl=0 pan=0 lse=0 crc=1 fp=1 hz=54000000 rate=3 reserve=0x0+0x1000:entry
BOARD_IMAGE_TABLE := mbr
BOARD_IMAGE_BOOT := cmdline extlinux
BOARD_IMAGE_FILES := start4.elf=raspi-firmware:usr/lib/raspi-firmware/start4.elf fixup4.dat=raspi-firmware:usr/lib/raspi-firmware/fixup4.dat config.txt=here:config.txt bcm2711-rpi-4-b.dtb=dtb:broadcom/bcm2711-rpi-4-b.dts bl31.bin=arm-trusted-firmware:usr/lib/arm-trusted-firmware/rpi4/bl31.bin u-boot.bin=u-boot-rpi:usr/lib/u-boot/rpi_4/u-boot.bin
BOARD_IMAGE_FIRMWARE := on the card: Raspberry Pi's second stage and TF-A BL31; U-Boot if config.txt selects it
