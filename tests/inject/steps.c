/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-01, S0-38: each failure point of add, online, offline and remove fails: once, at its n-th
 * occurrence, and then from the n-th on, for n from 1 until there is none.  Each time either the
 * operation is refused with a sentence and the digest is equal, or the operation succeeds in
 * another way and undoing it makes the digest equal.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <tests/harness/parts_fixture.h>
#include <tests/inject/inject_runs.h>

#define PAGES 24 /* fewer than one batch of migration: earlier batches are not undone */

/* scheme of the memmap - shape of the leaves */
static const char *const shapes[] = { "host-large",   "host-page",   "block-large", "block-page",
				      "device-large", "device-page", NULL };
/* the memmap gets no chunk of pages, only single ones: some 500 allocations */
static const char *const base[] = { "host-base", NULL };

struct inject_walk {
	struct test_run *t;
	struct range r;
	struct parts p;
	bool base;
	int (*act)(struct inject_walk *, struct why *);
	bool (*undo)(struct inject_walk *);
	struct digest before;
	u64 points, refused, absorbed;
	u64 by_point[FAIL_POINTS];
};

static struct movable pages[PAGES];

static bool chunk(enum fail_point point, u64 order)
{
	return point == FAIL_PAGES && order > 0;
}

static bool inject_get(struct test_run *t, struct inject_walk *w)
{
	const char *dash = strchr(t->param, '-');
	char memmap[16] = { 0 };

	*w = (struct inject_walk) { .t = t };
	if (inject_on()) {
		test_skip(t, "bug= makes mistakes already");
		return false;
	}
	if (layout.block_bytes != layout.section_bytes) {
		test_skip(t, "blocks of more than one section have thousands of failure points");
		return false;
	}
	memcpy(memmap, t->param, (size_t)(dash - t->param));
	if (!range_get(t, &w->r, 1, memmap))
		return false;
	w->r.opts.leaf = strcmp(dash, "-page") ? -1 : 0;
	w->base = !strcmp(dash, "-base");
	return true;
}

/* ---- the four operations ---- */

static int act_add(struct inject_walk *w, struct why *why)
{
	return hotplug_add(w->r.pa, w->r.len, w->r.node, &w->r.opts, NULL, why);
}

static int act_online(struct inject_walk *w, struct why *why)
{
	return hotplug_online(w->r.pa, w->r.len, ZONE_MOVABLE, NULL, why);
}

static int act_offline(struct inject_walk *w, struct why *why)
{
	return hotplug_offline(w->r.pa, w->r.len, NULL, why);
}

static int act_remove(struct inject_walk *w, struct why *why)
{
	return hotplug_remove(w->r.pa, w->r.len, &w->r.opts, NULL, why);
}

static bool undo_add(struct inject_walk *w)
{
	return range_remove(w->t, &w->r);
}

static bool undo_online(struct inject_walk *w)
{
	return range_offline(w->t, &w->r);
}

static bool undo_remove(struct inject_walk *w)
{
	return range_add(w->t, &w->r);
}

/* ---- sub-sections: two are removed and added between neighbours on both sides ---- */

#define PARTS_FIRST 1
#define PARTS_NR 2

static int act_add_parts(struct inject_walk *w, struct why *why)
{
	return subsection_add(part_pa(&w->p, PARTS_FIRST), PARTS_NR * w->p.unit, w->p.r.node,
			      &w->p.r.opts, NULL, why);
}

static int act_remove_parts(struct inject_walk *w, struct why *why)
{
	return subsection_remove(part_pa(&w->p, PARTS_FIRST), PARTS_NR * w->p.unit, &w->p.r.opts,
				 NULL, why);
}

static bool undo_add_parts(struct inject_walk *w)
{
	return parts_remove(w->t, &w->p, PARTS_FIRST, PARTS_NR);
}

