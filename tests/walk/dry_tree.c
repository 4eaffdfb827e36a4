/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/walk/dry_tree.c - dry trees; see tests/walk/dry.h. */
#include <arch/arch.h>
#include <lib/string.h>
#include <tests/walk/dry.h>

const char *const dry_formats[] = { "arm64-4k-39",  "arm64-4k-48",  "arm64-4k-52",  "arm64-16k-36",
				    "arm64-16k-47", "arm64-16k-48", "arm64-16k-52", "arm64-64k-42",
				    "arm64-64k-48", "arm64-64k-52", "riscv-sv39",   "riscv-sv48",
				    "riscv-sv57",   "fake-3",       "frag-2k",      NULL };

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

/* Tables may be larger than this machine's pages (a chunk each) or smaller (a page each). */
static unsigned table_order(const struct pt_fmt *fmt)
{
	u64 bytes = page_size();
	unsigned order = 0;

	for (unsigned l = 0; l < fmt->levels; l++)
		bytes = max_u64(bytes, 8ul << fmt->bits[l]);
	while (page_size() << order < bytes)
		order++;
	return order;
}

static paddr_t table_get(const struct pt_fmt *fmt, unsigned node)
{
	unsigned order = table_order(fmt);
	struct page *p;

	if (!order)
		return table_alloc(node);
	p = page_alloc_any(node, ZONE_NORMAL, order, "dry table");
	if (!p)
		return PA_NONE;
	arch_zero(page_ptr(p), page_size() << order);
	p->table = (struct pt_link) { 0 };
	return page_pa(p);
}

static void table_put(const struct pt_fmt *fmt, paddr_t pa)
{
	unsigned order = table_order(fmt);

	if (order)
		page_free(pa_page(pa), order);
	else
		table_free(pa);
}

static paddr_t dry_alloc(struct pt *pt, unsigned node)
{
	return table_get(pt->fmt, node);
}

static void dry_free(struct pt *pt, paddr_t pa)
{
	table_put(pt->fmt, pa);
}

static void dry_free_span(struct pt *pt, const struct pt_span *span)
{
	(void)pt, (void)span; /* leaves of a dry tree own no frames */
}

static void dry_nothing(void)
{
}

u32 dry_invals;

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

const struct pt_fmt *dry_format(struct test_run *t)
{
	const struct pt_fmt *fmt = pt_fmt_find(t->param);

	CHECK(t, fmt != NULL);
	return fmt;
}

bool dry_begin(struct test_run *t, struct pt *pt)
{
	const struct pt_fmt *fmt = dry_format(t);
	paddr_t root;

	if (!fmt)
		return false;
	dry_invals = 0;
	root = table_get(fmt, 0);
	if (!CHECK(t, root != PA_NONE))
		return false;
	pt_init(pt, t->param, fmt, &dry_env, root);
	pt->state = PT_LIVE;
	return true;
}

void dry_end(struct test_run *t, struct pt *pt)
{
	CHECK_EQ(t, pt->nr_tables, 0);
	CHECK_EQ(t, pt->nr_reserved, 0);
	CHECK_EQ(t, pt->nr_gathers, 0);
	table_put(pt->fmt, pt->root);
}

vaddr_t dry_base(const struct pt_fmt *fmt)
{
	return fmt->half_bits >= 36 ? -(1ul << fmt->half_bits) : 0;
}

int dry_map(struct pt *pt, vaddr_t va, paddr_t pa, u64 len, unsigned level, struct why *why)
{
	struct pt_plan plan;
	int err = pt_plan(pt, &plan, PT_OP_MAP, va, len, level, 0, why);

	if (err)
		return err;
	pt_map(&plan, pa, PT_R | PT_W | PT_GLOBAL);
	pt_plan_end(&plan);
	return 0;
}

int dry_unmap(struct pt *pt, vaddr_t va, u64 len, bool tables, struct why *why)
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

void dry_free_empty(struct pt *pt, vaddr_t va, u64 len, vaddr_t floor, vaddr_t ceiling)
{
	struct pt_gather g;

	pt_gather_begin(&g, pt, NULL, 0);
	pt_free_empty(pt, va, len, floor, ceiling, &g);
	pt_gather_flush(&g);
	pt_gather_release(&g);
}

bool dry_open(struct test_run *t, struct dry *d, u64 spans, unsigned level)
{
	struct why why = { 0 };

	if (!dry_begin(t, &d->pt))
		return false;
	d->page = pt_page_size(d->pt.fmt);
	d->span = pt_span(d->pt.fmt, 1);
	d->va = dry_base(d->pt.fmt) + 64 * d->span;
	if (spans)
		CHECK_OK(t, dry_map(&d->pt, d->va, 0, spans * d->span, level, &why), &why);
	return true;
}

u64 *dry_word(const struct pt *pt, vaddr_t va, unsigned level)
{
	paddr_t table = pt->root;

	for (unsigned l = pt->fmt->levels - 1u;; l--) {
		u64 *word =
			(u64 *)pa_ptr(table) + (va >> pt->shift[l] & (BIT(pt->fmt->bits[l]) - 1));

		if (l == level)
			return word;
		table = pt->fmt->next(*word, l);
		if (table == PA_NONE)
			return NULL;
	}
}

u64 dry_encoding(const struct pt_fmt *fmt, enum pt_kind kind, unsigned level)
{
	for (unsigned turn = 0; turn < 64; turn++) /* at any position of the low bits */
		for (u64 low = 1; low < 4096; low++) {
			u64 v = turn ? low << turn | low >> (64 - turn) : low;

			if (fmt->kind(v, level) == kind)
				return v;
		}
	return 0;
}

u64 dry_invalid(const struct pt_fmt *fmt)
{
	return dry_encoding(fmt, PT_INVALID, 0);
}
