/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S2-09, S2-10, S2-15: the frames that a self-hosted memmap takes from the memory that it
 * describes, counted by a copy of the scheme.
 */
#include <lib/atomic.h>
#include <lib/string.h>
#include <tests/harness/util.h>

static const char *const placements[] = { "block", "device", NULL };

static const struct memmap_scheme *real;
static struct {
	u64 frames, pages, outside, unordered, next;
	u64 marked, unmapped;
} seen;

static paddr_t frame(struct memmap_plan *p, u64 index, u64 *contiguous)
{
	paddr_t pa = real->frame(p, index, contiguous), lo = p->pfn << page_shift();

	seen.frames++;
	seen.unordered += index != seen.next;
	seen.outside += pa - lo >= p->nr << page_shift();
	seen.outside += pa + *contiguous * page_size() - 1 - lo >= p->nr << page_shift();
	seen.pages += *contiguous;
	seen.next = index + *contiguous;
	return pa;
}

/* The struct pages to mark must be mapped at this call; each of them is checked. */
static void mark(const struct memmap_plan *p, pfn_t pfn, u64 nr)
{
	u64 unmapped = 0;

	for (u64 at = 0; at < nr; at += page_size() / sizeof(struct page))
		unmapped += pt_translate(&kpt, memmap_va(pfn + at)) == PA_NONE;
	atomic_fetch_add_relaxed(&seen.marked, nr);
	atomic_fetch_add_relaxed(&seen.unmapped, unmapped);
	real->mark(p, pfn, nr);
}

static bool altmap_is_free(const struct pt_event *e)
{
	return e->kind == PT_EV_PAGE_FREE && e->provenance != PAGE_TABLE;
}

static u64 heads(const struct range *r)
{
	pfn_t first = r->pa >> page_shift();
	u64 n = 0;

	for (u64 i = 0; i < r->len / page_size(); i++)
		n += pfn_to_page(first + i)->refcount != 0;
	return n;
}

TEST(memmap, altmap_frames,
     .claim = "frames are taken in order from inside the range, marked once when mapped, and all "
	      "removed with it",
     .rows = "S2-09 S2-15 S0-33", .needs = NEED_RANGE, .params = placements,
     .could = COULD_YES /* frames are counted */)
{
	struct memmap_scheme counted;
	u64 wrong = 0, freed = 0, want;
	struct range r;

	if (!range_get(t, &r, 2, t->param))
		return;
	real = r.opts.memmap;
	counted = *real;
	counted.frame = frame;
	counted.mark = mark;
	r.opts.memmap = &counted;
	r.opts.memmap_now = true; /* all are read */
	memset(&seen, 0, sizeof(seen));
	if (!range_add(t, &r))
		return;
	want = memmap_bytes(r.len / page_size()) / page_size();
	CHECK_EQ(t, seen.pages, want);
	CHECK_EQ(t, seen.outside + seen.unordered + seen.unmapped, 0);
	CHECK_EQ(t, seen.marked, r.len / page_size());
	CHECK_EQ(t, heads(&r), strcmp(t->param, "device") ? 2 : 1);
	record_begin(&recorded, altmap_is_free);
	range_remove(t, &r);
	record_end();
	for (u32 i = 0; i < recorded.nr; i++) {
		freed += recorded.ev[i].n;
		wrong += recorded.ev[i].provenance != PAGE_ALTMAP ||
			 recorded.ev[i].pa - r.pa >= r.len;
	}
	CHECK_EQ(t, freed, want);
	CHECK_EQ(t, wrong, 0);
	range_reset(&r);
}

static u64 not_memmap(const struct range *r, u64 pages)
{
	u64 wrong = 0;

	for (u64 i = 0; i < pages; i++)
		wrong += page_state(pa_page(r->pa + i * page_size())) != PAGE_MEMMAP;
	return wrong;
}

TEST(memmap, never_handed_out, .claim = "no page that holds memmap is ever free or allocated",
     .rows = "S2-10 S2-33", .needs = NEED_RANGE)
{
	u64 own = memmap_bytes(block_pages()) / page_size(), taken = 0, inside = 0;
	struct test_hog hog;
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	CHECK_EQ(t, not_memmap(&r, own), 0);
	range_online(t, &r, ZONE_MOVABLE);
	CHECK_EQ(t, not_memmap(&r, own), 0);
	hog_init(&hog);
	hog_orders(&hog, ZONE_MOVABLE, 0); /* takes all free pages of this zone */
	list_for_each (&hog.pages, it) {
		const struct page *p = list_entry(it, struct page, lru);

		if (page_pa(p) - r.pa < r.len) /* devices may have added more */
			taken += 1ul << page_order(p);
		inside += page_pa(p) - r.pa < own * page_size();
	}
	CHECK_EQ(t, taken, block_pages() - own);
	CHECK_EQ(t, inside, 0);
	CHECK_EQ(t, not_memmap(&r, own), 0);
	hog_drop(&hog);
	range_offline(t, &r);
	CHECK_EQ(t, not_memmap(&r, own), 0);
	range_remove(t, &r);
	range_reset(&r);
}
