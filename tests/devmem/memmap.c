/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-27, S1-40: the place of a device range's struct pages, the number of their frames, and their
 * contents; each frame is freed once.
 */
#include <lib/string.h>
#include <tests/harness/devmem_fixture.h>

static const char *const plain[] = { "host", "device", NULL };

struct devmem_leaves {
	const struct pt_fmt *fmt;
	paddr_t own, own_end;
	u64 pages, large, own_bytes, other_bytes;
};

static int devmem_leaf(const struct pt_slot *s, void *arg)
{
	struct devmem_leaves *l = arg;
	paddr_t pa = l->fmt->pa(s->val, s->level, s->va);
	u64 span = pt_span(l->fmt, s->level);

	l->pages += s->level == 0;
	l->large += s->level != 0;
	*(pa >= l->own && pa + span <= l->own_end ? &l->own_bytes : &l->other_bytes) += span;
	return 0;
}

/* The largest leaf of the vmemmap, as for blocks, maps at most the struct pages of one section. */
static u64 memmap_leaf(const struct devrange *d)
{
	u64 part = memmap_bytes(min_u64(d->r.len, layout.section_bytes) >> page_shift());
	unsigned level = strcmp(arg_text(NULL, ARG_LEAF), "page") ? layout.fmt->levels - 1u : 0;

	while (level && !(pt_leaf_ok(layout.fmt, level) && pt_span(layout.fmt, level) <= part))
		level--;
	return pt_span(layout.fmt, level);
}

TEST(devmem, altmap,
     .claim = "without compounds every page has its struct page; with memmap=device all of them "
	      "are at the front of the range, in leaves as large as possible",
     .rows = "S1-27 S2-09 S2-16", .needs = NEED_RANGE, .params = plain)
{
	bool own = !strcmp(t->param, "device");
	struct devmem_leaves l = { .fmt = layout.fmt };
	u64 bytes, leaf, wrong = 0;
	struct devrange d;

	if (!devrange_get(t, &d) || !devrange_up(&d))
		return;
	bytes = memmap_bytes(d.r.len >> page_shift());
	leaf = memmap_leaf(&d);
	l.own = d.r.pa;
	l.own_end = d.r.pa + bytes;
	pt_walk(&kpt, memmap_va(devrange_pfn(&d)), bytes, PT_ON_LEAF, devmem_leaf, &l);
	CHECK_EQ(t, d.r.report.memmap_pages, bytes >> page_shift());
	CHECK_EQ(t, d.r.report.memmap_host_bytes, own ? 0 : bytes);
	CHECK_EQ(t, l.own_bytes, own ? bytes : 0);
	CHECK_EQ(t, l.other_bytes, own ? 0 : bytes);
	CHECK_EQ(t, leaf > page_size() ? l.large : l.pages, bytes / leaf);
	for (u64 i = own ? bytes >> page_shift() : 0; i < d.r.len >> page_shift(); i++)
		wrong += page_provenance(pfn_to_page(devrange_pfn(&d) + i)) != PAGE_DEVICE;
	CHECK_EQ(t, wrong, 0);
	test_key(t, "pages=%lu", d.r.report.memmap_pages);
	test_key(t, "leaves=%lu", d.r.report.vmemmap_leaves);
	devrange_mode(&d, DEVMEM_RAW);
	CHECK_EQ(t, d.r.report.memmap_pages, bytes >> page_shift());
	devrange_release(&d);
	devrange_reset(&d);
}

/* ---- compounds ---- */

struct compound {
	paddr_t first, rest;
	u64 pages, wrong; /* struct pages of neither frame, or mapped with other rights */
};

static int count_compound_page(const struct pt_slot *s, void *arg)
{
	struct compound *c = arg;
	bool writable = layout.fmt->prot(s->val, s->level) & PT_W;
	paddr_t pa = layout.fmt->pa(s->val, s->level, s->va);

	if (!c->pages)
		c->first = pa;
	if (c->pages == 1)
		c->rest = pa;
	c->wrong += s->level != 0 || pa != (c->pages ? c->rest : c->first);
	c->wrong += writable != !c->pages;
	c->pages++;
	return 0;
}

