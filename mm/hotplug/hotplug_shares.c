/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_shares.c - the shares of a hot-add: the caller and all idle CPUs (kern/crew.h)
 * do the work that grows with its length, each for its own run.
 *
 * The caller owns every decision and holds the hotplug lock for write; a helper acts for it and
 * takes no lock but those of the allocator (ENGINE 1.7).  Shares are disjoint runs of leaves, so
 * they may be stored at once (ENGINE 1.1).  Two shares may need the same table: each has one in its
 * own reserve, one installs it, and the other's is freed (ENGINE 1.2).  Struct pages that two
 * shares write are never in one page, hence not in one cache line.
 *
 * The caller alone does work that costs less than waking CPUs.
 */
#include <arch/arch.h>
#include <lib/init.h>
#include <mm/hotplug/hotplug_map.h>
#include <mm/kernel/writer.h>

#define WORTH_PAGES 2048  /* struct pages of a share: 10,000 instructions or more */
#define WORTH_LEAVES 1024 /* of a share: 4,000 or more */
#define WORTH_TABLES 16   /* to allocate and to zero */

static struct share { /* of the linear map */
	pfn_t pfn;
	u64 nr;
	struct pt_plan linear;
	int err;
	struct why why;
} shares[CPUS_MAX] NOINIT; /* of the holder of the hotplug lock for write */

/* ---- work that is worth sharing ---- */

static bool many_leaves(const struct hot_add *a)
{
	return a->span.len / a->crew.nr >> pt_shift(layout.fmt, a->level) >= WORTH_LEAVES;
}

static bool many_tables(const struct hot_add *a)
{
	return a->span.len / a->crew.nr >> pt_shift(layout.fmt, a->level + 1) >= WORTH_TABLES;
}

static vaddr_t share_va(const struct share *s)
{
	return linear_va(s->pfn << page_shift());
}

static u64 share_len(const struct share *s)
{
	return s->nr << page_shift();
}

/* ---- plan ---- */

/* Share i, in whole parts of this many bytes.  The caller has other work too, which is worth `own`
 * parts, and so has fewer of them; but no share is empty. */
static void divide(const struct block_span *s, const struct crew *c, u64 part, u64 own, unsigned i,
		   pfn_t *pfn, u64 *nr)
{
	u64 first[2];

	for (unsigned k = 0; k < 2; k++) {
		u64 at = crew_first(c, s->len / part + own, i + k);

		first[k] = max_u64(i + k, at > own ? at - own : 0);
	}
	*pfn = s->pfn + first[0] * (part >> page_shift());
	*nr = (first[1] - first[0]) * (part >> page_shift());
}

/* Of the linear map, in page tables, or units if these are smaller; the caller maps the memmap. */
static void divide_maps(const struct hot_add *a, unsigned i, pfn_t *pfn, u64 *nr)
{
	u64 part = min_u64(a->span.unit, pt_span(layout.fmt, a->level + 1));
	u64 leaves = memmap_bytes(a->span.nr) >> pt_shift(layout.fmt, a->memmap.max_level);
	u64 own = a->maps.nr > 1 ? leaves / (part >> pt_shift(layout.fmt, a->level)) : 0;

	divide(&a->span, &a->maps, part, own, i, pfn, nr);
}

/*
 * Of the struct pages, in pages that they fill, or units if these have fewer.  A leaf of the linear
 * map that the caller stores meanwhile costs as much as half a struct page.  The caller's share is
 * a 64th of all or more, because it has all memmap of memmap=device.
 */
static void divide_writes(const struct hot_add *a, unsigned i, pfn_t *pfn, u64 *nr)
{
	u64 filled = page_size() / sizeof(struct page);
	u64 part = min_u64(a->span.unit, filled << page_shift());
	u64 leaves = a->linear_last ? a->span.len >> pt_shift(layout.fmt, a->level) : 0;
	u64 n = a->span.len / part, even = n / a->crew.nr;
	u64 spare = even - min_u64(even, n / CPUS_MAX + 1);

	divide(&a->span, &a->crew, part, min_u64(leaves / 2 / filled, spare), i, pfn, nr);
}

static void choose(struct hot_add *a)
{
	const struct block_span *s = &a->span;
	u64 most = min_u64(s->len / s->unit, s->nr / WORTH_PAGES);

	/* A device range is one share: its leaves may be larger than a unit, the memmap of
	 * its compounds is written where it is mapped, and its reserve may exceed a share. */
	if (a->whole)
		most = 1;
	crew_choose(&a->crew, (unsigned)min_u64(most, CPUS_MAX));
	a->maps = a->crew;
	a->clean = hotplug_cache_owed(a->opts.leaves || a->attributes & PT_NC);
	if (!many_leaves(a) && !a->clean)
		a->maps = (struct crew) { .nr = 1 };
}

