/* SPDX-License-Identifier: BSD-2-Clause */
/* Events about less than a block: sub-sections are added and removed beside others, all or none. */
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/subsection.h>
#include <mm/page/region.h>
#include <tests/events/events.h>

static struct event first NOINIT, second NOINIT;

static u64 part(void)
{
	return layout.subsection_bytes;
}

static struct range part_of(const struct range *r, u64 n, u64 nr)
{
	return (struct range) { .pa = r->pa + n * part(), .len = nr * part(), .node = r->node };
}

static void event_of(struct event *e, enum event_op op, const struct range *r)
{
	test_event(e, op, r);
	e->kind = EVENT_SUBSECTIONS;
}

static unsigned count_present(const struct range *r)
{
	return subsection_find(r->pa >> page_shift(), r->len >> page_shift()) != NULL;
}

static void small_use(struct test_run *t, const struct range *r)
{
	paddr_t last = r->pa + r->len - 8; /* the front may hold the memmap */
	volatile u64 *p = va_ptr(linear_va(last));

	CHECK(t, count_present(r));
	CHECK_EQ(t, page_provenance(pfn_to_page(last >> page_shift())), PAGE_DEVICE);
	CHECK(t, !block_find(r->pa >> page_shift()));
	*p = r->pa;
	CHECK_EQ(t, *p, r->pa);
}

static void neighbours(struct test_run *t, const struct range *r)
{
	struct range a = part_of(r, 0, 2), b = part_of(r, 2, 1);
	struct why why = { 0 };

	event_of(&first, EVENT_ADD, &a);
	event_of(&second, EVENT_ADD, &b);
	CHECK_OK(t, test_event_run(t, &first, &why), &why);
	CHECK_REFUSED(t, test_event_run(t, &first, &why), EEXIST, &why);
	CHECK_OK(t, test_event_run(t, &second, &why), &why);
	small_use(t, &a);
	first.op = second.op = EVENT_REMOVE;
	CHECK_OK(t, test_event_run(t, &first, &why), &why);
	CHECK(t, !count_present(&a));
	small_use(t, &b);
	CHECK_REFUSED(t, test_event_run(t, &first, &why), ENXIO, &why);
	CHECK_OK(t, test_event_run(t, &second, &why), &why);
}

/* The second range is present already, so the first one is removed again. */
static void all_or_none(struct test_run *t, const struct range *r)
{
	struct range a = part_of(r, 0, 1), b = part_of(r, 3, 1);
	struct why why = { 0 };

	event_of(&second, EVENT_ADD, &b);
	CHECK_OK(t, test_event_run(t, &second, &why), &why);
	event_of(&first, EVENT_ADD, &a);
	first.range[first.nr_ranges++] = second.range[0];
	CHECK_REFUSED(t, test_event_run(t, &first, &why), EEXIST, &why);
	CHECK(t, !count_present(&a) && count_present(&b));
	second.op = EVENT_REMOVE;
	CHECK_OK(t, test_event_run(t, &second, &why), &why);
}

/* The operator removed a part; the event removes the rest nevertheless. */
static void part_removed_by_hand(struct test_run *t, const struct range *r)
{
	struct range a = part_of(r, 0, 4);
	struct why why = { 0 };

	event_of(&first, EVENT_ADD, &a);
	CHECK_OK(t, test_event_run(t, &first, &why), &why);
	if (subsection_find(a.pa >> page_shift(), 1)->memmap->where != MEMMAP_IN_FIRST_BLOCKS)
		CHECK_OK(t, subsection_remove(a.pa + part(), part(), NULL, NULL, &why), &why);
	first.op = EVENT_REMOVE;
	CHECK_OK(t, test_event_run(t, &first, &why), &why);
	CHECK(t, !count_present(&a));
}

static void all_by_hand(struct test_run *t, const struct range *r)
{
	struct range a = part_of(r, 0, 1);
	struct why why = { 0 };

	event_of(&first, EVENT_ADD, &a);
	CHECK_OK(t, test_event_run(t, &first, &why), &why);
	CHECK_OK(t, subsection_remove(a.pa, a.len, NULL, NULL, &why), &why);
	first.op = EVENT_REMOVE;
	first.here = true;
	CHECK_OK(t, test_event_run(t, &first, &why), &why);
}

/* The operator added the memory in another way: the removal is refused until that is undone. */
static void added_another_way(struct test_run *t, const struct range *r)
{
	struct devmem_opts opts = { .memmap = memmap_scheme_find("host", NULL) };
	struct range a = part_of(r, 0, 1);
	struct why why = { 0 };

	event_of(&first, EVENT_ADD, &a);
	CHECK_OK(t, test_event_run(t, &first, &why), &why);
	CHECK_OK(t, subsection_remove(a.pa, a.len, NULL, NULL, &why), &why);
	CHECK_OK(t, devmem_add(a.pa, a.len, a.node, &opts, NULL, &why), &why);
	first.op = EVENT_REMOVE;
	first.here = true;
	CHECK_REFUSED(t, test_event_run(t, &first, &why), EBUSY, &why);
	CHECK_OK(t, devmem_remove(a.pa, a.len, NULL, &why), &why);
	CHECK_OK(t, test_event_run(t, &first, &why), &why);
}

TEST(events, small,
     .claim = "less than a block is added by sub-sections, and removed without a trace",
     .rows = "S2-31 V-08", .identity = true, .needs = NEED_RANGE)
{
	struct range r;

	if (!range_get(t, &r, 1, "block"))
		return;
	neighbours(t, &r);
	if (layout.block_bytes >= 4 * part()) {
		all_or_none(t, &r);
		part_removed_by_hand(t, &r);
	}
	all_by_hand(t, &r);
	added_another_way(t, &r);
}
