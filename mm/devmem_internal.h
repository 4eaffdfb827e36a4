/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/devmem_internal.h - changing the registry of device ranges: mm/devmem_*.c only, the hotplug
 * lock held for write.
 */
#pragma once
#include <mm/devmem.h>
#include <mm/hotplug_map.h>

/* -ENOMEM unless one more range fits; what follows cannot fail. */
int devmem_room(struct why *);
void devmem_insert(struct devmem);
void devmem_delete(struct devmem *);
/* -EEXIST where anything is there, a device range above all. */
int devmem_absent(const struct block_span *, struct why *);
/* This very range, in this mode (DEVMEM_MODES: in any): -ENXIO, -EBUSY. */
int devmem_get(paddr_t, u64 len, unsigned mode, struct devmem **, struct why *);

/* -EINVAL for a shape that cannot be; else an arrival of that range and those options, to be
 * planned. */
int devmem_check(paddr_t, u64 len, unsigned node, const struct devmem_opts *, struct arrival *,
		 struct why *);
/* What an arrival as devmem_check() made it would take, with the lock held. */
int devmem_count(const struct arrival *, struct devmem_cost *, struct why *);
