/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/subsection.c - the registry of sub-sections: which are present, and where their memmap
 * lives.
 *
 * One sorted array of disjoint ranges, of a fixed size like the region registry: a range holds all
 * adjacent sub-sections with the same options, so a terabyte of one device is one entry.
 * Changed under the hotplug lock held for write (mm/hotplug/subsection_change.c), read with it
 * held.
 */
#include <lib/assert.h>
#include <lib/fail.h>
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/hotplug/subsection_internal.h>

/* The count is cleared with .bss, so the ranges need not be. */
static struct subsection_range ranges[SUBSECTION_RANGES_MAX] NOINIT;
static unsigned nr_ranges;

/* Index of the first range that ends after pfn. */
static unsigned first_from(pfn_t pfn)
{
	unsigned lo = 0, hi = nr_ranges;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (ranges[mid].pfn + ranges[mid].nr <= pfn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct subsection_range *subsection_find(pfn_t pfn, u64 nr)
{
	unsigned i = first_from(pfn);

	return i < nr_ranges && ranges[i].pfn < pfn + nr ? &ranges[i] : NULL;
}

const struct subsection_range *subsection_nth(unsigned n)
{
	return n < nr_ranges ? &ranges[n] : NULL;
}

/* ---- changing ---- */

int subsection_room(struct why *why)
{
	if (nr_ranges < SUBSECTION_RANGES_MAX && !fail_here(FAIL_RANGES))
		return 0;
	return refuse(why, ENOMEM, "the registry of sub-sections holds %u ranges, no more fit",
		      nr_ranges);
}

static void subsection_insert_at(unsigned i, struct subsection_range r)
{
	ASSERT_OP(nr_ranges, <, SUBSECTION_RANGES_MAX);
	memmove(&ranges[i + 1], &ranges[i], (nr_ranges - i) * sizeof(ranges[0]));
	ranges[i] = r;
	nr_ranges++;
}

static void delete_at(unsigned i)
{
	nr_ranges--;
	memmove(&ranges[i], &ranges[i + 1], (nr_ranges - i) * sizeof(ranges[0]));
}

/* Join range i with the next one if that continues it. */
static void join(unsigned i)
{
	struct subsection_range *low = &ranges[i], *high = low + 1;

	if (i + 1 >= nr_ranges || low->pfn + low->nr != high->pfn || low->memmap != high->memmap ||
	    low->node != high->node || low->leaves != high->leaves || subsection_is_one(low))
		return;
	low->nr += high->nr;
	delete_at(i + 1);
}

void subsection_insert(struct subsection_range r)
{
	unsigned i = first_from(r.pfn);

	ASSERT(!subsection_find(r.pfn, r.nr));
	subsection_insert_at(i, r);
	join(i);
	if (i)
		join(i - 1);
}

/* Take [pfn, end) out of range i, which it touches; true when that deleted the range. */
static bool cut_one(unsigned i, pfn_t pfn, pfn_t end)
{
	struct subsection_range old = ranges[i], above = old;
	pfn_t old_end = old.pfn + old.nr;

	if (end < old_end) {
		above.pfn = end;
		above.nr = old_end - end;
		if (pfn > old.pfn)
			subsection_insert_at(i + 1, above);
		else
			ranges[i] = above;
	}
	if (pfn > old.pfn)
		ranges[i].nr = pfn - old.pfn;
	else if (end >= old_end)
		delete_at(i);
	return pfn <= old.pfn && end >= old_end;
}

void subsection_cut(pfn_t pfn, u64 nr)
{
	unsigned i = first_from(pfn);

	while (i < nr_ranges && ranges[i].pfn < pfn + nr)
		i += !cut_one(i, pfn, pfn + nr);
}

/* ---- digest ---- */

static u64 hash_head(u64 h, pfn_t pfn)
{
	const struct page *head = pfn_to_page(pfn);

	return hash_u64(hash_u64(h, head->refcount), head->private);
}

static u64 hash_heads(u64 h, const struct subsection_range *r)
{
	u64 step = subsection_is_one(r) ? r->nr : subsection_pages();

	for (u64 at = 0; at < r->nr; at += step)
		h = hash_head(h, r->pfn + at);
	return h;
}

u64 subsection_digest(u64 h)
{
	for (unsigned i = 0; i < nr_ranges; i++) {
		const struct subsection_range *r = &ranges[i];

		h = hash_u64(hash_u64(h, r->pfn), r->nr);
		h = hash_u64(h, (u64)r->memmap->where << 8 | r->node);
		if (r->memmap->where != MEMMAP_IN_OLD_MEMORY)
			h = hash_heads(h, r);
	}
	return h;
}
