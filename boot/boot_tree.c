/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/boot_tree.c - move the device tree out of memory that is to be withheld.
 *
 * Firmware may put the tree anywhere, even at the end of RAM.  On another node than the image, or
 * in the range of withhold=, it would prevent the withholding; in a page that is not all RAM, or
 * partly no-map, the linear map would not contain it.  So it is moved to memory after the image, in
 * a block that is never removed; a restart uses it there.
 */
#include <boot/boot.h>
#include <kern/args.h>
#include <lib/init.h>
#include <lib/string.h>
#include <libfdt.h>
#include <mm/page/region.h>

#define FRAME (4 * KiB)
#define ROOM (128 * MiB) /* a block, in most geometries */

/* Turn an allocation of the boot allocator into a reservation for the device tree. */
static INIT_CODE void reserve_tree(paddr_t pa, u64 len)
{
	region_remove(pa, len, MEM_BOOT, NULL);
	region_add(pa, len, MEM_DTB, region_node_of(pa), NULL);
}

static INIT_CODE void tree_release(paddr_t pa, u64 len)
{
	region_remove(align_down(pa, FRAME), align_up(pa + len, FRAME) - align_down(pa, FRAME),
		      MEM_DTB, NULL);
}

static INIT_CODE bool tree_must_move(u64 bytes, u64 page)
{
	paddr_t pa = align_down(boot_info.fdt_pa, page);
	u64 len = align_up(boot_info.fdt_pa + bytes, page) - pa, start, size;

	if (!region_is_mapped(pa, len))
		return true;
	if (region_node_of(pa) != region_node_of(boot_info.image_pa))
		return true;
	return !parse_range(arg_text(&boot_args, ARG_WITHHOLD), &start, &size, NULL) &&
	       pa < start + size && start < pa + len;
}

INIT_CODE const void *tree_move(const void *fdt, u64 page, struct why *why)
{
	paddr_t image_end = boot_info.image_pa + boot_info.image_len;
	u64 bytes = fdt_totalsize(fdt), len = align_up(bytes, page);
	paddr_t to;
	void *copy;

	if (!tree_must_move(bytes, page))
		return fdt;
	to = region_alloc_within(len, page, image_end, align_up(image_end + len, ROOM));
	copy = to == PA_NONE ? NULL : early_map_rw(to, len);
	if (!copy) {
		refuse(why, ENOMEM,
		       "device tree: it stays at 0x%lx: no %lu KiB are free after the image",
		       boot_info.fdt_pa, len / KiB);
		return fdt;
	}
	memcpy(copy, fdt, bytes);
	reserve_tree(to, len);
	tree_release(boot_info.fdt_pa, bytes);
	boot_info.fdt_pa = to;
	return copy;
}
