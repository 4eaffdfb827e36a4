/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/shadow.h - one byte for each eight bytes of the linear map, as a checker of accesses
 * uses them (S1-11; Linux: KASAN's shadow and kasan_mem_notifier()).
 *
 * The region exists with `shadow=on` (mm/kernel/layout.h); without it these functions do nothing,
 * and a hotplug operation calls a notifier that returns at once.
 *
 *     shadow of va = region + (va - linear map) / 8          0 everywhere without SAN=address
 *
 * Boot memory has its shadow before the second CPU starts.  Added memory has it while it is in use:
 * a block gets it before it is brought online, so before its first page can be allocated, and loses
 * it after it was taken offline, when no page is in use.  A block without memory for it stays
 * offline (-ENOMEM).  Struct pages and a self-hosted memmap are written through the vmemmap, which
 * has no shadow; sub-sections and device ranges, which are in no allocator, have none either.
 *
 * Frames are single pages of old memory, zone Normal, the block's node first: 16 MiB for a block of
 * 128 MiB.  Adjacent ones are mapped together, as pages.  No table is shared with another region
 * whose tables hot-remove frees (layout.c).
 *
 * Locks: the notifier runs under the hotplug lock held for write, so no two CPUs populate at a time
 * and no slot is populated twice (S1-11).
 */
#pragma once
#include <mm/kernel/layout.h>

#define SHADOW_SCALE 3 /* log2 of the bytes that one byte is for */

/* The owner of each frame, identified by its address. */
extern const char shadow_owner[];

static inline bool shadow_on(void)
{
	return layout.r[REGION_SHADOW].len != 0;
}

/* Only for addresses of the linear map, with shadow=on: no check. */
static inline vaddr_t shadow_va(vaddr_t linear)
{
	return layout.r[REGION_SHADOW].va + ((linear - layout.r[REGION_LINEAR].va) >> SHADOW_SCALE);
}

/*
 * Populate the shadow of [pa, pa + len), zeroed, and tear it down; whole blocks, hotplug lock held
 * for write.  -EEXIST: a part has one; -ENOMEM.  With an error nothing has changed.
 */
int shadow_populate(paddr_t pa, u64 len, unsigned node, struct why *);
void shadow_tear_down(paddr_t pa, u64 len);
/* Boot, once, after vmalloc_init(): the shadow of boot memory.  -ENOMEM: there is none then. */
int shadow_boot(struct why *);
/* Tests only: populate when the memory is online already, which is too late. */
extern bool shadow_late;
