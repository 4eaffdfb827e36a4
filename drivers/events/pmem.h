/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/events/pmem.h - what the sources of persistent memory share: one name, so one policy,
 * `pmem.memmap=`.
 *
 * Its memmap lies in old memory, and nothing of the device is written.  pmem.memmap=device puts it
 * into the device, behind what may be labels or a superblock; data begins behind it.
 */
#pragma once
#include <drivers/events/event.h>

#define PMEM_NAME "pmem"
#define PMEM_RESERVE (2 * MiB)
