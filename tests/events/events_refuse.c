/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-03, V-08, X-09: an event that cannot be executed is answered with a code and a sentence, and
 * nothing has changed.  Cases: wrong states, impossible ranges, parts of an added range, pages that
 * cannot be migrated.
 */
#include <lib/init.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <tests/events/events.h>

/* Check one refusal: code, sentence, digest. */
static void event_refused(struct test_run *t, struct event *e, int code, const char *about)
{
	struct digest before, after;
	struct why why = { 0 };

	digest_take(&before);
	CHECK_REFUSED(t, test_event_run(t, e, &why), code, &why);
	if (!strstr(why.text, about))
		test_fail(t, __FILE__, __LINE__, "`%s` does not contain `%s`", why.text, about);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
}

static void refused_range(struct test_run *t, enum event_op op, paddr_t pa, u64 len, int code,
			  const char *about)
{
	struct range r = { .pa = pa, .len = len };
	struct event e;

	test_event(&e, op, &r);
	event_refused(t, &e, code, about);
}

TEST(events, impossible, .claim = "impossible ranges are refused, by address or by number",
     .rows = "V-08", .needs = NEED_RANGE)
{
	u64 unit = layout.block_bytes;
	struct event e;
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	for (enum event_op op = EVENT_ADD; op <= EVENT_REMOVE; op++) {
		refused_range(t, op, r.pa, 0, EINVAL, op == EVENT_ADD ? "empty" : "whole blocks");
		refused_range(t, op, r.pa + page_size(), unit, EINVAL, "whole blocks");
		refused_range(t, op, r.pa, unit / 2, EINVAL, "whole blocks");
		refused_range(t, op, BIT(55), unit, ERANGE, "linear map");
	}
	refused_range(t, EVENT_ADD, -unit, 2 * unit, EINVAL, "wraps");
	test_event(&e, EVENT_ADD, &r);
	e.range[0].node = NODES_MAX;
	event_refused(t, &e, EINVAL, "node");
	e.brings = true;
	event_refused(t, &e, EINVAL, "node");
	for (unsigned n = 0; n <= EVENT_RANGES + 1; n += EVENT_RANGES + 1) {
		test_event(&e, EVENT_ADD, &r);
		e.nr_ranges = n;
		event_refused(t, &e, EINVAL, "ranges");
	}
}

TEST(events, wrong_state,
     .claim = "events about memory in another state are answered and not executed",
     .rows = "V-08 S0-38", .needs = NEED_RANGE)
{
	struct why why = { 0 };
	struct event e;
	struct range r;
	paddr_t boot;

	if (!range_get(t, &r, 1, NULL))
		return;
	test_event(&e, EVENT_REMOVE, &r);
	event_refused(t, &e, ENXIO, "not there");
	boot = block_next(NULL)->first_pfn << page_shift();
	refused_range(t, EVENT_REMOVE, boot, layout.block_bytes, EPERM, "boot memory");
	refused_range(t, EVENT_ADD, boot, layout.block_bytes, EEXIST, "boot memory");
	if (!range_add(t, &r))
		return;
	event_refused(t, &e, EPERM, "not added by test"); /* the operator added it */
	e.op = EVENT_ADD;
	event_refused(t, &e, EEXIST, "overlaps");
	range_remove(t, &r);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	event_refused(t, &e, EEXIST, "overlaps");
	e.op = EVENT_REMOVE;
	e.source = &quiet_source; /* another source */
	event_refused(t, &e, EPERM, "not added by test-quiet");
	e.source = &test_source;
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	range_reset(&r);
}

