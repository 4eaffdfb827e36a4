/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scheme of vmalloc= can exclude removals only between its callbacks enter() and leave().  So
 * every store to mappings of vmalloc and of registers, which may share tables, is between them, and
 * the two steps of movable_to_code(), which may need no table, are in one such span.  The test
 * checks this with a scheme of its own.
 */
#include <lib/assert.h>
#include <mm/hotplug/movable.h>
#include <mm/pt/taps/inject.h>
#include <mm/vmalloc/ioremap.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/alloc/large_slot.h>

static struct {
	unsigned depth, spans; /* of enter() */
	u32 sets, outside;     /* stores to what vmalloc and ioremap map */
	struct movable m;
	struct range r;
} enters;

static void note_enter(void)
{
	enters.spans += !enters.depth++;
}

static void note_leave(void)
{
	ASSERT_OP(enters.depth, >, 0);
	enters.depth--;
}

static bool note_store(struct pt_event *e)
{
	if (e->kind == PT_EV_SET && e->pt == &kpt &&
	    (in_region(e->va, REGION_VMALLOC) || in_region(e->va, REGION_DEVICE))) {
		enters.sets++;
		enters.outside += !enters.depth;
	}
	return true;
}

static bool no_page(struct test_run *t)
{
	(void)t;
	return true;
}

static bool movable_page(struct test_run *t)
{
	struct why why = { 0 };
	pfn_t pfn;

	if (!range_get(t, &enters.r, 1, "host") || !range_up(t, &enters.r, ZONE_MOVABLE))
		return false;
	pfn = enters.r.pa >> page_shift();
	return CHECK_OK(t, movable_alloc_in(&enters.m, pfn, pfn + block_pages(), "enters", &why),
			&why);
}

static void map_area(void)
{
	void *p = vmalloc(3, 0, "enters");

	if (p)
		vfree(p, 3);
}

static void map_area_lazily(void)
{
	u64 max = vmalloc_lazy_max;

	vmalloc_lazy_max = 8;
	map_area();
	vmalloc_purge();
	vmalloc_lazy_max = max;
}

static void map_larger_leaves(void)
{
	void *p = vmalloc_large(pt_span(kpt.fmt, 1) >> page_shift(), 0, "enters");

	if (p)
		vfree(p, pt_span(kpt.fmt, 1) >> page_shift());
}

/* The slot has a table whose pages were unmapped. */
static void over_a_table(void)
{
	if (!large_slot_map())
		vmalloc_unmap_whole(large_slot.va, large_slot_pages(), NULL);
}

static bool empty_table(struct test_run *t)
{
	bool there = large_slot_begin(t);

	if (!there)
		large_slot_end();
	return there;
}

static bool absent_memory(struct test_run *t)
{
	return range_get(t, &enters.r, 1, NULL);
}

static void map_registers(void)
{
	volatile void *p = ioremap(enters.r.pa, page_size());

	if (p)
		iounmap(p);
}

static void free_register_tables(void)
{
	tables_free_empty(layout.r[REGION_DEVICE].va, layout.r[REGION_DEVICE].len);
}

static void to_code(void)
{
	movable_to_code(&enters.m);
}

static void free_movable(void)
{
	movable_free(&enters.m);
	range_reset(&enters.r);
}

static void nothing_to_free(void)
{
}

static const struct enters_way {
	const char *name;
	bool (*before)(struct test_run *);
	void (*act)(void);
	void (*after)(void);
	unsigned spans; /* 0: any number */
	bool first;     /* the scheme is entered before any lock: one span for each call */
} changes[] = {
	{ "area", no_page, map_area, nothing_to_free, 2, false },
	{ "put-off", no_page, map_area_lazily, nothing_to_free, 2, false },
	{ "large", no_page, map_larger_leaves, nothing_to_free, 0, false },
	{ "over-a-table", empty_table, over_a_table, large_slot_end, 3, false },
	{ "over-a-table-first", empty_table, over_a_table, large_slot_end, 2, true },
	{ "registers", absent_memory, map_registers, free_register_tables, 2, false },
	{ "to-code", movable_page, to_code, free_movable, 1, false },
};

TEST(alloc, vmalloc_enters,
     .claim = "every store to mappings of vmalloc and ioremap is in a span of the scheme, which "
	      "can exclude removals; both steps of movable_to_code() are in one span",
     .rows = "S0-06 S0-07", .needs = NEED_RANGE, .could = COULD_TRACE, .params = PARAMS_OF(changes))
{
	const struct enters_way *way = &changes[t->param_at];
	const struct vmalloc_scheme *before = vmalloc_selected();
	struct vmalloc_scheme noting = *before;
	struct inject_count met;

	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	if (!way->before(t))
		return;
	noting.enter = note_enter;
	noting.leave = note_leave;
	noting.first = way->first;
	enters.depth = enters.spans = enters.sets = enters.outside = 0;
	vmalloc_select(&noting);
	inject_begin(&(struct inject) { .bend = note_store });
	way->act();
	inject_end(&met);
	vmalloc_select(before);
	CHECK(t, enters.sets > 1);
	CHECK_EQ(t, enters.outside, 0);
	CHECK_EQ(t, enters.depth, 0);
	if (way->spans)
		CHECK_EQ(t, enters.spans, way->spans);
	way->after();
}
