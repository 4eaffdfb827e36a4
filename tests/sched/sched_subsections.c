/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbouring sub-sections that meet, in every order that the bound allows: one is added while
 * the other is removed; tables that both need stay while one needs them, and are then freed.
 */
#include <tests/harness/explore.h>
#include <tests/harness/parts_fixture.h>

#define BOUND 3
#define MOST 300

static struct subsection_scene {
	struct parts p;
	struct digest want; /* state with 1 present, 0 absent */
	int came, went;     /* results */
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

static void sched_come(void *arg)
{
	(void)arg;
	scene.came = add_one(1);
}

static void sched_go(void *arg)
{
	(void)arg;
	scene.went = remove_one(0);
}

static void setup(void *arg)
{
	(void)arg;
	parts_reset(&scene.p);
	add_one(0);
	scene.came = scene.went = 1;
}

static const char *check(void *arg)
{
	struct digest now;

	(void)arg;
	if (scene.came || scene.went)
		return "one of them was refused";
	digest_take(&now);
	return digest_compare(&scene.want, &now, NULL) ? "the digest is another one" : NULL;
}

TEST(sched, subsections,
     .claim = "a sub-section comes while its only neighbour goes: in every order both succeed and "
	      "the end is the same",
     .rows = "S2-31 S0-17 S0-05", .needs = NEED_RANGE | NEED_SMP)
{
	struct explore e = { .actors = 2,
			     .run = { sched_come, sched_go },
			     .bound = BOUND,
			     .most = MOST,
			     .sure = 1 };
	struct explored x;

	if (!explore_can(t, 2) || !parts_get(t, &scene.p, 1, "block"))
		return;
	scene.p.r.opts.leaf = 0;
	for (unsigned round = 0; round < 2; round++) { /* permanent tables are made in the first */
		parts_reset(&scene.p);
		add_one(1);
		digest_take(&scene.want);
	}
	e.setup = setup, e.check = check, e.arg = &scene;
	explore(t, &e, &x);
	explore_report(t, &x);
	parts_reset(&scene.p);
}
