/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errata rows in force: repeat-TLBI adds exactly one broadcast to each gather; with CIP-1200 no
 * back end uses a fence by address.
 */
#include <arch/arch.h>
#include <kern/errata.h>
#include <lib/string.h>
#include <tests/harness/util.h>

TEST(tlb, errata_repeat,
     .claim = "with the repeat-TLBI row in force (errata=+repeat-tlbi) each gather has one more "
	      "broadcast",
     .rows = "S0-35", .needs = NEED_RANGE | NEED_SMP, .could = COULD_TRACE)
{
	const struct tlb_scheme *as_booted = tlb_selected();
	struct range r;

	if (!arch_errata_repeat()) {
		test_skip(t, "no CPU here needs a row of errata; errata=+NAME forces one");
		return;
	}
	if (!range_get(t, &r, 1, "block"))
		return;
	tlb_select(tlb_scheme_find("full", NULL));
	if (range_add(t, &r)) {
		range_remove(t, &r);
		CHECK_EQ(t, r.report.tlbi_ops, 2 * r.report.waits);
	}
	tlb_select(as_booted);
	range_reset(&r);
}

static const char *const by_address[] = { "ipi", "sbi", "svinval", NULL };

#define LEAVES 40

/* Invalidate pages in use, which is harmless; no other request is made meanwhile. */
static void invalidate_leaves(void)
{
	vaddr_t va = align_down(ptr_va(&kpt), page_size());
	struct pt_inval req = { .lo = va,
				.hi = va + LEAVES * page_size(),
				.levels = 1,
				.asid = kpt.asid,
				.global = kpt.global };

	tlb_invalidate(&kpt, &req);
}

static void count_fences(struct test_run *t, const struct tlb_scheme *s)
{
	const struct tlb_scheme *as_booted = tlb_selected();
	struct arch_fences before, after;

	tlb_select(s);
	arch_fences(&before);
	invalidate_leaves();
	arch_fences(&after);
	tlb_select(as_booted);
	after.by_address -= before.by_address;
	after.full -= before.full;
	if (!errata_in_force("cip-1200")) {
		CHECK(t, after.by_address >= LEAVES);
		CHECK_EQ(t, after.full, 0);
	} else {
		CHECK(t, after.full > 0);
		CHECK_EQ(t, after.by_address, 0);
	}
	test_key(t, "addressed=%lu", after.by_address);
	test_key(t, "full=%lu", after.full);
}

TEST(tlb, fence_reach,
     .claim = "few leaves are fenced by address, but with the CIP-1200 row in force "
	      "(errata=+cip-1200) only by full fences",
     .rows = "S0-35", .params = by_address, .could = COULD_TRACE)
{
	struct why why = { 0 };
	struct arch_fences now;
	const struct tlb_scheme *s;

	if (!arch_fences(&now)) {
		test_skip(t, "no row of errata on this architecture replaces fences by address");
		return;
	}
	s = tlb_scheme_find(t->param, &why);
	if (s)
		count_fences(t, s);
	else
		test_skip(t, "%s", why.text);
}

TEST(tlb, errata_clean,
     .claim = "with the clean-inval row in force (errata=+clean-inval) no line is cleaned without "
	      "invalidation",
     .could = COULD_TRACE)
{
	static u64 code[8];
	struct arch_cleans before, after;

	if (!arch_cleans(&before)) {
		test_skip(t, "no row of errata on this architecture is about cleaning");
		return;
	}
	arch_sync_code(ptr_va(code), sizeof(code));
	arch_cleans(&after);
	test_key(t, "kept=%lu", after.kept - before.kept);
	test_key(t, "dropped=%lu", after.dropped - before.dropped);
	CHECK(t, after.kept + after.dropped > before.kept + before.dropped);
	if (errata_in_force("clean-inval"))
		CHECK_EQ(t, after.kept, before.kept);
	else
		CHECK_EQ(t, after.dropped, before.dropped);
}

/* Sv39: bit 38 is the sign. */
TEST(tlb, errata_fetch_va,
     .claim = "with the CIP-453 row in force (errata=+cip-453) the address of a fetch fault is "
	      "sign-extended again")
{
	vaddr_t lost = BIT(39) - page_size(), low = BIT(38) - page_size();
	bool mends = errata_in_force("cip-453");

	CHECK_EQ(t, arch_fetch_fault_va(lost), mends ? -(u64)page_size() : lost);
	CHECK_EQ(t, arch_fetch_fault_va(-(u64)page_size()), -(u64)page_size());
	CHECK_EQ(t, arch_fetch_fault_va(low), low);
	test_key(t, "mends=%u", mends);
}
