/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-10, S1-13: a caller's function for each page of a range, on dry trees in every format,
 * compared with a model (an array).
 */
#include <lib/string.h>
#include <mm/kernel/range_apply.h>
#include <mm/pt/taps/inject.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/walk/dry.h>

#define PAGES 48
#define ROUNDS 60

/* ---- dry, against a model ---- */

static struct apply_model {
	struct {
		bool mapped;
		paddr_t pa;
		enum pt_prot prot;
	} page[PAGES];
	vaddr_t va; /* of page 0 */
	u64 size;
	struct rng *rng;
	u64 calls, wrong; /* calls of the function; calls whose page differs from the model */
	vaddr_t next;     /* the next address; addresses must rise */
	bool existing;
} model;

/* Check that the function is called for a page as in the model; then change both. */
static int change_some(struct pt_page_entry *e, void *arg)
{
	u64 i = (e->va - model.va) / model.size;
	u64 dice = rng_below(model.rng, 4);

	(void)arg;
	model.calls++;
	model.wrong += e->va < model.next || e->mapped != model.page[i].mapped ||
		       (model.existing && !e->mapped);
	if (e->mapped)
		model.wrong += e->pa != model.page[i].pa || e->prot != model.page[i].prot;
	model.next = e->va + model.size;
	if (e->mapped && dice == 0) {
		e->mapped = false;
	} else if (e->mapped && dice == 1) {
		e->prot ^= PT_W;
	} else if (!e->mapped && dice < 2) {
		e->mapped = true;
		e->pa = rng_below(model.rng, 1000) * model.size;
		e->prot = PT_R | PT_W | PT_GLOBAL;
	}
	model.page[i].mapped = e->mapped;
	model.page[i].pa = e->pa;
	model.page[i].prot = e->prot;
	return 0;
}

/* Run one operation on pages [at, at + n) of the dry tree. */
static void apply_part(struct test_run *t, struct pt *pt, u64 at, u64 n)
{
	enum pt_op op = model.existing ? PT_OP_EXISTING : PT_OP_APPLY;
	u64 mapped = 0, tables = pt->nr_tables;
	struct pt_gather g;
	struct pt_plan plan;
	struct why why = { 0 };

	for (u64 i = at; i < at + n; i++)
		mapped += model.page[i].mapped;
	model.calls = 0;
	model.next = 0;
	if (!CHECK_OK(
		    t,
		    pt_plan(pt, &plan, op, model.va + at * model.size, n * model.size, 0, 0, &why),
		    &why))
		return;
	CHECK(t, !model.existing || !plan.nr);
	pt_gather_begin(&g, pt, NULL, 0);
	CHECK_OK(t, pt_apply(&plan, change_some, NULL, &g, &why), &why);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	CHECK_EQ(t, plan.nr, 0); /* neither more nor fewer tables than planned */
	pt_plan_end(&plan);
	CHECK_EQ(t, model.calls, model.existing ? mapped : n);
	if (model.existing)
		CHECK_EQ(t, pt->nr_tables, tables);
}

static u64 differing(const struct pt *pt)
{
	u64 n = 0;

	for (u64 i = 0; i < PAGES; i++)
		n += pt_translate(pt, model.va + i * model.size) !=
		     (model.page[i].mapped ? model.page[i].pa : PA_NONE);
	return n;
}

TEST(walk, apply_model,
     .claim = "a function for each page gets the mapped entry, and its map, unmap or protect takes "
	      "effect",
     .rows = "S1-10 S1-13", .params = dry_formats)
{
	struct pt pt;
	u64 span;

	if (!dry_begin(t, &pt))
		return;
	memset(&model, 0, sizeof(model));
	model.rng = &t->rng;
	model.size = pt_page_size(pt.fmt);
	span = pt_span(pt.fmt, 1); /* the range crosses an edge between two tables */
	model.va = dry_base(pt.fmt) + span - PAGES / 2 * model.size;
	for (unsigned i = 0; i < ROUNDS && !t->failed; i++) {
		u64 at = rng_below(&t->rng, PAGES), n = 1 + rng_below(&t->rng, PAGES - at);

		model.existing = rng_below(&t->rng, 2);
		apply_part(t, &pt, at, n);
		CHECK_EQ(t, model.wrong, 0);
		CHECK_EQ(t, differing(&pt), 0);
	}
	dry_unmap(&pt, model.va, PAGES * model.size, false, NULL);
	dry_free_empty(&pt, model.va, PAGES * model.size, 0, 0);
	dry_end(t, &pt);
}

/* ---- refusals ---- */

