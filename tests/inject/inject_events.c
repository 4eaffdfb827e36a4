/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-38, V-03: an add and a removal that a device requests fail at their n-th failure point, for
 * each n: the answer reports it once, and nothing has changed.
 */
#include <lib/string.h>
#include <mm/hotplug/devmem.h>
#include <tests/events/events.h>
#include <tests/inject/inject_runs.h>

struct event_walk {
	struct event e;
	struct digest before;
	u64 points, refused;
};

/* A memmap in old memory may be allocated elsewhere when the first of two ranges is added again. */
static bool memmap_moves(const struct event *e)
{
	pfn_t pfn = e->range[0].pa >> page_shift();
	const struct block *b = block_find(pfn);
	const struct devmem *d = devmem_find(pfn, 1);
	const struct memmap_scheme *s = b ? b->memmap : d ? d->opts.memmap : NULL;

	return s && s->where == MEMMAP_IN_OLD_MEMORY;
}

/* Point n fails.  False: there is none, and the event succeeded. */
static bool one_point(struct test_run *t, struct event_walk *w, u64 n)
{
	struct inject how = { .at = n, .mine = inject_here };
	struct inject_count c;
	struct digest after;
	struct why why = { 0 }, differs = { 0 };
	int err;

	inject_begin(&how);
	err = test_event_run(t, &w->e, &why);
	inject_end(&c);
	digest_take(&after);
	if (err && memmap_moves(&w->e))
		after.map = w->before.map;
	if (err && !why.text[0])
		test_fail(t, __FILE__, __LINE__, "point %lu: no sentence", n);
	if (err && digest_compare(&w->before, &after, &differs))
		test_fail(t, __FILE__, __LINE__, "point %lu (%s): %s", n, why.text, differs.text);
	w->refused += err != 0;
	w->points += c.failed;
	return c.failed != 0;
}

/* Run until no point is left; the reverse operation undoes an event that succeeded despite a
 * failure. */
static void walk_points(struct test_run *t, struct event_walk *w, enum event_op op)
{
	enum event_op undo = op == EVENT_ADD ? EVENT_REMOVE : EVENT_ADD;
	struct why why = { 0 };

	digest_take(&w->before);
	for (u64 n = 1; !t->failed && !test_aborted(); n++) {
		w->e.op = op;
		if (!one_point(t, w, n))
			break;
		if (answers.refused)
			continue;
		w->e.op = undo;
		CHECK_OK(t, test_event_run(t, &w->e, &why), &why);
	}
	CHECK(t, test_aborted() || w->refused > 0);
	test_key(t, "points=%lu", w->points);
	test_key(t, "refused=%lu", w->refused);
}

/* One range, or a device with two; blocks, or device memory */
static const char *const ops[] = { "add",        "remove",         "add-two",
				   "remove-two", "add-device-two", "remove-device-two",
				   NULL };

/* With its memmap in old memory, which is not the default of a device range. */
static void make_device(struct test_run *t, struct event *e)
{
	struct why why = { 0 };

	e->kind = EVENT_DEVICE;
	CHECK_OK(t, args_word(&boot_args, "test-quiet.memmap=host", &why), &why);
}

static void split_range(struct event *e)
{
	e->range[1] = e->range[0];
	e->range[0].len = e->range[1].len = layout.block_bytes;
	e->range[1].pa += layout.block_bytes;
	e->nr_ranges = 2;
}

TEST(inject, event,
     .claim = "an event that fails at any point is answered with the failure and leaves no trace",
     .rows = "S0-38 V-03", .needs = NEED_RANGE, .params = ops)
{
	static struct event_walk w NOINIT;
	struct args saved = boot_args;
	struct why why = { 0 };
	struct range r;
	bool two;

	w = (struct event_walk) { 0 };
	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	two = strstr(t->param, "-two") != NULL;
	if (!range_get(t, &r, two ? 2 : 1, "block"))
		return;
	test_event(&w.e, EVENT_ADD, &r);
	w.e.source = &quiet_source;
	if (two)
		split_range(&w.e);
	if (strstr(t->param, "-device"))
		make_device(t, &w.e);
	if (t->param[0] == 'r')
		CHECK_OK(t, test_event_run(t, &w.e, &why), &why);
	walk_points(t, &w, t->param[0] == 'r' ? EVENT_REMOVE : EVENT_ADD);
	for (unsigned i = 0; i < w.e.nr_ranges && w.e.kind == EVENT_DEVICE; i++)
		devmem_remove(w.e.range[i].pa, w.e.range[i].len, NULL, NULL);
	boot_args = saved;
	range_reset(&r);
}
