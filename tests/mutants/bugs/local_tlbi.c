/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=local-tlbi: the other CPUs keep entries of unmapped pages. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	if (e->kind == PT_EV_TLBI)
		e->cpus = cpu_bit(this_cpu()->nr);
	return true;
}

static const struct bug bug = {
	.name = "local-tlbi",
	.breaks = "the invalidation reaches this CPU only",
	.precedent = "B-77: local flush only, pointed out in review",
	.detector = "probe",
	.bend = bend,
};
BUG(local_tlbi, bug);

TEST(bugs, local_tlbi, .mutes_sanitizer = true,
     .claim = "an invalidation on one CPU where all need it is noticed: the others still read",
     .needs = NEED_RANGE | NEED_LEAF_TLB | NEED_SMP, .rows = "S0-50")
{
	bug_check(t, &bug);
}
