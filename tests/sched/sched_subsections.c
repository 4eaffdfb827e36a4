// SPDX-License-Identifier: BSD-2-Clause
/*
 * Neighbouring sub-sections that meet, in every order that the bound allows: one comes while the
 * other goes, and the tables that both need are there for the one and gone for neither.
 */
#include <tests/explore.h>
#include <tests/harness/parts_fixture.h>

#define BOUND 3
#define MOST 300

static struct scene {
	struct parts p;
	struct digest want; /* 1 is there, 0 is not */
	int came, went;     /* codes */
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

static void come(void *arg)
{
	(void)arg;
	scene.came = add_one(1);
}

static void go(void *arg)
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
	struct explore e = {
		.actors = 2, .run = { come, go }, .bound = BOUND, .most = MOST, .sure = 1
	};
	struct explored x;

	if (!explore_can(t, 2) || !parts_get(t, &scene.p, 1, "block"))
		return;
	scene.p.r.opts.leaf = 0;
	for (unsigned round = 0; round < 2; round++) { /* tables that stay come in the first */
		parts_reset(&scene.p);
		add_one(1);
		digest_take(&scene.want);
	}
	e.setup = setup, e.check = check, e.arg = &scene;
	explore(t, &e, &x);
	explore_report(t, &x);
	parts_reset(&scene.p);
}
