/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-28, S0-38: each failure point of a mode change of a device range fails once: the n-th point
 * for n from 1 until there is none.  After a refusal mode and digest are as before; otherwise the
 * reverse change is possible.
 */
#include <tests/harness/devmem_fixture.h>
#include <tests/inject/inject_runs.h>

static const char *const shapes[] = { "host", "device-min", "host-min", NULL };

struct edge {
	enum devmem_mode from, to;
};

static const struct edge edges[] = {
	{ DEVMEM_RAW, DEVMEM_DAX },  { DEVMEM_DAX, DEVMEM_RAW },  { DEVMEM_RAW, DEVMEM_KMEM },
	{ DEVMEM_KMEM, DEVMEM_RAW }, { DEVMEM_DAX, DEVMEM_KMEM }, { DEVMEM_KMEM, DEVMEM_DAX },
};

/* A memmap in old memory may be allocated elsewhere. */
static void check_same(struct devrange *d, const struct digest *before, u64 n, const char *what)
{
	struct why why = { 0 };
	struct digest now;

	digest_take(&now);
	if (d->opts.memmap->where == MEMMAP_IN_OLD_MEMORY)
		now.map = before->map;
	if (digest_compare(before, &now, &why))
		test_fail(d->t, __FILE__, __LINE__, "point %lu (%s): %s", n, what, why.text);
}

/* False: there is no n-th point. */
static bool one_point(struct devrange *d, const struct edge *e, const struct digest *before, u64 n,
		      u64 *refused)
{
	struct inject how = { .at = n, .mine = inject_here };
	struct inject_count c;
	struct why why = { 0 };
	int err;

	inject_begin(&how);
	err = devmem_set_mode(d->r.pa, d->r.len, e->to, NULL, &why);
	inject_end(&c);
	if (err && (!c.failed || !why.text[0] || (err != -ENOMEM && err != -EBUSY)))
		test_fail(d->t, __FILE__, __LINE__, "point %lu: %s: %s", n, err_name(err),
			  why.text);
	CHECK_EQ(d->t, devmem_find(devrange_pfn(d), 1)->mode, err ? e->from : e->to);
	if (!err)
		devrange_mode(d, e->from);
	check_same(d, before, n, err ? why.text : "absorbed");
	*refused += err != 0;
	return c.failed;
}

static void walk_points(struct devrange *d, const struct edge *e, u64 *points, u64 *refused)
{
	struct digest before;

	if (devmem_find(devrange_pfn(d), 1)->mode != e->from)
		devrange_mode(d, e->from);
	digest_take(&before);
	for (u64 n = 1; !d->t->failed && !test_aborted() && one_point(d, e, &before, n, refused);
	     n++)
		++*points;
}

/* Each table is a failure point, and each point takes a digest of the whole map. */
static bool has_too_many_points(struct devrange *d)
{
	struct devmem_cost c;
	struct why why = { 0 };

	if (!CHECK_OK(d->t, devmem_cost(d->r.pa, d->r.len, d->r.node, &d->opts, &c, &why), &why))
		return true;
	if (c.tables >> page_shift() <= 32)
		return false;
	test_skip(d->t, "page leaves have hundreds of failure points");
	return true;
}

TEST(inject, device_edges,
     .claim =
	     "a mode change of a device range that fails at any point leaves the mode and no trace",
     .rows = "S1-28 S0-38", .needs = NEED_RANGE, .params = shapes, .timeout_s = 300)
{
	u64 refused = 0, points = 0;
	struct devrange d;

	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return;
	}
	if (!devrange_get(t, &d) || has_too_many_points(&d) || !devrange_claim(&d))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(edges); i++)
		walk_points(&d, &edges[i], &points, &refused);
	CHECK(t, test_aborted() || refused > 0);
	test_key(t, "points=%lu", points);
	test_key(t, "refused=%lu", refused);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}
