/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S2-30, S2-31, B-01: the memmap of a sub-section is mapped by exactly as many pages as needed,
 * beside that of its neighbours; shared tables are freed with the last of them.
 */
#include <lib/string.h>
#include <tests/harness/parts_fixture.h>

static const struct subsection_numbers {
	u64 page, unit, memmap;
} numbers[] = {
	{ 4 * KiB, 2 * MiB, 8 },
	{ 16 * KiB, 4 * MiB, 1 },
	{ 64 * KiB, 64 * MiB, 1 },
};

static const struct subsection_numbers *row(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i].page == page_size())
			return &numbers[i];
	return NULL;
}

struct subsection_leaves {
	u64 pages, large, outside, foreign;
	vaddr_t lo, hi;
	paddr_t own, own_end; /* the place of self-hosted frames */
};

static int subsections_leaf(const struct pt_slot *s, void *arg)
{
	struct subsection_leaves *l = arg;
	paddr_t pa = layout.fmt->pa(s->val, s->level, s->va);

	l->pages += s->level == 0;
	l->large += s->level != 0;
	l->outside += s->va < l->lo || s->va >= l->hi;
	l->foreign += pa < l->own || pa >= l->own_end;
	return 0;
}

/* The leaves of the vmemmap over the whole block that holds sub-section 0. */
static struct subsection_leaves memmap_leaves(const struct parts *p, u64 first, u64 nr)
{
	u64 pages = p->unit >> page_shift();
	struct subsection_leaves l = { .lo = memmap_va(part_pfn(p, first)),
				       .hi = memmap_va(part_pfn(p, first) + nr * pages),
				       .own = part_pa(p, first),
				       .own_end = part_pa(p, first + nr) };

	pt_walk(&kpt, memmap_va(p->r.pa >> page_shift()), memmap_bytes(block_pages()), PT_ON_LEAF,
		subsections_leaf, &l);
	return l;
}

TEST(memmap, subsection_pages,
     .claim = "a sub-section takes 8, 1 or 1 pages of memmap by page size, never a large leaf, and "
	      "no other part of the block is mapped",
     .rows = "S2-30 S2-31 L-04", .needs = NEED_RANGE, .params = memmap_names)
{
	const struct subsection_numbers *n = row();
	bool host = !strcmp(t->param, "host");
	struct parts p;
	struct subsection_leaves l;

	if (!n || !parts_get(t, &p, 1, t->param) || !parts_add(t, &p, 1, 1))
		return;
	CHECK_EQ(t, p.unit, n->unit);
	CHECK_EQ(t, p.r.report.memmap_pages, n->memmap);
	CHECK_EQ(t, p.r.report.usable_pages,
		 p.unit / page_size() - (host ? 0 : n->memmap)); /* 504 of 512 at 4K */
	l = memmap_leaves(&p, 1, 1);
	CHECK_EQ(t, l.pages, n->memmap);
	CHECK_EQ(t, l.large + l.outside, 0);
	CHECK_EQ(t, l.foreign, host ? n->memmap : 0);
	parts_remove(t, &p, 1, 1);
	CHECK_EQ(t, p.r.report.memmap_pages, n->memmap);
	CHECK_EQ(t, memmap_leaves(&p, 1, 1).pages, 0);
	parts_reset(&p);
}

/* One add of as many sub-sections as a block has, in which large leaves would fit. */
TEST(memmap, subsection_long_add,
     .claim = "however long an add is, no leaf crosses a sub-section, nor the memmap of one",
     .rows = "S2-30 S2-31 B-04 L-04", .needs = NEED_RANGE, .params = memmap_names)
{
	u64 nr = layout.block_bytes / layout.subsection_bytes, large = 0;
	struct subsection_leaves l, linear = { 0 };
	struct parts p;

	if (!parts_get(t, &p, 1, t->param) || !parts_add(t, &p, 0, nr))
		return;
	l = memmap_leaves(&p, 0, nr);
	CHECK_EQ(t, l.pages, nr * part_memmap_pages(&p));
	CHECK_EQ(t, l.large, 0);
	pt_walk(&kpt, linear_va(p.r.pa), p.r.len, PT_ON_LEAF, subsections_leaf, &linear);
	for (unsigned level = 1; level < layout.fmt->levels; level++)
		if (pt_leaf_ok(layout.fmt, level) && pt_span(layout.fmt, level) <= p.unit)
			large = p.r.len / pt_span(layout.fmt, level);
	CHECK_EQ(t, linear.large, large);
	CHECK_EQ(t, linear.pages, large ? 0 : block_pages());
	parts_remove(t, &p, 0, nr);
	parts_reset(&p);
}

TEST(memmap, subsection_contents,
     .claim = "struct pages of sub-sections are device pages of their node; each reservation has "
	      "its head",
     .rows = "S2-16 S2-31", .needs = NEED_RANGE, .params = memmap_names)
{
	u64 wrong = 0, heads = 0, marked = 0;
	struct parts p;

	if (!parts_get(t, &p, 1, t->param) || !parts_add(t, &p, 1, 2))
		return;
	for (pfn_t pfn = part_pfn(&p, 1); pfn < part_pfn(&p, 3); pfn++) {
		const struct page *page = pfn_to_page(pfn);
		bool memmap = page_state(page) == PAGE_MEMMAP;

		wrong += page_provenance(page) != (memmap ? PAGE_ALTMAP : PAGE_DEVICE);
		wrong += page_node(page) != p.r.node;
		heads += page->refcount != 0;
		marked += memmap;
	}
	CHECK_EQ(t, wrong, 0);
	CHECK_EQ(t, marked, strcmp(t->param, "host") ? 2 * part_memmap_pages(&p) : 0);
	CHECK_EQ(t, heads, !strcmp(t->param, "block") ? 2 : !strcmp(t->param, "device") ? 1 : 0);
	if (!strcmp(t->param, "device")) {
		CHECK_EQ(t, pfn_to_page(part_pfn(&p, 1))->refcount, 2);
		CHECK_EQ(t, pfn_to_page(part_pfn(&p, 1))->private, 2 * part_memmap_pages(&p));
	}
	parts_remove(t, &p, 1, 2);
	parts_reset(&p);
}

TEST(memmap, subsection_tables,
     .claim = "neighbours share tables, which are made with the first and freed with the last",
     .rows = "S2-31 S0-16 L-04", .needs = NEED_RANGE, .params = memmap_names)
{
	u64 tables, first;
	struct parts p;

	if (!needs_tables_freed(t) || !parts_get(t, &p, 1, t->param))
		return;
	p.r.opts.leaf = 0; /* so that the linear map has tables too */
	tables = table_pages();
	if (!parts_add(t, &p, 0, 1))
		return;
	first = p.r.report.tables_new;
	parts_add(t, &p, 1, 1);
	CHECK(t, p.r.report.tables_new < first || !first);
	parts_remove(t, &p, 0, 1);
	CHECK(t, p.r.report.tables_freed < first || !first);
	parts_remove(t, &p, 1, 1);
	CHECK_EQ(t, table_pages(), tables);
	parts_reset(&p);
}
