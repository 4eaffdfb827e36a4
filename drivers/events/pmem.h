/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/events/pmem.h - what the sources of persistent memory share: one name, so one policy,
 * `pmem.memmap=`, and who brings a range that two of them list.
 *
 * Its memmap lies in old memory, and nothing of the device is written.  pmem.memmap=device puts it
 * into the device, behind what may be labels or a superblock; data begins behind it.
 */
#pragma once
#include <mm/hotplug/event.h>

#define PMEM_NAME "pmem"
#define PMEM_RESERVE (2 * MiB)
#define PMEM_CLAIMS 48

/*
 * A machine may describe the same memory twice: QEMU 11 lists an NVDIMM in the NFIT and as a
 * pmem-region of the device tree.  The first source that claims a range brings it.  Another that
 * claims exactly the same gets -EEXIST and a sentence, and posts no event.  A range that only
 * overlaps is no claim of the same memory: the add refuses it.  -ENOMEM: PMEM_CLAIMS are held.
 * Boot CPU, or the consumer's context of events.
 */
int pmem_claim(const struct event_source *, paddr_t pa, u64 len, struct why *);
/* The source lists the range no more; len 0: none of those it had. */
void pmem_release(const struct event_source *, paddr_t pa, u64 len);
