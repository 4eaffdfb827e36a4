/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-27: the race that tests/sched/sched_huge.c steps through, on running CPUs. */
#include <tests/harness/duel.h>
#include <tests/harness/huge_scene.h>

#define HUGE_LOST 8 /* lost rounds of the twin */

static void duel_guard(struct test_run *t, const struct vmalloc_guard *g, struct duel *d)
{
	const struct vmalloc_guard *before = vmalloc_guard_selected();

	vmalloc_guard_select(g);
	duel(t, d);
	vmalloc_guard_select(before);
}

static struct duel map_against_walk(u32 most_lost)
{
	return (struct duel) { .setup = huge_scene_setup,
			       .here = huge_scene_map,
			       .there = huge_scene_walk,
			       .check = huge_scene_check,
			       .most_lost = most_lost };
}

static const char *const ways[] = { "inhibit", "lock", NULL };

TEST(race, huge_walk, .claim = "a walker during maps by larger leaves reads no freed table",
     .rows = "S0-27", .needs = NEED_SMP, .params = ways, .could = COULD_YES)
{
	struct duel d = map_against_walk(1);
	struct huge_count count;

	if (huge_scene_harmless()) {
		test_skip(t, "%s", huge_scene_harmless());
		return;
	}
	if (!huge_scene_begin(t))
		return;
	for (unsigned held = 0; held < 2; held++) {
		huge_scene_hold(held);
		duel_guard(t, &vmalloc_guards[t->param_at], &d);
		if (d.wrong)
			test_fail(t, __FILE__, __LINE__, "round %u: %s", d.rounds, d.wrong);
	}
	count = huge_scene_count();
	test_key(t, "large=%u inhibited=%u", count.large, count.pages);
	huge_scene_end();
}

TEST(race, huge_walk_twin, .claim = "without a guard some walks read a freed table",
     .rows = "S0-27", .rev = 2, .needs = NEED_SMP, .could = COULD_YES)
{
	struct duel d = map_against_walk(HUGE_LOST), certain = map_against_walk(2);

	if (huge_scene_harmless()) {
		test_skip(t, "%s", huge_scene_harmless());
		return;
	}
	if (!huge_scene_begin(t))
		return;
	duel_guard(t, &vmalloc_guards[VMALLOC_GUARDS - 1], &d);
	test_key(t, "lost=%u", d.lost);
	huge_scene_hold(true); /* so that the race is certain on any host */
	duel_guard(t, &vmalloc_guards[VMALLOC_GUARDS - 1], &certain);
	test_key(t, "held=%u", certain.lost);
	CHECK(t, certain.lost > 0);
	huge_scene_end();
}
