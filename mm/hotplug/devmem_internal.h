/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/devmem_internal.h - changing the registry of device ranges: for mm/hotplug/devmem_*.c
 * only, the hotplug lock held for write.
 */
#pragma once
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/hotplug_map.h>

/* -ENOMEM unless one more range fits; insert and delete cannot fail. */
int devmem_room(struct why *);
void devmem_insert(struct devmem);
void devmem_delete(struct devmem *);
/* As hotplug_span_absent(), but -EEXIST also for a device range that is KMEM. */
int devmem_absent(const struct block_span *, struct why *);
/* The entry of exactly this range, in this mode (DEVMEM_MODES: in any).  -ENXIO: no such range;
 * -EBUSY: another mode.  The pointer is valid until the lock is released. */
int devmem_get(paddr_t, u64 len, unsigned mode, struct devmem **, struct why *);

/* Fill in a hot-add for that range and those options, to be planned; -EINVAL for a shape that is
 * not allowed, -ERANGE beyond the linear map.  Needs no lock. */
int devmem_check(paddr_t, u64 len, unsigned node, const struct devmem_opts *, struct hot_add *,
		 struct why *);
/* The memory that a hot-add prepared by devmem_check() would take.  -EINVAL: no usable memory would
 * remain.  The caller holds the lock for reading or writing. */
int devmem_count(const struct hot_add *, struct devmem_cost *, struct why *);
