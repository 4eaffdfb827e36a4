# SPDX-License-Identifier: BSD-2-Clause
# boards/rockpro64 - Pine64 RockPro64: RK3399, four A53 and two A72, GICv3, RAM at 0.  Assignments only.
BOARD_ARCH := arm64
BOARD_IMAGE_FIRST := 32768
BOARD_IMAGE_RAW := 64=u-boot-rockchip:usr/lib/u-boot/rockpro64-rk3399/idbloader.img 16384=u-boot-rockchip:usr/lib/u-boot/rockpro64-rk3399/u-boot.itb
BOARD_IMAGE_FIRMWARE := on the card: U-Boot SPL, TF-A, U-Boot