/* A memmap in old memory may be allocated elsewhere. */
static bool undo_remove_parts(struct inject_walk *w)
{
	bool ok = parts_add(w->t, &w->p, PARTS_FIRST, PARTS_NR);
	struct digest now;

	digest_take(&now);
	if (w->r.opts.memmap->where == MEMMAP_IN_OLD_MEMORY)
		w->before.map = now.map;
	return ok;
}

static bool get_parts(struct test_run *t, struct inject_walk *w)
{
	if (!inject_get(t, w))
		return false;
	w->p = (struct parts) { .r = w->r, .unit = layout.subsection_bytes };
	return parts_add(t, &w->p, 0, 1) && parts_add(t, &w->p, PARTS_FIRST + PARTS_NR, 1);
}

/* ---- pages in use while the block is taken offline ---- */

static bool inject_fill(struct inject_walk *w)
{
	pfn_t lo = w->r.pa >> page_shift();
	struct why why = { 0 };

	for (u64 i = 0; i < PAGES; i++) {
		if (!CHECK_OK(w->t,
			      movable_alloc_in(&pages[i], lo, lo + block_pages(), "inject", &why),
			      &why))
			return false;
		*(volatile u64 *)va_ptr(pages[i].va) = ~i;
	}
	return true;
}

static void empty(struct inject_walk *w)
{
	u64 lost = 0;

	for (u64 i = 0; i < PAGES; i++) {
		lost += *(volatile u64 *)va_ptr(pages[i].va) != ~i;
		movable_free(&pages[i]);
	}
	CHECK_EQ(w->t, lost, 0);
}

/* The pages were migrated elsewhere: use another set in the block. */
static bool undo_offline(struct inject_walk *w)
{
	empty(w);
	if (!range_online(w->t, &w->r, ZONE_MOVABLE) || !inject_fill(w))
		return false;
	digest_take(&w->before); /* the same pages, but perhaps mapped elsewhere */
	return true;
}

/* ---- the walk ---- */

static void check_point(struct inject_walk *w, u64 n, int code, const struct why *why)
{
	struct digest after;
	struct why differs = { 0 };

	if (code && (!why->text[0] || why->code != code))
		test_fail(w->t, __FILE__, __LINE__, "point %lu: %s without a sentence", n,
			  err_name(code));
	if (code != 0 && code != -ENOMEM && code != -EBUSY)
		test_fail(w->t, __FILE__, __LINE__, "point %lu: %s: %s", n, err_name(code),
			  why->text);
	if (!code && !w->undo(w)) {
		test_fail(w->t, __FILE__, __LINE__, "point %lu: undoing it failed", n);
		return;
	}
	digest_take(&after);
	if (!code && w->r.opts.memmap->where == MEMMAP_IN_OLD_MEMORY)
		after.map = w->before.map; /* it may have been allocated elsewhere */
	if (digest_compare(&w->before, &after, &differs))
		test_fail(w->t, __FILE__, __LINE__, "point %lu (%s): %s", n,
			  code ? why->text : "absorbed", differs.text);
}

/* Make point n fail.  False: there is no such point, and the operation was executed and undone. */
static bool inject_point(struct inject_walk *w, u64 n, bool onwards)
{
	struct inject how = { .at = n, .onwards = onwards, .mine = inject_here };
	struct inject_count c;
	struct why why = { 0 };
	int code;

	if (w->base)
		how.also = chunk;
	inject_begin(&how);
	code = w->act(w, &why);
	inject_end(&c);
	if (!c.failed && code)
		test_fail(w->t, __FILE__, __LINE__, "nothing was injected: %s", why.text);
	check_point(w, n, code, &why);
	for (unsigned p = 0; !c.failed && p < FAIL_POINTS; p++)
		w->by_point[p] = c.by_point[p];
	w->points = c.failed ? w->points : c.points;
	w->refused += c.failed && code;
	w->absorbed += c.failed && !code;
	return c.failed;
}

/* Print the points and their kinds; absorbed: failures after which the operation succeeded in
 * another way. */
