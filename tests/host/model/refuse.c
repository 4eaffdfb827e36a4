/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/refuse.c - refusals: the code, a sentence with the range and the cause, and an
 * unchanged digest (V-08, S1-45, S0-38, S2-21).
 */
#include "model.h"
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/subsection.h>

#define HOT MODEL_HOT

static struct hotplug_opts o;

static int add(paddr_t pa, u64 len, struct why *why)
{
	return hotplug_add(pa, len, 1, &o, NULL, why);
}

CASE(ranges_that_cannot_be)
{
	paddr_t lo;
	u64 reach;

	model_boot((struct model_shape) { .section = SMALL, .hot = 8 * SMALL });
	o = model_opts("block");
	layout_mappable(&lo, &reach);
	REFUSED(EINVAL, "is empty", add(HOT, 0, why));
	REFUSED(EINVAL, "0xffffffffffc00000+8M wraps", add(-SMALL, 2 * SMALL, why));
	REFUSED(EINVAL, "0x50100000+4M is not made of whole blocks of 4 MiB",
		add(HOT + MiB, SMALL, why));
	REFUSED(EINVAL, "0x50000000+1M", add(HOT, MiB, why));
	REFUSED(ERANGE, "beyond what the linear map of fake-3 reaches",
		add(lo - SMALL, SMALL, why));
	REFUSED(ERANGE, "0x13fffffff", add(lo + reach, SMALL, why));
	REFUSED(ERANGE, "beyond", add(lo + reach - SMALL, 2 * SMALL, why));
	REFUSED(ENXIO, "no memory is withheld in block", add(lo + reach - SMALL, SMALL, why));
	REFUSED(ENXIO, "0x50000000+36M: no memory is withheld in block 328",
		add(HOT, 9 * SMALL, why));
	REFUSED(EEXIST, "overlaps block 256, which is boot memory", add(MODEL_RAM, SMALL, why));
	REFUSED(EINVAL, "node 8", hotplug_add(HOT, SMALL, 8, &o, NULL, why));
	o.leaf = 1;
	REFUSED(EINVAL, "leaf=1", add(HOT, SMALL, why));
	o.leaf = -1;
	o.anywhere = true;
	OK(add(lo + reach - SMALL, SMALL, why)); /* the last block that the linear map reaches */
	REFUSED(EEXIST, "overlaps block 1279, which is offline",
		add(lo + reach - SMALL, SMALL, why));
	OK(hotplug_remove(lo + reach - SMALL, SMALL, NULL, NULL, why));
	OK(region_add(HOT + 16 * SMALL, 4096, MEM_RESERVED, 0, why));
	REFUSED(EEXIST, "0x54000000+4M overlaps 0x54000000+4K, which is reserved",
		add(HOT + 16 * SMALL, SMALL, why));
}

CASE(states_that_do_not_allow_it)
{
	model_boot((struct model_shape) { .section = SMALL, .hot = 8 * SMALL });
	o = model_opts("block");
	REFUSED(ENXIO, "0x50000000+8M: block 320 is not there",
		hotplug_online(HOT, 2 * SMALL, ZONE_MOVABLE, NULL, why));
	REFUSED(ENXIO, "block 320 is not there", hotplug_offline(HOT, SMALL, NULL, why));
	REFUSED(ENXIO, "block 320 is not there", hotplug_remove(HOT, SMALL, NULL, NULL, why));
	OK(add(HOT, 4 * SMALL, why));
	REFUSED(EBUSY, "0x50000000+4M: block 320 is offline, not online",
		hotplug_offline(HOT, SMALL, NULL, why));
	OK(hotplug_online(HOT + SMALL, SMALL, ZONE_MOVABLE, NULL, why));
	REFUSED(EBUSY, "0x50000000+8M: block 321 is online, not offline",
		hotplug_remove(HOT, 2 * SMALL, NULL, NULL, why));
	REFUSED(EBUSY, "block 321 is online",
		hotplug_online(HOT, 4 * SMALL, ZONE_MOVABLE, NULL, why));
	REFUSED(EEXIST, "0x50400000+8M overlaps block 321, which is online",
		add(HOT + SMALL, 2 * SMALL, why));
	REFUSED(EINVAL, "zone Device", hotplug_online(HOT, SMALL, ZONE_DEVICE, NULL, why));
}

CASE(boot_memory_stays)
{
	model_boot((struct model_shape) { .section = SMALL, .hot = SMALL });
	REFUSED(EPERM, "block 256 is boot memory",
		hotplug_remove(MODEL_RAM, SMALL, NULL, NULL, why));
	REFUSED(EPERM, "block 256 is boot memory", hotplug_offline(MODEL_RAM, SMALL, NULL, why));
	REFUSED(EPERM, "block 256 is boot memory",
		hotplug_online(MODEL_RAM, SMALL, ZONE_NORMAL, NULL, why));
}

