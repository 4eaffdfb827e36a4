/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries that an emulator is known to keep or not to keep; a profile that differs is wrong. */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <kern/emulator.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <mm/kernel/kpt.h>
#include <tests/harness/test.h>
#include <tlblab/profile.h>

/* Nearly all: an entry may be evicted by another one in the same slot of a direct-mapped cache.  If
 * entries are kept, 86 of 96 were seen, otherwise none. */
static bool nearly_all(struct profile_count c)
{
	return c.trials && c.hits * 4 >= c.trials * 3;
}

/* Most: of up to fourteen consecutive pages some share a slot with pages that the kernel uses
 * meanwhile.  78 to 94 in 100 were seen, against none or one in ten if the invalidation is coarse.
 */
static bool most(struct profile_count c)
{
	return c.hits * 2 > c.trials;
}

static void check_kept(struct test_run *t, const struct tlb_profile *p)
{
	static const u8 kept[] = { PROFILE_LEAF, PROFILE_BLOCK_TOUCHED, PROFILE_TABLE_LEAF,
				   PROFILE_FETCH, PROFILE_LOCAL };

	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		if (!nearly_all(p->item[kept[i]]) && !p->skipped[kept[i]])
			CHECK_EQ(t, p->item[kept[i]].hits, p->item[kept[i]].trials);
	/* In the smallest set the kernel itself may use some slots, and pages of 64 KiB share every
	 * sixteenth of 64 slots of 4 KiB. */
	CHECK(t, p->retained[0].hits * (page_shift() > 14 ? 8 : 2) > p->retained[0].trials);
}

static void check_not_kept(struct test_run *t, const struct tlb_profile *p)
{
	static const u8 not_kept[] = { PROFILE_LEAF_UNUSED, PROFILE_BLOCK_OTHER, PROFILE_TABLE_WALK,
				       PROFILE_NEGATIVE,    PROFILE_RIGHTS,      PROFILE_OTHER_ASID,
				       PROFILE_GLOBAL };

	for (unsigned i = 0; i < ARRAY_SIZE(not_kept); i++)
		CHECK_EQ(t, p->item[not_kept[i]].hits, 0);
}

/*
 * How exact an invalidation by address is: QEMU's riscv64 flushes the whole TLB each time; its
 * arm64 tracks one range around all entries of more than 4 KiB, which with larger pages covers all
 * entries.  Some versions of its boards other than virt use pages of less than 4 KiB.
 */
static void check_exactness(struct test_run *t, const struct tlb_profile *p)
{
	bool exact = !strcmp(arch_name, "arm64") && page_shift() == 12;
	unsigned n = 0;

	if (exact && strcmp(fdt_model(fdt_of_boot), "linux,dummy-virt"))
		return;
	if (!exact)
		CHECK_EQ(t, p->item[PROFILE_OTHER_VA].hits, 0);
	else if (!nearly_all(p->item[PROFILE_OTHER_VA]))
		CHECK_EQ(t, p->item[PROFILE_OTHER_VA].hits, p->item[PROFILE_OTHER_VA].trials);
	reg_for_each (tlb, it) {
		bool by_va = !strcmp((*it)->s.name, "bcast") || !strcmp((*it)->s.name, "ipi");

		if (n < PROFILE_BACKENDS && !exact)
			CHECK_EQ(t, p->beside[n].hits, 0);
		else if (n < PROFILE_BACKENDS && by_va)
			CHECK(t, most(p->beside[n]));
		n++;
	}
}

TEST(tlb, profile_facts,
     .claim = "the profile agrees with the known properties of this emulator: leaves stay, walks "
	      "do not",
     .rows = "S0-50")
{
	const struct tlb_profile *p;

	if (!emulated_cpu()) {
		test_skip(t, "needs an emulator whose TLB is known");
		return;
	}
	tlb_profile_again();
	p = tlb_profile();
	check_kept(t, p);
	check_not_kept(t, p);
	check_exactness(t, p);
	test_key(t, "leaf=%u/%u walk=%u/%u other_va=%u/%u", p->item[PROFILE_LEAF].hits,
		 p->item[PROFILE_LEAF].trials, p->item[PROFILE_TABLE_WALK].hits,
		 p->item[PROFILE_TABLE_WALK].trials, p->item[PROFILE_OTHER_VA].hits,
		 p->item[PROFILE_OTHER_VA].trials);
}

TEST(tlb, profile_forbidden,
     .claim = "a CPU that invalidated never uses the entry again, nor does any CPU after a "
	      "broadcast; no entry inside a range or after a full one is left; on Arm also no "
	      "global leaf and no failed walk",
     .rows = "S0-50 S1-43", .rev = 2)
{
	const struct tlb_profile *p = tlb_profile();
	unsigned n = 0;

	CHECK(t, !p->no_memory);
	CHECK(t, p->item[PROFILE_LOCAL_OWN].trials > 0);
	CHECK(t, p->item[PROFILE_RANGE_IN].trials > 0);
	for (unsigned i = 0; i < PROFILE_ITEMS; i++)
		if (profile_forbids(i) && !CHECK_EQ(t, p->item[i].hits, 0))
			test_key(t, "forbidden=%u", i);
	reg_for_each (tlb, it) {
		if (n < PROFILE_BACKENDS && !strcmp((*it)->s.name, "full"))
			CHECK_EQ(t, p->beside[n].hits, 0);
		n++;
	}
}

TEST(tlb, profile_kept, .claim = "a measured profile is found again unchanged, and no other one is",
     .rows = "S0-50 E-10")
{
	const struct tlb_profile *now = tlb_profile();
	static struct tlb_profile kept NOINIT;
	struct args before = boot_args;
	struct why why = { 0 };

	if (now->no_memory) {
		test_skip(t, "no memory for the TLB profile, so none was stored");
		return;
	}
	CHECK(t, profile_load(&kept));
	CHECK(t, !memcmp(&kept, now, sizeof(kept)));
	CHECK_OK(t, args_word(&boot_args, "profile=bbm", &why), &why);
	CHECK(t, !profile_load(&kept) || kept.item[PROFILE_BBM].trials);
	boot_args = before;
}
