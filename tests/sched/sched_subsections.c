/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Concurrent operations on neighbouring sub-sections, in every order that the bound allows: one is
 * added while the other is removed.  Tables that both need stay while one needs them, and are then
 * freed.
 */
#include <tests/harness/explore.h>
#include <tests/harness/parts_fixture.h>

#define BOUND 3
#define MOST 300

static struct subsection_scene {
	struct parts p;
	struct digest want;            /* state with 1 present, 0 absent */
	int add_result, remove_result; /* results */
} scene;

static int add_one(u64 i)
{
	return subsection_add(part_pa(&scene.p, i), scene.p.unit, scene.p.r.node, &scene.p.r.opts,
			      NULL, NULL);
}

static int remove_one(u64 i)
{
	return subsection_remove(part_pa(&scene.p, i), scene.p.unit, &scene.p.r.opts, NULL, NULL);
}

static void subs_add_step(void *arg)
{
	(void)arg;
	scene.add_result = add_one(1);
}

static void subs_remove_step(void *arg)
{
	(void)arg;
	scene.remove_result = remove_one(0);
}

static void setup(void *arg)
{
	(void)arg;
	parts_reset(&scene.p);
	add_one(0);
	scene.add_result = scene.remove_result = 1;
}

static const char *check(void *arg)
{
	struct digest now;

	(void)arg;
	if (scene.add_result || scene.remove_result)
		return "one of them was refused";
	digest_take(&now);
	return digest_compare(&scene.want, &now, NULL) ? "the digest differs" : NULL;
}

TEST(sched, subsections,
     .claim = "a sub-section is added while its only neighbour is removed: in every order both "
	      "succeed and the final state is the same",
     .rows = "S2-31 S0-17 S0-05", .needs = NEED_RANGE | NEED_SMP)
{
	struct explore e = { .actors = 2,
			     .run = { subs_add_step, subs_remove_step },
			     .bound = BOUND,
			     .most = MOST,
			     .sure = 1 };

	if (!explore_can(t, 2) || !parts_get(t, &scene.p, 1, "block"))
		return;
	scene.p.r.opts.leaf = 0;
	for (unsigned round = 0; round < 2; round++) { /* permanent tables are made in the first */
		parts_reset(&scene.p);
		add_one(1);
		digest_take(&scene.want);
	}
	e.setup = setup, e.check = check, e.arg = &scene;
	explore(t, &e);
	parts_reset(&scene.p);
}
