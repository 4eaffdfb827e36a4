/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-27, L-07: a map by a larger leaf frees the empty page table in its place while a walker
 * (ptdump) has loaded the pointer to it.  Only the guard between walkers and such maps prevents
 * that.
 */
#include <lib/string.h>
#include <tests/harness/explore.h>
#include <tests/harness/huge_scene.h>

static void huge_setup(void *arg)
{
	(void)arg;
	huge_scene_setup();
}

static void huge_mapper(void *arg)
{
	(void)arg;
	huge_scene_map();
}

static void huge_walker(void *arg)
{
	(void)arg;
	huge_scene_walk();
}

static const char *huge_check(void *arg)
{
	(void)arg;
	return huge_scene_check();
}

static bool huge_matters(const struct pt_event *e)
{
	return (e->kind == PT_EV_SET || e->kind == PT_EV_PAGE_FREE ||
		e->kind == PT_EV_WALK_BEGIN) &&
	       huge_scene_event(e);
}

/* Explore every order under the guard; then the previous guard is in force again. */
static void explore_guard(struct test_run *t, const struct vmalloc_guard *g)
{
	const struct vmalloc_guard *before = vmalloc_guard_selected();
	struct explore e = { .actors = 2,
			     .run = { huge_mapper, huge_walker },
			     .setup = huge_setup,
			     .check = huge_check,
			     .bound = 3,
			     .sure = 2,
			     .unsafe = g->unsafe != NULL,
			     .matters = huge_matters };

	vmalloc_guard_select(g);
	explore(t, &e);
	vmalloc_guard_select(before);
}

static bool huge_begin(struct test_run *t)
{
	if (huge_scene_harmless()) {
		test_skip(t, "%s", huge_scene_harmless());
		return false;
	}
	return explore_can(t, 2) && huge_scene_begin(t);
}

static const char *const apart[] = { "inhibit", "lock", NULL };

TEST(sched, huge_walk,
     .claim = "a map by a larger leaf frees no table that a walker is inside: it uses pages, or "
	      "waits",
     .rows = "S0-27 L-07", .needs = NEED_SMP, .params = apart)
{
	const struct vmalloc_guard *g = &vmalloc_guards[t->param_at];
	struct huge_count count;

	if (!CHECK(t, !strcmp(g->name, t->param) && !g->unsafe) || !huge_begin(t))
		return;
	explore_guard(t, g);
	count = huge_scene_count();
	CHECK(t, count.large > 0);
	CHECK_EQ(t, count.pages > 0, t->param_at == 0);
	test_key(t, "large=%u inhibited=%u", count.large, count.pages);
	huge_scene_end();
}

TEST(sched, huge_walk_twin,
     .claim = "without a guard the explorer finds, twice, the order in which the walker enters a "
	      "freed table",
     .rows = "S0-27 L-07", .needs = NEED_SMP)
{
	const struct vmalloc_guard *g = &vmalloc_guards[VMALLOC_GUARDS - 1];

	if (!CHECK(t, g->unsafe != NULL) || !huge_begin(t))
		return;
	explore_guard(t, g);
	huge_scene_end();
}
