/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Order of a frame's contents before the leaf that maps it, checked by the recorded events: the CPU
 * that fills a frame and then maps it executes a barrier in between.  Nothing else orders the two
 * for a CPU that walks to the leaf (docs/PAGETABLES.md, rows A2b and R2b).  No emulator reorders
 * stores, so the test checks the order of the events, not the outcome.
 */
#include <mm/hotplug/movable.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/devmem_fixture.h>

#define PAGES 40 /* more than one batch of migration */

static struct movable pages[PAGES] NOINIT;

static bool contents_wanted(const struct pt_event *e)
{
	return e->kind == PT_EV_PUBLISH_DATA || e->kind == PT_EV_FILL ||
	       (e->kind == PT_EV_SET && e->pt == &kpt);
}

static bool new_leaf(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && kpt.fmt->kind(e->new, e->level) == PT_LEAF &&
	       kpt.fmt->kind(e->old, e->level) != PT_LEAF;
}

/* Fills by other CPUs count as well: they pass on filled frames. */
static bool fills(const struct pt_event *fill, const struct pt_event *leaf)
{
	return fill->kind == PT_EV_FILL && fill->pa < leaf->pa + leaf->len &&
	       leaf->pa < fill->pa + fill->len;
}

static bool barrier_for(const struct pt_event *e, const struct pt_event *leaf)
{
	return e->kind == PT_EV_PUBLISH_DATA && e->va <= leaf->va &&
	       e->va + e->len - 1 >= leaf->va + leaf->len - 1;
}

/* Searching backwards from the leaf, is the barrier found before a fill of its frames? */
static bool ordered(u32 leaf)
{
	for (u32 i = leaf; i--;) {
		if (barrier_for(&recorded.ev[i], &recorded.ev[leaf]))
			return true;
		if (fills(&recorded.ev[i], &recorded.ev[leaf]))
			return false;
	}
	return false;
}

/* Check that each recorded leaf was ordered, and that there were at least `filled` fills.  If
 * leaves are stored one by one, not all events fit, and the first ones are checked. */
static void check_order(struct test_run *t, u32 filled)
{
	u64 leaves = 0, bare = 0, fill = 0;

	for (u32 i = 0; i < recorded.nr; i++) {
		fill += recorded.ev[i].kind == PT_EV_FILL;
		if (!new_leaf(&recorded.ev[i]))
			continue;
		leaves++;
		bare += !ordered(i);
	}
	CHECK(t, leaves > 0);
	CHECK(t, fill >= filled);
	CHECK_EQ(t, bare, 0);
}

static u32 barriers(void)
{
	u32 n = 0;

	for (u32 i = 0; i < recorded.nr; i++)
		n += recorded.ev[i].kind == PT_EV_PUBLISH_DATA;
	return n;
}

static unsigned take_pages(struct test_run *t, const struct range *r)
{
	pfn_t first = r->pa >> page_shift(), end = first + (r->len >> page_shift());
	struct why why = { 0 };
	unsigned n = 0;

	while (n < PAGES &&
	       CHECK_OK(t, movable_alloc_in(&pages[n], first, end, "contents", &why), &why))
		n++;
	return n;
}

static void move_all(struct test_run *t, const struct range *r)
{
	unsigned n = take_pages(t, r), moved = 0;
	struct hotplug_report report;
	struct why why = { 0 };

	record_begin(&recorded, contents_wanted);
	CHECK_OK(t, hotplug_offline(r->pa, r->len, &report, &why), &why);
	record_end();
	for (unsigned i = 0; i < n; i++)
		moved += page_pa(pages[i].page) - r->pa >= r->len;
	CHECK_EQ(t, moved, PAGES);
	check_order(t, PAGES);
	CHECK(t, barriers() < PAGES); /* a batch has one */
	while (n--)
		movable_free(&pages[n]);
}

TEST(tlb, contents_moved,
     .claim = "migrated pages: all copies of a batch, one barrier, then the leaves",
     .needs = NEED_RANGE, .could = COULD_TRACE)
{
	struct hotplug_report report;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	if (CHECK_OK(t, hotplug_online(r.pa, r.len, ZONE_MOVABLE, &report, &why), &why))
		move_all(t, &r);
	range_remove(t, &r);
	range_reset(&r);
}

TEST(tlb, contents_vmalloc, .claim = "pages of vmalloc: the zeroes before the leaf",
     .could = COULD_TRACE)
{
	void *p;

	record_begin(&recorded, contents_wanted);
	p = vmalloc(PAGES, 0, "contents");
	record_end();
	if (!CHECK(t, p))
		return;
	check_order(t, PAGES);
	vfree(p, PAGES);
}

TEST(tlb, contents_add,
     .claim = "added memory: a barrier before the leaves of the linear map, and one before the "
	      "memmap's",
     .needs = NEED_RANGE, .could = COULD_TRACE)
{
	struct range r;
	bool ok;

	if (!range_get(t, &r, 1, "block"))
		return;
	r.opts.leaf = 0;
	record_begin(&recorded, contents_wanted);
	ok = range_add(t, &r);
	record_end();
	if (ok) {
		check_order(t, 0);
		range_remove(t, &r);
	}
	range_reset(&r);
}

TEST(tlb, contents_tails,
     .claim = "frames of struct pages that a compound shares: filled, a barrier, then every leaf",
     .needs = NEED_RANGE, .params = devrange_min_names, .could = COULD_TRACE)
{
	struct devrange d;

	if (!devrange_get(t, &d))
		return;
	d.r.len = min_u64(d.r.len, 32 * d.opts.compound); /* limited by the event buffer */
	if (devrange_claim(&d)) {
		record_begin(&recorded, contents_wanted);
		devrange_mode(&d, DEVMEM_DAX);
		record_end();
		check_order(t, 2);
	}
	devrange_reset(&d);
}