TEST(events, whole_ranges,
     .claim = "a source may remove only a whole range that it added; the operator single blocks",
     .rows = "X-09", .identity = true, .needs = NEED_RANGE)
{
	u64 unit = layout.block_bytes;
	struct why why = { 0 };
	struct event e;
	struct range r, part;

	if (!range_get(t, &r, 2, "block"))
		return;
	test_event(&e, EVENT_ADD, &r);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	refused_range(t, EVENT_REMOVE, r.pa, unit, EINVAL, "only all of it");
	refused_range(t, EVENT_REMOVE, r.pa + unit, unit, EINVAL, "only all of it");
	part = r;
	part.len = unit;
	range_offline(t, &part);
	range_remove(t, &part);
	e.op = EVENT_REMOVE; /* without the part that the operator removed */
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
}

/* ---- busy ---- */

static bool pin_one(struct test_run *t, struct movable *m, paddr_t pa)
{
	pfn_t pfn = pa >> page_shift();
	struct why why = { 0 };

	if (!CHECK_OK(t, movable_alloc_in(m, pfn, pfn + block_pages(), "a test", &why), &why))
		return false;
	movable_pin(m);
	return true;
}

TEST(events, busy,
     .claim = "a request for memory in use is refused with the owner; every block keeps its state",
     .rows = "V-03", .needs = NEED_RANGE)
{
	u64 unit = layout.block_bytes;
	struct why why = { 0 };
	struct movable m;
	struct event e;
	struct range r, first;

	if (!range_get(t, &r, 2, "block"))
		return;
	test_event(&e, EVENT_ADD, &r);
	e.nr_ranges = 2; /* one device of two ranges */
	e.range[0].len = unit;
	e.range[1] = (struct event_range) { r.pa + unit, unit, r.node };
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	e.op = EVENT_REMOVE;
	if (!pin_one(t, &m, r.pa + unit))
		return;
	event_refused(t, &e, EBUSY, "a test");
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_ONLINE);
	first = r;
	first.len = unit;
	range_offline(t, &first); /* the operator did it, so it stays offline */
	event_refused(t, &e, EBUSY, "a test");
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_OFFLINE);
	CHECK_EQ(t, range_block(&r, 1)->state, BLOCK_ONLINE);
	movable_unpin(&m);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	movable_free(&m);
	range_reset(&r);
}

TEST(events, several_ranges, .claim = "of several ranges all are added, or none", .rows = "V-08",
     .needs = NEED_RANGE)
{
	u64 unit = layout.block_bytes;
	struct event e;
	struct range r;

	if (!range_get(t, &r, 1, "block"))
		return;
	test_event(&e, EVENT_ADD, &r);
	e.nr_ranges = 2;
	e.range[1] = e.range[0];
	event_refused(t, &e, EEXIST, "overlaps");
	e.range[1].pa = block_next(NULL)->first_pfn << page_shift();
	e.range[1].len = unit;
	event_refused(t, &e, EEXIST, "boot memory");
	CHECK(t, !range_block(&r, 0));
	range_reset(&r);
}

static bool always(void)
{
	return true;
}

TEST(events, cancelled, .claim = "Ctrl-C during migration refuses the request; the blocks stay",
     .rows = "V-03", .needs = NEED_RANGE)
{
	static struct movable pages[96] NOINIT; /* more than are migrated at once */
	bool (*asked)(void) = hotplug_cancelled;
	struct why why = { 0 };
	struct event e;
	struct range r;
	pfn_t pfn;

	if (!range_get(t, &r, 1, "block"))
		return;
	test_event(&e, EVENT_ADD, &r);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	pfn = r.pa >> page_shift();
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		if (!CHECK_OK(t,
			      movable_alloc_in(&pages[i], pfn, pfn + block_pages(), "a test", &why),
			      &why))
			return;
	e.op = EVENT_REMOVE;
	hotplug_cancelled = always;
	CHECK_REFUSED(t, test_event_run(t, &e, &why), ECANCELED, &why);
	hotplug_cancelled = asked;
	CHECK_EQ(t, range_block(&r, 0)->state, BLOCK_ONLINE);
	CHECK_OK(t, test_event_run(t, &e, &why), &why);
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		movable_free(&pages[i]);
	range_reset(&r);
}
