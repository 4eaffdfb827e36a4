// SPDX-License-Identifier: BSD-2-Clause
/*
 * tests/walk/dry.c - the engine on trees that no CPU walks, in every format linked in: the software
 * walker is the MMU.  Tables come from the machine's allocator, leaves point nowhere in particular.
 */
#include <arch/arch.h>
#include <lib/string.h>
#include <tests/util.h>

static const char *const formats[] = { "arm64-4k-48", "riscv-sv39", "riscv-sv48", "riscv-sv57", "fake-3", NULL };

static struct pt_cell *dry_cells(paddr_t table)
{
	return pa_ptr(table);
}

static struct pt_link *dry_link(paddr_t table)
{
	return &pa_page(table)->table;
}

static paddr_t dry_pa(struct pt_link *link)
{
	return page_pa(container_of(link, struct page, table));
}

static paddr_t dry_alloc(struct pt *pt, unsigned node)
{
	(void)pt;
	return table_alloc(node);
}

static void dry_free(struct pt *pt, paddr_t pa)
{
	(void)pt;
	table_free(pa);
}

static void dry_free_span(struct pt *pt, const struct pt_span *span)
{
	(void)pt, (void)span; /* leaves of a dry tree own nothing */
}

static void dry_nothing(void)
{
}

static u32 dry_invals;

static void dry_inval(struct pt *pt, const struct pt_inval *req)
{
	(void)pt, (void)req;
	dry_invals++;
}

static bool dry_may_break(struct pt *pt, vaddr_t va, u64 len)
{
	(void)pt, (void)va, (void)len;
	return true;
}

static const struct pt_env dry_env = {
	.cells = dry_cells,
	.link = dry_link,
	.pa = dry_pa,
	.alloc = dry_alloc,
	.free = dry_free,
	.free_span = dry_free_span,
	.publish = dry_nothing,
	.visible = dry_nothing,
	.inval = dry_inval,
	.may_break = dry_may_break,
};

/* A live-looking tree: it owes every duty, as if some CPU walked it. */
static bool dry_begin(struct test_run *t, struct pt *pt)
{
	const struct pt_fmt *fmt = pt_fmt_find(t->param);
	paddr_t root;

	if (!CHECK(t, fmt != NULL))
		return false;
	if (pt_page_size(fmt) != page_size()) {
		test_skip(t, "tables of %llu KiB need pages of that size", (unsigned long long)pt_page_size(fmt) / KiB);
		return false;
	}
	root = table_alloc(0);
	if (!CHECK(t, root != PA_NONE))
		return false;
	pt_init(pt, t->param, fmt, &dry_env, root);
	pt->state = PT_LIVE;
	return true;
}

static void dry_end(struct test_run *t, struct pt *pt)
{
	CHECK_EQ(t, pt->nr_tables, 0);
	CHECK_EQ(t, pt->nr_reserved, 0);
	CHECK_EQ(t, pt->nr_gathers, 0);
	table_free(pt->root);
}

static vaddr_t dry_base(const struct pt_fmt *fmt)
{
	return fmt->half_bits >= 36 ? -(1ull << fmt->half_bits) : 0;
}

