// SPDX-License-Identifier: BSD-2-Clause
/* What an emulator is known to keep and not to keep; a profile that says otherwise is wrong. */
#include <arch/arch.h>
#include <tests/lab/profile.h>
#include <tests/test.h>

/* Nearly all: an entry may give way to one that the same slot of a direct-mapped cache needs. */
static bool nearly_all(struct profile_count c)
{
	return c.trials && c.hits * 10 >= c.trials * 9;
}

static void check_kept(struct test_run *t, const struct tlb_profile *p)
{
	static const u8 kept[] = { PROFILE_LEAF, PROFILE_BLOCK_TOUCHED, PROFILE_TABLE_LEAF,
				   PROFILE_LOCAL };

	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		if (!nearly_all(p->item[kept[i]]) && !p->skipped[kept[i]])
			CHECK_EQ(t, p->item[kept[i]].hits, p->item[kept[i]].trials);
	/* The smallest set; some of its slots may belong to what the kernel itself uses. */
	CHECK(t, p->retained[0].hits * 2 > p->retained[0].trials);
}

static void check_not_kept(struct test_run *t, const struct tlb_profile *p)
{
	static const u8 not_kept[] = { PROFILE_LEAF_UNUSED, PROFILE_BLOCK_OTHER, PROFILE_TABLE_WALK,
				       PROFILE_NEGATIVE,    PROFILE_OTHER_ASID,  PROFILE_GLOBAL };

	for (unsigned i = 0; i < ARRAY_SIZE(not_kept); i++)
		CHECK_EQ(t, p->item[not_kept[i]].hits, 0);
}

TEST(tlb, profile_facts,
     .claim = "the profile agrees with what is known of this emulator: leaves stay, walks do not",
     .rows = "S0-50")
{
	const struct tlb_profile *p;

	if (!arch_emulated()) {
		test_skip(t, "needs an emulator whose TLB is known");
		return;
	}
	tlb_profile_forget();
	p = tlb_profile();
	check_kept(t, p);
	check_not_kept(t, p);
	test_key(t, "leaf=%u/%u walk=%u/%u other_va=%u/%u", p->item[PROFILE_LEAF].hits,
		 p->item[PROFILE_LEAF].trials, p->item[PROFILE_TABLE_WALK].hits,
		 p->item[PROFILE_TABLE_WALK].trials, p->item[PROFILE_OTHER_VA].hits,
		 p->item[PROFILE_OTHER_VA].trials);
}

TEST(tlb, profile_forbidden,
     .claim = "who invalidated never uses the entry again, and nobody does after a broadcast",
     .rows = "S0-50 S1-43")
{
	const struct tlb_profile *p = tlb_profile();

	CHECK(t, !p->no_memory);
	CHECK(t, p->item[PROFILE_LOCAL_OWN].trials > 0);
	CHECK_EQ(t, p->item[PROFILE_LOCAL_OWN].hits, 0);
	CHECK_EQ(t, p->item[PROFILE_LATE].hits, 0);
}