static int no_change(struct pt_page_entry *e, void *arg)
{
	(void)e;
	(*(u64 *)arg)++;
	return 0;
}

static int other_frame(struct pt_page_entry *e, void *arg)
{
	(void)arg;
	if (e->mapped)
		e->pa += model.size;
	return 0;
}

static int stop_at_third(struct pt_page_entry *e, void *arg)
{
	u64 *calls = arg;

	if (++*calls == 3)
		return -EIO;
	e->mapped = false;
	return 0;
}

static int apply_dry(struct pt *pt, enum pt_op op, vaddr_t va, u64 len, pt_apply_fn *fn, void *arg,
		     struct why *why)
{
	struct pt_gather g;
	struct pt_plan plan;
	int err = pt_plan(pt, &plan, op, va, len, 0, 0, why);

	if (err)
		return err;
	pt_gather_begin(&g, pt, NULL, 0);
	err = pt_apply(&plan, fn, arg, &g, why);
	pt_gather_flush(&g);
	pt_gather_release(&g);
	pt_plan_end(&plan);
	return err;
}

TEST(walk, apply_refusals,
     .claim = "large leaves, another frame for a mapped page and a function's error are refused",
     .rows = "S1-10 S1-13", .params = dry_formats)
{
	struct why why = { 0 };
	u64 calls = 0, *word;
	struct dry d;

	if (!dry_open(t, &d, 1, 1))
		return;
	model.size = d.page;
	CHECK_REFUSED(t, apply_dry(&d.pt, PT_OP_APPLY, d.va, d.page, no_change, &calls, &why),
		      EBUSY, &why);
	CHECK_REFUSED(t, apply_dry(&d.pt, PT_OP_EXISTING, d.va, d.page, no_change, &calls, &why),
		      EBUSY, &why);
	CHECK_EQ(t, calls, 0);
	dry_unmap(&d.pt, d.va, d.span, true, NULL);
	CHECK_OK(t, dry_map(&d.pt, d.va, 0, 8 * d.page, 0, &why), &why);
	CHECK_REFUSED(t, apply_dry(&d.pt, PT_OP_EXISTING, d.va, d.page, other_frame, NULL, &why),
		      EINVAL, &why);
	CHECK_EQ(t, pt_translate(&d.pt, d.va), 0);
	CHECK_REFUSED(
		t, apply_dry(&d.pt, PT_OP_EXISTING, d.va, 8 * d.page, stop_at_third, &calls, &why),
		EIO, &why);
	CHECK_EQ(t, calls, 3);
	CHECK_EQ(t, pt_translate(&d.pt, d.va + d.page), PA_NONE);
	CHECK_EQ(t, pt_translate(&d.pt, d.va + 2 * d.page), 2 * d.page);
	word = dry_word(&d.pt, d.va, 0);
	*word = dry_invalid(d.pt.fmt);
	CHECK_REFUSED(t, apply_dry(&d.pt, PT_OP_APPLY, d.va, d.page, no_change, &calls, &why),
		      EINVAL, &why);
	*word = 0;
	dry_unmap(&d.pt, d.va, d.span, true, NULL);
	dry_end(t, &d.pt);
}

/* ---- absent tables are not made ---- */

TEST(walk, existing_no_alloc,
     .claim = "the variant for existing pages allocates no table and makes no call for an empty "
	      "page",
     .rows = "S1-13", .params = dry_formats)
{
	struct why why = { 0 };
	struct pt_counts c;
	u64 calls = 0, span;
	struct pt pt;
	vaddr_t va;

	if (!dry_begin(t, &pt))
		return;
	va = dry_base(pt.fmt);
	span = pt_span(pt.fmt, 1);
	pt_tap_enable("count", true);
	CHECK_OK(t, apply_dry(&pt, PT_OP_EXISTING, va, 3 * span, no_change, &calls, &why), &why);
	CHECK_EQ(t, pt.nr_tables, 0);
	CHECK_OK(t, dry_map(&pt, va + span, 0, pt_page_size(pt.fmt), 0, &why), &why);
	pt_count_reset();
	CHECK_OK(t, apply_dry(&pt, PT_OP_EXISTING, va, 3 * span, no_change, &calls, &why), &why);
	pt_count_read(&c);
	pt_tap_enable("count", false);
	CHECK_EQ(t, calls, 1);
	CHECK_EQ(t, c.tables_alloc, 0);
	CHECK_EQ(t, c.tables_set, 0);
	CHECK_EQ(t, c.runs, 0);
	dry_unmap(&pt, va, 3 * span, true, NULL);
	dry_end(t, &pt);
}
