/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/devmem_cost.c - check the shape of a device range, and count the memory that it needs.
 *
 * The counts are those of the struct hot_add that is planned and executed later (a test compares
 * them).
 */
#include <lib/printf.h>
#include <mm/hotplug/devmem_internal.h>
#include <mm/page/region.h>

/* The smallest compound that saves memory: its struct pages must fill more than two frames. */
u64 devmem_compound_min(void)
{
	u64 four_pages = 4 * page_size() / sizeof(struct page) * page_size();

	return max_u64(four_pages, layout.subsection_bytes);
}

static int check_compound(paddr_t pa, u64 len, u64 compound, struct why *why)
{
	u64 min = devmem_compound_min();

	if (!compound)
		return 0;
	if (compound & (compound - 1) || compound < min || compound > GiB)
		return refuse(why, EINVAL,
			      "compound=0x%lx: with pages of %luK a power of two from %luM to "
			      "1G",
			      compound, page_size() / KiB, min / MiB);
	if (!is_aligned(pa | len, compound))
		return refuse(why, EINVAL, "%s is not made of whole compounds of %lu MiB",
			      range_text(pa, len).text, compound / MiB);
	return 0;
}

/* The largest power of two that the range is aligned to and made of. */
static u64 alignment(paddr_t pa, u64 len)
{
	return (pa | len) & -(pa | len);
}

/* The hotplug options of a device range; `memmap=` defaults to device, not to the boot argument. */
static int resolve(const struct devmem_opts *o, struct hot_add *a, struct why *why)
{
	hotplug_opts_default(&a->opts);
	a->opts.owner = o->owner;
	a->opts.leaves = o->leaves;
	a->opts.memmap = o->memmap ? o->memmap : memmap_scheme_find("device", why);
	if (!a->opts.memmap)
		return -EINVAL;
	if (!is_aligned(o->reserve, page_size()))
		return refuse(why, EINVAL, "reserve=0x%lx is not made of pages", o->reserve);
	if (a->opts.memmap->where == MEMMAP_IN_EACH_BLOCK)
		return refuse(why, EINVAL,
			      "memmap=%s: a device range has no blocks; there is host and device",
			      a->opts.memmap->s.name);
	if (o->uncached && a->opts.memmap->where != MEMMAP_IN_OLD_MEMORY)
		return refuse(why, EINVAL,
			      "memmap=%s: memory of a bus holds no struct pages; there is host",
			      a->opts.memmap->s.name);
	return hotplug_opts_add(&a->opts, &a->opts, why);
}

int devmem_check(paddr_t pa, u64 len, unsigned node, const struct devmem_opts *o, struct hot_add *a,
		 struct why *why)
{
	int err;

	*a = (struct hot_add) { .node = node, .users = 1, .provenance = PAGE_DEVICE };
	err = hotplug_span_init_subsections(&a->span, pa, len, why);
	if (!err)
		err = check_compound(pa, len, o->compound, why);
	if (!err)
		err = resolve(o, a, why);
	if (err)
		return err;
	a->compound = o->compound >> page_shift();
	if (a->opts.memmap->where == MEMMAP_IN_FIRST_BLOCKS)
		a->reserve = o->reserve >> page_shift();
	a->whole = alignment(pa, len);
	a->attributes = o->uncached ? PT_NC : 0;
	a->span.unit = min_u64(a->whole, layout.section_bytes);
	return hotplug_node_check(node, why);
}

/* ---- memory that it needs ---- */

static u64 kept_bytes(const struct hot_add *a)
{
	u64 pages = a->span.nr;

	return a->compound ? pages / a->compound * MEMMAP_COMPOUND_FRAMES << page_shift()
			   : memmap_bytes(pages);
}

static u64 sum(const u32 by_level[PT_LEVELS_MAX])
{
	u64 n = 0;

	for (unsigned l = 0; l < PT_LEVELS_MAX; l++)
		n += by_level[l];
	return n;
}

static int count_tables(const struct hot_add *a, struct devmem_cost *c, struct why *why)
{
	const struct block_span *s = &a->span;
	int err = pt_count_tables(&kpt, memmap_va(s->pfn), memmap_bytes(s->nr),
				  hot_add_memmap_level(a), c->memmap_tables, why);

	if (!err)
		err = pt_count_tables(&kpt, linear_va(s->pa), s->len, hot_add_level(a),
				      c->linear_tables, why);
	c->tables = (sum(c->memmap_tables) + sum(c->linear_tables)) << page_shift();
	return err;
}

static u64 free_bytes(void)
{
	u64 pages = 0;

	for (unsigned node = 0; node < NODES_MAX; node++)
		pages += buddy_free_pages(node, ZONE_NORMAL);
	return pages << page_shift();
}

int devmem_count(const struct hot_add *a, struct devmem_cost *c, struct why *why)
{
	bool host = a->opts.memmap->where == MEMMAP_IN_OLD_MEMORY;
	u64 step = a->compound ? a->compound << page_shift() : page_size();
	int err;

	*c = (struct devmem_cost) { .full = memmap_bytes(a->span.nr), .memmap = kept_bytes(a) };
	err = count_tables(a, c, why);
	c->reserved = host ? 0 : align_up(c->memmap + (a->reserve << page_shift()), step);
	c->need = c->tables + (host ? c->memmap : 0);
	c->free = free_bytes();
	if (!err && c->reserved >= a->span.len)
		err = refuse(why, EINVAL,
			     "%s: nothing would be left beside its own memmap of %lu KiB",
			     range_text(a->span.pa, a->span.len).text, c->memmap / KiB);
	return err;
}

static bool is_raw(const struct block_span *s)
{
	const struct devmem *d = devmem_find(s->pfn, s->nr);

	return d && d->mode == DEVMEM_RAW && d->pa == s->pa && d->len == s->len;
}

int devmem_cost(paddr_t pa, u64 len, unsigned node, const struct devmem_opts *o,
		struct devmem_cost *c, struct why *why)
{
	struct hot_add a;
	int err = devmem_check(pa, len, node, o, &a, why);

	if (err)
		return err;
	hotplug_read_lock();
	err = is_raw(&a.span) ? 0 : devmem_absent(&a.span, why);
	if (!err)
		err = devmem_count(&a, c, why);
	hotplug_read_unlock();
	return err;
}
