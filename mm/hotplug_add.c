// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/hotplug_add.c - memory arrives: linear map, vmemmap, struct pages; the blocks are OFFLINE.
 *
 * Everything that may fail comes first (blocks, storage, tables of both regions, registry) and is
 * unwound in reverse; from pt_map on nothing can fail.
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <mm/hotplug_internal.h>

struct add {
	struct block_span span;
	struct hotplug_opts opts;
	unsigned node, level;
	struct memmap_plan memmap;
	struct pt_plan linear;
};

static void destroy_blocks(const struct block_span *s, u64 blocks)
{
	while (blocks-- > 0)
		block_destroy(block_find(s->pfn + blocks * block_pages()));
}

static int create_blocks(const struct add *a, struct why *why)
{
	for (u64 i = 0; i < a->span.blocks; i++) {
		struct block *b;
		int r = block_create(a->span.pfn + i * block_pages(), &b, why);

		if (r) {
			destroy_blocks(&a->span, i);
			return r;
		}
		b->node = (u8)a->node;
		b->memmap = a->opts.memmap;
		b->owner = a->opts.owner;
		b->range_pfn = a->span.pfn;
		b->range_blocks = (u32)a->span.blocks;
	}
	return 0;
}

/* No run crosses a block, nor what describes one: a removal never splits (ENGINE 2). */
static void use_runs(struct add *a)
{
	a->linear.contig = a->memmap.pt.contig = a->opts.contig;
	a->linear.run_max = layout.block_bytes;
	a->memmap.pt.run_max = memmap_bytes(block_pages());
}

static int plan_tables(struct add *a, struct why *why)
{
	unsigned level = hotplug_leaf_level(memmap_bytes(block_pages()), a->opts.leaf);
	int r = memmap_plan(&a->memmap, a->opts.memmap, a->span.pfn, a->span.nr, a->node, level,
			    why);

	if (r)
		return r;
	r = pt_plan(&kpt, &a->linear, PT_OP_MAP, linear_va(a->span.pa), a->span.len, a->level,
		    a->node, why);
	if (r)
		memmap_plan_end(&a->memmap);
	use_runs(a);
	return r;
}

/* All that may fail; nothing is left behind when it does. */
static int prepare(struct add *a, struct why *why)
{
	int r = create_blocks(a, why);

	if (r)
		return r;
	r = plan_tables(a, why);
	if (!r) {
		r = hotplug_registry_claim(&a->span, a->node, why);
		if (!r)
			return 0;
		pt_plan_end(&a->linear);
		memmap_plan_end(&a->memmap);
	}
	destroy_blocks(&a->span, a->span.blocks);
	return r;
}

static pfn_t altmap_of(const struct add *a, const struct block *b)
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

static void describe_blocks(const struct add *a, u64 tables)
{
	const struct memmap_scheme *m = a->opts.memmap;

	for (u64 i = 0; i < a->span.blocks; i++) {
		struct block *b = block_find(a->span.pfn + i * block_pages());

		b->altmap_pfn = altmap_of(a, b);
		b->altmap_pages = m->reserved ? (u32)m->reserved(&a->memmap, i) : 0;
		b->tables = (u32)tables;
	}
}

/* The other half of the cache duty of a removal (ENGINE 6): lines that were left over from before
 * the memory was powered must not be read, nor written back over what is stored from here on. */
static void cache_arrive(const struct add *a)
{
	if (arg_flag(NULL, ARG_CACHE_LEAVE))
		arch_mem_arrive(linear_va(a->span.pa), a->span.len);
}

static void act(struct add *a, struct hotplug_report *r)
{
	u32 before = kpt.nr_tables;

	pt_map(&a->linear, a->span.pa, PT_R | PT_W | PT_GLOBAL);
	cache_arrive(a);
	memmap_populate(&a->memmap);
	describe_blocks(a, kpt.nr_tables - before);
	*r = (struct hotplug_report) {
		.blocks = a->span.blocks,
		.pages = a->span.nr,
		.memmap_pages = memmap_bytes(a->span.nr) >> page_shift(),
		.memmap_host_bytes = a->memmap.host_bytes,
		.leaves = a->span.len >> pt_shift(layout.fmt, a->level),
		.vmemmap_leaves = a->memmap.leaves,
	};
	r->usable_pages = a->span.nr;
	if (a->opts.memmap->where != MEMMAP_IN_OLD_MEMORY)
		r->usable_pages -= r->memmap_pages;
	pt_plan_end(&a->linear);
	memmap_plan_end(&a->memmap);
}

static int check(const struct add *a, struct why *why)
{
	int r = hotplug_span_absent(&a->span, why);

	if (!r && !a->opts.anywhere)
		r = hotplug_span_withheld(&a->span, why);
	return r ? r : hotplug_ask(NOTE_PREPARE_ADD, NOTE_NONE, &a->span, why);
}

static int add_locked(struct add *a, struct hotplug_report *report, struct why *why)
{
	struct hotplug_meter meter;
	int r = check(a, why);

	if (r)
		return r;
	hotplug_meter_start(&meter);
	r = prepare(a, why);
	if (r)
		return r;
	act(a, report);
	hotplug_meter_stop(&meter, report);
	hotplug_tell(NOTE_ADDED, &a->span);
	return 0;
}

int hotplug_add(paddr_t pa, u64 len, unsigned node, const struct hotplug_opts *opts,
		struct hotplug_report *report, struct why *why)
{
	struct hotplug_report unused;
	struct add a = { .node = node };
	int r = hotplug_span_init(&a.span, pa, len, why);

	if (!r)
		r = hotplug_opts_resolve(opts, &a.opts, why);
	if (!r && node >= NODES_MAX)
		r = refuse(why, EINVAL, "node %u: there are nodes 0 to %u", node, NODES_MAX - 1);
	if (r)
		return r;
	a.level = hotplug_leaf_level(layout.block_bytes, a.opts.leaf);
	r = hotplug_enter(why);
	if (r)
		return r;
	r = add_locked(&a, report ? report : &unused, why);
	hotplug_write_unlock();
	return r;
}
