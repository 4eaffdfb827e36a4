/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_add.c - add memory: linear map, vmemmap, struct pages; the blocks are OFFLINE.
 *
 * All steps that may fail are first (tables of the linear map, storage, tables of the vmemmap,
 * blocks, registry) and are undone in reverse; from add_act() on nothing can fail.
 */
#include <mm/hotplug/hotplug_map.h>
#include <mm/hotplug/subblock.h>
#include <mm/page/buddy_late.h>

/* ---- check ---- */

/* Refuse a self-hosted memmap whose place is in absent sub-blocks of the range. */
static int check_subblocks(const struct hot_add *a, struct why *why)
{
	const struct subblock_map *p = a->opts.subblocks;
	u64 own = a->opts.memmap->where == MEMMAP_IN_FIRST_BLOCKS ? a->span.nr : block_pages();

	if (!p || a->opts.memmap->where == MEMMAP_IN_OLD_MEMORY)
		return 0;
	for (pfn_t pfn = a->span.pfn; pfn < a->span.pfn + a->span.nr; pfn += own) {
		u64 needs = memmap_bytes(own) >> page_shift();
		pfn_t at = pfn;

		if (subblock_run(p, &at, pfn + needs) < needs)
			return refuse(why, ENXIO,
				      "memmap=%s: block %lu lacks the sub-blocks that would hold "
				      "it; memmap=host needs none",
				      a->opts.memmap->s.name, block_nr(pfn << page_shift()));
	}
	return 0;
}

static int add_check(const struct hot_add *a, struct why *why)
{
	int err = hotplug_span_absent(&a->span, why);

	if (!err)
		err = check_subblocks(a, why);
	if (!err && !a->opts.anywhere)
		err = hotplug_span_withheld(&a->span, why);
	return err ? err : hotplug_notify_prepare(NOTE_PREPARE_ADD, NOTE_NONE, &a->span, why);
}

/* ---- plan ---- */

static void destroy_blocks(const struct block_span *s, u64 blocks)
{
	while (blocks-- > 0)
		block_destroy(block_find(s->pfn + blocks * block_pages()));
}

/* The head page of the reservation that a block uses; 0: its memmap is in old memory. */
static pfn_t altmap_of(const struct hot_add *a, const struct block *b)
{
	switch (a->opts.memmap->where) {
	case MEMMAP_IN_EACH_BLOCK:
		return b->first_pfn;
	case MEMMAP_IN_FIRST_BLOCKS:
		return a->span.pfn;
	default:
		return 0;
	}
}

static int create_blocks(const struct hot_add *a, struct why *why)
{
	const struct memmap_scheme *m = a->opts.memmap;

	for (u64 i = 0; i < a->span.blocks; i++) {
		struct block *b;
		int err = block_create(a->span.pfn + i * block_pages(), &b, why);

		if (err) {
			destroy_blocks(&a->span, i);
			return err;
		}
		b->node = (u8)a->node;
		b->memmap = m;
		b->owner = a->opts.owner;
		b->leaves = a->opts.leaves;
		b->late = a->late;
		b->subblocks = a->opts.subblocks;
		b->range_pfn = a->span.pfn;
		b->range_blocks = (u32)a->span.blocks;
		b->altmap_pfn = altmap_of(a, b);
		b->altmap_pages = m->reserved ? (u32)m->reserved(&a->memmap, i) : 0;
	}
	return 0;
}

/* Every step of an add that may fail; a failure changes nothing. */
static int add_plan(struct hot_add *a, struct why *why)
{
	int err = hot_add_plan(a, why);

	if (err)
		return err;
	err = create_blocks(a, why);
	if (!err) {
		err = hotplug_registry_claim(&a->span, a->node, why);
		if (!err)
			return 0;
		destroy_blocks(&a->span, a->span.blocks);
	}
	hot_add_end(a);
	return err;
}

/* ---- act ---- */

static u64 usable_pages(const struct block_span *s)
{
	u64 usable = 0;

	span_for_each_block (s, b)
		usable += block_usable(b);
	return usable;
}

static void add_act(struct hot_add *a)
{
	hot_add_act(a);
	if (a->opts.subblocks)
		a->report->usable_pages = usable_pages(&a->span);
	hotplug_meter_stop(&a->meter, a->report);
	hotplug_notify(NOTE_ADDED, &a->span);
}

int hotplug_add(paddr_t pa, u64 len, unsigned node, const struct hotplug_opts *opts,
		struct hotplug_report *report, struct why *why)
{
	struct hot_add a = { .node = node,
			     .users = memmap_sections_per_block(),
			     .provenance = PAGE_BUDDY };
	int err = hotplug_span_init(&a.span, pa, len, why);

	if (!err)
		err = hot_add_lock(&a, opts, report, why);
	if (err)
		return err;
	/* sub-blocks are given in parts of windows */
	a.late = late_adds && !a.opts.memmap_now && !a.opts.subblocks;
	err = add_check(&a, why);
	hotplug_meter_start(&a.meter);
	if (!err)
		err = add_plan(&a, why);
	if (!err)
		add_act(&a);
	hotplug_write_unlock();
	return err;
}