CASE(held_blocks)
{
	model_boot((struct model_shape) { .section = SMALL, .hot = 8 * SMALL });
	o = model_opts("device");
	OK(add(HOT, 8 * SMALL, why));
	o.device_refuse = true;
	REFUSED(EBUSY, "block 320 holds memmap of 7 blocks",
		hotplug_remove(HOT, SMALL, &o, NULL, why));
	o.device_refuse = false;
	OK(hotplug_remove(HOT, SMALL, &o, NULL, why));
	REFUSED(EBUSY, "memmap of blocks 321-327 lives in block 320",
		hotplug_may_release(HOT, SMALL, why));
	OK(hotplug_remove(HOT + 3 * SMALL, 2 * SMALL, &o, NULL, why));
	REFUSED(EBUSY, "memmap of blocks 321-322, 325-327 lives in block 320",
		hotplug_may_release(HOT, SMALL, why));
	OK(hotplug_may_release(HOT + 3 * SMALL, 2 * SMALL, why));
	REFUSED(EBUSY, "block 321 is offline", hotplug_may_release(HOT + SMALL, SMALL, why));
	REFUSED(EBUSY, "0x50000000+4M: memmap of blocks 321-322, 325-327 still lives in block 320",
		add(HOT, SMALL, why));
	REFUSED(ENXIO, "was removed and only holds", hotplug_remove(HOT, SMALL, NULL, NULL, why));
	REFUSED(ENXIO, "was removed", hotplug_online(HOT, SMALL, ZONE_MOVABLE, NULL, why));
	OK(hotplug_remove(HOT + SMALL, 2 * SMALL, &o, NULL, why));
	OK(hotplug_remove(HOT + 5 * SMALL, 2 * SMALL, &o, NULL, why));
	REFUSED(EBUSY, "memmap of block 327 lives in block 320",
		hotplug_may_release(HOT, SMALL, why));
	OK(hotplug_remove(HOT + 7 * SMALL, SMALL, &o, NULL, why));
	OK(hotplug_may_release(HOT, 8 * SMALL, why));
	model_audit();
}

/* Memory that is no block is named in the refusal of a range that overlaps it, and only of such a
 * range. */
CASE(other_memory_in_the_way)
{
	struct devmem_opts d = { 0 };

	model_boot((struct model_shape) { .section = SMALL, .hot = 8 * SMALL });
	o = model_opts("host");
	d.memmap = o.memmap;
	OK(devmem_add(HOT + 2 * SMALL, 2 * SMALL, 0, &d, NULL, why));
	OK(subsection_add(HOT + 5 * SMALL, 2 * MiB, 0, &o, NULL, why));
	REFUSED(EBUSY, "the device range 0x50800000+8M is there, it is dax",
		hotplug_may_release(HOT, 4 * SMALL, why));
	REFUSED(EEXIST, "0x50400000+12M overlaps the device range 0x50800000+8M, which is dax",
		add(HOT + SMALL, 3 * SMALL, why));
	REFUSED(EBUSY, "the sub-sections of 0x51400000+2M are there",
		hotplug_may_release(HOT + 4 * SMALL, 4 * SMALL, why));
	REFUSED(EEXIST, "0x51000000+8M overlaps the sub-sections of 0x51400000+2M",
		add(HOT + 4 * SMALL, 2 * SMALL, why));
	REFUSED(ENXIO, "block 325 is not there, only sub-sections of it, which have no state",
		hotplug_offline(HOT + 5 * SMALL, SMALL, NULL, why));
	for (unsigned i = 0; i < 8; i++)
		if (i < 2 || i == 4 || i > 5)
			OK(hotplug_may_release(HOT + i * SMALL, SMALL, why));
	OK(subsection_remove(HOT + 5 * SMALL, 2 * MiB, NULL, NULL, why));
	OK(devmem_remove(HOT + 2 * SMALL, 2 * SMALL, NULL, why));
	OK(hotplug_may_release(HOT, 8 * SMALL, why));
	model_audit();
}

/* Another add fills the place of a removed block: two owners below one head. */
CASE(hole_filled_by_another_add)
{
	struct digest before, after;

	model_boot((struct model_shape) { .section = SMALL, .hot = 8 * SMALL });
	o = model_opts("device");
	digest_take(&before);
	OK(add(HOT, 8 * SMALL, why));
	OK(hotplug_remove(HOT + 4 * SMALL, SMALL, &o, NULL, why));
	OK(add(HOT + 4 * SMALL, SMALL, why));
	OK(hotplug_remove(HOT, SMALL, &o, NULL, why));
	WANT_EQ(pa_page(HOT)->refcount, 6);
	WANT_EQ(pa_page(HOT + 4 * SMALL)->refcount, 1);
	OK(hotplug_remove(HOT + SMALL, 7 * SMALL, &o, NULL, why));
	digest_take(&after);
	SAME(&before, &after);
	model_audit();
}

/* 65 blocks of 1024 pages need 1040 pages of memmap, which is in two blocks. */
CASE(memmap_longer_than_a_block)
{
	struct digest before, after;

	model_boot((struct model_shape) { .section = SMALL, .hot = 65 * SMALL });
	o = model_opts("device");
	digest_take(&before);
	OK(add(HOT, 65 * SMALL, why));
	WANT_EQ(block_find(HOT >> 12)->altmap_pages, 1024);
	WANT_EQ(block_find((HOT + SMALL) >> 12)->altmap_pages, 16);
	OK(hotplug_online(HOT, 65 * SMALL, ZONE_MOVABLE, NULL, why));
	WANT_EQ(buddy_managed_pages(1, ZONE_MOVABLE), 65 * 1024 - 1040);
	OK(hotplug_offline(HOT, 65 * SMALL, NULL, why));
	OK(hotplug_remove(HOT + SMALL, SMALL, &o, NULL, why));
	OK(hotplug_remove(HOT, SMALL, &o, NULL, why));
	WANT_EQ(pa_page(HOT)->refcount, 63);
	OK(hotplug_remove(HOT + 2 * SMALL, 63 * SMALL, &o, NULL, why));
	digest_take(&after);
	SAME(&before, &after);
	model_audit();
}