static void keys(struct inject_walk *w)
{
	char kinds[120];
	size_t at = 0;

	for (unsigned p = 0; p < FAIL_POINTS && at < sizeof(kinds); p++)
		if (w->by_point[p])
			at += (size_t)snprintf(kinds + at, sizeof(kinds) - at, "%s%s:%lu",
					       at ? "," : "", fail_name(p), w->by_point[p]);
	test_key(w->t, "points=%lu", w->points);
	test_key(w->t, "refused=%lu", w->refused);
	test_key(w->t, "absorbed=%lu", w->absorbed);
	test_key(w->t, "of=%s", at ? kinds : "none");
}

static void walk_points(struct inject_walk *w, int (*act)(struct inject_walk *, struct why *),
			bool (*undo)(struct inject_walk *))
{
	w->act = act;
	w->undo = undo;
	digest_take(&w->before);
	for (int onwards = 0; onwards < 2; onwards++)
		for (u64 n = 1; !w->t->failed && !test_aborted() && inject_point(w, n, onwards);
		     n++)
			;
	CHECK(w->t, test_aborted() || w->refused > 0);
	keys(w);
}

TEST(inject, add, .claim = "an add that fails at any point leaves no trace", .rows = "S0-01 S0-38",
     .needs = NEED_RANGE, .params = shapes)
{
	struct inject_walk w;

	if (!inject_get(t, &w))
		return;
	walk_points(&w, act_add, undo_add);
	range_reset(&w.r);
}

TEST(inject, add_base,
     .claim = "an add whose memmap is scattered over single pages, failed at any point, leaves no "
	      "trace",
     .rows = "S0-01 S2-05", .needs = NEED_RANGE, .params = base, .slow = true, .timeout_s = 300)
{
	bool poison = buddy_poison;
	struct inject_walk w;

	if (!inject_get(t, &w))
		return;
	buddy_poison = false; /* would fill 500 pages thousands of times */
	walk_points(&w, act_add, undo_add);
	buddy_poison = poison;
	range_reset(&w.r);
}

TEST(inject, online, .claim = "an online that fails at any point leaves the block offline",
     .rows = "S0-38", .needs = NEED_RANGE, .params = shapes)
{
	struct inject_walk w;

	if (!inject_get(t, &w) || !range_add(t, &w.r))
		return;
	walk_points(&w, act_online, undo_online);
	range_reset(&w.r);
}

TEST(inject, offline,
     .claim = "an offline that fails at any point leaves the block online and its pages in use",
     .rows = "S0-38 V-03", .needs = NEED_RANGE, .params = shapes)
{
	struct inject_walk w;

	if (!inject_get(t, &w) || !range_up(t, &w.r, ZONE_MOVABLE))
		return;
	if (inject_fill(&w)) {
		walk_points(&w, act_offline, undo_offline);
		empty(&w);
	}
	range_reset(&w.r);
}

TEST(inject, remove, .claim = "a remove that fails at any point leaves the memory as it was",
     .rows = "S0-01 S0-38", .needs = NEED_RANGE, .params = shapes)
{
	struct inject_walk w;

	if (!inject_get(t, &w) || !range_add(t, &w.r))
		return;
	walk_points(&w, act_remove, undo_remove);
	range_reset(&w.r);
}

TEST(inject, subsection_add,
     .claim = "an add of sub-sections that fails at any point leaves no trace beside live "
	      "neighbours",
     .rows = "S0-01 S0-38 S2-31", .needs = NEED_RANGE, .params = shapes)
{
	struct inject_walk w;

	if (get_parts(t, &w))
		walk_points(&w, act_add_parts, undo_add_parts);
	parts_reset(&w.p);
}

TEST(inject, subsection_remove,
     .claim = "a removal of sub-sections that fails at any point leaves them as they were",
     .rows = "S0-01 S0-38 S2-31", .needs = NEED_RANGE, .params = shapes)
{
	struct inject_walk w;

	if (get_parts(t, &w) && parts_add(t, &w.p, PARTS_FIRST, PARTS_NR))
		walk_points(&w, act_remove_parts, undo_remove_parts);
	parts_reset(&w.p);
}