static void plan_share(unsigned i, void *hot_add)
{
	struct hot_add *a = hot_add;
	struct share *s = &shares[i];

	divide_maps(a, i, &s->pfn, &s->nr);
	s->why.code = 0;
	s->err = pt_plan(&kpt, &s->linear, PT_OP_MAP, share_va(s), share_len(s), a->level, a->node,
			 &s->why);
	s->linear.contig = a->opts.contig;
	s->linear.run_max = hot_add_unit(a); /* ENGINE 2 */
	if (!i && !s->err)
		s->err = hot_add_plan_memmap(a, &s->why);
}

void hot_add_end(struct hot_add *a)
{
	for (unsigned i = 0; i < a->maps.nr; i++)
		pt_plan_end(&shares[i].linear);
	if (!shares[0].err) /* it planned the memmap */
		memmap_plan_end(&a->memmap);
}

static int plan_all(struct hot_add *a, struct why *why)
{
	if (many_tables(a))
		crew_run(&a->maps, plan_share, a);
	else
		for (unsigned i = 0; i < a->maps.nr; i++)
			plan_share(i, a);
	for (unsigned i = 0; i < a->maps.nr; i++) {
		if (!shares[i].err)
			continue;
		if (why)
			*why = shares[i].why;
		hot_add_end(a);
		return shares[i].err;
	}
	return 0;
}

/* Neighbours plan the tables above both of them twice: one CPU needs fewer. */
int shares_plan(struct hot_add *a, struct why *why)
{
	int err;

	choose(a);
	err = plan_all(a, why);
	if (err != -ENOMEM || a->maps.nr == 1)
		return err;
	a->maps = (struct crew) { .nr = 1 };
	return plan_all(a, why);
}

/* ---- act ---- */

static void clean_share(const struct share *s, struct hot_add *a)
{
	hotplug_cache_pieces(arch_dcache_clean_inval, share_va(s), share_len(s));
	atomic_fetch_add_relaxed(&a->cache_bytes, share_len(s));
}

/*
 * Stale cache lines must neither be read nor be written back over later stores.  Maintenance is
 * required for memory that had no power or another owner before (ENGINE 6.1), and for memory that
 * was mapped cacheable and now is not (Arm ARM B2, "Mismatched memory attributes"; RISC-V Svpbmt:
 * cbo.flush between accesses of two types).  By address to the point of coherency, so it reaches
 * the caches of every CPU, whichever executes it (Arm ARM D7, RISC-V CMO 2.5); all shares have
 * finished before the first struct page is stored.  Compounds are stored where they are mapped:
 * such an add has one share, which it cleans first.
 */
static void map_linear_share(unsigned i, struct hot_add *a)
{
	enum pt_writer was = writer_enter(PT_WRITER_HOTPLUG); /* a helper too */
	struct share *s = &shares[i];

	pt_map(&s->linear, s->pfn << page_shift(), PT_R | PT_W | PT_GLOBAL | a->attributes);
	pt_plan_end(&s->linear); /* frees the tables that a neighbour installed */
	if (a->clean)
		clean_share(s, a);
	writer_leave(was);
}

static void map_share(unsigned i, void *hot_add)
{
	struct hot_add *a = hot_add;

	if (!a->linear_last)
		map_linear_share(i, a);
	if (!i)
		memmap_map(&a->memmap);
}

void shares_map(struct hot_add *a)
{
	/* Struct pages of compounds are stored through the linear map, all others through the
	 * vmemmap: those wait for the caches alone. */
	a->linear_last = !a->maps.helpers && !a->clean && !a->compound;
	crew_run(&a->maps, map_share, a);
	if (a->maps.helpers) /* others stored leaves that this CPU will use */
		pt_visible_here(&kpt, linear_va(a->span.pa), a->span.len);
}

static void write_share(unsigned i, void *hot_add)
{
	struct hot_add *a = hot_add;
	pfn_t pfn;
	u64 nr;

	if (!i && a->linear_last)
		map_linear_share(0, a);
	divide_writes(a, i, &pfn, &nr);
	if (i) /* the caller mapped them, a helper uses them */
		pt_visible_here(&kpt, memmap_va(a->span.pfn), memmap_bytes(a->span.nr));
	memmap_write(&a->memmap, pfn, nr);
}

void shares_write(struct hot_add *a)
{
	if (a->late) /* too little is left for a crew */
		a->crew = (struct crew) { .nr = 1 };
	crew_run(&a->crew, write_share, a);
}
