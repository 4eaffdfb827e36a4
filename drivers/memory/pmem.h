/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/memory/pmem.h - shared by the sources of persistent memory: one name, so one policy
 * `pmem.memmap=`; and claims of ranges that two of them list.
 *
 * By default the memmap is in other memory, and nothing on the device is written.  With
 * pmem.memmap=device it is on the device, after PMEM_RESERVE bytes that may hold labels or a
 * superblock; the data area begins after the memmap.
 */
#pragma once
#include <mm/hotplug/event.h>

#define PMEM_NAME "pmem"
#define PMEM_RESERVE (2 * MiB)
#define PMEM_CLAIMS 48

/*
 * Claim a range before posting its add.  A machine may describe the same memory twice: QEMU 11
 * lists an NVDIMM in the NFIT and as a pmem-region of the device tree.  The first source that
 * claims a range adds it; another source that claims exactly the same range gets -EEXIST with a
 * sentence and must post no event.  The same source may claim again: 0.  A range that only
 * overlaps is not refused here; its add is.  -ENOMEM: PMEM_CLAIMS are held.  Boot CPU, or the
 * consumer's context.
 */
int pmem_claim(const struct event_source *, paddr_t pa, u64 len, struct why *);
/* The source no longer lists the range; len 0: release all claims of the source. */
void pmem_release(const struct event_source *, paddr_t pa, u64 len);
