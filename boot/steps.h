/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/steps.h - steps of boot in their own files.  Boot CPU only.
 */
#pragma once
#include <lib/types.h>

/* memory.c: fill the registry, before the linear map exists, with whole pages of this size.
 * Returns the device tree, which may have moved. */
const void *boot_memory(const void *fdt, u64 page);
