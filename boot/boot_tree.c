// SPDX-License-Identifier: BSD-2-Clause
/*
 * boot/boot_tree.c - firmware puts the device tree where it likes, at the end of RAM as well.  In
 * another node than the image it would keep a block of that node from ever being withheld, so it
 * moves into the image's block, which never leaves; further lives find it there.
 */
#include <boot/boot.h>
#include <lib/init.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/page/region.h>

#define FRAME (4 * KiB)
#define ROOM (128 * MiB) /* a block, in most geometries */

/* As the boot allocator took it; what it holds is no longer its business. */
static INIT_CODE void hold(paddr_t pa, u64 len)
{
	region_remove(pa, len, MEM_BOOT, NULL);
	region_add(pa, len, MEM_DTB, region_node_of(pa), NULL);
}

static INIT_CODE void let_go(paddr_t pa, u64 len)
{
	region_remove(align_down(pa, FRAME), align_up(pa + len, FRAME) - align_down(pa, FRAME),
		      MEM_DTB, NULL);
}

INIT_CODE const void *tree_move(const void *fdt, struct why *why)
{
	paddr_t image_end = boot_info.image_pa + boot_info.image_len;
	u64 bytes = fdt_totalsize(fdt), len = align_up(bytes, FRAME);
	paddr_t to;
	void *copy;

	if (!region_is_ram(boot_info.fdt_pa, 1) ||
	    region_node_of(boot_info.fdt_pa) == region_node_of(boot_info.image_pa))
		return fdt;
	to = region_alloc_within(len, FRAME, image_end, align_up(image_end + len, ROOM));
	copy = to == PA_NONE ? NULL : early_map_rw(to, len);
	if (!copy) {
		refuse(why, ENOMEM,
		       "device tree: it stays at 0x%llx: no %llu KiB are free behind the image",
		       (unsigned long long)boot_info.fdt_pa, (unsigned long long)(len / KiB));
		return fdt;
	}
	memcpy(copy, fdt, bytes);
	hold(to, len);
	let_go(boot_info.fdt_pa, bytes);
	boot_info.fdt_pa = to;
	return copy;
}
