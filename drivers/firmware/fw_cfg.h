/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/firmware/fw_cfg.h - files that an emulator passes to its guest (QEMU
 * docs/specs/fw_cfg).
 *
 * The device is the node qemu,fw-cfg-mmio; it is accessed by DMA.  Boot CPU only: there is one
 * request block.
 */
#pragma once
#include <lib/err.h>

#define FW_CFG_NAME 56

/* Find and map the device; later calls return 0 at once.  -ENODEV: none in the tree, no
 * signature, or no DMA; -EINVAL: no usable registers; -ENOMEM. */
int fw_cfg_init(const void *fdt, struct why *);
/* A file as the directory describes it, in native byte order. */
struct fw_cfg_file {
	u32 size; /* bytes, as of fw_cfg_find() */
	u16 selector;
};
/* Look a file up.  The directory is read each time, because sizes may change.  -ENOENT: no such
 * file, or the device was not found; -EIO: it cannot be read. */
int fw_cfg_find(const char *name, struct fw_cfg_file *, struct why *);
/* Read the file from its start, at most `size` bytes, to `to`, which is in the linear map.  -EIO.
 */
int fw_cfg_read(const struct fw_cfg_file *, void *to, u32 size, struct why *);
