# SPDX-License-Identifier: BSD-2-Clause
# boards/rockpro64 - Pine64 RockPro64: RK3399, four A53 and two A72, GICv3, RAM at 0.  Assignments only.
BOARD_ARCH := arm64
BOARD_WITHHOLD := 0x40000000+512M
BOARD_WORST := cpus=6 base=0x200000 mem=2046 io=0xfe000000 numa=0 el=2 mpidr=quads midr=0x410fd034,0x410fd034,0x410fd034,0x410fd034,0x410fd082,0x410fd082 pa=40 granules=5 lpa2=0 lva=0 tlbi=0 ttl=0 pan=0 lse=0 crc=1 fp=1 hz=24000000 rate=7
BOARD_IMAGE_FIRST := 32768
BOARD_IMAGE_RAW := 64=u-boot-rockchip:usr/lib/u-boot/rockpro64-rk3399/idbloader.img 16384=u-boot-rockchip:usr/lib/u-boot/rockpro64-rk3399/u-boot.itb
BOARD_IMAGE_FIRMWARE := on the card: U-Boot SPL, TF-A, U-Boot
