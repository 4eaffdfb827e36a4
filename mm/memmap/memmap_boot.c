/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap/memmap_boot.c - struct pages of boot memory, and the end of boot-time table pages.
 *
 * Every block that contains boot memory gets the struct pages of the whole block: pfn_to_page() is
 * then safe for any pfn of a block that exists, holes included (PAGE_NONE).  Frames are allocated
 * from the registry, the block's node first, as large as possible; leaves never cross the memmap of
 * one block.  One pass of template stores writes them all, except those of free windows of RAM,
 * which are late (mm/page/buddy_late.h); reserved ranges are written once more.
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/kpt_boot.h>
#include <mm/memmap/memmap.h>
#include <mm/page/buddy_late.h>
#include <mm/page/region.h>

/* Largest leaf that describes at most one block. */
static INIT_CODE unsigned memmap_max_level(void)
{
	const struct pt_fmt *f = layout.fmt;
	u64 most = memmap_bytes(block_pages());
	unsigned level = f->levels - 1u;

	if (!strcmp(arg_text(NULL, ARG_LEAF), "page"))
		return 0;
	while (level && (!pt_leaf_ok(f, level) || pt_span(f, level) > most))
		level--;
	return level;
}

/* ---- storage and mapping ---- */

/* Allocate the largest free frame of at most `want` bytes, by halving; its size in *got. */
static INIT_CODE paddr_t take_frame(u64 want, u64 leaf, unsigned node, u64 *got)
{
	for (u64 len = want; len; len = len == page_size() ? 0 : align_up(len / 2, page_size())) {
		paddr_t pa = region_alloc(len, len >= leaf ? leaf : page_size(), node, 0);

		*got = len;
		if (pa != PA_NONE)
			return pa;
	}
	return PA_NONE;
}

static INIT_CODE int map_part(vaddr_t va, paddr_t pa, u64 len, unsigned max_level, unsigned node,
			      struct why *why)
{
	bool congruent = is_aligned(va ^ pa, pt_span(layout.fmt, max_level));
	struct pt_plan plan;
	int err = pt_plan(&kpt, &plan, PT_OP_MAP, va, len, congruent ? max_level : 0, node, why);

	if (err)
		return err;
	plan.contig = kpt_boot_contig();
	pt_map(&plan, pa, PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
	return 0;
}

/* Map the struct pages of whole blocks with the largest frames that are free. */
static INIT_CODE int map_memmap(pfn_t pfn, u64 nr, unsigned node, struct why *why)
{
	unsigned max_level = memmap_max_level();
	u64 leaf = pt_span(layout.fmt, max_level), left = memmap_bytes(nr), got;
	vaddr_t va = memmap_va(pfn);
	int err = 0;

	for (; left && !err; left -= got, va += got) {
		paddr_t pa = take_frame(left, leaf, node, &got);

		if (pa == PA_NONE)
			return refuse(why, ENOMEM, "no boot memory for %lu KiB of struct pages",
				      (left / KiB));
		err = map_part(va, pa, got, max_level, node, why);
	}
	return err;
}

/* ---- contents ---- */

static INIT_CODE void write_pages(pfn_t pfn, pfn_t end, u32 flags, u32 refcount)
{
	u64 template[8] = { flags | (u64)refcount << 32 };

	if (end > pfn)
		arch_store_template(pfn_to_page(pfn), end - pfn, template);
}

/* Write struct pages of [pfn, end): RAM gets its node, holes are marked absent. */
static INIT_CODE void write_range(pfn_t pfn, pfn_t end)
{
	const u32 hole = PAGE_FLAGS(PAGE_NONE, PAGE_TAIL, 0, 0);
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++) {
		pfn_t lo = align_up(r->pa, page_size()) >> page_shift();
		pfn_t hi = (r->pa + r->len) >> page_shift();

		if (hi <= pfn || lo >= end)
			continue;
		lo = max_u64(lo, pfn);
		hi = min_u64(hi, end);
		write_pages(pfn, lo, hole, 0);
		write_pages(lo, hi, PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, r->node), 0);
		pfn = hi;
	}
	write_pages(pfn, end, hole, 0);
}

/* The same, except for late windows. */
static INIT_CODE void write_blocks(pfn_t pfn, pfn_t end)
{
	pfn_t late;
	u64 nr;

	for (unsigned n = 0; late_nth(n, &late, &nr); n++) {
		if (late < pfn || late >= end)
			continue;
		write_range(pfn, late);
		pfn = late + nr;
	}
	write_range(pfn, end);
}

/* Make the whole windows of a free range late, unless there is no room to record one more run. */
static INIT_CODE void note_late(paddr_t pa, u64 len, unsigned node, void *arg)
{
	u64 window = page_size() << BUDDY_MAX_ORDER;
	paddr_t lo = align_up(pa, window), hi = align_down(pa + len, window);

	(void)arg;
	if (lo < hi)
		late_run(lo >> page_shift(), (hi - lo) >> page_shift(), node);
}

/* Reserved pages of [pa, end), which is RAM of one node; partly reserved ones count. */
static INIT_CODE void mark_reserved(paddr_t pa, paddr_t end, unsigned node)
{
	const struct mem_range *r;

	for (; pa < end && (r = region_find(MEM_RESERVED, pa, end - pa)); pa = r->pa + r->len) {
		paddr_t lo = max_u64(pa, r->pa), hi = min_u64(end, r->pa + r->len);

		write_pages(lo >> page_shift(), align_up(hi, page_size()) >> page_shift(),
			    PAGE_FLAGS(PAGE_BOOT, PAGE_USED, 0, node), 1);
	}
}

static INIT_CODE void write_reserved(void)
{
	const struct mem_range *r;

	for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++)
		mark_reserved(align_up(r->pa, page_size()), align_down(r->pa + r->len, page_size()),
			      r->node);
}

/* ---- blocks that contain boot memory ---- */

/* The next run of such blocks from `from` on, of one node; false at the end. */
static INIT_CODE bool next_memmap_run(paddr_t from, paddr_t *lo, paddr_t *hi, unsigned *node)
{
	const struct mem_range *r;
	bool any = false;

	for (unsigned n = 0; (r = region_nth(MEM_RAM, n)); n++) {
		paddr_t first = max_u64(from, align_down(r->pa, layout.block_bytes));
		paddr_t end = align_up(r->pa + r->len, layout.block_bytes);

		if (end <= first || (any && (first > *hi || r->node != *node)))
			continue;
		if (!any) {
			*lo = first;
			*node = r->node;
		}
		*hi = end;
		any = true;
	}
	return any;
}

INIT_CODE int memmap_boot(struct why *why)
{
	paddr_t lo, hi;
	unsigned node;
	int err = 0;

	for (paddr_t from = 0; !err && next_memmap_run(from, &lo, &hi, &node); from = hi)
		err = map_memmap(lo >> page_shift(), (hi - lo) >> page_shift(), node, why);
	if (!err)
		kpt_boot_trim();
	return err;
}

INIT_CODE void memmap_boot_write(bool late)
{
	paddr_t lo, hi;
	unsigned node;

	late_begin();
	if (late)
		region_each_free(page_size(), note_late, NULL);
	for (paddr_t from = 0; next_memmap_run(from, &lo, &hi, &node); from = hi)
		write_blocks(lo >> page_shift(), hi >> page_shift());
	write_reserved();
	kpt_boot_close();
}
