/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-03, S0-47: the race that tests/sched/sched_vmalloc.c steps through, on running CPUs: in each
 * round one CPU maps while another removes, each after a pause of its own.
 */
#include <tests/harness/duel.h>
#include <tests/harness/shared_table.h>

#define ENOUGH 8 /* lost rounds of the twin */

static struct duel run_scheme(struct test_run *t, const struct vmalloc_scheme *s, u32 most_lost)
{
	const struct vmalloc_scheme *before = vmalloc_selected();
	struct duel d = { .setup = shared_table_setup,
			  .here = shared_table_map_spare,
			  .there = shared_table_remove,
			  .check = shared_table_check,
			  .most_lost = most_lost };

	vmalloc_select(s);
	duel(t, &d);
	vmalloc_select(before);
	return d;
}

/* `held`: the map stops at the place where the twin loses. */
static void expect_none_lost(struct test_run *t, const struct vmalloc_scheme *s, bool held)
{
	struct duel d;

	if (!shared_table_begin(t))
		return;
	shared_table_hold(held && kpt.fmt->levels > 2);
	d = run_scheme(t, s, 1);
	shared_table_hold(false);
	if (d.wrong)
		test_fail(t, __FILE__, __LINE__, "round %u: %s", d.rounds, d.wrong);
	shared_table_end();
}

TEST(race, vmalloc, .claim = "under the scheme in force a map during a removal loses nothing",
     .rows = "S0-03 S0-04 X-01", .needs = NEED_SMP, .could = COULD_YES)
{
	expect_none_lost(t, vmalloc_selected(), false);
	expect_none_lost(t, vmalloc_selected(), true);
}

static const char *const safe[] = { "floor-ceiling", "overlap-flag", "lock-all", "hotplug-read",
				    "keep",          "disjoint",     NULL };

TEST(race, vmalloc_schemes,
     .claim = "under each scheme of mailing-list thread S0 a map during a removal loses nothing",
     .rows = "S0-03 S0-04 S0-06 S0-07 S0-08 S0-09 L-01", .needs = NEED_SMP, .params = safe,
     .could = COULD_YES)
{
	const struct vmalloc_scheme *s = vmalloc_scheme_find(t->param, NULL);
	char reason[80] = "";

	if (!CHECK(t, s != NULL))
		return;
	if (vmalloc_scheme_usable(s, reason, sizeof(reason)))
		expect_none_lost(t, s, true);
	else
		test_skip(t, "%s", reason);
}

TEST(race, vmalloc_twin, .claim = "without exclusion some rounds are lost", .rows = "S0-03 S0-47",
     .needs = NEED_SMP, .could = COULD_YES)
{
	const struct vmalloc_scheme *s = vmalloc_scheme_find("unsafe", NULL);
	struct duel d;

	if (shared_table_harmless()) {
		test_skip(t, "%s", shared_table_harmless());
		return;
	}
	if (!CHECK(t, s && s->s.unsafe) || !shared_table_begin(t))
		return;
	d = run_scheme(t, s, ENOUGH);
	test_key(t, "lost=%u", d.lost);
	if (kpt.fmt->levels > 2) {
		shared_table_hold(true);
		d = run_scheme(t, s, 2);
		shared_table_hold(false);
		test_key(t, "held=%u", d.lost);
		CHECK(t, d.lost > 0);
	} else if (!d.lost) { /* the map installs no table, so it has no barrier at which to stop */
		test_skip(t, "none of %u rounds hit the race window", d.rounds);
	}
	shared_table_end();
}
