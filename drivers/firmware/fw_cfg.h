/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/firmware/fw_cfg.h - files that an emulator hands to its guest (QEMU docs/specs/fw_cfg).
 *
 * Found by the device tree node qemu,fw-cfg-mmio; read by its DMA interface.  Boot CPU only.
 */
#pragma once
#include <lib/err.h>

#define FW_CFG_NAME 56

/* -ENODEV where the tree has none, or one without DMA. */
int fw_cfg_init(const void *fdt, struct why *);
struct fw_cfg_file {
	u32 size;
	u16 selector;
};
/* -ENOENT when there is no file of this name.  The directory is read each time: sizes may change.
 */
int fw_cfg_find(const char *name, struct fw_cfg_file *, struct why *);
/* `to` lies in the linear map; at most its size is written. */
int fw_cfg_read(const struct fw_cfg_file *, void *to, u32 size, struct why *);