static int dry_map(struct pt *pt, vaddr_t va, paddr_t pa, u64 len, unsigned level, struct why *why)
{
	struct pt_plan plan;
	int err = pt_plan(pt, &plan, PT_OP_MAP, va, len, level, 0, why);

	if (err)
		return err;
	pt_map(&plan, pa, PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
	return 0;
}

static int dry_unmap(struct pt *pt, vaddr_t va, u64 len, bool tables, struct why *why)
{
	struct pt_gather g;
	struct pt_plan plan;
	int err = pt_plan(pt, &plan, PT_OP_UNMAP, va, len, 0, 0, why);

	if (err)
		return err;
	pt_gather_begin(&g, pt, NULL, 0);
	pt_unmap(&plan, &g);
	if (tables)
		pt_free_empty(pt, va, len, 0, 0, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	pt_plan_end(&plan);
	return 0;
}

TEST(walk, dry_translate, .claim = "random addresses of a mapped range translate, those beside it do not",
     .rows = "S0-39 S0-19 S0-11 S0-12", .params = formats)
{
	struct why why = { 0 };
	u64 wrong = 0, len = 64 * MiB;
	paddr_t pa = 0x1234 * 2 * MiB;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	va = dry_base(pt.fmt) + 256 * MiB;
	for (unsigned level = 0; level < 2; level++) {
		CHECK_OK(t, dry_map(&pt, va, pa, len, level, &why), &why);
		for (int i = 0; i < 2000; i++) {
			u64 off = rng_below(&t->rng, len);

			wrong += pt_translate(&pt, va + off) != pa + off;
		}
		wrong += pt_translate(&pt, va - 1) != PA_NONE || pt_translate(&pt, va + len) != PA_NONE;
		CHECK_EQ(t, wrong, 0);
		CHECK_REFUSED(t, dry_map(&pt, va + len / 2, 0, len, 0, &why), EEXIST, &why);
		CHECK_OK(t, dry_unmap(&pt, va, len, true, &why), &why);
	}
	CHECK_REFUSED(t, dry_map(&pt, va, pa, 0, 0, &why), EINVAL, &why);
	CHECK_REFUSED(t, dry_map(&pt, va + 8, pa, page_size(), 0, &why), EINVAL, &why);
	dry_end(t, &pt);
}

static int dry_count(const struct pt_slot *slot, void *arg)
{
	(void)slot;
	(*(u64 *)arg)++;
	return 0;
}

TEST(walk, dry_passes, .claim = "pass one clears every leaf and no table, pass two frees exactly the empty tables",
     .rows = "S0-15 S0-16 S0-28", .params = formats)
{
	struct why why = { 0 };
	struct pt_gather g;
	u64 leaves = 0, tables;
	u64 span;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	span = pt_span(pt.fmt, 1);
	va = dry_base(pt.fmt) + 64 * span;
	CHECK_OK(t, dry_map(&pt, va, 0, 4 * span, 0, &why), &why);
	tables = pt.nr_tables;
	CHECK_OK(t, dry_unmap(&pt, va, 4 * span, false, &why), &why);
	pt_walk(&pt, va, 4 * span, PT_ON_LEAF, dry_count, &leaves);
	CHECK_EQ(t, leaves, 0);
	CHECK_EQ(t, pt.nr_tables, tables);
	CHECK_OK(t, dry_map(&pt, va + span, 0, page_size(), 0, &why), &why);                      /* first slot */
	CHECK_OK(t, dry_map(&pt, va + 3 * span - page_size(), 0, page_size(), 0, &why), &why); /* last slot */
	pt_gather_begin(&g, &pt, NULL, 0);
	pt_free_empty(&pt, va, 4 * span, 0, 0, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	CHECK_EQ(t, pt.nr_tables, tables - 2); /* the first and the fourth */
	CHECK_OK(t, dry_unmap(&pt, va + span, page_size(), false, &why), &why);
	CHECK_OK(t, dry_unmap(&pt, va + 3 * span - page_size(), page_size(), true, &why), &why);
	pt_gather_begin(&g, &pt, NULL, 0);
	pt_free_empty(&pt, va, 4 * span, 0, 0, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	dry_end(t, &pt);
}

TEST(walk, dry_floor, .claim = "a table that reaches below the floor or above the ceiling is kept",
     .rows = "S0-03 S0-08 B-05 L-01", .params = formats)
{
	struct why why = { 0 };
	struct pt_gather g;
	u64 tables, span;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	span = pt_span(pt.fmt, 1);
	va = dry_base(pt.fmt) + 64 * span;
	CHECK_OK(t, dry_map(&pt, va, 0, 3 * span, 0, &why), &why);
	tables = pt.nr_tables;
	CHECK_OK(t, dry_unmap(&pt, va, 3 * span, false, &why), &why);
	pt_gather_begin(&g, &pt, NULL, 0);
	pt_free_empty(&pt, va, 3 * span, va + page_size(), va + 3 * span - page_size(), &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	CHECK_EQ(t, pt.nr_tables, tables - 1); /* only the middle one lies wholly inside */
	pt_gather_begin(&g, &pt, NULL, 0);
	pt_free_empty(&pt, va, 3 * span, 0, 0, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	dry_end(t, &pt);
}

TEST(walk, dry_split_refused, .claim = "a removal that would split a leaf is refused and changes nothing",
     .rows = "B-04 L-04", .params = formats)
{
	struct why why = { 0 };
	u64 span;
	vaddr_t va;
	struct pt pt;

	if (!dry_begin(t, &pt))
		return;
	span = pt_span(pt.fmt, 1);
	va = dry_base(pt.fmt) + 64 * span;
	CHECK_OK(t, dry_map(&pt, va, 0, 2 * span, 1, &why), &why);
	CHECK_REFUSED(t, dry_unmap(&pt, va, span + page_size(), true, &why), EBUSY, &why);
	CHECK_REFUSED(t, dry_unmap(&pt, va + page_size(), span, true, &why), EBUSY, &why);
	CHECK_EQ(t, pt_translate(&pt, va + span + page_size()), span + page_size());
	CHECK_OK(t, dry_unmap(&pt, va, 2 * span, true, &why), &why);
	dry_end(t, &pt);
}
