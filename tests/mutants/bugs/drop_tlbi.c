/* SPDX-License-Identifier: BSD-2-Clause */
/* bug=drop-tlbi: unmapped pages stay in the TLBs, and are freed nevertheless. */
#include <tests/harness/bug.h>

static bool bend(struct pt_event *e)
{
	return e->kind != PT_EV_TLBI;
}

static const struct bug bug = {
	.name = "drop-tlbi",
	.breaks = "no invalidation after an unmap",
	.precedent = "B-77: empty table freed with no invalidation between",
	.detector = "probe",
	.bend = bend,
};
BUG(drop_tlbi, bug);

TEST(bugs, drop_tlbi, .mutes_sanitizer = true,
     .claim = "a removal without its TLBIs is noticed: primed addresses are still readable",
     .needs = NEED_RANGE | NEED_LEAF_TLB, .rows = "S0-50")
{
	bug_check(t, &bug);
}