/* No two compounds may share a frame.  Sum and number of equal frames do not prove it, so each
 * frame is recorded in the struct page of the compound's head. */
static u64 same_frames(const struct devrange *d, paddr_t frame, u64 limit)
{
	u64 n = 0, pages = d->opts.compound >> page_shift();

	for (u64 i = 0; i < limit; i++) {
		vaddr_t va = memmap_va(devrange_pfn(d) + i * pages);

		n += pt_translate(&kpt, va) == frame;
		n += pt_translate(&kpt, va + page_size()) == frame;
	}
	return n;
}

TEST(devmem, dedup,
     .claim = "a compound of any size has two frames: the first page of its struct pages, and one "
	      "that all others map, read-only; no two compounds share one",
     .rows = "S1-40", .needs = NEED_RANGE, .params = devrange_compound_names)
{
	u64 pages, shared = 0;
	struct devrange d;

	if (!devrange_get(t, &d) || !devrange_up(&d))
		return;
	pages = d.opts.compound >> page_shift();
	for (u64 i = 0; i < devrange_compounds(&d); i++) {
		struct compound c = { 0 };

		pt_walk(&kpt, memmap_va(devrange_pfn(&d) + i * pages), memmap_bytes(pages),
			PT_ON_LEAF, count_compound_page, &c);
		CHECK_EQ(t, c.pages, devrange_tails(&d));
		CHECK_EQ(t, c.wrong, 0);
		shared += c.first == c.rest || same_frames(&d, c.first, min_u64(i, 8)) ||
			  same_frames(&d, c.rest, min_u64(i, 8));
	}
	CHECK_EQ(t, shared, 0);
	CHECK_EQ(t, d.r.report.memmap_pages, 2 * devrange_compounds(&d));
	test_key(t, "kept=2/%lu", devrange_tails(&d));
	devrange_mode(&d, DEVMEM_RAW);
	CHECK_EQ(t, d.r.report.memmap_pages, 2 * devrange_compounds(&d));
	devrange_release(&d);
	devrange_reset(&d);
}

/* Does the compound at pfn hold the memmap of the range? */
static bool is_spent(const struct devrange *d, pfn_t pfn)
{
	return d->opts.memmap->where == MEMMAP_IN_FIRST_BLOCKS &&
	       pfn - devrange_pfn(d) < 2 * devrange_compounds(d);
}

/* Count the wrong struct pages of the compound at pfn. */
static u64 wrong_pages(const struct devrange *d, pfn_t pfn)
{
	u64 pages = d->opts.compound >> page_shift(), n = 0;
	bool spent = is_spent(d, pfn);
	const struct page *head = pfn_to_page(spent ? devrange_pfn(d) : pfn);

	for (u64 i = 0; i < pages; i++) {
		const struct page *p = pfn_to_page(pfn + i);

		n += page_provenance(p) != (spent ? PAGE_ALTMAP : PAGE_DEVICE);
		n += page_node(p) != d->r.node;
		n += p->head != (p == head ? NULL : head);
		n += (p->refcount != 0) != (p == head);
	}
	return n;
}

TEST(devmem, compound_heads,
     .claim = "each tail of a compound, shared or not, points to its head; the reserved part has "
	      "one head",
     .rows = "S1-40 S2-16", .needs = NEED_RANGE, .params = devrange_compound_names)
{
	u64 pages, wrong = 0;
	const struct page *head;
	struct devrange d;

	if (!devrange_get(t, &d) || !devrange_up(&d))
		return;
	pages = d.opts.compound >> page_shift();
	for (u64 i = 0; i < devrange_compounds(&d); i++)
		wrong += wrong_pages(&d, devrange_pfn(&d) + i * pages);
	CHECK_EQ(t, wrong, 0);
	head = pfn_to_page(devrange_pfn(&d));
	if (is_spent(&d, devrange_pfn(&d))) {
		CHECK_EQ(t, head->private, 2 * devrange_compounds(&d));
		CHECK_EQ(t, head->refcount, devrange_compounds(&d));
	} else {
		CHECK_EQ(t, page_order(head), log2_u64(pages));
	}
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}
